#version 430 core
// A probe of the device's doubles: in a storage buffer, a uniform, arithmetic, and bits.
//
// Defines: DOUBLE.
#include "real.glsl"

layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer In { REAL given[]; };
layout(std430, binding = 1) writeonly buffer Out { REAL results[]; };

uniform REAL by;

void main() {
  int i = int(gl_GlobalInvocationID.x);
  if (i >= given.length()) return;
  REAL x = given[i];
  results[4 * i] = x - by;
  results[4 * i + 1] = x * by;
  results[4 * i + 2] = by / x;
  results[4 * i + 3] = timesPower(x, TO_INTEGER - 1000.0lf);
}
