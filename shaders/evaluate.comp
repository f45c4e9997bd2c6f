#version 430 core
// The gradient in the plane and the number of samples classified right, or the sum of their weights, at the
// points of some rows of a grid, for a part of the samples.
//
// An invocation computes COLUMNS points of a row, ROWS columns apart, each
// directly: no recurrence. With m the margin in two parts as in landscape.comp,
//   d/dalpha = -(mean of u sigma(-m)) + l2 (d11 (alpha - alpha0) + d12 (beta - beta0))
// where s is in u, and (alpha0, beta0) is the plane's point nearest to the origin.
//
// Defines: ROWS, COLUMNS, GRADIENT, ACCURACY (at least one of the two), WEIGHTED (samples
// have weights).
#include "numerics.glsl"

layout(local_size_x = ROWS) in;

// A sample is three vec4: (a1, a2, u1, u2), (u, v1, v2, v) and (., ., ., s times the weight if there is one).
layout(std430, binding = 0) readonly buffer Samples { vec4 samples[]; };
layout(std430, binding = 1) readonly buffer Columns { vec4 columns[]; }; // (alpha1, alpha2, alpha - alpha0, 0)
layout(std430, binding = 2) readonly buffer Rows { vec4 rows[]; };       // (beta1, beta2, beta - beta0, 0)
layout(std430, binding = 3) buffer Values { float values[]; };           // d/dalpha, d/dbeta of each point, then the right ones

uniform int width;   // columns of the grid
uniform int row;     // first row
uniform int base;    // index in values of column 0 of row origin
uniform int origin;  // the row that base belongs to
uniform int plane;   // values of one kind
uniform ivec2 part;  // first sample and end
uniform bool further; // a part before this one is in values already
uniform float scale; // 1 / number of samples
uniform vec3 l2;       // l2 (d11, d12, d22)

#define EACH for (int k = 0; k < COLUMNS; ++k)

void main() {
  int first = int(gl_WorkGroupID.x) * COLUMNS * ROWS + int(gl_LocalInvocationID.x);
  if (first >= width) return;
  int j = row + int(gl_WorkGroupID.y);
  vec4 across = rows[j], along[COLUMNS];
  EACH along[k] = columns[min(first + k * ROWS, width - 1)];
  Sum da[COLUMNS], db[COLUMNS];
#if WEIGHTED
  Sum right[COLUMNS];
#else
  float right[COLUMNS];
#endif
  EACH {
    da[k] = Sum(0.0, 0.0);
    db[k] = Sum(0.0, 0.0);
#if WEIGHTED
    right[k] = Sum(0.0, 0.0);
#else
    right[k] = 0.0;
#endif
  }
  int i = part.x;
  do {
    int end = min(i + 32, part.y);
    float a[COLUMNS], b[COLUMNS];
#if WEIGHTED
    float correct[COLUMNS];
    EACH correct[k] = 0.0;
#endif
    EACH {
      a[k] = 0.0;
      b[k] = 0.0;
    }
    do {
      vec4 A = samples[3 * i], B = samples[3 * i + 1];
#if ACCURACY || WEIGHTED
      float s = samples[3 * i + 2].w;
#endif
      EACH {
        float hi = A.x + along[k].x * A.z + across.x * B.y;
        float lo = A.y + (along[k].x * A.w + along[k].y * B.x) + (across.x * B.z + across.y * B.w);
        float m = hi + lo;
#if GRADIENT
        bool wrong = m < 0.0;
        float e = expPair(wrong ? hi : -hi, wrong ? lo : -lo);
        float sigma = (wrong ? 1.0 : e) / (1.0 + e); // of -m
#if WEIGHTED
        sigma *= abs(s);
#endif
        a[k] += sigma * B.x;
        b[k] += sigma * B.w;
#endif
#if ACCURACY
#if WEIGHTED
        correct[k] += m > 0.0 || (m == 0.0 && s < 0.0) ? abs(s) : 0.0;
#else
        right[k] += m > 0.0 || (m == 0.0 && s < 0.0) ? 1.0 : 0.0;
#endif
#endif
      }
      ++i;
    } while (i < end);
#if WEIGHTED
    EACH add(right[k], correct[k]);
#endif
#if GRADIENT
    EACH {
      add(da[k], a[k] * scale);
      add(db[k], b[k] * scale);
    }
#endif
  } while (i < part.y);
  EACH {
    int column = first + k * ROWS;
    if (column < width) {
      int at = base + (j - origin) * width + column;
#if GRADIENT
      float x = along[k].z, y = across.z;
      values[at] = (further ? values[at] : l2.x * x + l2.y * y) - da[k].value;
      values[at + plane] = (further ? values[at + plane] : l2.y * x + l2.z * y) - db[k].value;
#endif
#if ACCURACY
#if WEIGHTED
      float more = right[k].value;
#else
      float more = right[k];
#endif
      values[at + 2 * plane] = (further ? values[at + 2 * plane] : 0.0) + more;
#endif
    }
  }
}
