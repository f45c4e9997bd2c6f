// The linear model: the margin of a sample is t = s z, z = w . (x, 1), and a pass over
// the samples takes the loss and the gradient at the same weights,
//   e = e^-|t|,  loss += max(-t, 0) + log(1 + e),
//   gradient -= s x sigma(-t),  sigma(-t) = (t > 0 ? e : 1) / (1 + e).
// The logs of a chunk of samples are one log1p of q = product - 1, by
// q = q (1 + e) + e: relatively accurate however small the loss is.
//
// Sums: gradients are of at most 32 samples to a block, blocks by compensated
// sums, so that the error stays at some 32 x 2^-24 of the sum of the terms' sizes
// for any number of samples. A chunk, for the log, is of whole blocks and at most
// 112 samples: q < 2^112, and its relative error is 2 x 2^-24 a sample at most.
//
// In double precision e is a quotient over/under, and no quotient is taken but that of
// sigma: q is the product of the under + over, less that of the under, which is carried
// beside it.
//
// With OBSERVE_EXPONENT a pass takes the product of the loss's Hessian with a direction u,
// too: the sum of x sigma(t) sigma(-t) (x . u). The factor is taken as sigma - sigma^2, whose
// rounding error is less than one of 1: a mean |x|^2 of it, times the learning rate, is
// what the derivative of a step is off by, as the step itself is.
//
// WEIGHTED: samples have weights c, and add c times as much to each sum. A product has no weights:
// the logs of 1 + e are taken sample by sample then, and summed like gradients.
//
// Samples come in groups of GROUP. Without BATCHES they are sorted such that those
// of a group have the same label, as far as there are enough: then s is no factor
// of each sample's last term any more.

// A sample is s (x, 1), then its weight if it has one, padded to whole REAL4.
#if RECORDS > 0
layout(std140, binding = 0) uniform Samples { REAL4 samples[RECORDS]; };
#else
layout(std430, binding = BINDING_SAMPLES) readonly buffer Samples { REAL4 samples[]; };
#endif
const int WIDTH = 4 * VECTORS;

uniform int count;    // samples
uniform int block;    // groups of samples summed without compensation
uniform int blocks;   // of a chunk
uniform REAL scale;   // 1 / count
#if BATCHES
uniform int batch;        // samples of a mini-batch
uniform REAL batchScale; // 1 / batch
uvec2 seed;               // all runs of an invocation have the same
#else
uniform int wholeGroups; // groups of samples of one label, at the front
uniform int positives;   // of them of label 1, before those of label 0
#endif
#if EPS
uniform REAL epsValue; // c
uniform REAL logEps;   // log c
uniform REAL logRatio;   // log((1 + c) / c)
uniform REAL ratio;      // (1 + c) / c
uniform REAL edge;       // margins below it are near eps
uniform REAL offset;     // what a small eps takes off the loss
#endif

// The unit of margins t in natural logarithms: log 2, or 8 log 2 in double precision.
#if DOUBLE
const REAL UNIT = 5.545177444479562lf, OF_UNIT = 0.18033688011112042lf;
#else
const REAL UNIT = 0.693147181, OF_UNIT = 1.44269504;
#endif

// What a pass computes of each run: the mean loss, and the gradient's direction down.
Sum loss[RUNS], down[RUNS][DIM];
#if OBSERVE_EXPONENT
REAL direction[RUNS][DIM];  // of length 1, or less where the optimizer's vectors have a part
Sum product[RUNS][DIM];     // of the Hessian with it
REAL side = 1.0;            // of a block's samples: the last term of x
#endif

// The sums of a chunk that a pass keeps of a run, in SSA within a group of samples.
struct Sums {
#if WEIGHTED
  REAL loss;
#else
  REAL q, linear;
#if DOUBLE
  REAL under; // the product that q is divided by
#endif
#if EPS
  REAL constant, clamped;
#endif
#endif
  REAL g[DIM];
#if OBSERVE_EXPONENT
  REAL h[DIM];
#endif
};
Sums sums[RUNS];
int exponent[RUNS];      // of clamped
REAL scaled[RUNS][DIM];  // weights, so that margins are in UNITs

// Takes the weights of run r, at which passes evaluate the model.
void takeWeights(int r, REAL v[DIM]) { EACH_WEIGHT scaled[r][j] = v[j] * OF_UNIT; }

#if OBSERVE_EXPONENT
// Takes the direction of run r.
void takeDirection(int r, REAL u[DIM]) { EACH_WEIGHT direction[r][j] = u[j]; }
#endif

