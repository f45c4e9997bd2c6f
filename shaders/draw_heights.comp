#version 430 core
// The landscape's heights in the axis box; below none where the loss is not finite.
#include "draw_field.glsl"

layout(local_size_x = 8, local_size_y = 8) in;
layout(binding = 0, r32f) writeonly uniform image2D heights;

uniform float low, high; // coordinates of the scale at the box's floor and ceiling

void main() {
  ivec2 at = ivec2(gl_GlobalInvocationID.xy), size = imageSize(heights);
  if (any(greaterThanEqual(at, size))) return;
  bool ok = true;
  float v = fieldAt(vec2(at) * vec2(fieldSize - 1) / vec2(size - 1), ok);
  imageStore(heights, at, vec4(ok ? (v - low) / (high - low) : -1e30));
}
