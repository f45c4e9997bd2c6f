// Sums whose rounding errors do not add up.
#include "real.glsl"

// A sum with its rounding error, after Kahan: what += adds stays within some 2
// ULP of the exact sum of its terms, however many there are.
struct Sum {
  REAL value, error;
};

void add(inout Sum s, REAL term) {
  precise REAL y = term - s.error;
  precise REAL t = s.value + y;
  precise REAL e = (t - s.value) - y;
  s.error = e;
  s.value = t;
}
