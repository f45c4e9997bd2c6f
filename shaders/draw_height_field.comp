#version 430 core
// The landscape as the surface is drawn from it: height in the axis box, slopes
// over the unit square, and 1 where the loss is finite.
layout(local_size_x = 8, local_size_y = 8) in;
layout(binding = 0, rgba32f) writeonly uniform image2D heightField;
layout(binding = 0) uniform sampler2D heights; // below none where it is not

const float none = -1e29;

// The slope between two places, in their difference; 0 next to a hole.
float slope(ivec2 a, ivec2 b) {
  float from = texelFetch(heights, a, 0).r, to = texelFetch(heights, b, 0).r;
  return min(from, to) > none ? (to - from) / float(b.x - a.x + b.y - a.y) : 0.0;
}

void main() {
  ivec2 at = ivec2(gl_GlobalInvocationID.xy), last = imageSize(heightField) - 1;
  if (any(greaterThan(at, last))) return;
  // Central differences over a texel on either side, one-sided at the edges.
  ivec2 a = max(at - 1, 0), b = min(at + 1, last);
  vec2 slopes = vec2(slope(ivec2(a.x, at.y), ivec2(b.x, at.y)), slope(ivec2(at.x, a.y), ivec2(at.x, b.y))) * vec2(last);
  float height = texelFetch(heights, at, 0).r;
  imageStore(heightField, at, height > none ? vec4(height, slopes, 1.0) : vec4(0.0));
}
