#version 430 core
// The loss, the gradient in the plane and the number of samples classified right at the
// points of some rows of a grid, for a part of the samples, in double precision.
//
// An invocation computes a point, directly: a margin is m = a + alpha u + beta v, rounded
// a few times, and a sample's loss is softplus(-m), with eps c less by
// log(1 + c (1 + e^-m)); where c is most of that, -log c and
// log(1 + e^m) - log(1 + e^m (1 + c)/c) are the same without the cancellation.
//
// Defines: DOUBLE, ROWS, EPS, LOSS, GRADIENT, ACCURACY (at least one of the three), WEIGHTED (samples
// have weights).
#include "numerics.glsl"

layout(local_size_x = ROWS) in;

layout(std430, binding = 0) readonly buffer Samples { REAL4 samples[]; };  // (a, u, v, s), s in the first three; s times its weight
layout(std430, binding = 1) readonly buffer Columns { REAL4 columns[]; };  // (alpha, x = alpha - alpha0, p x, 0)
layout(std430, binding = 2) readonly buffer Rows { REAL4 rows[]; };        // (beta, y = beta - beta0, r y, the rest of the L2 term)
layout(std430, binding = 3) buffer Values { REAL values[]; };              // loss, d/dalpha, d/dbeta and the right ones, as far as wanted

uniform int width;    // columns of the grid
uniform int row;      // first row
uniform int base;     // index in values of column 0 of row origin
uniform int origin;   // the row that base belongs to
uniform int plane;    // values of one kind
uniform ivec2 part;   // first sample and end
uniform bool further; // a part before this one is in values already
uniform REAL scale;   // 1 / number of samples
uniform REAL d11, d12, d22; // l2 times the products of the directions
#if EPS
uniform REAL epsValue; // c
uniform REAL logEps;   // log c
uniform REAL ratio;    // (1 + c) / c
#endif

REAL lossAt(REAL m) {
#if EPS
  REAL e = exponential(-abs(m));
  if (m < min(logEps, 0.0)) return log1pPositive(e) - logEps - log1pPositive(e * ratio);
  return max(-m, 0.0) + log1pPositive(e) - log1pPositive(epsValue * (1.0 + exponential(-m)));
#else
  return softplus(-m);
#endif
}

void main() {
  int column = int(gl_GlobalInvocationID.x);
  if (column >= width) return;
  int j = row + int(gl_WorkGroupID.y);
  REAL4 across = rows[j], along = columns[column];
  Sum loss = Sum(0.0, 0.0), da = Sum(0.0, 0.0), db = Sum(0.0, 0.0);
  Sum right = Sum(0.0, 0.0);
  int i = part.x;
  do {
    int end = min(i + 32, part.y);
    REAL l = 0.0, a = 0.0, b = 0.0, correct = 0.0;
    do {
      REAL4 x = samples[i];
      REAL m = (x.x + along.x * x.y) + across.x * x.z;
#if LOSS
#if WEIGHTED
      l += abs(x.w) * lossAt(m);
#else
      l += lossAt(m);
#endif
#endif
#if GRADIENT
      REAL sigma = sigmoid(-m);
#if WEIGHTED
      sigma *= abs(x.w);
#endif
      a += sigma * x.y;
      b += sigma * x.z;
#endif
#if ACCURACY
#if WEIGHTED
      correct += m > 0.0 || (m == 0.0 && x.w < 0.0) ? abs(x.w) : 0.0;
#else
      correct += m > 0.0 || (m == 0.0 && x.w < 0.0) ? 1.0 : 0.0;
#endif
#endif
      ++i;
    } while (i < end);
    add(loss, l * scale);
    add(da, a * scale);
    add(db, b * scale);
    add(right, correct);
  } while (i < part.y);
  int at = base + (j - origin) * width + column;
#if LOSS
  REAL z = along.z + across.z;
  values[at] = (further ? values[at] : z * z + across.w) + loss.value;
  at += plane;
#endif
#if GRADIENT
  values[at] = (further ? values[at] : d11 * along.y + d12 * across.y) - da.value;
  at += plane;
  values[at] = (further ? values[at] : d12 * along.y + d22 * across.y) - db.value;
  at += plane;
#endif
#if ACCURACY
  values[at] = (further ? values[at] : 0.0) + right.value;
#endif
}
