// What an optimizer moves a weight by: the formulas of cpu.Optimizer. Its vectors are
// compensated. That of the squares is kept as its root, so that no gradient's square
// leaves the range of the kernel's numbers.
//
// moveOf(r, j, g, s, inRange) returns the move of weight j of run r by gradient g and
// updates the vectors; inRange becomes false where one is not finite. stepOf(r, k)
// returns what all weights share at update k.

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

#if OPTIMIZER == OPTIMIZER_GD
struct Step { REAL rate; };

Step stepOf(int r, int k) { return Step(rate[r]); }

REAL moveOf(int r, int j, REAL g, Step s, inout bool inRange) { return -s.rate * g; }

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

#elif OPTIMIZER == OPTIMIZER_ADAGRAD
struct Step { REAL rate, epsilon; };

Step stepOf(int r, int k) { return Step(rate[r], PARAM(PARAM_EPSILON, r)); }

REAL moveOf(int r, int j, REAL g, Step s, inout bool inRange) {
  addSquare(vectors[r][j], g);
  return -s.rate * (g / (vectors[r][j].value + s.epsilon));
}

#elif OPTIMIZER == OPTIMIZER_RMSPROP
struct Step { REAL rate, square, epsilon; };

Step stepOf(int r, int k) { return Step(rate[r], PARAM(PARAM_SQUARE, r), PARAM(PARAM_EPSILON, r)); }

REAL moveOf(int r, int j, REAL g, Step s, inout bool inRange) {
  averageSquare(vectors[r][j], g, s.square);
  return -s.rate * (g / (vectors[r][j].value + s.epsilon));
}

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
#endif

// Takes the update after k others of the runs under way.
void update(int k) {
  EACH_RUN {
    Step s = stepOf(r, k);
    bool inRange = true, running = status[r] == STATUS_RUNNING;
    EACH_WEIGHT {
      REAL g = -down[r][j].value;
#if !DECOUPLED
      g += l2[r] * w[r][j].value;
#endif
      inRange = inRange && isFinite(g);
      REAL by = moveOf(r, j, g, s, inRange);
      Sum next = w[r][j];
#if DECOUPLED
      add(next, -PARAM(PARAM_DECAY, r) * next.value);
#endif
      add(next, by);
      if (running) w[r][j] = next;
    }
    if (running && !inRange) {
      status[r] = STATUS_LOST;
      end[r] = k;
    }
  }
}
