#version 430 core
// A picture at half its size: the mean of four colours, multiplied by their coverage,
// and the nearest of four depths.
layout(binding = 0) uniform sampler2D color;
layout(binding = 1) uniform sampler2D depth;

uniform ivec2 shift; // from a pixel here to half of those there

out vec4 mean;

void main() {
  ivec2 at = 2 * (ivec2(gl_FragCoord.xy) + shift);
  vec4 sum = vec4(0.0);
  float nearest = 1.0;
  for (int k = 0; k < 4; k++) {
    ivec2 p = at + ivec2(k & 1, k >> 1);
    sum += texelFetch(color, p, 0);
    nearest = min(nearest, texelFetch(depth, p, 0).r);
  }
  mean = 0.25 * sum;
  gl_FragDepth = nearest;
}
