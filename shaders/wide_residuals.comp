#version 430 core
// What the margins of a part of the samples come to, of each run: the residuals sigma(-t) in
// their place, times the sample's weight, and the part's mean loss; or with ACCURACY how many
// samples are right. A margin is s z, so that one above 0 is right; z = 0 predicts the label
// 0, s = -1.
//
// The loss of a sample is max(-t, 0) + log1p(e), e = e^-|t|, terms of one sign; without eps and
// weights the logs of 16 samples are one log1p of q = product - 1, by q = q (1 + e) + e. With
// eps c it is -log c - log1p(sigma(t) / c) where t is below the edge, min(0, log c), and
// log1p(c + c e^-t) less elsewhere: no exponential is above 1 then but by c. 16 samples are
// summed up, and these sums with compensation.
#include "wide.glsl"

layout(std430, binding = BINDING_MARGINS) buffer Margins { REAL4 margins[]; };
#if ACCURACY
layout(std430, binding = BINDING_RIGHT) buffer Right { uint right[]; }; // two words of a run with WEIGHTED
#if WEIGHTED
layout(std430, binding = BINDING_WEIGHTS) readonly buffer Weights { uvec2 weights[]; }; // see accuracy.comp
#endif
#else
layout(std430, binding = BINDING_LOSSES) writeonly buffer Losses { REAL losses[]; };
#endif

uniform TEXELS before; // margins
uniform TEXELS marks;  // of each sample s, and its weight: 0 of padding
uniform int first;     // sample
uniform int count;     // a multiple of 4, padding included
uniform int samples;   // and without
uniform int part;      // samples of a part, a multiple of 16
uniform int firstPart;
uniform REAL scale;    // 1 over the number of samples
#if EPS
uniform REAL logEps, epsValue, edge;
#endif

REAL lossOf(REAL t, REAL e) {
  REAL loss = max(-t, 0.0) + log1pPositive(e);
#if EPS
  REAL other = expOf(t < edge ? t - logEps : logEps - t);
  loss = t < edge ? -logEps - log1pPositive(other / (1.0 + e)) : loss - log1pPositive(epsValue + other);
#endif
  return loss;
}

void main() {
  int run = from + int(gl_GlobalInvocationID.x);
  if (run >= to) return;
  int i = int(gl_WorkGroupID.y) * part, end = min(i + part, count);
#if ACCURACY
  uint sum = 0u, high = 0u;
  do {
    REAL4 t = fetchFour(before, i / 4 * runs + run);
    for (int u = 0; u < 4; ++u) {
      bool isRight = t[u] > 0.0 || (t[u] == 0.0 && fetch(marks, 2 * (first + i + u)) < 0.0);
#if WEIGHTED
      uvec2 weight = isRight && i + u < samples ? weights[first + i + u] : uvec2(0u);
      uint carry;
      sum = uaddCarry(sum, weight.x, carry);
      high += weight.y + carry;
#else
      sum += isRight ? 1u : 0u;
#endif
    }
    i += 4;
  } while (i < end);
#if WEIGHTED
  uint old = atomicAdd(right[2 * run], sum);
  atomicAdd(right[2 * run + 1], high + (old + sum < old ? 1u : 0u));
#else
  atomicAdd(right[run], sum);
#endif
#else
  Sum total = Sum(0.0, 0.0);
  do {
    REAL sum = 0.0, q = 0.0;
    int stop = min(i + 16, end);
    do {
      int at = i / 4 * runs + run;
      REAL4 t = fetchFour(before, at), residuals;
      for (int u = 0; u < 4; ++u) {
        REAL e = expOf(-abs(t[u])), sigma = (t[u] > 0.0 ? e : 1.0) / (1.0 + e);
#if WEIGHTED
        REAL weight = fetch(marks, 2 * (first + i + u) + 1);
        residuals[u] = weight * sigma;
        sum += weight > 0.0 ? weight * lossOf(t[u], e) : 0.0;
#else
        bool real = i + u < samples; // and no padding
        residuals[u] = real ? sigma : 0.0;
#if EPS
        sum += real ? lossOf(t[u], e) : 0.0;
#else
        sum += real ? max(-t[u], 0.0) : 0.0;
        q = real ? q * (1.0 + e) + e : q;
#endif
#endif
      }
      margins[at] = residuals;
      i += 4;
    } while (i < stop);
#if !EPS && !WEIGHTED
    sum += log1pPositive(q);
#endif
    add(total, sum * scale);
  } while (i < end);
  losses[(firstPart + int(gl_WorkGroupID.y)) * runs + run] = total.value - total.error;
#endif
}
