#version 430 core
// Some steps of many training runs.
//
// An invocation carries RUNS runs, so that each sample is loaded once for all of
// them; neighbouring invocations read the same sample. With COOPERATE a work
// group carries RUNS runs, its invocations sharing the samples, for few runs of
// many samples. A pass over the samples takes the loss and the gradient at the
// same weights:
//   t = s z,  e = e^-|t|,  loss += max(-t, 0) + log(1 + e),
//   gradient -= s x sigma(-t),  sigma(-t) = (t > 0 ? e : 1) / (1 + e).
// The logs of a chunk of samples are one log1p of q = product - 1, by
// q = q (1 + e) + e: relatively accurate however small the loss is.
//
// Sums: gradients are of at most 32 samples to a block, blocks by compensated
// sums, so that the error stays at some 32 x 2^-24 of the sum of the terms' sizes
// for any number of samples. A chunk, for the log, is of whole blocks and at most
// 112 samples: q < 2^112, and its relative error is 2 x 2^-24 a sample at most.
// The weights are compensated too: with a small learning rate thousands of
// updates far below a weight's last bit still add up. So are the optimizers'
// vectors, which move by ever smaller parts of themselves. That of the squares is
// kept as its root, so that no gradient's square leaves the range of floats.
//
// A run is LOST when a number leaves that range though the weights do not: the host
// refuses it then.
//
// What happens at a state, and in which order, is what cpu's sweep does. All runs
// are at the same update. One that has ended is left as it is; an invocation all
// of whose runs have ended leaves.
//
// Samples come in groups of GROUP. Without BATCHES they are sorted such that those
// of a group have the same label, as far as there are enough: then s is no factor
// of each sample's last term any more.
//
// With BATCHES a step takes two passes: over all samples, at the states that are
// looked at, and over the drawn ones.
//
// Defines: DIM weights, VECTORS vec4s of a sample, RUNS, ROWS, RECORDS (vec4s of
// the uniform block, 0 to read a storage buffer), COOPERATE, CLAMP (0 none, 1
// small: felt only below an edge, 2 any), GROUP (samples, 4 to 6; 4 with BATCHES,
// a draw), TAIL (some samples are in no group), OPTIMIZER (in the order of cpu's
// table), VECTORS_OF_STATE (the optimizer's, kept beside the weights), BATCHES,
// PERIODS.
#include "numerics.glsl"
#if BATCHES
#include "philox.glsl"
#endif

#define GD 0
#define MOMENTUM 1
#define NESTEROV 2
#define ADAGRAD 3
#define RMSPROP 4
#define ADAM 5
#define ADAMW 6

layout(local_size_x = ROWS) in;

// A sample is s (x, 1), padded to whole vec4.
#if RECORDS > 0
layout(std140, binding = 0) uniform Samples { vec4 samples[RECORDS]; };
#else
layout(std430, binding = 0) readonly buffer Samples { vec4 samples[]; };
#endif
// Of each run: DIM weights, DIM errors, the optimizer's DIM VECTORS_OF_STATE and
// their errors, DIM of the reference, then the FIELDs.
layout(std430, binding = 1) buffer State { float state[]; };
// Of each run: the PARAMs.
layout(std430, binding = 2) readonly buffer Params { float params[]; };
// Per recorded state: DIM weights and the loss, of each run.
layout(std430, binding = 3) writeonly buffer Path { float path[]; };

#define MOMENTS (2 * DIM)
#define REFERENCE (MOMENTS + 2 * VECTORS_OF_STATE * DIM)
#define FIELDS (REFERENCE + DIM)
#define FIELD_BEST 0
#define FIELD_LOSS 1
#define FIELD_NORM 2
#define FIELD_STATUS 3  // int: GOING, or how it ended
#define FIELD_STEP 4    // int: updates taken until it ended
#define FIELD_PERIOD 5  // int
#define FIELD_NEAR 6
#define FIELD_FAR 7
#define FIELD_BACK 8    // two words of bits

