#version 430 core
// The loss at the points of a fine grid of a plane, tile by tile.
//
// An invocation computes a tile of TX x TY points. Over a tile a sample's margin
// moves by little, so that its loss f(t), t = -m, is its Taylor polynomial of
// degree DEGREE around the tile's anchor,
//     f(t + x U + y V) = sum over a + b <= DEGREE of f^(a+b)(t) U^a V^b / (a! b!) x^a y^b,
// x and y being the distances from the anchor in halves of a tile. Summed over
// the samples this is one polynomial for all points, of 21 coefficients if DEGREE is 5,
// and of 55 if it is 9.
//
// With p = softplus'(t) = sigma(t) and q = 1 - p, each from the exponential that
// is at most 1, the derivatives are p, pq, pq(q-p) and so on, pq or pq(q-p) times a
// polynomial in pq: products of differences that are exact or of no weight. A
// eps c takes softplus(t - L) + log(1 + c) off the loss, L = log((1 + c)/c),
// because 1 + c(1 + e^t) = (1 + c)(1 + e^(t - L)).
//
// Defines: TX, TY, DEGREE (5 or 9), COLUMNS (tiles of a work group), RECORDS (vec4s of
// the uniform block, 0 to read a storage buffer), EPS, WEIGHTED (samples have weights),
// PARTS (there are several parts of the samples).
#include "numerics.glsl"
#include "landscape.glsl"

layout(local_size_x = COLUMNS) in;

// A sample is three vec4: (a1, a2, u1, u2), (u, v1, v2, v) and (-U, -V, 0, weight).
#if RECORDS > 0
layout(std140, binding = 0) uniform Samples { vec4 samples[RECORDS]; };
#else
layout(std430, binding = 0) readonly buffer Samples { vec4 samples[]; };
#endif
layout(std430, binding = 2) readonly buffer Columns { vec4 columns[]; };  // (alpha1, alpha2, L2 term, L2 term)
layout(std430, binding = 3) readonly buffer Rows { vec4 rows[]; };        // (beta1, beta2, L2 term, L2 term)

uniform ivec2 size;       // of the grid
uniform int rowTile;      // first row of tiles of this dispatch
uniform ivec2 rowRange;   // first row and end of the rows to write
uniform int base;         // index in loss of column 0 of row origin
uniform int origin;       // the row that base belongs to
uniform ivec2 part;       // first and end of this part of the samples
uniform float scale;      // 1 / number of samples
#if EPS
uniform float logRatio;   // L
uniform float offset;     // log(1 + c)
#endif

const int STRIDE = TX < 8 ? TX : 8; // points that are unrolled
const int BLOCK = 32; // samples between two compensated sums

// F(i) for every coefficient: those of degree 0, x, y, x^2, xy, y^2, x^3, ...
#define COEFFICIENTS5(F) \
  F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) \
  F(11) F(12) F(13) F(14) F(15) F(16) F(17) F(18) F(19) F(20)
#if DEGREE == 5
#define COEFFICIENTS(F) COEFFICIENTS5(F)
#else
#define COEFFICIENTS(F) COEFFICIENTS5(F) \
  F(21) F(22) F(23) F(24) F(25) F(26) F(27) F(28) F(29) F(30) F(31) F(32) F(33) F(34) F(35) F(36) F(37) \
  F(38) F(39) F(40) F(41) F(42) F(43) F(44) F(45) F(46) F(47) F(48) F(49) F(50) F(51) F(52) F(53) F(54)
#endif
const int COUNT = (DEGREE + 1) * (DEGREE + 2) / 2;
// The coefficient of x^(d-b) y^b.
#define INDEX(d, b) ((d) * ((d) + 1) / 2 + (b))

// Derivatives of softplus from the third on, from y = pq and z = q - p, as multiples of
// y and of yz in turn.
#define FACTOR4(y) (1.0 - 6.0 * y)
#define FACTOR5(y) (1.0 - 12.0 * y)
#define FACTOR6(y) (1.0 + y * (120.0 * y - 30.0))
#define FACTOR7(y) (1.0 + y * (360.0 * y - 60.0))
#define FACTOR8(y) (1.0 + y * (y * (1680.0 - 5040.0 * y) - 126.0))
#define FACTOR9(y) (1.0 + y * (y * (5040.0 - 20160.0 * y) - 252.0))

