#version 430 core
// How near the last states of runs come back to where they were: cpu.Returns, of runs that
// have taken all of their steps.
//
// Defines: DIM weights, ROWS, and those of texels.glsl and of layout.go in gpu/compute.
#include "texels.glsl"

layout(local_size_x = ROWS) in;

// Word number field * runs + run of each is of that run.
layout(std430, binding = BINDING_STATE) buffer State { REAL state[]; };
layout(std430, binding = BINDING_INTS) buffer Ints { int ints[]; };
layout(std430, binding = BINDING_PARAM_INTS) readonly buffer ParamInts { int paramInts[]; };
// What observer_period.glsl keeps: the states from the last one back, then those from half of
// the steps on.
uniform TEXELS last;

uniform int runs, places, ofLast;
uniform REAL periodTol;

int run = int(gl_GlobalInvocationID.x), place = 0;

REAL weight(int at, int j) { return j < DIM ? fetch(last, (at * DIM + j) * places + place) : 0.0; }

REAL square(int a, int b, int j) {
  REAL d = weight(a, j) - weight(b, j);
  return d * d;
}

// The distance between two states that are kept. Weights are taken in eights, since loops
// end after gpu.MaxLoopIterations: a run of 1,025 weights has some 320 distances to take.
REAL between(int a, int b) {
  REAL sum = 0.0;
  for (int j = 0; j < DIM; j += 8)
    sum += ((square(a, b, j) + square(a, b, j + 1)) + (square(a, b, j + 2) + square(a, b, j + 3))) +
           ((square(a, b, j + 4) + square(a, b, j + 5)) + (square(a, b, j + 6) + square(a, b, j + 7)));
  return sqrt(sum);
}

// The least distance of a state from the last state, of those before it from since on and
// back to the one after until; how many steps before it comes first within near.
int firstReturn(REAL near, int longest, out REAL apart) {
  apart = between(0, 1);
  if (apart <= near) return 1;
  for (int i = 2; i <= longest; ++i) {
    REAL d = between(0, i);
    if (d <= near) return i;
    apart = min(apart, d);
  }
  return 0;
}

void main() {
  if (run >= runs || ints[INT_STATUS * runs + run] != STATUS_STEP_LIMIT) return;
  int longest = paramInts[PARAM_INT_PERIOD_LONGEST * runs + run];
  if (longest < 2) return;
  place = paramInts[PARAM_INT_PERIOD_PLACE * runs + run];
  REAL size = 0.0, apart;
  for (int j = 0; j < DIM; ++j) size += weight(0, j) * weight(0, j);
  int after = firstReturn(periodTol * (1.0 + sqrt(size)), longest, apart);
  ints[INT_PERIOD_AFTER * runs + run] = after;
  state[STATE_PERIOD_APART * runs + run] = apart;
  if (after == 0) return;
  for (int period = 0; period < PERIODS - 1; ++period) {
    REAL moved = 0.0;
    for (int i = period * after; i < (period + 1) * after; ++i) moved = max(moved, between(i, i + after));
    state[(STATE_PERIOD_MOVED + period) * runs + run] = moved;
  }
  // The states from half of the steps on against those of the last period that should be
  // the same.
  int steps = paramInts[PARAM_INT_STEPS * runs + run], left = steps - steps / 2;
  REAL away = 0.0;
  for (int i = 0; i < after; ++i) away = max(away, between(ofLast + i, (left - i) % after));
  state[STATE_PERIOD_AWAY * runs + run] = away;
}
