#version 430 core
// The border of one point around the landscape, where it goes on straight.
layout(local_size_x = 64) in;
layout(binding = 0, r32ui) uniform uimage2D field;

float at(int x, int y) { return uintBitsToFloat(imageLoad(field, ivec2(x, y)).r); }

// The value at x, perhaps in the border, of row y, which is not.
float along(int x, int y, int last) {
  int inner = clamp(x, 1, last);
  float v = at(inner, y);
  return x == inner ? v : 2.0 * v - at(2 * inner - x, y);
}

void main() {
  ivec2 last = imageSize(field) - 2; // point of a row, of a column
  int i = int(gl_GlobalInvocationID.x), side = int(gl_WorkGroupID.y);
  ivec2 to = side < 2 ? ivec2(i, side * (last.y + 1)) : ivec2((side - 2) * (last.x + 1), i);
  if (any(greaterThan(to, last + 1))) return;
  int inner = clamp(to.y, 1, last.y);
  float v = along(to.x, inner, last.x);
  if (to.y != inner) v = 2.0 * v - along(to.x, 2 * inner - to.y, last.x);
  imageStore(field, to, uvec4(floatBitsToUint(v)));
}