#define PARAM_RATE 0
#define PARAM_RIDGE 1
#define PARAM_DECAY 2     // rate x ridge, decoupled
#define PARAM_STEPS 3     // int
#define PARAM_MEAN 4      // 1 - momentum, or 1 - beta1
#define PARAM_LOG_MEAN 5  // momentum, or log beta1
#define PARAM_SQUARE 6    // 1 - beta2
#define PARAM_LOG_SQUARE 7
#define PARAM_EPSILON 8
#define PARAM_SEED 9      // two words
#define PARAM_LONGEST 11  // int: period looked for
#define PARAM_AT 12       // int: step of the reference

#define GOING (-1)
#define STEP_LIMIT 0
#define DIVERGED 1
#define CONVERGED 2
#define PERIODIC 3
#define LOST 4 // no status of cpu's

uniform int runs;       // a multiple of RUNS
uniform int first;      // update that the state is at
uniform int steps;      // states to look at
uniform int count;      // samples
uniform int block;      // groups of samples summed without compensation
uniform int blocks;     // of a chunk
uniform int base;       // of the path
uniform int every;      // every so many states are recorded; 0 none
uniform float scale;    // 1 / count
uniform float limit;    // of |w|
uniform float reach;    // |w| up to which no margin leaves the range of floats
uniform float gradTol;
uniform float periodTol;
#if !BATCHES
uniform int groupsInAll;     // groups of samples of one label, at the front
uniform int positives; // of label 1, before those of label 0
#endif
#if BATCHES
uniform int batch;        // samples of a mini-batch
uniform int epoch;        // every so many states are looked at
uniform float batchScale; // 1 / batch
uniform int passes;       // 2
#endif
#if CLAMP
uniform float clampValue; // c
uniform float logClamp;   // log c
uniform float logRatio;   // log((1 + c) / c)
uniform float ratio;      // (1 + c) / c
uniform float edge;       // margins below it are near the clamp
uniform float offset;     // what a small clamp takes off the loss
#endif

const float LOG2E = 1.44269504, LN2 = 0.693147181;
const float minReturn = 1e-3; // as cpu has it

#define EACH_RUN for (int r = 0; r < RUNS; ++r)
#define EACH_WEIGHT for (int j = 0; j < DIM; ++j)
#define NAN uintBitsToFloat(0x7fc00000u)

bool isFinite(float x) { return (floatBitsToUint(x) & 0x7f800000u) != 0x7f800000u; }
bool isNaN(float x) { return (floatBitsToUint(x) & 0x7fffffffu) > 0x7f800000u; }

// |v|, whose squares are taken of v in units of the power of two at its largest.
float vectorNorm(float v[DIM]) {
  float largest = 0.0;
  EACH_WEIGHT largest = max(largest, abs(v[j]));
  int unit = clamp(floatBitsToInt(largest) & 0x7f800000, 1 << 23, 253 << 23);
  float inverse = intBitsToFloat((254 << 23) - unit), sum = 0.0;
  EACH_WEIGHT sum += (v[j] * inverse) * (v[j] * inverse);
  return sqrt(sum) * intBitsToFloat(unit);
}

// 1 - e^x for x <= 0 without the cancellation.
float oneMinusExp(float x) {
  float p = 1.0 + x * (1.0 / 8.0);
  p = 1.0 + x * (1.0 / 7.0) * p;
  p = 1.0 + x * (1.0 / 6.0) * p;
  p = 1.0 + x * (1.0 / 5.0) * p;
  p = 1.0 + x * (1.0 / 4.0) * p;
  p = 1.0 + x * (1.0 / 3.0) * p;
  p = 1.0 + x * (1.0 / 2.0) * p;
  return x > -0.5 ? -x * p : 1.0 - expPair(max(x, -87.0), 0.0);
}

