// Exponentials and logarithms whose accuracy does not depend on the driver:
// GLSL's exp may be off by more the larger its argument is, its log is good
// only to an absolute error near 1, and it has no log1p.
#include "real.glsl"

// e^(hi + lo), 0 below e^-87.3 (2^-126); hi + lo <= 88. Cody and Waite's
// reduction by n ln 2 in two parts: 0.693359375 has nine bits, so that its
// product with n is exact, and so is the difference from a hi of few bits. Then
// the polynomial of Cephes' expf. The relative error is below 1.5e-7 beyond
// 2^-24 of lo.
float expPair(float hi, float lo) {
  float x = hi + lo;
  float n = roundEven(x * 1.44269504);
  precise float r = hi - n * 0.693359375;
  r = (r + n * 2.12194440e-4) + lo;
  float p = 1.9875691500e-4;
  p = p * r + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 5.0000001201e-1;
  p = p * (r * r) + r;
  float e = (p + 1.0) * intBitsToFloat((int(n) + 127) << 23);
  return x < -87.3 ? 0.0 : e;
}

// log(1 + x) for sqrt(1/2) <= 1 + x <= sqrt(2), the polynomial of Cephes' logf:
// relative error below 2e-7, also for the smallest x.
float logNear1(float x) {
  float z = x * x;
  float p = 7.0376836292e-2;
  p = p * x - 1.1514610310e-1;
  p = p * x + 1.1676998740e-1;
  p = p * x - 1.2420140846e-1;
  p = p * x + 1.4249322787e-1;
  p = p * x - 1.6668057665e-1;
  p = p * x + 2.0000714765e-1;
  p = p * x - 2.4999993993e-1;
  p = p * x + 3.3333331174e-1;
  return x + (x * z * p - 0.5 * z);
}

// log(1 + q) for finite q >= 0, with a relative error below 3e-7 however small q
// is: the sum 1 + q is taken only where it is sqrt(2) at least.
float log1pPositive(float q) {
  int bits = floatBitsToInt(1.0 + q);
  int n = (bits - 0x3f3504f3) >> 23; // 0 up to sqrt(2)
  float x = n == 0 ? q : intBitsToFloat(bits - (n << 23)) - 1.0;
  float f = float(n);
  return (logNear1(x) - f * 2.12194440e-4) + f * 0.693359375;
}

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