void startPass() {
  EACH_RUN {
    loss[r] = Sum(0.0, 0.0);
    EACH_WEIGHT down[r][j] = Sum(0.0, 0.0);
#if OBSERVE_EXPONENT
    EACH_WEIGHT product[r][j] = Sum(0.0, 0.0);
#endif
  }
}

#if EPS != EPS_NONE
// What eps takes off the loss of a sample is the log of 1 and this; it is close if t is.
REAL ofEps(REAL t, REAL over, REAL under, bool close) {
#if EPS == EPS_SMALL
  return close ? over * ratio : 0.0;
#elif DOUBLE
  bool small = close || t > 0.0; // e^t where close, e^-t elsewhere
  REAL e = (small ? over : under) / (small ? under : over);
  return close ? e * ratio : epsValue + epsValue * e;
#elif EPS == EPS_ANY
  return close ? expPair(t * UNIT + logRatio, 0.0) : epsValue + expPair(logEps - t * UNIT, 0.0);
#endif
}
#endif

#if WEIGHTED
// The loss of a sample.
REAL lossOf(REAL t, REAL over, REAL under) {
#if DOUBLE
  REAL tail = log1pPositive(over / under);
#else
  REAL tail = log1pPositive(over);
#endif
#if EPS == EPS_NONE
  return tail - min(t, 0.0) * UNIT;
#else
  bool close = t < edge * OF_UNIT;
  return (tail - (close ? logEps : min(t, 0.0) * UNIT)) - log1pPositive(ofEps(t, over, under, close));
#endif
}
#else
// Adds to a sample's loss what is not the log of 1 + e. With eps the loss is less by
// the log of what clamped is multiplied by, and near it its linear part is a constant.
// Clamped is a product less 1 in double precision, by the formula of q, where what eps
// takes off a loss counts to eps' own last digits.
void addLoss(REAL t, REAL over, REAL under, inout Sums s) {
#if EPS == EPS_NONE
  s.linear -= min(t, 0.0);
#else
  bool close = t < edge * OF_UNIT;
  s.constant -= close ? logEps : 0.0;
  s.linear -= close ? 0.0 : min(t, 0.0);
  REAL more = ofEps(t, over, under, close);
#if DOUBLE
  s.clamped += more + s.clamped * more;
#else
  s.clamped += s.clamped * more;
#endif
#endif
}
#endif

#if DOUBLE
// over/under = e^-|t UNIT| = 2^-8|t| of n margins, relative error below 5e-16 down to
// 2^-1021, where it ends. Adding 1.5 x 2^49 rounds f to eighths, whose number then is the
// last bits of the sum: the integer part of the exponent. What is left, |f| <= 1/16, is
// that of r P/Q = tanh(4 f log 2) as in halfOfExpm1, with P and Q such that Q begins with
// f^4 and both stay about 1.
void powersOfTwo(int n, REAL t[GROUP], out REAL over[GROUP], out REAL under[GROUP]) {
  REAL f[GROUP], square[GROUP], p[GROUP], q[GROUP], shifted[GROUP];
  for (int u = 0; u < n; ++u) f[u] = max(-abs(t[u]), -127.625lf);
  for (int u = 0; u < n; ++u) {
    precise REAL sum = f[u] + 844424930131968.0lf;
    precise REAL rounded = sum - 844424930131968.0lf;
    shifted[u] = sum;
    f[u] -= rounded;
  }
  for (int u = 0; u < n; ++u) square[u] = f[u] * f[u];
  for (int u = 0; u < n; ++u) p[u] = 0.18474678147356646lf * square[u] + 2.52525820967548lf;
  for (int u = 0; u < n; ++u) q[u] = square[u] + 3.643503310227566lf;
  for (int u = 0; u < n; ++u) p[u] = p[u] * square[u] + 2.956849222849475lf;
  for (int u = 0; u < n; ++u) q[u] = q[u] * square[u] + 1.0664579276153308lf;
  for (int u = 0; u < n; ++u) p[u] *= f[u];
  for (int u = 0; u < n; ++u) under[u] = q[u] - p[u];
  for (int u = 0; u < n; ++u) over[u] = timesPower(q[u] + p[u], shifted[u]);
}
#else
// e = 2^-|t| of n margins, relative error below 3e-7 down to 2^-126; below, off by
// 2^-126 at most, and 0 from |t| = 127 on, where the bits of 1 less 127 in the
// exponent are none. Adding 1.5 x 2^23 rounds f to an integer, which then is the
// last bits of the sum. The polynomial interpolates 2^f at the Chebyshev nodes of
// |f| <= 1/2, with an error of 1e-7, and is 1 at 0; its terms are taken in pairs.
void powersOfTwo(int n, REAL t[GROUP], out REAL e[GROUP], out REAL under[GROUP]) {
  REAL f[GROUP], square[GROUP], p[GROUP];
  int whole[GROUP];
  for (int u = 0; u < n; ++u) f[u] = max(-abs(t[u]), -127.0);
  for (int u = 0; u < n; ++u) {
    precise REAL shifted = f[u] + 12582912.0;
    precise REAL rounded = shifted - 12582912.0;
    whole[u] = floatBitsToInt(shifted) << 23;
    f[u] -= rounded;
  }
  for (int u = 0; u < n; ++u) square[u] = f[u] * f[u];
  for (int u = 0; u < n; ++u) e[u] = 1.339086331e-3 * f[u] + 9.676031768e-3;
  for (int u = 0; u < n; ++u) p[u] = 5.550356954e-2 * f[u] + 2.402210683e-1;
  for (int u = 0; u < n; ++u) e[u] = e[u] * square[u] + p[u];
  for (int u = 0; u < n; ++u) p[u] = 6.931471825e-1 * f[u] + 1.0;
  for (int u = 0; u < n; ++u) e[u] = e[u] * square[u] + p[u];
  for (int u = 0; u < n; ++u) e[u] = intBitsToFloat(floatBitsToInt(e[u]) + whole[u]);
  for (int u = 0; u < n; ++u) under[u] = 1.0;
}
#endif