void main() {
  int first = int(gl_GlobalInvocationID.x) * TX;
  int top = (rowTile + int(gl_WorkGroupID.y)) * TY;
  if (first >= size.x || top >= size.y) return;
  ivec2 anchor = min(ivec2(first, top) + ivec2(TX, TY) / 2, size - 1);
  vec2 alpha = columns[anchor.x].xy;
  vec2 beta = rows[anchor.y].xy;

  Sum sums[COUNT];
#define EACH(i) sums[i] = Sum(0.0, 0.0);
  COEFFICIENTS(EACH)
#undef EACH

  for (int i = part.x; i < part.y;) {
    float s[COUNT];
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
      float f4 = pq * FACTOR4(pq);
      float f5 = d * FACTOR5(pq);
#if DEGREE > 5
      float f6 = pq * FACTOR6(pq);
      float f7 = d * FACTOR7(pq);
      float f8 = pq * FACTOR8(pq);
      float f9 = d * FACTOR9(pq);
#endif
#if EPS
      bool past = hi + lo < -logRatio;
      float e2 = expPair(past ? hi + logRatio : -hi - logRatio, past ? lo : -lo);
      float big2 = 1.0 / (1.0 + e2), small2 = e2 * big2;
      float pq2 = big2 * small2, d2 = pq2 * (past ? small2 - big2 : big2 - small2);
      f0 += clamp(-(hi + lo), 0.0, logRatio) - (log1pPositive(e2) + offset);
      f1 = past ? small2 - small : p - small2; // past: both are nearly 1, and 1 - f' is small
      f2 -= pq2;
      f3 -= d2;
      f4 -= pq2 * FACTOR4(pq2);
      f5 -= d2 * FACTOR5(pq2);
#if DEGREE > 5
      f6 -= pq2 * FACTOR6(pq2);
      f7 -= d2 * FACTOR7(pq2);
      f8 -= pq2 * FACTOR8(pq2);
      f9 -= d2 * FACTOR9(pq2);
#endif
#else
      f0 += max(-(hi + lo), 0.0);
#endif
#if WEIGHTED
      f0 *= C.w; f1 *= C.w; f2 *= C.w; f3 *= C.w; f4 *= C.w; f5 *= C.w;
#if DEGREE > 5
      f6 *= C.w; f7 *= C.w; f8 *= C.w; f9 *= C.w;
#endif
#endif
      float u1 = C.x, v1 = C.y;
      float u2 = u1 * u1, v2 = v1 * v1, u3 = u2 * u1, v3 = v2 * v1;
      float u4 = u2 * u2, v4 = v2 * v2, u5 = u4 * u1, v5 = v4 * v1;
#define TERM(d, b, monomial) s[INDEX(d, b)] += f##d * (monomial);
      s[0] += f0;
      TERM(1, 0, u1) TERM(1, 1, v1)
      TERM(2, 0, u2) TERM(2, 1, u1 * v1) TERM(2, 2, v2)
      TERM(3, 0, u3) TERM(3, 1, u2 * v1) TERM(3, 2, u1 * v2) TERM(3, 3, v3)
      TERM(4, 0, u4) TERM(4, 1, u3 * v1) TERM(4, 2, u2 * v2) TERM(4, 3, u1 * v3) TERM(4, 4, v4)
      TERM(5, 0, u5) TERM(5, 1, u4 * v1) TERM(5, 2, u3 * v2) TERM(5, 3, u2 * v3) TERM(5, 4, u1 * v4) TERM(5, 5, v5)
#if DEGREE > 5
      float u6 = u3 * u3, v6 = v3 * v3, u7 = u4 * u3, v7 = v4 * v3;
      float u8 = u4 * u4, v8 = v4 * v4, u9 = u5 * u4, v9 = v5 * v4;
      TERM(6, 0, u6) TERM(6, 1, u5 * v1) TERM(6, 2, u4 * v2) TERM(6, 3, u3 * v3) TERM(6, 4, u2 * v4) TERM(6, 5, u1 * v5) TERM(6, 6, v6)
      TERM(7, 0, u7) TERM(7, 1, u6 * v1) TERM(7, 2, u5 * v2) TERM(7, 3, u4 * v3) TERM(7, 4, u3 * v4) TERM(7, 5, u2 * v5) TERM(7, 6, u1 * v6) TERM(7, 7, v7)
      TERM(8, 0, u8) TERM(8, 1, u7 * v1) TERM(8, 2, u6 * v2) TERM(8, 3, u5 * v3) TERM(8, 4, u4 * v4) TERM(8, 5, u3 * v5) TERM(8, 6, u2 * v6) TERM(8, 7, u1 * v7) TERM(8, 8, v8)
      TERM(9, 0, u9) TERM(9, 1, u8 * v1) TERM(9, 2, u7 * v2) TERM(9, 3, u6 * v3) TERM(9, 4, u5 * v4) TERM(9, 5, u4 * v5) TERM(9, 6, u3 * v6) TERM(9, 7, u2 * v7) TERM(9, 8, u1 * v8) TERM(9, 9, v9)
#endif
#undef TERM
    }
#define EACH(i) add(sums[i], s[i]);
    COEFFICIENTS(EACH)
#undef EACH
  }

  // The polynomial of a row: the coefficient of x^i is a polynomial in y, by Horner's rule
  // with the factorials.
