#version 430 core
// Takes the loss and the gradient of the states after k updates, and ends the runs that they
// end: what measure and conclude of descend.comp do. An invocation has one run.
#include "wide.glsl"

layout(std430, binding = BINDING_STATE) buffer State { REAL state[]; };
layout(std430, binding = BINDING_INTS) buffer Ints { int ints[]; };
layout(std430, binding = BINDING_PARAM_INTS) readonly buffer ParamInts { int paramInts[]; };
layout(std430, binding = BINDING_NORMS) writeonly buffer Norms { REAL norms[]; };
// Per recorded state: dims weights and the loss, of each run.
layout(std430, binding = BINDING_PATH) writeonly buffer Path { REAL path[]; };

uniform TEXELS normsBefore; // of blocks
uniform TEXELS losses;      // of parts of the samples
uniform TEXELS params;
uniform int blocks, parts;
uniform int k;
uniform int path0;     // word of the path where the state is recorded; -1 nowhere
uniform int evaluated; // 0: the samples have not been passed over at this state
uniform int epoch;     // every so many states are evaluated
uniform REAL limit;    // of |w|
uniform REAL reach;    // |w| up to which no margin leaves the range of the kernel's numbers
uniform REAL gradTol;

REAL norm(int run, int block, int which) { return fetch(normsBefore, (block * NORMS + which) * runs + run); }

// The root of a sum of squares over all blocks, which are in units of their own.
REAL rootOf(int run, int units, int squares) {
  REAL unit = 0.0, sum = 0.0;
  for (int b = 0; b < blocks; ++b) unit = max(unit, norm(run, b, units));
  for (int b = 0; b < blocks; ++b) {
    REAL ratio = norm(run, b, units) / unit;
    sum += norm(run, b, squares) * ratio * ratio;
  }
  return sqrt(sum) * unit;
}

REAL lossOf(int run, REAL l2) {
  Sum sum = Sum(0.0, 0.0);
  for (int part = 0; part < parts; ++part) add(sum, fetch(losses, part * runs + run));
  REAL value = sum.value - sum.error, size = l2 > 0.0 ? rootOf(run, NORM_WEIGHTS, NORM_PENALIZED) : 0.0;
  return l2 > 0.0 ? value + 0.5 * (l2 * size) * size : value;
}

void main() {
  int run = int(gl_GlobalInvocationID.x);
  if (run >= runs) return;
  int flag = blocks * NORMS * runs + run;
  if (ints[INT_STATUS * runs + run] != STATUS_RUNNING) {
    norms[flag] = 0.0;
    return;
  }
  bool finite = true;
  for (int b = 0; b < blocks; ++b) finite = finite && isFinite(norm(run, b, NORM_WEIGHTS));
  norms[flag] = finite ? UNDER_WAY : NOT_FINITE;
  REAL size = rootOf(run, NORM_WEIGHTS, NORM_SQUARES);
  bool diverged = !finite || size > limit;
  if (!diverged && size > reach) {
    ints[INT_STATUS * runs + run] = STATUS_LOST;
    ints[INT_STEP * runs + run] = k;
    return;
  }
  bool known = evaluated != 0 && finite, last = k == paramInts[PARAM_INT_STEPS * runs + run];
  REAL value = known ? lossOf(run, fetch(params, PARAM_L2 * runs + run)) : NAN;
  REAL gradNorm = known ? rootOf(run, NORM_GRADIENT, NORM_GRADIENT_SQUARES) : NAN;
  bool ended = diverged || last;
  int ending = diverged ? STATUS_DIVERGED : STATUS_STEP_LIMIT;
  if (diverged || last || k % epoch == 0) {
    REAL best = state[STATE_BEST * runs + run];
    if (!isNaN(value) && (isNaN(best) || value < best)) state[STATE_BEST * runs + run] = value;
    if (!diverged && !isNaN(gradNorm) && gradNorm <= gradTol) {
      ended = true;
      ending = STATUS_CONVERGED;
    }
  }
  if (path0 >= 0) path[path0 + dims * runs + run] = value;
  if (!ended) return;
  state[STATE_LOSS * runs + run] = value;
  state[STATE_NORM * runs + run] = gradNorm;
  ints[INT_STATUS * runs + run] = ending;
  ints[INT_STEP * runs + run] = k;
}