#if OPTIMIZER >= ADAGRAD
// For a root s: s^2 becomes s^2 + g^2, and s^2 + share (g^2 - s^2). Both take the
// larger of s and |g| for a unit, and the difference of the roots as that of the
// squares over the sum of the roots, so that nothing cancels or leaves the range.
void addSquare(inout Sum s, float g) {
  float root = max(s.value, 0.0), unit = max(root, abs(g));
  if (unit < 1.17549435e-38) return;
  float a = root / unit, b = abs(g) / unit;
  add(s, unit * (b * b / (a + sqrt(a * a + b * b))));
}

void turnSquare(inout Sum s, float g, float share) {
  float root = max(s.value, 0.0), unit = max(root, abs(g));
  if (unit < 1.17549435e-38) return;
  float a = root / unit, b = abs(g) / unit;
  float more = share * ((b - a) * (b + a));
  add(s, unit * (more / (a + sqrt(max(a * a + more, 0.0)))));
}
#endif

// The sums that a pass keeps of a run, in SSA within a group of samples.
struct Sums {
  float q, linear;
#if CLAMP
  float constant, clamped;
#endif
  float g[DIM];
};

// DEFINE_ADD(add, M) defines add, which adds M samples x of a run, w in units of
// log 2: bias is the last term of a margin, and last what a sample's share in the
// last derivative is multiplied by. Each stage is of all M samples: the operations
// of one sample wait for one another, those of several fill the pipelines.
//
// e = 2^f for f = -|t|, relative error below 3e-7 down to 2^-126; below, off by
// 2^-126 at most, and 0 from f = -127 on, where the bits of 1 less 127 in the
// exponent are none. Adding 1.5 x 2^23 rounds f to an integer, which then is the
// last bits of the sum. The polynomial interpolates 2^f at the Chebyshev nodes of
// |f| <= 1/2, with an error of 1e-7, and is 1 at 0; its terms are taken in pairs.
#if CLAMP == 0
#define ADD_LOSS(t, e) s.linear -= min(t, 0.0);
#else
#if CLAMP == 1
#define NEAR_CLAMP(t, e) (e * ratio)
#define OFF_CLAMP(t) 0.0
#else
#define NEAR_CLAMP(t, e) expPair(t * LN2 + logRatio, 0.0)
#define OFF_CLAMP(t) (clampValue + expPair(logClamp - t * LN2, 0.0))
#endif
#define ADD_LOSS(t, e) \
  bool close = t < edge * LOG2E; \
  s.constant -= close ? logClamp : 0.0; \
  s.linear -= close ? 0.0 : min(t, 0.0); \
  float more = close ? NEAR_CLAMP(t, e) : OFF_CLAMP(t); \
  s.clamped += s.clamped * more;
