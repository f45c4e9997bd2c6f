// Single precision, and exponentials and logarithms in it whose accuracy does not depend
// on the driver: GLSL's exp may be off by more the larger its argument is, its log is good
// only to an absolute error near 1, and it has no log1p.
#define REAL float
#define REAL4 vec4

#define NAN uintBitsToFloat(0x7fc00000u)
#define INFINITE uintBitsToFloat(0x7f800000u)

bool isFinite(REAL x) { return (floatBitsToUint(x) & 0x7f800000u) != 0x7f800000u; }
bool isNaN(REAL x) { return (floatBitsToUint(x) & 0x7fffffffu) > 0x7f800000u; }

// The power of two at x >= 0 and below, such that it has an inverse.
REAL powerBelow(REAL x) { return intBitsToFloat(clamp(floatBitsToInt(x) & 0x7f800000, 1 << 23, 253 << 23)); }
REAL inverseOfPower(REAL p) { return intBitsToFloat((254 << 23) - floatBitsToInt(p)); }

// 2^n times a normal number x, for what stays normal.
REAL timesPower(REAL x, int n) { return intBitsToFloat(floatBitsToInt(x) + (n << 23)); }

// x > 0 as m 2^n, 1 <= m < 2.
REAL splitPower(REAL x, out int n) {
  int bits = floatBitsToInt(x);
  n = (bits >> 23) - 127;
  return intBitsToFloat((bits & 0x7fffff) | 0x3f800000);
}

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

// 1 - e^x for x <= 0 without the cancellation.
REAL oneMinusExp(REAL x) {
  REAL p = 1.0 + x * (1.0 / 8.0);
  p = 1.0 + x * (1.0 / 7.0) * p;
  p = 1.0 + x * (1.0 / 6.0) * p;
  p = 1.0 + x * (1.0 / 5.0) * p;
  p = 1.0 + x * (1.0 / 4.0) * p;
  p = 1.0 + x * (1.0 / 3.0) * p;
  p = 1.0 + x * (1.0 / 2.0) * p;
  return x > -0.5 ? -x * p : 1.0 - expPair(max(x, -87.0), 0.0);
}
