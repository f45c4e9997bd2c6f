// The largest Lyapunov exponent of a run, as cpu's exponents has it: the sum of the logarithms
// of what the updates after the transient stretch a direction by, which passes and updates
// turn (product, turn). It is of all steps of a run. One that converges before is kept as it
// is then, and goes on.
#if OBSERVE_EXPONENT
Sum growth[RUNS], late[RUNS];   // of the logarithms: of all updates, of the last half
REAL nearest[RUNS][2];          // distance to where they began, in each half
REAL began[RUNS][DIM];
int transient[RUNS];

void exponentBegin(int r) {
  transient[r] = INTPARAM(PARAM_INT_EXPONENT_TRANSIENT, r);
  REAL u[DIM];
  EACH_WEIGHT u[j] = STATE(STATE_EXPONENT_DIRECTION + j, r);
  takeDirection(r, u);
  loadTurned(r);
  grown[r] = STATE(STATE_EXPONENT_GROWN, r);
  growth[r] = Sum(STATE(STATE_EXPONENT_SUM, r), STATE(STATE_EXPONENT_SUM_ERROR, r));
  late[r] = Sum(STATE(STATE_EXPONENT_LATE, r), STATE(STATE_EXPONENT_LATE_ERROR, r));
  for (int i = 0; i < 2; ++i) nearest[r][i] = STATE(STATE_EXPONENT_NEAREST + i, r);
  EACH_WEIGHT began[r][j] = STATE(STATE_EXPONENT_BEGAN + j, r);
}

void exponentEnd(int r) {
  EACH_WEIGHT STATE(STATE_EXPONENT_DIRECTION + j, r) = direction[r][j];
#if VECTORS_OF_STATE > 0
  for (int j = 0; j < VECTORS_OF_STATE * DIM; ++j) STATE(STATE_EXPONENT_TURNED + j, r) = turned[r][j];
#endif
  STATE(STATE_EXPONENT_GROWN, r) = grown[r];
  STATE(STATE_EXPONENT_SUM, r) = growth[r].value;
  STATE(STATE_EXPONENT_SUM_ERROR, r) = growth[r].error;
  STATE(STATE_EXPONENT_LATE, r) = late[r].value;
  STATE(STATE_EXPONENT_LATE_ERROR, r) = late[r].error;
  for (int i = 0; i < 2; ++i) STATE(STATE_EXPONENT_NEAREST + i, r) = nearest[r][i];
  EACH_WEIGHT STATE(STATE_EXPONENT_BEGAN + j, r) = began[r][j];
}

// Takes what the update before the state after k stretched the direction by.
void exponentStep(int r, int k, int ending) {
  if (!moving(r) || k < transient[r] || growth[r].value == -INFINITE) return;
  if (k == transient[r]) {
    EACH_WEIGHT began[r][j] = w[r][j].value;
    return;
  }
  bool second = 2 * (k - transient[r]) > end[r] - transient[r];
  if (grown[r] < LEAST_NORMAL) { // nothing is left of it, nor would be of another
    growth[r].value = -INFINITE;
    if (second) late[r].value = -INFINITE;
    return;
  }
  REAL away[DIM];
  EACH_WEIGHT away[j] = w[r][j].value - began[r][j];
  REAL d = vectorNorm(away), by = logOf(grown[r]);
  if (second) nearest[r][1] = min(nearest[r][1], d);
  else nearest[r][0] = min(nearest[r][0], d);
  add(growth[r], by);
  if (second) add(late[r], by);
}

// Keeps run r as it is, after k updates, and has it go on.
void goBeyond(int r, int k) {
  status[r] = STATUS_BEYOND;
  if (lane != 0) return;
  INT(INT_EXPONENT_CONVERGED, r) = k;
  EACH_WEIGHT {
    STATE(STATE_EXPONENT_KEPT + j, r) = w[r][j].value;
    STATE(STATE_EXPONENT_KEPT_ERROR + j, r) = w[r][j].error;
  }
}

// Ends run r, which is beyond, as it was when it converged.
void bringBack(int r) {
  status[r] = STATUS_CONVERGED;
  if (lane != 0) return;
  end[r] = INT(INT_EXPONENT_CONVERGED, r);
  EACH_WEIGHT w[r][j] = Sum(STATE(STATE_EXPONENT_KEPT + j, r), STATE(STATE_EXPONENT_KEPT_ERROR + j, r));
}
#endif
