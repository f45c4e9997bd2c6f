#version 430 core
// The landscape as the surface is drawn from it: height in the axis box, slopes
// over the unit square, and 1 where the loss is finite.
#include "draw_field.glsl"

layout(local_size_x = 8, local_size_y = 8) in;
layout(binding = 0, rgba32f) writeonly uniform image2D relief;

uniform float low, high; // coordinates of the scale at the box's floor and ceiling

void main() {
  ivec2 at = ivec2(gl_GlobalInvocationID.xy), size = imageSize(relief);
  if (any(greaterThanEqual(at, size))) return;
  vec2 most = vec2(fieldSize - 1);
  vec2 toField = most / vec2(size - 1);
  vec2 g = vec2(at) * toField;
  bool ok = true, okx = true, oky = true;
  float v = fieldAt(g, ok);
  // Central differences over a texel on either side, one-sided at the edges and
  // next to holes.
  vec2 a = max(g - toField, 0.0), b = min(g + toField, most);
  float dx = (fieldAt(vec2(b.x, g.y), okx) - fieldAt(vec2(a.x, g.y), okx)) / (b.x - a.x);
  float dy = (fieldAt(vec2(g.x, b.y), oky) - fieldAt(vec2(g.x, a.y), oky)) / (b.y - a.y);
  vec2 slope = vec2(okx ? dx : 0.0, oky ? dy : 0.0) * most;
  vec4 texel = ok ? vec4(v - low, slope, 1.0) : vec4(0.0);
  imageStore(relief, at, vec4(texel.xyz / (high - low), texel.w));
}
