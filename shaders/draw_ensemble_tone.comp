#version 430 core
// What an ensemble's sums look like: colours multiplied by their coverage. The sums are
// 0 again afterwards.
//
// Defines: DENSITY, PLANES and TELLS as in draw_ensemble_splat.comp.
layout(local_size_x = 64) in;

layout(std430, binding = 2) buffer Sums { uint sums[]; };
layout(binding = 0, rgba8) writeonly uniform image2D picture;
layout(binding = 0) uniform sampler2D colors; // 256 of a colour map, or one for each class

uniform ivec4 area; // of the panel's rows in the picture: x y of its lower left corner, width, height
uniform float unit; // of the sums
uniform float mean; // density of runs that are spread evenly over the panel
uniform float top;  // how many times that has the last colour
uniform float opacity;

vec3 mapped(float t) { return texture(colors, vec2((clamp(t, 0.0, 1.0) * 255.0 + 0.5) / 256.0, 0.5)).rgb; }

void main() {
  int i = int(gl_GlobalInvocationID.x);
  if (i >= area.z * area.w) return;
  int k = i * PLANES;
  ivec2 at = area.xy + ivec2(i % area.z, i / area.z);
  float parts[PLANES];
  for (int j = 0; j < PLANES; ++j) {
    uint sum = sums[k + j];
    parts[j] = float(sum) / unit;
    if (sum > 0u) sums[k + j] = 0u;
  }
#if TELLS == TELLS_CLASS
  float all = 0.0;
  vec3 c = vec3(0.0);
  for (int j = 0; j < PLANES; ++j) {
    all += parts[j];
    c += parts[j] * texelFetch(colors, ivec2(j, 0), 0).rgb;
  }
  c /= max(all, 1e-20);
#else
  float all = parts[0];
#endif
  if (all <= 0.0) {
    imageStore(picture, at, vec4(0.0));
    return;
  }
#if DENSITY
  float level = log2(1.0 + all / mean) / log2(1.0 + top);
  float a = opacity * (1.0 - exp(-0.6 * all / mean));
#else
  float a = 1.0 - exp(-all);
#endif
#if TELLS == TELLS_SHADE || TELLS == TELLS_HEIGHT
  vec3 c = mapped(parts[1] / all);
#elif TELLS == TELLS_NOTHING && DENSITY
  vec3 c = mapped(level);
#elif TELLS == TELLS_NOTHING
  vec3 c = texelFetch(colors, ivec2(0), 0).rgb;
#endif
  imageStore(picture, at, vec4(c, 1.0) * a);
}
