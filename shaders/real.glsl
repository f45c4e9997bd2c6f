// The number that kernels compute with, and what depends on how it is stored.
#define REAL float

#define NAN uintBitsToFloat(0x7fc00000u)

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
