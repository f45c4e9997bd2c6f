#version 430 core
// A command's part of a square tile of the target for each instance, as two
// triangles. The target shows a part of the frame; commands' places are in pixels
// from the frame's top left corner, y down.
//
// The list comes through buffer textures: software drivers fetch a texel much
// faster than they load from a storage buffer, and hardware does not mind.
layout(binding = 3) uniform usamplerBuffer instances; // tile, command, first segment, number of segments
layout(binding = 4) uniform usamplerBuffer commands;  // 4 texels: kind and colour; a; b; bounds
layout(binding = 5) uniform usamplerBuffer segments;  // as in draw_tile.frag

uniform ivec2 frameSize; // of the target
uniform ivec2 origin;    // of the target in the frame, from the top left corner
uniform int first;       // instance

flat out vec4 ink;
flat out vec4 ma, mb;
flat out ivec2 stroke; // first segment, number of segments

void main() {
  uvec4 t = texelFetch(instances, first + gl_InstanceID);
  vec2 lo = vec2(t.x & 0xffffu, t.x >> 16) * float(TILE);
  vec2 hi = min(lo + float(TILE), vec2(frameSize));
  int at = 4 * int(t.y);
  uvec4 head = texelFetch(commands, at);
  ink = unpackUnorm4x8(head.y);
  ma = uintBitsToFloat(texelFetch(commands, at + 1));
  mb = uintBitsToFloat(texelFetch(commands, at + 2));
  stroke = ivec2(t.zw);
  vec4 bounds = uintBitsToFloat(texelFetch(commands, at + 3)) - vec2(origin).xyxy;
  lo = clamp(bounds.xy, lo, hi);
  hi = clamp(bounds.zw, lo, hi);
#if KIND == KIND_STROKE || KIND == KIND_PATH || KIND == KIND_LINE
  // Not more than its segments reach.
  vec2 least = vec2(1e9), most = vec2(-1e9);
  for (int i = 2 * stroke.x; i < 2 * (stroke.x + stroke.y); i += 2) {
    vec4 s = uintBitsToFloat(texelFetch(segments, i));
    float reach = uintBitsToFloat(texelFetch(segments, i + 1).z) + 1.0;
    least = min(least, min(s.xy, s.zw) - reach);
    most = max(most, max(s.xy, s.zw) + reach);
  }
  lo = clamp(floor(least) - vec2(origin), lo, hi);
  hi = clamp(ceil(most) - vec2(origin), lo, hi);
#endif
  vec2 p = mix(lo, hi, vec2(gl_VertexID & 1, gl_VertexID >> 1));
  gl_Position = vec4(p.x / float(frameSize.x) * 2.0 - 1.0, 1.0 - p.y / float(frameSize.y) * 2.0, 0.0, 1.0);
}