// Adds n samples x, the first of GROUP, of a run, with weights in UNITs: bias is the last
// term of a margin, and last what a sample's part of the last derivative is multiplied
// by; u is the direction and biasOfU the last term of x . u. Compilers unroll the loops, as n is a constant in every call. Each stage is of all
// n samples: the operations of one sample wait for one another, those of several fill
// the pipelines.
#if OBSERVE_EXPONENT
#define ALONG , REAL u[DIM], REAL biasOfU
#else
#define ALONG
#endif
void addTo(inout Sums s, int n, REAL x[GROUP][WIDTH], REAL w[DIM], REAL bias[GROUP], REAL last[GROUP] ALONG) {
  REAL t[GROUP], over[GROUP], under[GROUP], sum[GROUP], sigma[GROUP]; // sigma of -t
  for (int u = 0; u < n; ++u) t[u] = x[u][0] * w[0];
  for (int j = 1; j < DIM - 1; ++j)
    for (int u = 0; u < n; ++u) t[u] += x[u][j] * w[j];
  for (int u = 0; u < n; ++u) t[u] += bias[u];
  powersOfTwo(n, t, over, under);
  for (int u = 0; u < n; ++u) sum[u] = under[u] + over[u];
  for (int u = 0; u < n; ++u) sigma[u] = (t[u] > 0.0 ? over[u] : under[u]) / sum[u];
#if WEIGHTED
  REAL weight[GROUP], curve[GROUP];
  for (int u = 0; u < n; ++u) weight[u] = x[u][DIM];
  for (int u = 0; u < n; ++u) s.loss += weight[u] * lossOf(t[u], over[u], under[u]);
  for (int u = 0; u < n; ++u) curve[u] = weight[u] * (sigma[u] - sigma[u] * sigma[u]);
  for (int u = 0; u < n; ++u) sigma[u] *= weight[u];
#else
#if DOUBLE
  for (int u = 0; u < n; ++u) {
    s.q = s.q * sum[u] + s.under * over[u];
    s.under *= under[u];
  }
#else
  for (int u = 0; u < n; ++u) s.q = s.q * sum[u] + over[u];
#endif
  for (int u = 0; u < n; ++u) addLoss(t[u], over[u], under[u], s);
#endif
  for (int j = 0; j < DIM - 1; ++j)
    for (int u = 0; u < n; ++u) s.g[j] += sigma[u] * x[u][j];
  for (int u = 0; u < n; ++u) s.g[DIM - 1] += sigma[u] * last[u];
#if OBSERVE_EXPONENT
  REAL turned[GROUP];
  for (int i = 0; i < n; ++i) turned[i] = x[i][0] * u[0];
  for (int j = 1; j < DIM - 1; ++j)
    for (int i = 0; i < n; ++i) turned[i] += x[i][j] * u[j];
#if WEIGHTED
  for (int i = 0; i < n; ++i) turned[i] = (turned[i] + biasOfU) * curve[i];
#else
  for (int i = 0; i < n; ++i) turned[i] = (turned[i] + biasOfU) * (sigma[i] - sigma[i] * sigma[i]);
#endif
  for (int j = 0; j < DIM - 1; ++j)
    for (int i = 0; i < n; ++i) s.h[j] += turned[i] * x[i][j];
  for (int i = 0; i < n; ++i) s.h[DIM - 1] += turned[i] * last[i];
#endif
}

