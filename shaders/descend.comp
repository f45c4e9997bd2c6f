#version 430 core
// Gradient descent: some steps of many training runs.
//
// An invocation carries RUNS runs, so that each sample is loaded once for all of
// them; neighbouring invocations read the same sample. With COOPERATE a work
// group carries one run, its invocations sharing the samples, for few runs of
// many samples. A step passes over the samples once, for the loss and the
// gradient at the same weights:
//   t = s z,  e = e^-|t|,  loss += max(-t, 0) + log(1 + e),
//   gradient -= s x sigma(-t),  sigma(-t) = (t > 0 ? e : 1) / (1 + e).
// The logs of a chunk of samples are one log1p of q = product - 1, by
// q += e + q e: relatively accurate however small the loss is.
//
// Sums: 32 samples to a chunk, chunks by compensated sums, so that the error
// stays at some 32 x 2^-24 of the sum of the terms' sizes for any number of
// samples. The weights are compensated too: with a small learning rate thousands
// of updates far below a weight's last bit still add up.
//
// Defines: DIM weights, VECTORS vec4s of a sample, RUNS, ROWS, RECORDS (vec4s of
// the uniform block, 0 to read a storage buffer), COOPERATE, CLAMP (0 none, 1
// small: felt only below an edge, 2 any).
#include "numerics.glsl"

layout(local_size_x = ROWS) in;

// A sample is s (x, 1), padded to whole vec4.
#if RECORDS > 0
layout(std140, binding = 0) uniform Samples { vec4 samples[RECORDS]; };
#else
layout(std430, binding = 0) readonly buffer Samples { vec4 samples[]; };
#endif
layout(std430, binding = 1) buffer State { float state[]; };            // DIM weights, DIM errors, of each run
layout(std430, binding = 2) readonly buffer Rates { vec2 rates[]; };    // learning rate, l2
layout(std430, binding = 3) writeonly buffer Path { float path[]; };    // per step: DIM weights and the loss, of each run

uniform int runs;    // a multiple of RUNS
uniform int steps;
uniform int count;   // samples
uniform int base;    // of the path
uniform float scale; // 1 / count
#if CLAMP
uniform float clampValue; // c
uniform float logClamp;   // log c
uniform float logRatio;   // log((1 + c) / c)
uniform float ratio;      // (1 + c) / c
uniform float edge;       // margins below it are near the clamp
uniform float offset;     // what a small clamp takes off the loss
#endif

const float LOG2E = 1.44269504, LN2 = 0.693147181;

#define EACH_RUN for (int r = 0; r < RUNS; ++r)
#define EACH_WEIGHT for (int j = 0; j < DIM; ++j)

#if COOPERATE
shared float sums[ROWS * (DIM + 1)];
#endif

