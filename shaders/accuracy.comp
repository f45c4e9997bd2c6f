#version 430 core
// How many samples of a part of the data each of many runs classifies right.
//
// An invocation takes one run and one part. A sample is s (x, 1), so that s z > 0
// is right; z = 0 predicts the label 0, s = -1.
//
// Defines: DIM weights, VECTORS vec4s of a sample, ROWS.
layout(local_size_x = ROWS) in;

layout(std430, binding = 0) readonly buffer Samples { vec4 samples[]; };
layout(std430, binding = 1) readonly buffer State { float state[]; }; // DIM weights, DIM errors, of each run
layout(std430, binding = 2) buffer Right { uint right[]; };

uniform int runs;
uniform int first; // part
uniform int part;  // samples of a part
uniform int count; // samples

void main() {
  int run = int(gl_GlobalInvocationID.x);
  if (run >= runs) return;
  float w[VECTORS * 4];
  for (int j = 0; j < VECTORS * 4; ++j) w[j] = j < DIM ? state[j * runs + run] : 0.0;
  int begin = (first + int(gl_WorkGroupID.y)) * part;
  int end = min(begin + part, count);
  uint sum = 0u;
  for (int i = begin; i < end; ++i) {
    float t = 0.0, s = 0.0;
    for (int k = 0; k < VECTORS; ++k) {
      vec4 x = samples[i * VECTORS + k];
      t += x.x * w[4 * k] + x.y * w[4 * k + 1] + x.z * w[4 * k + 2] + x.w * w[4 * k + 3];
      if (k == VECTORS - 1) s = x[(DIM - 1) % 4];
    }
    sum += t > 0.0 || (t == 0.0 && s < 0.0) ? 1u : 0u;
  }
  atomicAdd(right[run], sum);
}