void loadSample(int i, out REAL x[WIDTH]) {
  for (int v = 0; v < VECTORS; ++v) {
    REAL4 f = samples[i * VECTORS + v];
    x[4 * v] = f.x; x[4 * v + 1] = f.y; x[4 * v + 2] = f.z; x[4 * v + 3] = f.w;
  }
}

#if BATCHES
void loadSeed() { seed = uvec2(INTPARAM(PARAM_INT_SEED, 0), INTPARAM(PARAM_INT_SEED + 1, 0)); }

// The samples of four places of a pass from i on, at update k.
uvec4 samplesAt(int i, bool drawn, int k) {
  uvec4 rows = uvec4(i, i + 1, i + 2, i + 3);
  if (drawn) rows = drawFour(seed, uint(k), uint(i) >> 2, uint(count));
  return rows;
}
#endif

void startChunk() {
#if !WEIGHTED
  EACH_RUN {
    sums[r].q = 0.0;
    sums[r].linear = 0.0;
#if DOUBLE
    sums[r].under = 1.0;
#endif
    exponent[r] = 0;
#if EPS
    sums[r].constant = 0.0;
#if DOUBLE
    sums[r].clamped = 0.0;
#else
    sums[r].clamped = 1.0;
#endif
#endif
  }
#endif
}

void startBlock() {
  EACH_RUN EACH_WEIGHT sums[r].g[j] = 0.0;
#if WEIGHTED
  EACH_RUN sums[r].loss = 0.0;
#endif
#if OBSERVE_EXPONENT
  EACH_RUN EACH_WEIGHT sums[r].h[j] = 0.0;
#endif
}

// Keeps the product of clamped in range: six factors, up to 10^6, fit into a float. A chunk
// of them does into a double.
void foldClamped() {
#if EPS && !DOUBLE && !WEIGHTED
  EACH_RUN {
    int n;
    sums[r].clamped = splitPower(sums[r].clamped, n);
    exponent[r] += n;
  }
#endif
}

// Adds a block's gradient to the sum: a sample's part is fraction of it, and of the last
// weight lastFraction.
void endBlock(REAL fraction, REAL lastFraction) {
  EACH_RUN {
    for (int j = 0; j < DIM - 1; ++j) add(down[r][j], sums[r].g[j] * fraction);
    add(down[r][DIM - 1], sums[r].g[DIM - 1] * lastFraction);
#if WEIGHTED
    add(loss[r], sums[r].loss * fraction);
#endif
#if OBSERVE_EXPONENT
    for (int j = 0; j < DIM - 1; ++j) add(product[r][j], sums[r].h[j] * fraction);
    add(product[r][DIM - 1], sums[r].h[DIM - 1] * lastFraction);
#endif
  }
}

void endChunk(REAL fraction) {
#if !WEIGHTED
  EACH_RUN {
#if DOUBLE
    REAL total = sums[r].linear * UNIT + log1pPositive(sums[r].q / sums[r].under);
#else
    REAL total = sums[r].linear * UNIT + log1pPositive(sums[r].q);
#endif
#if EPS && DOUBLE
    total += sums[r].constant - log1pPositive(sums[r].clamped);
#elif EPS
    total += sums[r].constant - (float(exponent[r]) * UNIT + log1pPositive(sums[r].clamped - 1.0));
#endif
    add(loss[r], total * fraction);
  }
#endif
}

// Adds the group of samples at place i of a pass to every run's sums.
void addSamples(int i, bool drawn, int k, REAL bias[RUNS]) {
  REAL x[GROUP][WIDTH];
#if BATCHES
  uvec4 rows = samplesAt(i, drawn, k);
  for (int u = 0; u < 4; ++u) loadSample(int(rows[u]), x[u]);
#else
  for (int u = 0; u < GROUP; ++u) loadSample(i + u, x[u]);
#endif
  EACH_RUN {
    Sums local = sums[r];
    REAL last[GROUP], biases[GROUP];
#if BATCHES
    for (int u = 0; u < GROUP; ++u) last[u] = x[u][DIM - 1];
    for (int u = 0; u < GROUP; ++u) biases[u] = last[u] * scaled[r][DIM - 1];
#else
    for (int u = 0; u < GROUP; ++u) last[u] = 1.0;
    for (int u = 0; u < GROUP; ++u) biases[u] = bias[r];
#endif
#if OBSERVE_EXPONENT
    addTo(local, GROUP, x, scaled[r], biases, last, direction[r], side * direction[r][DIM - 1]);
#else
    addTo(local, GROUP, x, scaled[r], biases, last);
#endif
    sums[r] = local;
  }
}

