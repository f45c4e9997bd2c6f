// Keeps the states of a run in which period.comp looks for its period: the last ones, and
// those from half of its steps on. A run of a batch has the place that it has there, wherever
// it is packed to.
#if OBSERVE_PERIOD
// Word (state * DIM + weight) * places + place is of the run in that place.
layout(std430, binding = BINDING_LAST) writeonly buffer Last { REAL last[]; };

uniform int places;
uniform int ofLast; // states from the last one back that there are words for

int longest[RUNS], place[RUNS];

void periodBegin(int r) {
  longest[r] = INTPARAM(PARAM_INT_PERIOD_LONGEST, r);
  place[r] = INTPARAM(PARAM_INT_PERIOD_PLACE, r);
}

void keepState(int r, int at) { EACH_WEIGHT last[(at * DIM + j) * places + place[r]] = w[r][j].value; }

// Takes the state after k updates; end[r] is all of them.
void periodStep(int r, int k, int ending) {
  if (status[r] != STATUS_RUNNING || longest[r] < 2 || lane != 0) return;
  int left = end[r] - k, since = k - end[r] / 2;
  if (left < ofLast && left <= PERIODS * longest[r]) keepState(r, left);
  if (since >= 0 && since < longest[r]) keepState(r, ofLast + since);
}

void periodEnd(int r) {}
#endif
