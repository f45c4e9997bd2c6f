#version 430 core
// Adds the runs of an ensemble to the pixels of a window of a panel. Sums are of whole
// numbers, so that they do not depend on the order of adding.
//
// A run is a disc. Of points, what is added is the optical depth, -log(1 - alpha):
// depths add where discs lie over each other. Of a density it is a fraction of the run.
//
// Defines: SURFACE (over the surface, else the contours), DENSITY, PLANES (sums of a
// pixel), TELLS (nothing, the place's shade or its height: a second sum, of
// the shades by what is added; its class: a sum for each).
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer From { float from[]; };
layout(std430, binding = 1) readonly buffer To { float to[]; };
layout(std430, binding = 2) buffer Sums { uint sums[]; };

layout(binding = 0) uniform sampler2D heightField; // height in the box, slopes, 1 where finite
layout(binding = 1) uniform sampler2D depths; // of the surface

uniform int n;
uniform float share;   // of the way from one to the other
uniform vec2 size;     // of the panel in pixels
uniform ivec4 window;  // of it: x y of its lower left corner, and of the one beyond its upper right
uniform int seen;      // rows below those of which there are depths
uniform float radius;  // pixels
uniform float full;    // what is added where a disc covers a pixel
uniform float unit;    // of the sums
uniform vec2 colorRange;
#if SURFACE
uniform mat4 toClip;
uniform vec3 boxHalf, eye;
uniform float lift, softness; // of depth
#else
uniform vec2 origin; // of the plane in the panel
#endif

void main() {
  int i = int(gl_GlobalInvocationID.x);
  if (i >= n) return;
  vec2 at = mix(vec2(from[i], from[n + i]), vec2(to[i], to[n + i]), share);
  if (!(at.x >= 0.0 && at.x <= 1.0 && at.y >= 0.0 && at.y <= 1.0)) return;
  float amount = full;
#if SURFACE || TELLS == TELLS_HEIGHT
  vec2 texels = vec2(textureSize(heightField, 0));
  vec4 r = textureLod(heightField, (at * (texels - 1.0) + 0.5) / texels, 0.0);
  if (r.w < 0.999) return;
#endif
#if SURFACE
  if (r.x < 0.0 || r.x > 1.0) return;
  vec4 clip = toClip * vec4(at, r.x, 1.0);
  vec3 place = clip.xyz / clip.w * 0.5 + 0.5;
  vec2 p = place.xy * size;
  // Lifted off the side of the surface that it lies on, as marks are.
  vec3 normal = normalize(vec3(-r.yz * boxHalf.z / boxHalf.xy, 1.0));
  float facing = clamp(20.0 * dot(normal, normalize(eye - (2.0 * vec3(at, r.x) - 1.0) * boxHalf)), -1.0, 1.0);
  float near = (lift * facing - place.z) / softness + 0.5;
#else
  vec2 p = origin + at * size;
#endif
#if TELLS == TELLS_HEIGHT
  float shade = clamp((r.x - colorRange.x) / (colorRange.y - colorRange.x), 0.0, 1.0);
#elif TELLS != TELLS_NOTHING
  float shade = to[2 * n + i];
#endif
  // A disc of less than a pixel is one, but fainter.
  float large = max(radius, 0.5);
  amount *= radius * radius / (large * large);
#if DENSITY
  const float reach = 0.0;
  amount *= 3.0 / (3.14159265 * large * large); // its volume is 1
#else
  const float reach = 0.5;
#endif
  // The pixels whose middle is nearer than that.
  float far = large + reach;
  int low = max(int(ceil(p.y - far - 0.5)), window.y), high = min(int(floor(p.y + far - 0.5)), window.w - 1);
  for (int y = low; y <= high; ++y) {
    float dy = float(y) + 0.5 - p.y;
    float dx = sqrt(max(far * far - dy * dy, 0.0));
    int left = max(int(ceil(p.x - dx - 0.5)), window.x), right = min(int(floor(p.x + dx - 0.5)), window.z - 1);
    for (int x = left; x <= right; ++x) {
      vec2 d = vec2(x, y) + 0.5 - p;
#if DENSITY
      float t = max(1.0 - dot(d, d) / (large * large), 0.0);
      t *= t;
#else
      float t = clamp(large + 0.5 - length(d), 0.0, 1.0);
#endif
      if (t <= 0.0) continue;
#if SURFACE
      t *= clamp(texelFetch(depths, ivec2(x, y) - ivec2(window.x, seen), 0).r / softness + near, 0.0, 1.0);
#endif
#if DENSITY
      float add = amount * t;
#else
      float add = -log(1.0 - amount * t);
#endif
      uint more = uint(add * unit + 0.5);
      if (more == 0u) continue;
      int k = ((y - window.y) * (window.z - window.x) + x - window.x) * PLANES;
#if TELLS == TELLS_CLASS
      atomicAdd(sums[k + int(shade)], more);
#else
      atomicAdd(sums[k], more);
#if TELLS != TELLS_NOTHING
      atomicAdd(sums[k + 1], uint(add * shade * unit + 0.5));
#endif
#endif
    }
  }
}
