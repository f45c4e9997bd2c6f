// What an optimizer moves a weight by: the formulas of cpu.Optimizer. Its vectors are
// compensated. That of the squares is kept as its root, so that no gradient's square
// leaves the range of the kernel's numbers.
//
// moveOf(r, j, g, s, inRange) returns the move of weight j of run r by gradient g and
// updates the vectors; inRange becomes false where one is not finite. stepOf(r, k)
// returns what all weights share at update k.
//
// With OBSERVE_EXPONENT, turn(r, j, g, dg, root, s) takes the derivative of the move in a
// direction, from that of the gradient, dg: direction[r][j] of the weight and turned of the
// vectors. root is what rootOf(r, j) was before the move. The derivative of a root r of
// a r^2 + b g^2 is (a r dr + b g dg) / root, and 0 of one of 0: nothing is divided by it then.

#if VECTORS_OF_STATE > 0
Sum vectors[RUNS][VECTORS_OF_STATE * DIM];
#endif

void loadVectors(int r) {
#if VECTORS_OF_STATE > 0
  for (int j = 0; j < VECTORS_OF_STATE * DIM; ++j)
    vectors[r][j] = Sum(STATE(STATE_VECTORS + j, r), STATE(STATE_VECTORS_ERROR + j, r));
#endif
}

void storeVectors(int r) {
#if VECTORS_OF_STATE > 0
  for (int j = 0; j < VECTORS_OF_STATE * DIM; ++j) {
    STATE(STATE_VECTORS + j, r) = vectors[r][j].value;
    STATE(STATE_VECTORS_ERROR + j, r) = vectors[r][j].error;
  }
#endif
}

// For a root s: s^2 becomes s^2 + g^2, and s^2 + weight (g^2 - s^2). Both take the
// larger of s and |g| for a unit, and the difference of the roots as that of the
// squares over the sum of the roots, so that nothing cancels or leaves the range.
void addSquare(inout Sum s, REAL g) {
  REAL root = max(s.value, 0.0), unit = max(root, abs(g));
  if (unit < LEAST_NORMAL) return;
  REAL a = root / unit, b = abs(g) / unit;
  add(s, unit * (b * b / (a + sqrt(a * a + b * b))));
}

void averageSquare(inout Sum s, REAL g, REAL weight) {
  REAL root = max(s.value, 0.0), unit = max(root, abs(g));
  if (unit < LEAST_NORMAL) return;
  REAL a = root / unit, b = abs(g) / unit;
  REAL more = weight * ((b - a) * (b + a));
  add(s, unit * (more / (a + sqrt(max(a * a + more, 0.0)))));
}

#if OBSERVE_EXPONENT
#if VECTORS_OF_STATE > 0
REAL turned[RUNS][VECTORS_OF_STATE * DIM];
#endif

void loadTurned(int r) {
#if VECTORS_OF_STATE > 0
  for (int j = 0; j < VECTORS_OF_STATE * DIM; ++j) turned[r][j] = STATE(STATE_EXPONENT_TURNED + j, r);
#endif
}

REAL turnedRoot(REAL before, REAL after, REAL keep, REAL take, REAL g, REAL dr, REAL dg) {
  return after < LEAST_NORMAL ? 0.0 : keep * (before / after) * dr + take * (g / after) * dg;
}
#endif

#if OPTIMIZER == OPTIMIZER_GD
struct Step { REAL rate; };

Step stepOf(int r, int k) { return Step(rate[r]); }

REAL moveOf(int r, int j, REAL g, Step s, inout bool inRange) { return -s.rate * g; }

#if OBSERVE_EXPONENT
REAL rootOf(int r, int j) { return 0.0; }
void turn(int r, int j, REAL g, REAL dg, REAL root, Step s) { direction[r][j] -= s.rate * dg; }
#endif

#elif OPTIMIZER == OPTIMIZER_MOMENTUM || OPTIMIZER == OPTIMIZER_NESTEROV
struct Step { REAL rate, stop, momentum; };

Step stepOf(int r, int k) { return Step(rate[r], PARAM(PARAM_STOP, r), PARAM(PARAM_MOMENTUM, r)); }

REAL moveOf(int r, int j, REAL g, Step s, inout bool inRange) {
  add(vectors[r][j], g - s.stop * vectors[r][j].value);
  REAL v = vectors[r][j].value;
  inRange = inRange && isFinite(v);
#if OPTIMIZER == OPTIMIZER_MOMENTUM
  return -s.rate * v;
#else
  return -s.rate * (g + s.momentum * v);
#endif
}

#if OBSERVE_EXPONENT
REAL rootOf(int r, int j) { return 0.0; }
void turn(int r, int j, REAL g, REAL dg, REAL root, Step s) {
  turned[r][j] += dg - s.stop * turned[r][j];
#if OPTIMIZER == OPTIMIZER_MOMENTUM
  direction[r][j] -= s.rate * turned[r][j];
#else
  direction[r][j] -= s.rate * (dg + s.momentum * turned[r][j]);
#endif
}
#endif

#elif OPTIMIZER == OPTIMIZER_ADAGRAD
struct Step { REAL rate, epsilon; };

Step stepOf(int r, int k) { return Step(rate[r], PARAM(PARAM_EPSILON, r)); }

REAL moveOf(int r, int j, REAL g, Step s, inout bool inRange) {
  addSquare(vectors[r][j], g);
  return -s.rate * (g / (vectors[r][j].value + s.epsilon));
}

#if OBSERVE_EXPONENT
REAL rootOf(int r, int j) { return vectors[r][j].value; }
void turn(int r, int j, REAL g, REAL dg, REAL root, Step s) {
  REAL after = vectors[r][j].value, under = after + s.epsilon;
  turned[r][j] = turnedRoot(root, after, 1.0, 1.0, g, turned[r][j], dg);
  direction[r][j] -= s.rate * ((dg - (g / under) * turned[r][j]) / under);
}
#endif

