#version 430 core
// The gradient's direction down of some runs in a block of columns: X' R over some samples,
// scaled and added to the sum of those before. 32 samples are summed as they come, these sums
// in a work group's part, and parts with compensation.
//
// An invocation has RUNS runs: see wide_margins.comp.
#include "wide.glsl"

#if RECORDS > 0
layout(std140, binding = 0) uniform Samples { REAL4 samples[RECORDS]; };
#else
layout(std430, binding = BINDING_SAMPLES) readonly buffer Samples { REAL4 samples[]; };
#endif
// Fours of weights, of each run: the sums, and what they are too large by.
layout(std430, binding = BINDING_GRADIENTS) writeonly buffer Gradients { REAL4 gradients[]; };

uniform TEXELS before;    // residuals
uniform TEXELS gradientsBefore;
uniform int block;        // of columns: the first one; others are of work groups side by side
uniform int records;      // where its begin
uniform int blockRecords; // and from there those of the next
uniform int row;          // where the residuals of the first sample are
uniform int count;        // samples, a multiple of 4
uniform int errors;       // where those of the sums begin
uniform int start;        // 1: there are no sums yet
uniform REAL scale;       // 1 over the number of samples

const int VECTORS = COLUMNS / 4;

void main() {
  int begin = from + int(gl_GlobalInvocationID.x) * RUNS;
  if (begin >= to) return;
  int beside = int(gl_WorkGroupID.y);
  REAL sum[COLUMNS][RUNS], g[COLUMNS][RUNS];
  for (int j = 0; j < COLUMNS; ++j) EACH_RUN sum[j][r] = 0.0;
  REAL4 four[RUNS]; // residuals
  int i = 0;
  do {
    int end = min(i + 32, count);
#define CLEAR(v) EACH_RUN { g[4 * v][r] = 0.0; g[4 * v + 1][r] = 0.0; g[4 * v + 2][r] = 0.0; g[4 * v + 3][r] = 0.0; }
    EACH_VECTOR(CLEAR)
    do {
      EACH_RUN four[r] = fetchFour(before, (row + i) / 4 * runs + begin + min(r, to - 1 - begin));
      int next = i + 4;
      do {
        int at = records + beside * blockRecords + i * VECTORS;
#define PRODUCT(v) { REAL4 x = samples[at + v]; \
        EACH_RUN { \
          g[4 * v][r] += x.x * four[r].x; g[4 * v + 1][r] += x.y * four[r].x; \
          g[4 * v + 2][r] += x.z * four[r].x; g[4 * v + 3][r] += x.w * four[r].x; } }
        EACH_VECTOR(PRODUCT)
        EACH_RUN four[r] = four[r].yzwx;
        ++i;
      } while (i < next);
    } while (i < end);
#define FOLD(v) EACH_RUN { \
    sum[4 * v][r] += g[4 * v][r] * scale; sum[4 * v + 1][r] += g[4 * v + 1][r] * scale; \
    sum[4 * v + 2][r] += g[4 * v + 2][r] * scale; sum[4 * v + 3][r] += g[4 * v + 3][r] * scale; }
    EACH_VECTOR(FOLD)
  } while (i < count);
  for (int v = 0; v < VECTORS; ++v) EACH_RUN {
    int at = ((block + beside) * VECTORS + v) * runs + begin + min(r, to - 1 - begin);
    REAL4 value = REAL4(0.0), error = REAL4(0.0), term = REAL4(sum[4 * v][r], sum[4 * v + 1][r], sum[4 * v + 2][r], sum[4 * v + 3][r]);
    if (start == 0) {
      value = fetchFour(gradientsBefore, at);
      error = fetchFour(gradientsBefore, at + errors);
    }
    precise REAL4 y = term - error;
    precise REAL4 next = value + y;
    precise REAL4 more = (next - value) - y;
    if (begin + r < to) {
      gradients[at] = next;
      gradients[at + errors] = more;
    }
  }
}
