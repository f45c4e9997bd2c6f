#version 430 core
// Margins of some samples at the weights of some runs: a block of columns of X times as many
// weights, with FURTHER added to what the blocks before have come to.
//
// An invocation has RUNS runs, whose weights it keeps, so that a number of X is loaded once
// for all of them. EACH_VECTOR(F) is F(0) F(1) ... of all REAL4s of a row of the block: a
// compiler must not make a loop of them, since the weights then are no registers.
#include "wide.glsl"

#if RECORDS > 0
layout(std140, binding = 0) uniform Samples { REAL4 samples[RECORDS]; };
#else
layout(std430, binding = BINDING_SAMPLES) readonly buffer Samples { REAL4 samples[]; };
#endif
// REAL4 number (i / 4) * runs + s is of samples i to i + 3 and the run in slot s.
layout(std430, binding = BINDING_MARGINS) writeonly buffer Margins { REAL4 margins[]; };

uniform TEXELS weights; // the runs' state
uniform TEXELS before;  // margins
uniform int block;      // of columns
uniform int records;    // where the block's begin
uniform int row;        // where the margins of the first sample go
uniform int count;      // samples, a multiple of 4
uniform int part;       // of them a work group takes so many, a multiple of 4

const int VECTORS = COLUMNS / 4;

void main() {
  int begin = from + int(gl_GlobalInvocationID.x) * RUNS;
  if (begin >= to) return;
  REAL w[COLUMNS][RUNS];
  for (int j = 0; j < COLUMNS; ++j) {
    int at = block * COLUMNS + j;
    EACH_RUN w[j][r] = at < dims ? fetch(weights, (STATE_W + at) * runs + min(begin + r, to - 1)) : 0.0;
  }
  int i = int(gl_WorkGroupID.y) * part, end = min(i + part, count);
  REAL4 four[RUNS]; // margins of the last four samples
  EACH_RUN four[r] = REAL4(0.0);
  do {
    int next = i + 4;
    do { // of one sample each: a compiler that unrolls it takes four times as long
      REAL t[RUNS];
      EACH_RUN t[r] = 0.0;
      int at = records + i * VECTORS;
#define PRODUCT(v) { REAL4 x = samples[at + v]; \
      EACH_RUN t[r] += x.x * w[4 * v][r]; \
      EACH_RUN t[r] += x.y * w[4 * v + 1][r]; \
      EACH_RUN t[r] += x.z * w[4 * v + 2][r]; \
      EACH_RUN t[r] += x.w * w[4 * v + 3][r]; }
      EACH_VECTOR(PRODUCT)
      EACH_RUN four[r] = REAL4(four[r].yzw, t[r]);
      ++i;
    } while (i < next);
    int word = ((row + i) / 4 - 1) * runs + begin;
#if FURTHER
    EACH_RUN four[r] += fetchFour(before, word + min(r, to - 1 - begin));
#endif
    EACH_RUN if (begin + r < to) margins[word + r] = four[r];
  } while (i < end);
}