// Sums an invocation's groups of samples, chunk by chunk, block by block. Groups of
// label 1, so many, come first.
void sumGroups(int groups, int ones, REAL fraction, bool drawn, int k) {
  int c = 0;
  do {
    int chunkEnd = min(c + block * blocks, groups);
    startChunk();
    do {
      int end = min(c + block, chunkEnd);
      REAL lastFraction = fraction, bias[RUNS];
#if BATCHES
      EACH_RUN bias[r] = 0.0; // each sample has its own
#else
      // A block is of one label, so that s and the bias are one number.
      if (c >= ones) lastFraction = -fraction;
      if (c < ones) end = min(end, ones);
      EACH_RUN bias[r] = c < ones ? scaled[r][DIM - 1] : -scaled[r][DIM - 1];
#endif
#if OBSERVE_EXPONENT
      side = c < ones ? 1.0 : -1.0;
#endif
      startBlock();
      do {
        addSamples((c * LANES + lane) * GROUP, drawn, k, bias);
        foldClamped();
        ++c;
      } while (c < end);
      endBlock(fraction, lastFraction);
    } while (c < chunkEnd);
    endChunk(fraction);
  } while (c < groups);
}

#if TAIL
// Sums the samples from place i on, fewer than a group or without one.
void sumTail(int i, int left, REAL fraction, bool drawn, int k) {
  startChunk();
  startBlock();
#if BATCHES
  uvec4 rows = samplesAt(i, drawn, k);
#endif
  int u = 0;
  do {
    REAL x[GROUP][WIDTH], last[GROUP], bias[GROUP];
#if BATCHES
    loadSample(int(u == 0 ? rows.x : u == 1 ? rows.y : rows.z), x[0]);
#else
    loadSample(i + u, x[0]);
#endif
    last[0] = x[0][DIM - 1];
    EACH_RUN {
      bias[0] = last[0] * scaled[r][DIM - 1];
#if OBSERVE_EXPONENT
      addTo(sums[r], 1, x, scaled[r], bias, last, direction[r], last[0] * direction[r][DIM - 1]);
#else
      addTo(sums[r], 1, x, scaled[r], bias, last);
#endif
    }
    ++u;
  } while (u < left);
  foldClamped();
  endBlock(fraction, fraction);
  endChunk(fraction);
}
#endif

#if COOPERATE
shared REAL partial[ROWS * RUNS * (DIM + 1)];

// Adds up the invocations' sums in a fixed order, each by one invocation.
void sumOverLanes(inout Sum of[RUNS][DIM], inout Sum another[RUNS]) {
  const int columns = RUNS * (DIM + 1);
  EACH_RUN {
    EACH_WEIGHT partial[(r * (DIM + 1) + j) * ROWS + lane] = of[r][j].value;
    partial[(r * (DIM + 1) + DIM) * ROWS + lane] = another[r].value;
  }
  barrier();
  REAL total = 0.0;
  if (lane < columns)
    for (int j = 0; j < ROWS; ++j) total += partial[lane * ROWS + j];
  barrier();
  if (lane < columns) partial[lane * ROWS] = total;
  barrier();
  EACH_RUN {
    EACH_WEIGHT of[r][j].value = partial[(r * (DIM + 1) + j) * ROWS];
    another[r].value = partial[(r * (DIM + 1) + DIM) * ROWS];
  }
  barrier();
}
#endif

// Computes loss and down at the runs' weights, over all samples of a pass: all there
// are, or with drawn those of the mini-batch of update k. A lane takes whole groups, so
// that it can use all of a draw; the samples that are left over are of the lane whose
// turn it is.
void passOver(int all, REAL fraction, bool drawn, int k) {
  startPass();
#if BATCHES
  int wholeGroups = all / GROUP, ones = 0;
#else
  int ones = (positives - lane + LANES - 1) / LANES;
#endif
  int groups = (wholeGroups - lane + LANES - 1) / LANES;
  if (groups > 0) sumGroups(groups, ones, fraction, drawn, k);
#if TAIL
  int left = wholeGroups % LANES == lane ? all - GROUP * wholeGroups : 0;
  if (left > 0) sumTail(all - left, left, fraction, drawn, k);
#endif
#if COOPERATE
  sumOverLanes(down, loss);
#if OBSERVE_EXPONENT
  Sum none[RUNS];
  EACH_RUN none[r] = Sum(0.0, 0.0);
  sumOverLanes(product, none);
#endif
#endif
#if EPS
  EACH_RUN loss[r].value -= offset;
#endif
}
