#version 430 core
// The landscape, thinned out; NaN where it is not finite.
#include "draw_field.glsl"

layout(local_size_x = 64) in;
layout(std430, binding = 0) writeonly buffer Thin { float thin[]; };

uniform ivec2 size; // points

void main() {
  int i = int(gl_GlobalInvocationID.x);
  if (i >= size.x * size.y) return;
  bool ok = true;
  float v = fieldAt(vec2(i % size.x, i / size.x) * vec2(fieldSize - 1) / vec2(size - 1), ok);
  thin[i] = ok ? v : uintBitsToFloat(0x7fc00000u);
}
