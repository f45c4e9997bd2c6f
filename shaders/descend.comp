#version 430 core
// Some steps of many training runs.
//
// An invocation carries RUNS runs, so that each sample is loaded once for all of
// them; neighbouring invocations read the same sample. With COOPERATE a work
// group carries RUNS runs, its invocations sharing the samples, for few runs of
// many samples.
//
// What happens at a state, and in which order, is what cpu's sweep does. All runs
// are at the same update. One that has ended is left as it is; an invocation all
// of whose runs have ended leaves. A run is LOST when a number leaves the range of
// the kernel's numbers though the weights do not: the host refuses it then.
//
// The weights are compensated: with a small learning rate thousands of updates far
// below a weight's last bit still add up.
//
// With BATCHES a step takes two passes: over all samples, at the states that are
// evaluated, and over the drawn ones.
//
// A run whose exponent is asked for goes on to all of its steps when it has converged: it
// is BEYOND then.
//
// The pieces: model_*.glsl sums loss and gradient over samples, optimizer.glsl takes
// an update, observer_*.glsl compute what else is known of a run. Their state are
// arrays by run at file scope, which compilers make registers.
//
// Defines, besides those of layout.go in gpu/compute: DOUBLE, DIM weights, VECTORS REAL4s of
// a sample, RUNS, ROWS, RECORDS (REAL4s of the uniform block, 0 to read a storage buffer),
// COOPERATE, EPS (none, small: felt only below an edge, any), GROUP (samples, 4 to 6;
// 4 with BATCHES, a draw), TAIL (some samples are in no group), OPTIMIZER, DECOUPLED
// (its decay is no part of the gradient), PENALIZED (weights that the L2 term takes in, DIM or
// all but the bias), WEIGHTED (samples have weights), BOXED
// (points stand for the samples while the first weight is in a box), VECTORS_OF_STATE (the optimizer's, kept beside
// the weights), BATCHES, OBSERVE_* and what the observers do, OBSERVERS_*.
#include "numerics.glsl"
#if BATCHES
#include "philox.glsl"
#endif

layout(local_size_x = ROWS) in;

// Word number field * runs + run of each is of that run.
layout(std430, binding = BINDING_STATE) buffer State { REAL state[]; };
layout(std430, binding = BINDING_INTS) buffer Ints { int ints[]; };
layout(std430, binding = BINDING_PARAMS) readonly buffer Params { REAL params[]; };
layout(std430, binding = BINDING_PARAM_INTS) readonly buffer ParamInts { int paramInts[]; };
// Per recorded state: DIM weights and the loss, of each run.
layout(std430, binding = BINDING_PATH) writeonly buffer Path { REAL path[]; };

uniform int runs;       // a multiple of RUNS
uniform int first;      // update that the state is at
uniform int steps;      // states to go through
uniform int base;       // of the path
uniform int every;      // every so many states are recorded; 0 none
uniform REAL limit;     // of |w|
uniform REAL reach;     // |w| up to which no margin leaves the range of the kernel's numbers
#if BOXED
uniform REAL box;       // |w| of the feature up to which points stand for the samples
#endif
uniform REAL gradTol;
#if BATCHES
uniform int epoch;      // every so many states are evaluated
uniform int passes;     // 2: so that a compiler does not write a pass twice
#endif

#define EACH_RUN for (int r = 0; r < RUNS; ++r)
#define EACH_WEIGHT for (int j = 0; j < DIM; ++j)
#define STATE(field, r) state[(field) * runs + begin + (r) * apart]
#define INT(field, r) ints[(field) * runs + begin + (r) * apart]
#define PARAM(field, r) params[(field) * runs + begin + (r) * apart]
#define INTPARAM(field, r) paramInts[(field) * runs + begin + (r) * apart]

// An invocation is one of LANES that share the samples; begin is its first run.
#if COOPERATE
const int LANES = ROWS;
int lane = int(gl_LocalInvocationID.x), begin = int(gl_WorkGroupID.x);
#else
const int LANES = 1;
const int lane = 0;
int begin = int(gl_GlobalInvocationID.x);
#endif
int apart = runs / RUNS; // between its runs

