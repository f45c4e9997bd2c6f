#version 430 core
// The loss at the points of a fine grid of a plane, tile by tile.
//
// An invocation computes a tile of T x T points. Over a tile a sample's margin
// moves by little, so that its loss f(t), t = -m, is its Taylor polynomial of
// degree 5 around the tile's anchor,
//     f(t + x U + y V) = sum over a + b <= 5 of f^(a+b)(t) U^a V^b / (a! b!) x^a y^b,
// x and y being the distances from the anchor in halves of a tile. Summed over
// the samples this is one polynomial of 21 coefficients for all points.
//
// With p = softplus'(t) = sigma(t) and q = 1 - p, each from the exponential that
// is at most 1, the derivatives are p, pq, pq(q-p), pq(1-6pq) and
// pq(q-p)(1-12pq): products of differences that are exact or of no weight. A
// eps c takes softplus(t - L) + log(1 + c) off the loss, L = log((1 + c)/c),
// because 1 + c(1 + e^t) = (1 + c)(1 + e^(t - L)).
//
// Defines: T, COLUMNS (tiles of a work group), RECORDS (vec4s of the uniform
// block, 0 to read a storage buffer), EPS.
#include "numerics.glsl"

layout(local_size_x = COLUMNS) in;

// A sample is three vec4: (a1, a2, u1, u2), (u, v1, v2, v) and (-U, -V, 0, 0).
#if RECORDS > 0
layout(std140, binding = 0) uniform Samples { vec4 samples[RECORDS]; };
#else
layout(std430, binding = 0) readonly buffer Samples { vec4 samples[]; };
#endif
layout(std430, binding = 2) readonly buffer Columns { vec4 columns[]; };  // (alpha1, alpha2, L2 term, 0)
layout(std430, binding = 3) readonly buffer Rows { vec4 rows[]; };        // (beta1, beta2, L2 term, L2 term)
layout(std430, binding = 4) buffer Loss { float loss[]; };

uniform ivec2 size;       // of the grid
uniform int rowTile;      // first row of tiles of this dispatch
uniform ivec2 rowRange;   // first row and end of the rows to write
uniform int base;         // index in loss of column 0 of row origin
uniform int origin;       // the row that base belongs to
uniform ivec2 part;       // first and end of this part of the samples
uniform bool further;     // a part before this one is in loss already
uniform bool hasL2;      // with the L2 term
uniform float scale;      // 1 / number of samples
#if EPS
uniform float logRatio;   // L
uniform float offset;     // log(1 + c)
#endif

const int BLOCK = 32; // samples between two compensated sums

// F(i) for every coefficient: those of degree 0, x, y, x^2, xy, y^2, x^3, ...
#define COEFFICIENTS(F) \
  F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) \
  F(11) F(12) F(13) F(14) F(15) F(16) F(17) F(18) F(19) F(20)

