#version 430 core
// The functions of double.glsl, for holding them against Go's.
//
// Defines: DOUBLE.
#include "real.glsl"

layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Arguments { REAL arguments[]; };
// For each argument x: e^x, 1 - e^-|x|, log(1 + |x|), log(1 + e^x), and its derivative.
layout(std430, binding = 1) writeonly buffer Values { REAL values[]; };

void main() {
  int i = int(gl_GlobalInvocationID.x);
  if (i >= arguments.length()) return;
  REAL x = arguments[i];
  values[5 * i] = exponential(min(x, 709.0lf));
  values[5 * i + 1] = oneMinusExp(-abs(x));
  values[5 * i + 2] = log1pPositive(abs(x));
  values[5 * i + 3] = softplus(x);
  values[5 * i + 4] = sigmoid(x);
}
