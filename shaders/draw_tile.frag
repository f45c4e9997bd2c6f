#version 430 core
// A tile of the frame: what stands still, and the tile's commands over it in
// their order. Places are in pixels from the frame's top left corner, y down.

struct Entry { uint cmd, seg, segs, pad; };
struct Command {
  uint kind, color, seg, segs;
  vec4 a, b;
  vec4 clip;
};
struct Segment { vec4 p, d; };

layout(std430, binding = 1) readonly buffer Entries { Entry entries[]; };
layout(std430, binding = 2) readonly buffer Commands { Command commands[]; };
layout(std430, binding = 3) readonly buffer Segments { Segment segments[]; };

layout(binding = 0) uniform sampler2D base;
layout(binding = 1) uniform sampler2D letters;
layout(binding = 2) uniform sampler2D layerColor;
layout(binding = 3) uniform sampler2D layerDepth;

uniform ivec2 frameSize;
uniform ivec4 layerRect; // x y of its lower left corner, width, height, y up
uniform float softness;  // difference of depth over which a thing is hidden

flat in uvec2 range;
out vec4 color;

// Coverage of the pixel at p by what is d pixels away, negative inside.
float coverage(float d) { return clamp(0.5 - d, 0.0, 1.0); }

// Coverage of the pixel at p by a rectangle.
float rectangle(vec2 p, vec4 r, float radius) {
  if (radius <= 0.0) {
    vec2 o = clamp(min(r.zw, p + 0.5) - max(r.xy, p - 0.5), 0.0, 1.0);
    return o.x * o.y;
  }
  vec2 q = abs(p - 0.5 * (r.xy + r.zw)) - 0.5 * (r.zw - r.xy) + radius;
  return coverage(length(max(q, 0.0)) + min(max(q.x, q.y), 0.0) - radius);
}

// Distance from p to the union of capsules, and the depth there.
vec2 capsules(vec2 p, uint first, uint n) {
  vec2 best = vec2(1e9, 0.0);
  for (uint i = first; i < first + n; i++) {
    vec4 s = segments[i].p;
    vec4 e = segments[i].d;
    vec2 along = s.zw - s.xy;
    vec2 to = p - s.xy;
    float t = clamp(dot(to, along) / max(dot(along, along), 1e-12), 0.0, 1.0);
    float d = length(to - along * t) - e.z;
    if (d < best.x) best = vec2(d, mix(e.x, e.y, t));
  }
  return best;
}

// Signed distance from the edge a-b, positive outside a clockwise polygon.
float edge(vec2 p, vec2 a, vec2 b) {
  vec2 d = b - a;
  float n = length(d);
  return n < 1e-6 ? -1e9 : dot(p - a, vec2(d.y, -d.x)) / n;
}

// How much of a thing at depth d the surface leaves visible at this pixel.
float visible(float d) {
  ivec2 at = ivec2(gl_FragCoord.xy) - layerRect.xy;
  if (any(lessThan(at, ivec2(0))) || any(greaterThanEqual(at, layerRect.zw))) return 1.0;
  return clamp((texelFetch(layerDepth, at, 0).r - d) / softness + 0.5, 0.0, 1.0);
}

void main() {
  vec2 p = vec2(gl_FragCoord.x, float(frameSize.y) - gl_FragCoord.y);
  vec3 c = texelFetch(base, ivec2(gl_FragCoord.xy), 0).rgb;
  for (uint i = range.x; i < range.x + range.y; i++) {
    Entry e = entries[i];
    Command m = commands[e.cmd];
    if (any(lessThan(p, m.clip.xy)) || any(greaterThan(p, m.clip.zw))) continue;
    vec4 ink = unpackUnorm4x8(m.color);
    float a = 0.0;
    switch (m.kind) {
    case KIND_RECT:
      a = rectangle(p, m.a, m.b.x);
      break;
    case KIND_STROKE:
      a = coverage(capsules(p, e.seg, e.segs).x);
      break;
    case KIND_PATH: {
      vec2 s = capsules(p, e.seg, e.segs);
      a = coverage(s.x);
      if (a > 0.0) a *= mix(m.b.y, 1.0, visible(s.y - m.b.x));
      break;
    }
    case KIND_DISC: {
      float r = length(p - m.a.xy);
      a = coverage(r - m.a.z);
      if (m.a.w > 0.0) a *= coverage(m.a.w - r);
      break;
    }
    case KIND_GLYPH: {
      ivec2 at = ivec2(floor(p - m.a.xy));
      if (all(greaterThanEqual(at, ivec2(0))) && all(lessThan(at, ivec2(m.a.zw))))
        a = texelFetch(letters, ivec2(m.b.xy) + at, 0).r;
      break;
    }
    case KIND_POLYGON: {
      float d = max(max(edge(p, m.a.xy, m.a.zw), edge(p, m.a.zw, m.b.xy)),
                    max(edge(p, m.b.xy, m.b.zw), edge(p, m.b.zw, m.a.xy)));
      a = coverage(d);
      break;
    }
    case KIND_SPHERE: {
      vec2 q = (p - m.a.xy) / m.a.z;
      float r2 = dot(q, q);
      a = coverage((sqrt(r2) - 1.0) * m.a.z);
      if (a <= 0.0) break;
      // A ray along the view meets the ball at a height of z radii.
      float z = sqrt(max(0.0, 1.0 - r2));
      vec3 n = vec3(q.x, -q.y, z);
      vec3 light = normalize(vec3(-0.45, 0.6, 0.66));
      float lit = 0.55 + 0.55 * max(0.0, dot(n, light));
      float shine = pow(max(0.0, dot(n, normalize(light + vec3(0.0, 0.0, 1.0)))), 40.0);
      float v = visible(m.a.w - z * m.b.x - m.b.y);
      ink.rgb = mix(ink.rgb, min(ink.rgb * lit, 1.0) + 0.75 * shine, v);
      a *= mix(m.b.z, 1.0, v);
      break;
    }
    case KIND_LAYER: {
      ivec2 at = ivec2(gl_FragCoord.xy) - layerRect.xy;
      if (any(lessThan(at, ivec2(0))) || any(greaterThanEqual(at, layerRect.zw))) continue;
      vec4 s = texelFetch(layerColor, at, 0);
      c = s.rgb + (1.0 - s.a) * c;
      continue;
    }
    }
    c = mix(c, ink.rgb, ink.a * a);
  }
  color = vec4(c, 1.0);
}
