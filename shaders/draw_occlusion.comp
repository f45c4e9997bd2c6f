#version 430 core
// How much of the sky each place of the surface sees, over the horizon that the
// heights around it make: 1 in the open, towards 0 at the bottom of a pit.
layout(local_size_x = 8, local_size_y = 8) in;
layout(binding = 0, r32f) writeonly uniform image2D occlusion;
layout(binding = 0) uniform sampler2D heights; // below none where it is not

uniform float steepness; // the box's height over its width

// Unknown to the compiler, which would unroll the loops and take long for it.
uniform int directions, steps;

const float none = -1e29;

// The height at a place of the unit square, below none next to a hole.
float heightAt(vec2 at) {
  ivec2 size = textureSize(heights, 0);
  vec2 g = at * vec2(size - 1);
  vec2 i = min(floor(g), vec2(max(size - 2, 0))), t = g - i;
  vec4 v = textureGather(heights, (i + 1.0) / vec2(size));
  if (min(min(v.x, v.y), min(v.z, v.w)) < none) return -1e30;
  return mix(mix(v.w, v.z, t.x), mix(v.x, v.y, t.x), t.y);
}

void main() {
  ivec2 at = ivec2(gl_GlobalInvocationID.xy), size = imageSize(occlusion);
  if (any(greaterThanEqual(at, size))) return;
  vec2 here = vec2(at) / vec2(size - 1); // on the unit square
  float height = heightAt(here);
  float seen = 0.0;
  for (int k = 0; k < directions; k++) {
    float angle = (float(k) + 0.5) * 6.28318531 / float(directions);
    vec2 way = vec2(cos(angle), sin(angle));
    float horizon = 0.0; // its tangent
    float far = 0.008;
    for (int i = 0; i < steps; i++, far *= 1.5) {
      vec2 p = here + way * far;
      if (any(lessThan(p, vec2(0.0))) || any(greaterThan(p, vec2(1.0)))) break;
      horizon = max(horizon, (heightAt(p) - height) * steepness / far);
    }
    seen += 1.0 / (1.0 + horizon * horizon); // a cosine-weighted slice of the sky
  }
  imageStore(occlusion, at, vec4(seen / float(directions)));
}
