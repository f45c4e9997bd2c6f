#version 430 core
// The loss at the points of a block of a grid of a plane.
//
// An invocation computes K neighbouring columns of one row; neighbouring
// invocations are neighbouring rows, so that they share what depends on the
// columns. A sample's margin m = a + alpha u + beta v (its sign s is in a, u and
// v) and its loss softplus(-m) = max(-m, 0) + log(1 + e^-|m|) move along a row by
// a constant: with the anchor, column K/2, and m there, every
//     e[k] = e^(-+m) e^(-+(k - K/2) u h)
// is a product of the one before it with a constant factor. The sign is the
// anchor's, so that e <= 1 there; the linear parts of all samples are one value
// and one slope. What remains is a product of 1 + e per column, in one of two
// forms:
//   EXCESS 0: the product itself, its exponent folded into an integer. Its log
//     is good to 2^-24 per sample, absolutely.
//   EXCESS 1: q = product - 1, by q += e + q e, all terms being positive: its
//     log1p is relatively good, however small the loss is.
//
// Defines: K, ROWS, RECORDS (vec4s of the uniform block, 0 to read a storage
// buffer), EXCESS, EPS, WEIGHTED (samples have weights, and all go column by column),
// PARTS (there are several parts of the samples).
#include "numerics.glsl"
#include "landscape.glsl"

layout(local_size_x = ROWS) in;

// A sample is three vec4: (a1, a2, u1, u2), (u, v1, v2, v) and
// (e^uh, e^-uh, uh, weight).
#if RECORDS > 0
layout(std140, binding = 0) uniform Samples { vec4 samples[RECORDS]; };
#else
layout(std430, binding = 0) readonly buffer Samples { vec4 samples[]; };
#endif
layout(std430, binding = 1) readonly buffer Chunks { int chunkEnd[]; };   // sample after the last, per chunk
layout(std430, binding = 2) readonly buffer Columns { vec4 columns[]; };  // (alpha1, alpha2, L2 term, L2 term)
layout(std430, binding = 3) readonly buffer Rows { vec4 rows[]; };        // (beta1, beta2, L2 term, L2 term)

uniform int width;        // columns of the grid
uniform ivec2 corner;     // first column tile and first row of this block
uniform int rowEnd;       // row after the block's last
uniform int base;         // index in loss of column 0 of row origin
uniform int origin;       // the row that base belongs to
uniform ivec2 chunks;     // first and end of the chunks of this part of the samples
uniform ivec2 recurrent;  // first and end of its samples that go by the recurrence
uniform ivec2 others;     // first and end of those that do not
uniform float scale;      // 1 / number of samples
#if EPS
uniform float epsValue;  // c
uniform float logEps;    // log c
uniform float logRatio;    // log((1 + c) / c)
uniform float edge;        // log c, 0 at most: margins below it are near eps
uniform float seen;        // a margin below it feels eps
uniform bool always;       // all do
uniform int epsChunk;    // samples whose product fits into a float
uniform float offset;      // what c takes off the loss where it is not
#endif

#define EACH1(F, b) F(b)
#define EACH2(F, b) EACH1(F, b) EACH1(F, (b) + 1)
#define EACH4(F, b) EACH2(F, b) EACH2(F, (b) + 2)
#define EACH8(F, b) EACH4(F, b) EACH4(F, (b) + 4)
#define EACH16(F, b) EACH8(F, b) EACH8(F, (b) + 8)
#define EACH32(F, b) EACH16(F, b) EACH16(F, (b) + 16)
#if K == 1
#define UPWARDS(F) F(0)
#define DOWNWARDS(F)
#elif K == 4
#define UPWARDS(F) EACH2(F, 0)
#define DOWNWARDS(F) EACH2(F, 0)
#elif K == 8
#define UPWARDS(F) EACH4(F, 0)
#define DOWNWARDS(F) EACH4(F, 0)
#elif K == 16
#define UPWARDS(F) EACH8(F, 0)
#define DOWNWARDS(F) EACH8(F, 0)
#elif K == 32
#define UPWARDS(F) EACH16(F, 0)
#define DOWNWARDS(F) EACH16(F, 0)
#elif K == 64
#define UPWARDS(F) EACH32(F, 0)
#define DOWNWARDS(F) EACH32(F, 0)
#endif
#define MID (K / 2)
// F(k) for every column k
#define U_(k) EACH(MID + (k))
#define D_(k) EACH(MID - 1 - (k))

