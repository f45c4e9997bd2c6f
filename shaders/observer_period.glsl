// The period that a run settles into: the run is compared with a reference, the state some
// steps before its end, and has come back when it is near it after it was away. It does
// not ask, as cpu.Settings.MaxPeriod does, whether the returns drift.
#if OBSERVE_PERIOD
REAL reference[RUNS][DIM], near[RUNS], far[RUNS];
uint returned[RUNS][2]; // bit p: the run has come back p + 1 steps after the reference
int period[RUNS], longest[RUNS], referenceStep[RUNS];

uniform REAL periodTol, minReturn;

void periodBegin(int r) {
  EACH_WEIGHT reference[r][j] = STATE(STATE_PERIOD_REFERENCE + j, r);
  near[r] = STATE(STATE_PERIOD_NEAR, r);
  far[r] = STATE(STATE_PERIOD_FAR, r);
  for (int i = 0; i < 2; ++i) returned[r][i] = uint(INT(INT_PERIOD_RETURNED + i, r));
  period[r] = INT(INT_PERIOD_FOUND, r);
  longest[r] = INTPARAM(PARAM_INT_PERIOD_LONGEST, r);
  referenceStep[r] = INTPARAM(PARAM_INT_PERIOD_REFERENCE_STEP, r);
}

// Notes that the run has come back after so many steps.
void periodReturned(int r, int since) {
  uint bit = 1u << uint((since - 1) & 31);
  if (since <= min(longest[r], 32)) returned[r][0] |= bit;
  else if (since <= longest[r]) returned[r][1] |= bit;
  int middle = since / 2;
  uint word = middle <= 32 ? returned[r][0] : returned[r][1];
  if (since % 2 == 0 && period[r] == 0 && (word >> uint((middle - 1) & 31) & 1u) == 1u) period[r] = middle;
}

// Takes the state after k updates; a run that takes all its steps then ends as ending.
void periodStep(int r, int k, inout int ending) {
  int since = k - referenceStep[r];
  if (status[r] == STATUS_RUNNING && longest[r] > 1 && since >= 0) {
    REAL away[DIM];
    EACH_WEIGHT away[j] = w[r][j].value - reference[r][j];
    REAL d = vectorNorm(away);
    if (since == 0) {
      EACH_WEIGHT reference[r][j] = w[r][j].value;
      near[r] = periodTol * (1.0 + size[r]);
      far[r] = 0.0;
    } else {
      if (d <= near[r] && near[r] < far[r] && d <= minReturn * far[r]) periodReturned(r, since);
      far[r] = max(far[r], d);
    }
  }
  if (ending == STATUS_STEP_LIMIT && period[r] > 0) ending = STATUS_PERIODIC;
}

void periodEnd(int r) {
  EACH_WEIGHT STATE(STATE_PERIOD_REFERENCE + j, r) = reference[r][j];
  STATE(STATE_PERIOD_NEAR, r) = near[r];
  STATE(STATE_PERIOD_FAR, r) = far[r];
  for (int i = 0; i < 2; ++i) INT(INT_PERIOD_RETURNED + i, r) = int(returned[r][i]);
  INT(INT_PERIOD_FOUND, r) = period[r];
}
#endif