void main() {
  int first = int(gl_GlobalInvocationID.x) * T;
  int top = (rowTile + int(gl_WorkGroupID.y)) * T;
  if (first >= size.x || top >= size.y) return;
  ivec2 anchor = min(ivec2(first, top) + T / 2, size - 1);
  vec2 alpha = columns[anchor.x].xy;
  vec2 beta = rows[anchor.y].xy;

  Sum sums[21];
#define EACH(i) sums[i] = Sum(0.0, 0.0);
  COEFFICIENTS(EACH)
#undef EACH

  for (int i = part.x; i < part.y;) {
    float s[21];
#define EACH(i) s[i] = 0.0;
    COEFFICIENTS(EACH)
#undef EACH
    int end = min(i + BLOCK, part.y);
    for (; i < end; ++i) {
      vec4 A = samples[3 * i], B = samples[3 * i + 1], C = samples[3 * i + 2];
      // The margin in two parts: see landscape.comp.
      float hi = A.x + alpha.x * A.z + beta.x * B.y;
      float lo = A.y + (alpha.x * A.w + alpha.y * B.x) + (beta.x * B.z + beta.y * B.w);
      bool wrong = hi + lo < 0.0;
      float e = expPair(wrong ? hi : -hi, wrong ? lo : -lo);
      float big = 1.0 / (1.0 + e), small = e * big;
      float p = wrong ? big : small, q = wrong ? small : big;
      float pq = big * small, d = pq * (q - p);
      float f0 = log1pPositive(e);
      float f1 = p;
      float f2 = pq;
      float f3 = d;
      float f4 = pq * (1.0 - 6.0 * pq);
      float f5 = d * (1.0 - 12.0 * pq);
#if EPS
      bool past = hi + lo < -logRatio;
      float e2 = expPair(past ? hi + logRatio : -hi - logRatio, past ? lo : -lo);
      float big2 = 1.0 / (1.0 + e2), small2 = e2 * big2;
      float pq2 = big2 * small2, d2 = pq2 * (past ? small2 - big2 : big2 - small2);
      f0 += clamp(-(hi + lo), 0.0, logRatio) - (log1pPositive(e2) + offset);
      f1 = past ? small2 - small : p - small2; // past: both are nearly 1, and 1 - f' is small
      f2 -= pq2;
      f3 -= d2;
      f4 -= pq2 * (1.0 - 6.0 * pq2);
      f5 -= d2 * (1.0 - 12.0 * pq2);
#else
      f0 += max(-(hi + lo), 0.0);
#endif
      float u1 = C.x, v1 = C.y;
      float u2 = u1 * u1, v2 = v1 * v1, u3 = u2 * u1, v3 = v2 * v1;
      float u4 = u2 * u2, v4 = v2 * v2, u5 = u4 * u1, v5 = v4 * v1;
      s[0] += f0;
      s[1] += f1 * u1; s[2] += f1 * v1;
      s[3] += f2 * u2; s[4] += f2 * (u1 * v1); s[5] += f2 * v2;
      s[6] += f3 * u3; s[7] += f3 * (u2 * v1); s[8] += f3 * (u1 * v2); s[9] += f3 * v3;
      s[10] += f4 * u4; s[11] += f4 * (u3 * v1); s[12] += f4 * (u2 * v2); s[13] += f4 * (u1 * v3); s[14] += f4 * v4;
      s[15] += f5 * u5; s[16] += f5 * (u4 * v1); s[17] += f5 * (u3 * v2); s[18] += f5 * (u2 * v3); s[19] += f5 * (u1 * v4); s[20] += f5 * v5;
    }
#define EACH(i) add(sums[i], s[i]);
    COEFFICIENTS(EACH)
#undef EACH
  }

#define M(i) sums[i].value
  for (int j = max(top, rowRange.x); j < min(min(top + T, size.y), rowRange.y); ++j) {
    float y = float(j - anchor.y) * (2.0 / float(T));
    // The polynomial in x of this row, with the factorials.
    float c0 = ((((M(20) * (y / 5.0) + M(14)) * (y / 4.0) + M(9)) * (y / 3.0) + M(5)) * (y / 2.0) + M(2)) * y + M(0);
    float c1 = (((M(19) * (y / 4.0) + M(13)) * (y / 3.0) + M(8)) * (y / 2.0) + M(4)) * y + M(1);
    float c2 = (((M(18) * (y / 3.0) + M(12)) * (y / 2.0) + M(7)) * y + M(3)) / 2.0;
    float c3 = ((M(17) * (y / 2.0) + M(11)) * y + M(6)) / 6.0;
    float c4 = (M(16) * y + M(10)) / 24.0;
    float c5 = M(15) / 120.0;
    vec4 rowOf = rows[j];
    int at = base + (j - origin) * size.x + first;
    float from = float(first - anchor.x) * (2.0 / float(T));
    // Unrolled: every turn of a loop costs a software device more than its work.
    for (int k = 0; k < T; k += 8) {
#define POINT(i) \
      if (first + k + i < size.x) { \
        float x = from + float(k + i) * (2.0 / float(T)); \
        loss[at + k + i] = (((((c5 * x + c4) * x + c3) * x + c2) * x + c1) * x + c0) * scale + (further ? loss[at + k + i] : 0.0); \
      }
      POINT(0) POINT(1) POINT(2) POINT(3) POINT(4) POINT(5) POINT(6) POINT(7)
    }
    for (int k = 0; hasL2 && k < min(T, size.x - first); ++k) {
      float r = columns[first + k].z + rowOf.z;
      loss[at + k] += r * r + rowOf.w;
    }
  }
}