// The runs of the invocation.
Sum w[RUNS][DIM];
REAL rate[RUNS], l2[RUNS];
REAL best[RUNS], endLoss[RUNS], endNorm[RUNS];
int status[RUNS], end[RUNS]; // the update at which a run ends, or has ended

// Their states.
REAL size[RUNS]; // |w|
#if PENALIZED < DIM
REAL penalized[RUNS]; // |w| without the bias
#endif
bool finite[RUNS], diverged[RUNS], evaluated[RUNS];

// |v|, whose squares are taken of v in units of the power of two at its largest.
REAL vectorNorm(REAL v[DIM]) {
  REAL largest = 0.0;
  EACH_WEIGHT largest = max(largest, abs(v[j]));
  REAL unit = powerBelow(largest), inverse = inverseOfPower(unit), sum = 0.0;
  EACH_WEIGHT sum += (v[j] * inverse) * (v[j] * inverse);
  return sqrt(sum) * unit;
}

// Whether run r takes the next update.
bool moving(int r) {
#if OBSERVE_EXPONENT
  return status[r] == STATUS_RUNNING || status[r] == STATUS_BEYOND;
#else
  return status[r] == STATUS_RUNNING;
#endif
}

// Ends run r, of which a number has left the range at update k.
void lose(int r, int k);

#include "model_linear.glsl"
#include "optimizer.glsl"
#include "observer_*.glsl"

void lose(int r, int k) {
#if OBSERVE_EXPONENT
  if (status[r] == STATUS_BEYOND) {
    growth[r].value = NAN;
    bringBack(r);
    return;
  }
#endif
  status[r] = STATUS_LOST;
  end[r] = k;
}

void loadRuns() {
  EACH_RUN {
    rate[r] = PARAM(PARAM_RATE, r);
    l2[r] = PARAM(PARAM_L2, r);
    EACH_WEIGHT w[r][j] = Sum(STATE(STATE_W + j, r), STATE(STATE_W_ERROR + j, r));
    loadVectors(r);
    best[r] = STATE(STATE_BEST, r);
    endLoss[r] = STATE(STATE_LOSS, r);
    endNorm[r] = STATE(STATE_NORM, r);
    status[r] = INT(INT_STATUS, r);
    end[r] = moving(r) ? INTPARAM(PARAM_INT_STEPS, r) : INT(INT_STEP, r);
    OBSERVERS_BEGIN(r)
  }
#if BATCHES
  loadSeed();
#endif
}

void storeRuns() {
  EACH_RUN {
    EACH_WEIGHT {
      STATE(STATE_W + j, r) = w[r][j].value;
      STATE(STATE_W_ERROR + j, r) = w[r][j].error;
    }
    storeVectors(r);
    STATE(STATE_BEST, r) = best[r];
    STATE(STATE_LOSS, r) = endLoss[r];
    STATE(STATE_NORM, r) = endNorm[r];
    INT(INT_STATUS, r) = status[r];
    INT(INT_STEP, r) = end[r];
    OBSERVERS_END(r)
  }
}

bool anyRunning() {
  bool any = false;
  EACH_RUN any = any || moving(r);
  return any;
}