#endif
#define DEFINE_ADD(add, M) \
void add(float x[M][VECTORS * 4], float w[DIM], float bias[M], float last[M], inout Sums s) { \
  float t[M], f[M], square[M], e[M], p[M], sigma[M]; \
  int n[M]; \
  for (int u = 0; u < M; ++u) t[u] = x[u][0] * w[0]; \
  for (int j = 1; j < DIM - 1; ++j) \
  for (int u = 0; u < M; ++u)   t[u] += x[u][j] * w[j]; \
  for (int u = 0; u < M; ++u) t[u] += bias[u]; \
  for (int u = 0; u < M; ++u) f[u] = max(-abs(t[u]), -127.0); \
  for (int u = 0; u < M; ++u) { \
    precise float shifted = f[u] + 12582912.0; \
    precise float whole = shifted - 12582912.0; \
    n[u] = floatBitsToInt(shifted) << 23; \
    f[u] -= whole; \
  } \
  for (int u = 0; u < M; ++u) square[u] = f[u] * f[u]; \
  for (int u = 0; u < M; ++u) e[u] = 1.339086331e-3 * f[u] + 9.676031768e-3; \
  for (int u = 0; u < M; ++u) p[u] = 5.550356954e-2 * f[u] + 2.402210683e-1; \
  for (int u = 0; u < M; ++u) e[u] = e[u] * square[u] + p[u]; \
  for (int u = 0; u < M; ++u) p[u] = 6.931471825e-1 * f[u] + 1.0; \
  for (int u = 0; u < M; ++u) e[u] = e[u] * square[u] + p[u]; \
  for (int u = 0; u < M; ++u) e[u] = intBitsToFloat(floatBitsToInt(e[u]) + n[u]); \
  for (int u = 0; u < M; ++u) p[u] = 1.0 + e[u]; \
  for (int u = 0; u < M; ++u) sigma[u] = (t[u] > 0.0 ? e[u] : 1.0) / p[u]; /* of -t */ \
  for (int u = 0; u < M; ++u) s.q = s.q * p[u] + e[u]; \
  for (int u = 0; u < M; ++u) { ADD_LOSS(t[u], e[u]) } \
  for (int j = 0; j < DIM - 1; ++j) \
  for (int u = 0; u < M; ++u)   s.g[j] += sigma[u] * x[u][j]; \
  for (int u = 0; u < M; ++u) s.g[DIM - 1] += sigma[u] * last[u]; \
}

DEFINE_ADD(addGroup, GROUP)
#if TAIL
DEFINE_ADD(addOne, 1)
#endif

void loadSample(int i, out float x[VECTORS * 4]) {
  for (int v = 0; v < VECTORS; ++v) {
    vec4 f = samples[i * VECTORS + v];
    x[4 * v] = f.x; x[4 * v + 1] = f.y; x[4 * v + 2] = f.z; x[4 * v + 3] = f.w;
  }
}

#if COOPERATE
shared float sums[ROWS * RUNS * (DIM + 1)];
#endif

