#version 430 core
// How much of the sky each place of the surface sees, over the horizon that the
// heights around it make: 1 in the open, towards 0 at the bottom of a pit.
layout(local_size_x = 8, local_size_y = 8) in;
layout(binding = 0, r32f) writeonly uniform image2D sky;
layout(binding = 0) uniform sampler2D relief;

uniform float steepness; // the box's height over its width

const int directions = 12, steps = 10;

void main() {
  ivec2 at = ivec2(gl_GlobalInvocationID.xy), size = imageSize(sky);
  if (any(greaterThanEqual(at, size))) return;
  vec2 texels = vec2(textureSize(relief, 0));
  vec2 here = vec2(at) / vec2(size - 1); // on the unit square
  float height = textureLod(relief, (here * (texels - 1.0) + 0.5) / texels, 0.0).r;
  float seen = 0.0;
  for (int k = 0; k < directions; k++) {
    float angle = (float(k) + 0.5) * 6.28318531 / float(directions);
    vec2 way = vec2(cos(angle), sin(angle));
    float horizon = 0.0; // its tangent
    float far = 0.008;
    for (int i = 0; i < steps; i++, far *= 1.5) {
      vec2 p = here + way * far;
      if (any(lessThan(p, vec2(0.0))) || any(greaterThan(p, vec2(1.0)))) break;
      vec4 r = textureLod(relief, (p * (texels - 1.0) + 0.5) / texels, 0.0);
      if (r.w > 0.999) horizon = max(horizon, (r.x - height) * steepness / far);
    }
    seen += 1.0 / (1.0 + horizon * horizon); // a cosine-weighted slice of the sky
  }
  imageStore(sky, at, vec4(seen / float(directions)));
}
