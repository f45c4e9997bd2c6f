#version 430 core
// Takes the update after k others, of a block of BLOCK weights of each run under way, by the
// formulas of optimizer.glsl, which has one weight (DIM) of one run (RUNS) at a time here.
// Before that it records the state, and keeps it for period.comp, as observer_period.glsl does.
#include "wide.glsl"

layout(std430, binding = BINDING_STATE) buffer State { REAL states[]; };
layout(std430, binding = BINDING_INTS) buffer Ints { int ints[]; };
layout(std430, binding = BINDING_PARAM_INTS) readonly buffer ParamInts { int paramInts[]; };
layout(std430, binding = BINDING_PATH) writeonly buffer Path { REAL path[]; };
#if OBSERVE_PERIOD
layout(std430, binding = BINDING_LAST) writeonly buffer Last { REAL last[]; };
uniform int places;
uniform int ofLast; // states from the last one back that there are words for
#endif

uniform TEXELS weights;   // the runs' state
uniform TEXELS gradients; // the direction down, of the data
uniform TEXELS params;
uniform TEXELS norms;
uniform int blocks;
uniform int k;
uniform int path0; // word of the path where the state is recorded; -1 nowhere

int run = int(gl_GlobalInvocationID.x), weight = 0;
bool inTime = false; // an update is taken
REAL param[PARAMS];

void loadParams() {
  for (int p = 0; p < PARAMS; ++p) param[p] = fetch(params, p * runs + run);
}

REAL word(int field) { return fetch(weights, field * runs + run); }

// What optimizer.glsl asks for, of run 0 and weight 0.
#define EACH_WEIGHT for (int j = 0; j < DIM; ++j)
#define STATE(field, r) states[(field) * runs + run]
#define PARAM(field, r) ((field) == PARAM_DECAY && weight >= penalized ? 0.0 : param[field])
Sum w[1][1], down[1][1];
REAL rate[1], l2[1];
void loadWeight(int j) {
  weight = j;
  w[0][0] = Sum(word(STATE_W + j), word(STATE_W_ERROR + j));
  down[0][0] = Sum(gradientOf(gradients, j, run), 0.0);
  rate[0] = param[PARAM_RATE];
  l2[0] = penaltyOf(j, param[PARAM_L2]);
}
bool moving(int r) { return inTime; }
void lose(int r, int at) {
  ints[INT_STATUS * runs + run] = STATUS_LOST;
  ints[INT_STEP * runs + run] = at;
}
#include "optimizer.glsl"

void takeUpdate() {
#if VECTORS_OF_STATE > 0
  for (int v = 0; v < VECTORS_OF_STATE; ++v)
    vectors[0][v] = Sum(word(STATE_VECTORS + v * dims + weight), word(STATE_VECTORS_ERROR + v * dims + weight));
#endif
  update(k);
  states[(STATE_W + weight) * runs + run] = w[0][0].value;
  states[(STATE_W_ERROR + weight) * runs + run] = w[0][0].error;
#if VECTORS_OF_STATE > 0
  for (int v = 0; v < VECTORS_OF_STATE; ++v) {
    states[(STATE_VECTORS + v * dims + weight) * runs + run] = vectors[0][v].value;
    states[(STATE_VECTORS_ERROR + v * dims + weight) * runs + run] = vectors[0][v].error;
  }
#endif
}

void main() {
  if (run >= runs) return;
  REAL flag = fetch(norms, blocks * NORMS * runs + run);
  if (flag == 0.0) return;
  inTime = ints[INT_STATUS * runs + run] == STATUS_RUNNING;
  loadParams();
#if OBSERVE_PERIOD
  int longest = paramInts[PARAM_INT_PERIOD_LONGEST * runs + run], place = paramInts[PARAM_INT_PERIOD_PLACE * runs + run];
  int steps = paramInts[PARAM_INT_STEPS * runs + run], left = steps - k, since = k - steps / 2;
  bool late = longest > 1 && left < ofLast && left <= PERIODS * longest, middle = longest > 1 && since >= 0 && since < longest;
#endif
  int first = int(gl_WorkGroupID.y) * BLOCK, end = min(first + BLOCK, dims);
  for (int j = first; j < end; ++j) {
    loadWeight(j);
    if (path0 >= 0) path[path0 + weight * runs + run] = flag == UNDER_WAY ? w[0][0].value : NAN;
#if OBSERVE_PERIOD
    if (late) last[(left * dims + weight) * places + place] = w[0][0].value;
    if (middle) last[((ofLast + since) * dims + weight) * places + place] = w[0][0].value;
#endif
    if (inTime) takeUpdate();
  }
}