void main() {
#if COOPERATE
  int lane = int(gl_LocalInvocationID.x);
  int begin = int(gl_WorkGroupID.x);
  const int lanes = ROWS;
#else
  const int lane = 0;
  const int lanes = 1;
  int begin = int(gl_GlobalInvocationID.x);
  if (begin >= runs / RUNS) return;
#endif
  int apart = runs / RUNS; // between the runs of an invocation

  float w[RUNS][DIM], err[RUNS][DIM];
#if VECTORS_OF_STATE > 0
  Sum moment[RUNS][VECTORS_OF_STATE * DIM];
#endif
  float rate[RUNS], ridge[RUNS], best[RUNS], last[RUNS], norm[RUNS];
  int status[RUNS], least[RUNS], taken[RUNS];
#if PERIODS
  float reference[RUNS][DIM], near[RUNS], far[RUNS];
  uint back0[RUNS], back1[RUNS];
  int period[RUNS], longest[RUNS], at[RUNS];
#endif
#define FIELD(f) state[(FIELDS + (f)) * runs + run]
#define PARAM(f) params[(f) * runs + run]
  bool alive = false;
  EACH_RUN {
    int run = begin + r * apart;
    rate[r] = PARAM(PARAM_RATE);
    ridge[r] = PARAM(PARAM_RIDGE);
    taken[r] = floatBitsToInt(PARAM(PARAM_STEPS)); // all of them, until it ends
    EACH_WEIGHT {
      w[r][j] = state[j * runs + run];
      err[r][j] = state[(DIM + j) * runs + run];
    }
#if VECTORS_OF_STATE > 0
    for (int j = 0; j < VECTORS_OF_STATE * DIM; ++j)
      moment[r][j] = Sum(state[(MOMENTS + j) * runs + run], state[(MOMENTS + VECTORS_OF_STATE * DIM + j) * runs + run]);
#endif
    best[r] = FIELD(FIELD_BEST);
    last[r] = FIELD(FIELD_LOSS);
    norm[r] = FIELD(FIELD_NORM);
    status[r] = floatBitsToInt(FIELD(FIELD_STATUS));
    if (status[r] != GOING) taken[r] = floatBitsToInt(FIELD(FIELD_STEP));
    alive = alive || status[r] == GOING;
#if PERIODS
    EACH_WEIGHT reference[r][j] = state[(REFERENCE + j) * runs + run];
    near[r] = FIELD(FIELD_NEAR);
    far[r] = FIELD(FIELD_FAR);
    back0[r] = floatBitsToUint(FIELD(FIELD_BACK));
    back1[r] = floatBitsToUint(FIELD(FIELD_BACK + 1));
    period[r] = floatBitsToInt(FIELD(FIELD_PERIOD));
    longest[r] = floatBitsToInt(PARAM(PARAM_LONGEST));
    at[r] = floatBitsToInt(PARAM(PARAM_AT));
#endif
  }
#if BATCHES
  uvec2 seed; // all runs of an invocation have the same
  {
    int run = begin;
    seed = uvec2(floatBitsToUint(PARAM(PARAM_SEED)), floatBitsToUint(PARAM(PARAM_SEED + 1)));
  }
#endif

  int k = first;
  if (alive) do {
    bool record = every > 0 && k % every == 0;
    bool diverged[RUNS], finite[RUNS], look[RUNS];
    float length[RUNS];
    bool pass = false;
    EACH_RUN {
      finite[r] = true;
      EACH_WEIGHT finite[r] = finite[r] && isFinite(w[r][j]);
      length[r] = vectorNorm(w[r]);
      diverged[r] = !finite[r] || length[r] > limit;
      if (status[r] == GOING && !diverged[r] && length[r] > reach) {
        status[r] = LOST;
        taken[r] = k;
      }
#if BATCHES
      look[r] = status[r] == GOING && (diverged[r] || k == taken[r] || k % epoch == 0);
#else
      look[r] = status[r] == GOING;
#endif
      pass = pass || look[r];
    }

    float scaled[RUNS][DIM]; // weights in units of log 2: z log2 e
    EACH_RUN EACH_WEIGHT scaled[r][j] = w[r][j] * LOG2E;
    Sum loss[RUNS], gradient[RUNS][DIM];
#if BATCHES
    for (int turn = 0; turn < passes; ++turn) {
      bool drawn = turn == 1;
      int all = drawn ? (alive ? batch : 0) : (pass || record ? count : 0);
      float share = drawn ? batchScale : scale;
      uint update = uint(k);
#else
    {
      int all = count;
      float share = scale;
#endif
      EACH_RUN {
        loss[r] = Sum(0.0, 0.0);
        EACH_WEIGHT gradient[r][j] = Sum(0.0, 0.0);
      }
      // A lane takes whole groups, so that it can use all of a draw; the samples
      // that are left over are of the lane whose turn it is.
#if BATCHES
      int groupsInAll = all / GROUP;
#else
      // Groups of label 1 come first.
      int ones = (positives - lane + lanes - 1) / lanes;
#endif
      int groups = (groupsInAll - lane + lanes - 1) / lanes;
#if TAIL
      int left = groupsInAll % lanes == lane ? all - GROUP * groupsInAll : 0;
#endif
#define START \
      Sums sum[RUNS]; \
      int exponent[RUNS]; \
      EACH_RUN { \
        sum[r].q = 0.0; \
        sum[r].linear = 0.0; \
        exponent[r] = 0; \
        START_CLAMP \
      }
#define START_BLOCK EACH_RUN EACH_WEIGHT sum[r].g[j] = 0.0;
#define END_BLOCK(sign) EACH_RUN { \
        for (int j = 0; j < DIM - 1; ++j) add(gradient[r][j], sum[r].g[j] * share); \
        add(gradient[r][DIM - 1], sum[r].g[DIM - 1] * (sign)); \
      }
#define END \
      EACH_RUN { \
        float total = sum[r].linear * LN2 + log1pPositive(sum[r].q); \
        END_CLAMP \
        add(loss[r], total * share); \
      }
#if CLAMP
#define START_CLAMP sum[r].constant = 0.0; sum[r].clamped = 1.0;
#define END_CLAMP total += sum[r].constant - (float(exponent[r]) * LN2 + log1pPositive(sum[r].clamped - 1.0));
      // Six factors, up to 10^6, fit into a float.
#define FOLD EACH_RUN { \
        int b = floatBitsToInt(sum[r].clamped); \
        exponent[r] += (b >> 23) - 127; \
        sum[r].clamped = intBitsToFloat((b & 0x7fffff) | 0x3f800000); \
      }
#else
#define START_CLAMP
#define END_CLAMP
#define FOLD
#endif
      if (groups > 0) {
        int c = 0;
        do {
          int chunkEnd = min(c + block * blocks, groups);
          START
          do {
            int end = min(c + block, chunkEnd);
#if BATCHES
            float sign = share;
#else
            // A block is of one label, so that s and the bias are one number.
            float sign = c < ones ? share : -share, bias[RUNS];
            if (c < ones) end = min(end, ones);
            EACH_RUN bias[r] = c < ones ? scaled[r][DIM - 1] : -scaled[r][DIM - 1];
#endif
            START_BLOCK
            do {
              int i = (c * lanes + lane) * GROUP;
              float x[GROUP][VECTORS * 4];
#if BATCHES
              uvec4 rows = uvec4(i, i + 1, i + 2, i + 3);
              if (drawn) rows = drawFour(seed, update, uint(i) >> 2, uint(count));
              for (int u = 0; u < 4; ++u) loadSample(int(rows[u]), x[u]);
#else
              for (int u = 0; u < GROUP; ++u) loadSample(i + u, x[u]);
#endif
              EACH_RUN {
                Sums local = sum[r];
                float last[GROUP], biases[GROUP];
#if BATCHES
                for (int u = 0; u < GROUP; ++u) last[u] = x[u][DIM - 1];
                for (int u = 0; u < GROUP; ++u) biases[u] = last[u] * scaled[r][DIM - 1];
#else
                for (int u = 0; u < GROUP; ++u) last[u] = 1.0;
                for (int u = 0; u < GROUP; ++u) biases[u] = bias[r];
#endif
                addGroup(x, scaled[r], biases, last, local);
                sum[r] = local;
              }
              FOLD
              ++c;
            } while (c < end);
            END_BLOCK(sign)
          } while (c < chunkEnd);
          END
        } while (c < groups);
      }
#if TAIL
      if (left > 0) {
        START
        START_BLOCK
        int i = all - left;
#if BATCHES
        uvec4 rows = uvec4(i, i + 1, i + 2, i + 3);
        if (drawn) rows = drawFour(seed, update, uint(i) >> 2, uint(count));
#endif
        int u = 0;
        do {
          float x[1][VECTORS * 4];
#if BATCHES
          loadSample(int(u == 0 ? rows.x : u == 1 ? rows.y : rows.z), x[0]);
#else
          loadSample(i + u, x[0]);
#endif
          float last[1] = float[1](x[0][DIM - 1]);
          EACH_RUN addOne(x, scaled[r], float[1](last[0] * scaled[r][DIM - 1]), last, sum[r]);
          ++u;
        } while (u < left);
        FOLD
        END_BLOCK(share)
        END
      }
#endif
#if COOPERATE
      // Add up the invocations' sums in a fixed order, each by one invocation.
      const int columns = RUNS * (DIM + 1);
      EACH_RUN {
        EACH_WEIGHT sums[(r * (DIM + 1) + j) * ROWS + lane] = gradient[r][j].value;
        sums[(r * (DIM + 1) + DIM) * ROWS + lane] = loss[r].value;
      }
      barrier();
      float total = 0.0;
      if (lane < columns)
        for (int j = 0; j < ROWS; ++j) total += sums[lane * ROWS + j];
      barrier();
      if (lane < columns) sums[lane * ROWS] = total;
      barrier();
      EACH_RUN {
        EACH_WEIGHT gradient[r][j].value = sums[(r * (DIM + 1) + j) * ROWS];
        loss[r].value = sums[(r * (DIM + 1) + DIM) * ROWS];
      }
      barrier();
#endif

#if BATCHES
      if (!drawn) {
#else
      {
#endif
        bool going = false;
        int row = base + (record ? (k / every - (first + every - 1) / every) * (DIM + 1) * runs : 0) + begin;
        EACH_RUN {
          float down[DIM]; // the gradient's direction
          EACH_WEIGHT down[j] = gradient[r][j].value - ridge[r] * w[r][j];
          float value = loss[r].value;
#if CLAMP
          value -= offset;
#endif
          if (ridge[r] > 0.0) value += 0.5 * (ridge[r] * length[r]) * length[r];
          value = finite[r] ? value : NAN;
          float size = finite[r] ? vectorNorm(down) : NAN;
          bool ended = diverged[r] || k == taken[r];
          int how = diverged[r] ? DIVERGED : STEP_LIMIT;
          if (look[r]) {
            if (!isNaN(value) && (isNaN(best[r]) || value < best[r])) best[r] = value;
            if (!diverged[r] && !isNaN(size) && size <= gradTol) {
              ended = true;
              how = CONVERGED;
            }
          }
          if (record && lane == 0) {
            bool here = status[r] == GOING;
            EACH_WEIGHT path[row + j * runs + r * apart] = here && finite[r] ? w[r][j] : NAN;
            path[row + DIM * runs + r * apart] = here ? value : NAN;
          }
#if PERIODS
          int since = k - at[r];
          if (status[r] == GOING && longest[r] > 1 && since >= 0) {
            float away[DIM];
            EACH_WEIGHT away[j] = w[r][j] - reference[r][j];
            float d = vectorNorm(away);
            if (since == 0) {
              EACH_WEIGHT reference[r][j] = w[r][j];
              near[r] = periodTol * (1.0 + length[r]);
              far[r] = 0.0;
            } else {
              if (d <= near[r] && near[r] < far[r] && d <= minReturn * far[r]) {
                uint bit = 1u << uint((since - 1) & 31);
                if (since <= min(longest[r], 32)) back0[r] |= bit;
                else if (since <= longest[r]) back1[r] |= bit;
                int middle = since / 2;
                uint word = middle <= 32 ? back0[r] : back1[r];
                if (since % 2 == 0 && period[r] == 0 && (word >> uint((middle - 1) & 31) & 1u) == 1u) period[r] = middle;
              }
              far[r] = max(far[r], d);
            }
          }
          if (how == STEP_LIMIT && period[r] > 0) how = PERIODIC;
#endif
          if (ended && status[r] == GOING) {
            status[r] = how;
            taken[r] = k;
            last[r] = value;
            norm[r] = size;
          }
          going = going || status[r] == GOING;
        }
        alive = going;
      }

#if BATCHES
      if (drawn) {
#else
      {
#endif
        float number = float(k + 1);
        EACH_RUN {
          int run = begin + r * apart;
#if OPTIMIZER == ADAM || OPTIMIZER == ADAMW
          float toMean = PARAM(PARAM_MEAN), toSquare = PARAM(PARAM_SQUARE), epsilon = PARAM(PARAM_EPSILON);
          float ofMean = 1.0 / oneMinusExp(number * PARAM(PARAM_LOG_MEAN));
          float ofRoot = inversesqrt(oneMinusExp(number * PARAM(PARAM_LOG_SQUARE)));
#elif OPTIMIZER == RMSPROP
          float toSquare = PARAM(PARAM_SQUARE), epsilon = PARAM(PARAM_EPSILON);
#elif OPTIMIZER == ADAGRAD
          float epsilon = PARAM(PARAM_EPSILON);
#elif OPTIMIZER != GD
          float toStop = PARAM(PARAM_MEAN), mu = PARAM(PARAM_LOG_MEAN);
#endif
          bool inRange = true;
          EACH_WEIGHT {
            float g = -gradient[r][j].value;
#if OPTIMIZER != ADAMW
            g += ridge[r] * w[r][j];
#endif
            inRange = inRange && isFinite(g);
            float move; // what the weight is moved by
#if OPTIMIZER == GD
            move = -rate[r] * g;
#elif OPTIMIZER == MOMENTUM || OPTIMIZER == NESTEROV
            add(moment[r][j], g - toStop * moment[r][j].value);
            float v = moment[r][j].value;
            inRange = inRange && isFinite(v);
#if OPTIMIZER == MOMENTUM
            move = -rate[r] * v;
#else
            move = -rate[r] * (g + mu * v);
#endif
#elif OPTIMIZER == ADAGRAD
            addSquare(moment[r][j], g);
            move = -rate[r] * (g / (moment[r][j].value + epsilon));
#elif OPTIMIZER == RMSPROP
            turnSquare(moment[r][j], g, toSquare);
            move = -rate[r] * (g / (moment[r][j].value + epsilon));
#else
            add(moment[r][j], toMean * (g - moment[r][j].value));
            turnSquare(moment[r][DIM + j], g, toSquare);
            move = -rate[r] * ((moment[r][j].value * ofMean) / (moment[r][DIM + j].value * ofRoot + epsilon));
#if OPTIMIZER == ADAMW
            float kept = PARAM(PARAM_DECAY);
            Sum decayed = Sum(w[r][j], err[r][j]);
            add(decayed, -kept * w[r][j]);
            bool held = status[r] != GOING;
            w[r][j] = held ? w[r][j] : decayed.value;
            err[r][j] = held ? err[r][j] : decayed.error;
#endif
#endif
            Sum next = Sum(w[r][j], err[r][j]);
            add(next, move);
            bool going = status[r] == GOING;
            w[r][j] = going ? next.value : w[r][j];
            err[r][j] = going ? next.error : err[r][j];
          }
          if (status[r] == GOING && !inRange) {
            status[r] = LOST;
            taken[r] = k;
          }
        }
      }
    }
    ++k;
  } while (alive && k < first + steps);

  if (lane == 0) {
    EACH_RUN {
      int run = begin + r * apart;
      EACH_WEIGHT {
        state[j * runs + run] = w[r][j];
        state[(DIM + j) * runs + run] = err[r][j];
      }
#if VECTORS_OF_STATE > 0
      for (int j = 0; j < VECTORS_OF_STATE * DIM; ++j) {
        state[(MOMENTS + j) * runs + run] = moment[r][j].value;
        state[(MOMENTS + VECTORS_OF_STATE * DIM + j) * runs + run] = moment[r][j].error;
      }
#endif
      FIELD(FIELD_BEST) = best[r];
      FIELD(FIELD_LOSS) = last[r];
      FIELD(FIELD_NORM) = norm[r];
      FIELD(FIELD_STATUS) = intBitsToFloat(status[r]);
      FIELD(FIELD_STEP) = intBitsToFloat(taken[r]);
#if PERIODS
      EACH_WEIGHT state[(REFERENCE + j) * runs + run] = reference[r][j];
      FIELD(FIELD_NEAR) = near[r];
      FIELD(FIELD_FAR) = far[r];
      FIELD(FIELD_BACK) = uintBitsToFloat(back0[r]);
      FIELD(FIELD_BACK + 1) = uintBitsToFloat(back1[r]);
      FIELD(FIELD_PERIOD) = intBitsToFloat(period[r]);
#endif
    }
  }
}