void main() {
#if COOPERATE
  int lane = int(gl_LocalInvocationID.x);
  int first = int(gl_WorkGroupID.x);
  const int lanes = ROWS;
#else
  const int lane = 0;
  const int lanes = 1;
  int first = int(gl_GlobalInvocationID.x);
  if (first >= runs / RUNS) return;
#endif
  int apart = runs / RUNS; // between the runs of an invocation

  float w[RUNS][DIM], err[RUNS][DIM], rate[RUNS], ridge[RUNS];
  EACH_RUN {
    int run = first + r * apart;
    rate[r] = rates[run].x;
    ridge[r] = rates[run].y;
    EACH_WEIGHT {
      w[r][j] = state[j * runs + run];
      err[r][j] = state[(DIM + j) * runs + run];
    }
  }

  for (int step = 0; step < steps; ++step) {
    Sum loss[RUNS], gradient[RUNS][DIM];
    float scaled[RUNS][DIM]; // weights in units of log 2: z log2 e
    EACH_RUN {
      loss[r] = Sum(0.0, 0.0);
      EACH_WEIGHT {
        gradient[r][j] = Sum(0.0, 0.0);
        scaled[r][j] = w[r][j] * LOG2E;
      }
    }
    for (int c = lane * 32; c < count; c += lanes * 32) {
      int end = min(c + 32, count);
      float q[RUNS], linear[RUNS], g[RUNS][DIM];
      EACH_RUN {
        q[r] = 0.0;
        linear[r] = 0.0;
        EACH_WEIGHT g[r][j] = 0.0;
      }
#if CLAMP
      float constant[RUNS], clamped[RUNS];
      int exponent[RUNS];
      EACH_RUN {
        constant[r] = 0.0;
        clamped[r] = 1.0;
        exponent[r] = 0;
      }
      for (int i = c; i < end;) {
        int four = min(i + 4, end); // whose factors, up to 10^6, fit into a float
        for (; i < four; ++i) {
#else
      {
        for (int i = c; i < end; ++i) {
#endif
          float x[VECTORS * 4];
          for (int k = 0; k < VECTORS; ++k) {
            vec4 v = samples[i * VECTORS + k];
            x[4 * k] = v.x; x[4 * k + 1] = v.y; x[4 * k + 2] = v.z; x[4 * k + 3] = v.w;
          }
          float top[RUNS], bottom[RUNS];
          EACH_RUN {
            float t = x[0] * scaled[r][0];
            for (int j = 1; j < DIM; ++j) t += x[j] * scaled[r][j];
            float e = exp2Negative(-abs(t));
            top[r] = t > 0.0 ? e : 1.0;
            bottom[r] = 1.0 + e;
            q[r] += q[r] * e + e;
#if CLAMP
            bool near = t < edge * LOG2E;
            constant[r] -= near ? logClamp : 0.0;
            linear[r] += near ? 0.0 : max(-t, 0.0);
#if CLAMP == 1
            float more = near ? e * ratio : 0.0;
#else
            float more = near ? expPair(t * LN2 + logRatio, 0.0) : clampValue + expPair(logClamp - t * LN2, 0.0);
#endif
            clamped[r] += clamped[r] * more;
#else
            linear[r] += max(-t, 0.0);
#endif
          }
          EACH_RUN {
            float sigma = top[r] / bottom[r]; // of -t
            EACH_WEIGHT g[r][j] += sigma * x[j];
          }
        }
#if CLAMP
        EACH_RUN {
          int b = floatBitsToInt(clamped[r]);
          exponent[r] += (b >> 23) - 127;
          clamped[r] = intBitsToFloat((b & 0x7fffff) | 0x3f800000);
        }
#endif
      }
      EACH_RUN {
        float sum = linear[r] * LN2 + log1pPositive(q[r]);
#if CLAMP
        sum += constant[r] - (float(exponent[r]) * LN2 + log1pPositive(clamped[r] - 1.0));
#endif
        add(loss[r], sum * scale);
        EACH_WEIGHT add(gradient[r][j], g[r][j] * scale);
      }
    }
#if COOPERATE
    // Add up the invocations' sums in a fixed order.
    EACH_WEIGHT sums[lane * (DIM + 1) + j] = gradient[0][j].value;
    sums[lane * (DIM + 1) + DIM] = loss[0].value;
    for (int width = ROWS / 2; width > 0; width /= 2) {
      barrier();
      if (lane < width)
        for (int j = 0; j <= DIM; ++j) sums[lane * (DIM + 1) + j] += sums[(lane + width) * (DIM + 1) + j];
    }
    barrier();
    EACH_WEIGHT gradient[0][j].value = sums[j];
    loss[0].value = sums[DIM];
    barrier();
#endif
    int at = base + step * (DIM + 1) * runs + first;
    EACH_RUN {
      float square = 0.0;
      EACH_WEIGHT square += w[r][j] * w[r][j];
      float total = loss[r].value;
#if CLAMP
      total -= offset;
#endif
      if (ridge[r] > 0.0) total += 0.5 * ridge[r] * square;
      if (lane == 0) {
        EACH_WEIGHT path[at + j * runs + r * apart] = w[r][j];
        path[at + DIM * runs + r * apart] = total;
      }
      EACH_WEIGHT {
        float down = gradient[r][j].value - ridge[r] * w[r][j];
        Sum next = Sum(w[r][j], err[r][j]);
        add(next, rate[r] * down);
        w[r][j] = next.value;
        err[r][j] = next.error;
      }
    }
  }

  if (lane == 0) {
    EACH_RUN EACH_WEIGHT {
      state[j * runs + first + r * apart] = w[r][j];
      state[(DIM + j) * runs + first + r * apart] = err[r][j];
    }
  }
}