// Measures the weights after k updates, and says which of the states are evaluated.
void measure(int k) {
  EACH_RUN {
    REAL v[DIM];
    EACH_WEIGHT v[j] = w[r][j].value;
    finite[r] = true;
    EACH_WEIGHT finite[r] = finite[r] && isFinite(v[j]);
    size[r] = vectorNorm(v);
#if PENALIZED < DIM
    REAL own[DIM];
    EACH_WEIGHT own[j] = j < PENALIZED ? v[j] : 0.0;
    penalized[r] = vectorNorm(own);
#endif
    diverged[r] = !finite[r] || size[r] > limit;
    if (status[r] == STATUS_RUNNING && !diverged[r] && size[r] > reach) lose(r, k);
#if OBSERVE_EXPONENT
    if (status[r] == STATUS_BEYOND && !(finite[r] && size[r] <= reach)) lose(r, k);
#endif
#if BOXED
    if (status[r] == STATUS_RUNNING && abs(v[0]) > box) {
      status[r] = STATUS_OUTSIDE;
      end[r] = k;
    }
#endif
    evaluated[r] = status[r] == STATUS_RUNNING;
#if BATCHES
    evaluated[r] = evaluated[r] && (diverged[r] || k == end[r] || k % epoch == 0);
#endif
    takeWeights(r, v);
  }
}

// Records the state after k updates of run r, whose loss is value.
void recordState(int r, int k, REAL value) {
  bool here = status[r] == STATUS_RUNNING;
  int row = base + (k / every - (first + every - 1) / every) * (DIM + 1) * runs + begin + r * apart;
  EACH_WEIGHT path[row + j * runs] = here && finite[r] ? w[r][j].value : NAN;
  path[row + DIM * runs] = here ? value : NAN;
}

// Takes the loss and the gradient of the states after k updates, and ends the runs
// that they end.
void conclude(int k, bool record) {
  EACH_RUN {
    REAL g[DIM];
    EACH_WEIGHT g[j] = j < PENALIZED ? down[r][j].value - l2[r] * w[r][j].value : down[r][j].value;
    REAL value = loss[r].value;
#if PENALIZED < DIM
    if (l2[r] > 0.0) value += 0.5 * (l2[r] * penalized[r]) * penalized[r];
#else
    if (l2[r] > 0.0) value += 0.5 * (l2[r] * size[r]) * size[r];
#endif
    value = finite[r] ? value : NAN;
    REAL gradNorm = finite[r] ? vectorNorm(g) : NAN;
    bool ended = diverged[r] || k == end[r];
    int ending = diverged[r] ? STATUS_DIVERGED : STATUS_STEP_LIMIT;
    if (evaluated[r]) {
      if (!isNaN(value) && (isNaN(best[r]) || value < best[r])) best[r] = value;
      if (!diverged[r] && !isNaN(gradNorm) && gradNorm <= gradTol) {
        ended = true;
        ending = STATUS_CONVERGED;
      }
    }
    if (record && lane == 0) recordState(r, k, value);
    OBSERVERS_STEP(r, k, ending)
    if (ended && status[r] == STATUS_RUNNING) {
      endLoss[r] = value;
      endNorm[r] = gradNorm;
#if OBSERVE_EXPONENT
      if (ending == STATUS_CONVERGED && k < end[r]) goBeyond(r, k);
      else
#endif
      {
        status[r] = ending;
        end[r] = k;
      }
    }
#if OBSERVE_EXPONENT
    if (status[r] == STATUS_BEYOND && k == end[r]) bringBack(r);
#endif
  }
}

#if BATCHES
bool anyEvaluated() {
  bool any = false;
  EACH_RUN any = any || evaluated[r];
  return any;
}

// Goes from the states after k updates to the next.
void advance(int k, bool record) {
  for (int turn = 0; turn < passes; ++turn) {
    bool drawn = turn == 1;
    bool wanted = drawn ? anyRunning() : anyEvaluated() || record;
    passOver(wanted ? (drawn ? batch : count) : 0, drawn ? batchScale : scale, drawn, k);
    if (drawn) update(k);
    else conclude(k, record);
  }
}
#else
void advance(int k, bool record) {
  passOver(count, scale, false, k);
  conclude(k, record);
  update(k);
}
#endif

void main() {
#if !COOPERATE
  if (begin >= apart) return;
#endif
  loadRuns();
  int k = first;
  bool running = anyRunning();
  if (running) do {
    measure(k);
    advance(k, every > 0 && k % every == 0);
    running = anyRunning();
    ++k;
  } while (running && k < first + steps);
  if (lane == 0) storeRuns();
}