#define M(i, b) sums[INDEX((i) + (b), b)].value
#define H(i, b) c = c * (y / float((b) + 1)) + M(i, b);
#define H0(i) H(i, 0)
#define H1(i) H(i, 1) H0(i)
#define H2(i) H(i, 2) H1(i)
#define H3(i) H(i, 3) H2(i)
#define H4(i) H(i, 4) H3(i)
#define H5(i) H(i, 5) H4(i)
#define H6(i) H(i, 6) H5(i)
#define H7(i) H(i, 7) H6(i)
#define H8(i) H(i, 8) H7(i)
#define ROW(i, below, factorial) float c##i; { float c = M(i, DEGREE - i); below c##i = c / factorial; }
  for (int j = max(top, rowRange.x); j < min(min(top + TY, size.y), rowRange.y); ++j) {
    float y = float(j - anchor.y) * (2.0 / float(TY));
#if DEGREE == 5
    ROW(0, H4(0), 1.0) ROW(1, H3(1), 1.0) ROW(2, H2(2), 2.0) ROW(3, H1(3), 6.0) ROW(4, H0(4), 24.0) ROW(5, , 120.0)
#define HIGH(x) c5
#else
    ROW(0, H8(0), 1.0) ROW(1, H7(1), 1.0) ROW(2, H6(2), 2.0) ROW(3, H5(3), 6.0) ROW(4, H4(4), 24.0) ROW(5, H3(5), 120.0)
    ROW(6, H2(6), 720.0) ROW(7, H1(7), 5040.0) ROW(8, H0(8), 40320.0) ROW(9, , 362880.0)
#define HIGH(x) ((((c9 * x + c8) * x + c7) * x + c6) * x + c5)
#endif
    vec4 rowOf = rows[j];
    int at = base + (j - origin) * size.x + first;
    float from = float(first - anchor.x) * (2.0 / float(TX));
    // Unrolled: every turn of a loop costs a software device more than its work.
    for (int k = 0; k < TX; k += STRIDE) {
#define POINT(i) \
      if (first + k + i < size.x) { \
        float x = from + float(k + i) * (2.0 / float(TX)); \
        put(at + k + i, (((((HIGH(x) * x + c4) * x + c3) * x + c2) * x + c1) * x + c0) * scale); \
      }
      POINT(0) POINT(1)
#if TX > 2
      POINT(2) POINT(3)
#endif
#if TX > 4
      POINT(4) POINT(5) POINT(6) POINT(7)
#endif
    }
    for (int k = 0; hasL2 && k < min(TX, size.x - first); ++k) more(at + k, l2Term(columns[first + k], rowOf));
  }
}