// The margin in two parts. The first parts are multiples of one quantum per
// sample, few enough that the sums and products of hi are exact; lo holds what
// is left, at most 2^-11 of the terms.
void margin(vec4 A, vec4 B, vec2 alpha, vec2 beta, out float hi, out float lo) {
  hi = A.x + alpha.x * A.z + beta.x * B.y;
  lo = A.y + (alpha.x * A.w + alpha.y * B.x) + (beta.x * B.z + beta.y * B.w);
}

// The loss of one sample at one point.
float direct(vec4 A, vec4 B, vec2 alpha, vec2 beta) {
  float hi, lo;
  margin(A, B, alpha, beta, hi, lo);
  float m = hi + lo;
  bool wrong = m < 0.0;
  float plain = log1pPositive(expPair(wrong ? hi : -hi, wrong ? lo : -lo));
#if EPS
  bool near = m < edge;
  float g = near ? expPair(hi + logRatio, lo) : epsValue + expPair(logEps - hi, -lo);
  return (plain + (near ? -logEps : max(-m, 0.0))) - log1pPositive(g);
#else
  return plain + max(-m, 0.0);
#endif
}

void main() {
  int row = corner.y + int(gl_GlobalInvocationID.x);
  int first = (corner.x + int(gl_WorkGroupID.y)) * K;
  if (row >= rowEnd) return;
  vec2 alpha = columns[first + MID].xy;
  vec4 rowOf = rows[row];
  vec2 beta = rowOf.xy;

  float p[K]; // the product, or the product - 1
#if EXCESS
  Sum logs[K];
#define EACH(k) logs[k] = Sum(0.0, 0.0);
  UPWARDS(U_) DOWNWARDS(D_)
#undef EACH
#else
  int exponent[K];
#define EACH(k) exponent[k] = 0; p[k] = 1.0;
  UPWARDS(U_) DOWNWARDS(D_)
#undef EACH
#endif
  Sum linear = Sum(0.0, 0.0), slope = Sum(0.0, 0.0);
#if EPS
  float least = 0.0; // margin
#endif

  for (int c = chunks.x, i = recurrent.x; c < chunks.y; ++c) {
    int end = chunkEnd[c];
    float lin = 0.0, slo = 0.0;
#if EXCESS
#define EACH(k) p[k] = 0.0;
    UPWARDS(U_) DOWNWARDS(D_)
#undef EACH
#define STEP(k, e, factor) p[k] += p[k] * e + e; e *= factor;
#else
#define STEP(k, e, factor) p[k] = p[k] * e + p[k]; e *= factor;
#endif
    for (; i < end; ++i) {
      vec4 C = samples[3 * i + 2];
      float hi, lo;
      margin(samples[3 * i], samples[3 * i + 1], alpha, beta, hi, lo);
      float m = hi + lo;
      bool wrong = m < 0.0;
      float e = expPair(wrong ? hi : -hi, wrong ? lo : -lo);
      float up = wrong ? C.x : C.y;
      float down = wrong ? C.y : C.x;
      float f = e * down;
#if EPS
      bool near = m < edge;
      least = min(least, m);
      lin += near ? -logEps : max(-m, 0.0);
      slo -= wrong && !near ? C.z : 0.0;
#else
      lin += max(-m, 0.0);
      slo -= wrong ? C.z : 0.0;
#endif
#define S_UP(k) STEP(MID + (k), e, up)
#define S_DOWN(k) STEP(MID - 1 - (k), f, down)
      UPWARDS(S_UP) DOWNWARDS(S_DOWN)
    }
    add(linear, lin);
    add(slope, slo);
#if EXCESS
#define EACH(k) add(logs[k], log1pPositive(p[k]));
#else
#define EACH(k) { int b = floatBitsToInt(p[k]); exponent[k] += (b >> 23) - 127; p[k] = intBitsToFloat((b & 0x7fffff) | 0x3f800000); }
#endif
    UPWARDS(U_) DOWNWARDS(D_)
#undef EACH
  }

#if EPS
  // The part of eps of the loss: less the log of the product of 1 + g,
  // g = c + c e^-m, or e^m (1 + c) / c where m < edge and the linear part is
  // already -log c. At the edge both are 1, so that neither cancels. It is a loop
  // because some devices run both sides of an if.
  bool felt = always || least < seen;
#if !EXCESS
  float g[K];
#define EACH(k) g[k] = 1.0;
  UPWARDS(U_) DOWNWARDS(D_)
#undef EACH
#endif
  for (int i = recurrent.x; felt && i < recurrent.y;) {
#if EXCESS
    float g[K];
#define EACH(k) g[k] = 0.0;
    UPWARDS(U_) DOWNWARDS(D_)
#undef EACH
#endif
    int end = min(i + epsChunk, recurrent.y);
    for (; i < end; ++i) {
      vec4 C = samples[3 * i + 2];
      float hi, lo;
      margin(samples[3 * i], samples[3 * i + 1], alpha, beta, hi, lo);
      bool near = hi + lo < edge;
      float e = near ? expPair(hi + logRatio, lo) : expPair(logEps - hi, -lo);
      float up = near ? C.x : C.y;
      float down = near ? C.y : C.x;
      float f = e * down;
      float plus = near ? 0.0 : epsValue;
#if EXCESS
#define FACTOR(k, e, factor) { float t = plus + e; g[k] += g[k] * t + t; e *= factor; }
#else
#define FACTOR(k, e, factor) g[k] = g[k] * (plus + e) + g[k]; e *= factor;
#endif
#define F_UP(k) FACTOR(MID + (k), e, up)
#define F_DOWN(k) FACTOR(MID - 1 - (k), f, down)
      UPWARDS(F_UP) DOWNWARDS(F_DOWN)
    }
#if EXCESS
#define EACH(k) add(logs[k], -log1pPositive(g[k]));
#else
#define EACH(k) { int b = floatBitsToInt(g[k]); exponent[k] -= (b >> 23) - 127; g[k] = intBitsToFloat((b & 0x7fffff) | 0x3f800000); }
#endif
    UPWARDS(U_) DOWNWARDS(D_)
#undef EACH
  }
#endif

  int at = base + (row - origin) * width + first;
#if EXCESS
#define TOTAL(k) logs[k].value
#elif EPS
#define TOTAL(k) (float(exponent[k]) * 0.693147181 + (log1pPositive(p[k] - 1.0) - log1pPositive(g[k] - 1.0)))
#else
#define TOTAL(k) (float(exponent[k]) * 0.693147181 + log1pPositive(p[k] - 1.0))
#endif
#if EPS
  float shift = felt ? 0.0 : offset;
#else
  const float shift = 0.0;
#endif
#define EACH(k) \
  if (first + (k) < width) \
    put(at + (k), (linear.value + float((k) - MID) * slope.value + TOTAL(k)) * scale - shift);
  UPWARDS(U_) DOWNWARDS(D_)

  // What goes column by column: samples that change too much between columns for
  // the recurrence, and (l2/2) |w|^2 as a sum of squares, of which the row has its
  // own part and the least value, so that nothing cancels. Not unrolled.
  for (int k = 0; (hasL2 || others.y > others.x) && k < min(K, width - first); ++k) {
    vec4 column = columns[first + k];
    Sum sum = Sum(0.0, 0.0);
    for (int i = others.x; i < others.y; ++i) {
      float term = direct(samples[3 * i], samples[3 * i + 1], column.xy, beta);
#if WEIGHTED
      term *= samples[3 * i + 2].w;
#endif
      add(sum, term);
    }
    more(at + k, sum.value * scale + (hasL2 ? l2Term(column, rowOf) : 0.0));
  }
}
