#version 430 core
// How many samples of a part of the data, or which sum of their weights, each of many runs
// classifies right.
//
// An invocation takes RUNS runs, for which it loads each sample once, and one part.
// A sample is s (x, 1), so that s z > 0 is right; z = 0 predicts the label 0, s = -1. Weights are
// whole numbers of 64 bits, low word first, whose sum is exact in any order.
//
// Defines: DOUBLE, DIM weights, VECTORS REAL4s of a sample, RUNS, ROWS, RECORDS (REAL4s of the
// uniform block, 0 to read a storage buffer), WEIGHTED (samples have weights), and those of layout.go in gpu/compute.
#include "real.glsl"

layout(local_size_x = ROWS) in;

#if RECORDS > 0
layout(std140, binding = 0) uniform Samples { REAL4 samples[RECORDS]; };
#else
layout(std430, binding = BINDING_SAMPLES) readonly buffer Samples { REAL4 samples[]; };
#endif
layout(std430, binding = BINDING_STATE) readonly buffer State { REAL state[]; };
layout(std430, binding = BINDING_RIGHT) buffer Right { uint right[]; }; // two words of a run with WEIGHTED
#if WEIGHTED
layout(std430, binding = BINDING_WEIGHTS) readonly buffer Weights { uvec2 weights[]; };
#endif

uniform int runs;
uniform int apart; // between the runs of an invocation
uniform int first; // part
uniform int part;  // samples of a part
uniform int count; // samples

#define EACH_RUN for (int r = 0; r < RUNS; ++r)

void main() {
  int run = int(gl_GlobalInvocationID.x);
  if (run >= apart) return;
  REAL w[RUNS][VECTORS * 4];
  uint sum[RUNS];
#if WEIGHTED
  uint high[RUNS];
  EACH_RUN high[r] = 0u;
#endif
  EACH_RUN {
    int at = min(run + r * apart, runs - 1);
    for (int j = 0; j < VECTORS * 4; ++j) w[r][j] = j < DIM ? state[(STATE_W + j) * runs + at] : 0.0;
    sum[r] = 0u;
  }
  int begin = (first + int(gl_WorkGroupID.y)) * part;
  int end = min(begin + part, count);
  for (int i = begin; i < end; ++i) {
    REAL t[RUNS], s = 0.0;
    EACH_RUN t[r] = 0.0;
    for (int k = 0; k < VECTORS; ++k) {
      REAL4 x = samples[i * VECTORS + k];
      EACH_RUN t[r] += x.x * w[r][4 * k] + x.y * w[r][4 * k + 1] + x.z * w[r][4 * k + 2] + x.w * w[r][4 * k + 3];
      if (k == (DIM - 1) / 4) s = x[(DIM - 1) % 4];
    }
#if WEIGHTED
    uvec2 weight = weights[i];
    EACH_RUN if (t[r] > 0.0 || (t[r] == 0.0 && s < 0.0)) {
      uint carry;
      sum[r] = uaddCarry(sum[r], weight.x, carry);
      high[r] += weight.y + carry;
    }
#else
    EACH_RUN sum[r] += t[r] > 0.0 || (t[r] == 0.0 && s < 0.0) ? 1u : 0u;
#endif
  }
#if WEIGHTED
  EACH_RUN if (run + r * apart < runs) {
    int at = 2 * (run + r * apart);
    uint before = atomicAdd(right[at], sum[r]);
    atomicAdd(right[at + 1], high[r] + (before + sum[r] < before ? 1u : 0u));
  }
#else
  EACH_RUN if (run + r * apart < runs) atomicAdd(right[run + r * apart], sum[r]);
#endif
}
