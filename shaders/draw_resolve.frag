#version 430 core
// The depth of the first sample of each pixel. Where that shows nothing but another
// does, it is all but the farthest: what is behind still shows, but draw_shade.frag,
// which is run where depth is nearer than that, knows that there is something.
#if SAMPLES > 1
layout(binding = 5) uniform sampler2DMS depths;
#else
layout(binding = 5) uniform sampler2D depths;
#endif

uniform ivec2 shift; // from the target to the samples

out vec4 color;

void main() {
  ivec2 at = ivec2(gl_FragCoord.xy) + shift;
  float first = texelFetch(depths, at, 0).r, others = 1.0;
  for (int i = 1; i < SAMPLES; i++) others = min(others, texelFetch(depths, at, i).r);
  gl_FragDepth = first < 1.0 ? first : others < 1.0 ? 0.99999994 : 1.0;
  color = vec4(0.0);
}
