#version 430 core
// A command of a display list over one tile, specialised by its kind. The colour
// that comes out is multiplied by its coverage.

layout(binding = 0) uniform sampler2D letters;
layout(binding = 1) uniform sampler2D layerColor;
layout(binding = 2) uniform sampler2D layerDepth;
layout(binding = 6) uniform sampler2D ensemble;
layout(binding = 7) uniform sampler2D cells;
layout(binding = 5) uniform usamplerBuffer segments; // 2 texels: x0 y0 x1 y1; depths, radius, fading

uniform ivec2 frameSize; // of the target
uniform ivec2 origin;    // of the target in the frame, from the top left corner
uniform ivec4 layerRect; // x y of its lower left corner in the target, width, height, y up
uniform float softness;  // difference of depth over which a thing is hidden

flat in vec4 ink;
flat in vec4 ma, mb;
flat in ivec2 stroke;
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

// Distance from p to the union of capsules, the depth there, and how far the line
// has faded there: where it covers itself, what shows most does, the newer part.
vec3 capsules(vec2 p) {
  vec3 best = vec3(1e9, 0.0, 0.0);
  float most = 0.0;
  int i = 2 * stroke.x;
  do { // there is one
    vec4 s = uintBitsToFloat(texelFetch(segments, i));
    vec4 e = uintBitsToFloat(texelFetch(segments, i + 1));
    vec2 along = s.zw - s.xy;
    vec2 to = p - s.xy;
    float t = clamp(dot(to, along) / max(dot(along, along), 1e-12), 0.0, 1.0);
    float d = length(to - along * t) - e.z;
    float shows = coverage(d) * (1.0 - e.w);
    if (shows > most || shows == most && d < best.x) {
      best = vec3(d, mix(e.x, e.y, t), e.w);
      most = shows;
    }
    i += 2;
  } while (i < 2 * (stroke.x + stroke.y));
  return best;
}

// Distance from p to the nearest of the segments, which are all as thick.
float line(vec2 p) {
  float best = 1e18;
  int i = 2 * stroke.x;
  do {
    vec4 s = uintBitsToFloat(texelFetch(segments, i));
    vec2 along = s.zw - s.xy;
    vec2 to = p - s.xy;
    float t = clamp(dot(to, along) / max(dot(along, along), 1e-12), 0.0, 1.0);
    vec2 off = to - along * t;
    best = min(best, dot(off, off));
    i += 2;
  } while (i < 2 * (stroke.x + stroke.y));
  return sqrt(best);
}

// Signed distance from the edge a-b, positive outside a clockwise polygon.
float edge(vec2 p, vec2 a, vec2 b) {
  vec2 d = b - a;
  float n = length(d);
  return n < 1e-6 ? -1e9 : dot(p - a, vec2(d.y, -d.x)) / n;
}

bool onLayer(ivec2 at) { return all(greaterThanEqual(at, ivec2(0))) && all(lessThan(at, layerRect.zw)); }

// How much of a thing at depth d the surface leaves visible at this pixel.
float visible(float d) {
  ivec2 at = ivec2(gl_FragCoord.xy) - layerRect.xy;
  if (!onLayer(at)) return 1.0;
  return clamp((texelFetch(layerDepth, at, 0).r - d) / softness + 0.5, 0.0, 1.0);
}

void main() {
#if KIND == KIND_LAYER
  ivec2 at = ivec2(gl_FragCoord.xy) - layerRect.xy;
  color = onLayer(at) ? texelFetch(layerColor, at, 0) : vec4(0.0);
#elif KIND == KIND_MAP
  // The first run is the lower left one.
  vec2 at = (vec2(gl_FragCoord.x, float(frameSize.y) - gl_FragCoord.y) + vec2(origin) - ma.xy) / (ma.zw - ma.xy);
  ivec2 n = ivec2(mb.wz);
  color = texelFetch(cells, ivec2(0, mb.y) + clamp(ivec2(vec2(at.x, 1.0 - at.y) * vec2(n)), ivec2(0), n - 1), 0);
#elif KIND == KIND_ENSEMBLE
  color = texelFetch(ensemble, ivec2(gl_FragCoord.xy), 0);
#else
  vec2 p = vec2(gl_FragCoord.x, float(frameSize.y) - gl_FragCoord.y) + vec2(origin);
  vec3 c = ink.rgb;
  float a = 0.0;
#if KIND == KIND_RECT
  a = rectangle(p, ma, mb.x);
#elif KIND == KIND_LINE
  a = coverage(line(p) - ma.x);
#elif KIND == KIND_STROKE
  vec3 s = capsules(p);
  a = coverage(s.x) * (1.0 - s.z);
#elif KIND == KIND_PATH
  vec3 s = capsules(p);
  a = coverage(s.x) * (1.0 - s.z) * mix(mb.x, 1.0, visible(s.y));
#elif KIND == KIND_DISC
  float r = length(p - ma.xy);
  a = coverage(r - ma.z);
  if (ma.w > 0.0) a *= coverage(ma.w - r);
#elif KIND == KIND_GLYPH
  a = texelFetch(letters, ivec2(mb.xy + floor(p - ma.xy)), 0).r;
#elif KIND == KIND_POLYGON
  a = coverage(max(max(edge(p, ma.xy, ma.zw), edge(p, ma.zw, mb.xy)),
                   max(edge(p, mb.xy, mb.zw), edge(p, mb.zw, ma.xy))));
#elif KIND == KIND_SPHERE
  vec2 q = (p - ma.xy) / ma.z;
  float r2 = dot(q, q);
  // A ray along the view meets the ball at a height of z radii.
  float z = sqrt(max(0.0, 1.0 - r2));
  vec3 n = vec3(q.x, -q.y, z);
  vec3 light = normalize(vec3(-0.45, 0.6, 0.66));
  float lit = 0.55 + 0.55 * max(0.0, dot(n, light));
  float shine = pow(max(0.0, dot(n, normalize(light + vec3(0.0, 0.0, 1.0)))), 40.0);
  float v = visible(ma.w - z * mb.x);
  c = mix(c, min(min(c * lit, 1.0) + 0.75 * shine, 1.0), v);
  a = coverage((sqrt(r2) - 1.0) * ma.z) * mix(mb.y, 1.0, v);
#endif
  color = vec4(c, 1.0) * (ink.a * a);
#endif
}