#elif OPTIMIZER == OPTIMIZER_RMSPROP
struct Step { REAL rate, square, epsilon; };

Step stepOf(int r, int k) { return Step(rate[r], PARAM(PARAM_SQUARE, r), PARAM(PARAM_EPSILON, r)); }

REAL moveOf(int r, int j, REAL g, Step s, inout bool inRange) {
  averageSquare(vectors[r][j], g, s.square);
  return -s.rate * (g / (vectors[r][j].value + s.epsilon));
}

#if OBSERVE_EXPONENT
REAL rootOf(int r, int j) { return vectors[r][j].value; }
void turn(int r, int j, REAL g, REAL dg, REAL root, Step s) {
  REAL after = vectors[r][j].value, under = after + s.epsilon;
  turned[r][j] = turnedRoot(root, after, 1.0 - s.square, s.square, g, turned[r][j], dg);
  direction[r][j] -= s.rate * ((dg - (g / under) * turned[r][j]) / under);
}
#endif

#elif OPTIMIZER == OPTIMIZER_ADAM || OPTIMIZER == OPTIMIZER_ADAMW
struct Step { REAL rate, mean, square, epsilon, ofMean, ofRoot; };

Step stepOf(int r, int k) {
  REAL number = REAL(k + 1);
  return Step(rate[r], PARAM(PARAM_MEAN, r), PARAM(PARAM_SQUARE, r), PARAM(PARAM_EPSILON, r),
    1.0 / oneMinusExp(number * PARAM(PARAM_LOG_MEAN, r)), inversesqrt(oneMinusExp(number * PARAM(PARAM_LOG_SQUARE, r))));
}

REAL moveOf(int r, int j, REAL g, Step s, inout bool inRange) {
  add(vectors[r][j], s.mean * (g - vectors[r][j].value));
  averageSquare(vectors[r][DIM + j], g, s.square);
  return -s.rate * ((vectors[r][j].value * s.ofMean) / (vectors[r][DIM + j].value * s.ofRoot + s.epsilon));
}

#if OBSERVE_EXPONENT
REAL rootOf(int r, int j) { return vectors[r][DIM + j].value; }
void turn(int r, int j, REAL g, REAL dg, REAL root, Step s) {
  REAL after = vectors[r][DIM + j].value, under = after * s.ofRoot + s.epsilon;
  turned[r][j] += s.mean * (dg - turned[r][j]);
  turned[r][DIM + j] = turnedRoot(root, after, 1.0 - s.square, s.square, g, turned[r][DIM + j], dg);
#if DECOUPLED
  if (j < PENALIZED) direction[r][j] -= PARAM(PARAM_DECAY, r) * direction[r][j];
#endif
  direction[r][j] -= s.rate * s.ofMean * ((turned[r][j] - (vectors[r][j].value / under) * (s.ofRoot * turned[r][DIM + j])) / under);
}
#endif
#endif

#if OBSERVE_EXPONENT
REAL grown[RUNS]; // by what the direction, with the vectors', grew in the last update

// Makes the length of the direction 1. A vector counts times the learning rate, as a step
// applies it, and as cpu.Optimizer has it: a root r by its square, whose derivative is
// 2 r dr.
void unit(int r) {
  REAL length = vectorNorm(direction[r]);
#if VECTORS_OF_STATE > 0
  for (int v = 0; v < VECTORS_OF_STATE; ++v) {
    REAL part[DIM];
    EACH_WEIGHT {
      part[j] = rate[r] * turned[r][v * DIM + j];
#if OPTIMIZER != OPTIMIZER_MOMENTUM && OPTIMIZER != OPTIMIZER_NESTEROV
      if (v == VECTORS_OF_STATE - 1) part[j] *= 2.0 * vectors[r][v * DIM + j].value;
#endif
    }
    REAL other = vectorNorm(part), most = max(length, other);
    length = most < LEAST_NORMAL ? most : most * sqrt((length / most) * (length / most) + (other / most) * (other / most));
  }
#endif
  grown[r] = length;
  if (length < LEAST_NORMAL) return;
  REAL inverse = 1.0 / length;
  EACH_WEIGHT direction[r][j] *= inverse;
#if VECTORS_OF_STATE > 0
  for (int j = 0; j < VECTORS_OF_STATE * DIM; ++j) turned[r][j] *= inverse;
#endif
}
#endif

// Takes the update after k others of the runs under way.
void update(int k) {
  EACH_RUN {
    Step s = stepOf(r, k);
    bool inRange = true, running = moving(r);
    EACH_WEIGHT {
      REAL g = -down[r][j].value;
#if !DECOUPLED
      if (j < PENALIZED) g += l2[r] * w[r][j].value;
#endif
      inRange = inRange && isFinite(g);
#if OBSERVE_EXPONENT
      REAL dg = product[r][j].value, root = rootOf(r, j);
#if !DECOUPLED
      if (j < PENALIZED) dg += l2[r] * direction[r][j];
#endif
#endif
      REAL by = moveOf(r, j, g, s, inRange);
#if OBSERVE_EXPONENT
      if (running) turn(r, j, g, dg, root, s);
#endif
      Sum next = w[r][j];
#if DECOUPLED
      if (j < PENALIZED) add(next, -PARAM(PARAM_DECAY, r) * next.value);
#endif
      add(next, by);
      if (running) w[r][j] = next;
    }
#if OBSERVE_EXPONENT
    if (running) unit(r);
#endif
    if (running && !inRange) lose(r, k);
  }
}
