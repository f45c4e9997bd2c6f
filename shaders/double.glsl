// Double precision, and exponentials and logarithms in it, of which GLSL has none.
//
// Polynomials and quotients are minimax approximations, by Remez' algorithm in 50 digits;
// the errors named here are those with the constants rounded. u is 2^-53; a unit in the
// last place of a number is from u to 2 u of it.
#define REAL double
#define REAL4 dvec4

#define NAN packDouble2x32(uvec2(0u, 0x7ff80000u))
#define INFINITE packDouble2x32(uvec2(0u, 0x7ff00000u))

bool isFinite(REAL x) { return (unpackDouble2x32(x).y & 0x7ff00000u) != 0x7ff00000u; }
bool isNaN(REAL x) {
  uvec2 bits = unpackDouble2x32(x);
  uint high = bits.y & 0x7fffffffu;
  return high > 0x7ff00000u || (high == 0x7ff00000u && bits.x != 0u);
}

// The power of two at x >= 0 and below, such that it has an inverse.
REAL powerBelow(REAL x) {
  return packDouble2x32(uvec2(0u, clamp(unpackDouble2x32(x).y & 0x7ff00000u, 1u << 20, 2045u << 20)));
}
REAL inverseOfPower(REAL p) { return packDouble2x32(uvec2(0u, (2046u << 20) - unpackDouble2x32(p).y)); }

// x times the power of two whose exponent is the last twelve bits of n, as an integer of
// two's complement, for what stays normal.
REAL timesPower(REAL x, REAL n) {
  uvec2 bits = unpackDouble2x32(x);
  return packDouble2x32(uvec2(bits.x, bits.y + (unpackDouble2x32(n).x << 20)));
}

// Adding it to a number rounds that to an integer, which then is the sum's last bits.
const REAL TO_INTEGER = 6755399441055744.0lf; // 1.5 x 2^52

// ln 2 in two parts: the first has 32 bits, so that its product with an exponent is exact.
const REAL LN2_HIGH = 0.6931471803691238lf, LN2_LOW = 1.9082149292705877e-10lf;

// e^r - 1 for |r| <= ln 2 / 2: tanh(r/2) is r P/Q with P and Q in r^2, and e^r - 1 is
// 2 r P/(Q - r P), with a relative error of 4e-17. It is taken as r + r (2 P - Q + r P)/(Q - r P),
// where the second term is at most 0.21 of the sum and so are its rounding errors, of 5 u.
REAL expm1Near0(REAL r) {
  REAL square = r * r;
  REAL p = r * ((3.3041207779662797e-05lf * square + 0.013887232950829503lf) * square + 0.5lf);
  REAL q = (0.0009917323520159066lf * square + 0.1111077992349879lf) * square + 1.0lf;
  REAL above = p - (0.000925649936456581lf * square + 0.08333333333332889lf) * square;
  return r + r * (above / (q - p));
}

// e^x, 0 below e^-708.3 (2^-1022); x <= 709. By Cody and Waite's reduction, whose rounding
// of r is at most u / 4 (r < 0.35). expm1Near0 is off by at most 2.1 u of itself, which is
// 0.41 of e^r at most for r < 0, where a unit in the last place is u or more, and 0.3 above,
// where it is 2 u. With the rounding of the sum that is less than 1.7 of them.
REAL exponential(REAL x) {
  precise REAL shifted = x * 1.4426950408889634lf + TO_INTEGER;
  precise REAL n = shifted - TO_INTEGER;
  precise REAL r = (x - n * LN2_HIGH) - n * LN2_LOW;
  REAL e = timesPower(1.0lf + expm1Near0(r), shifted);
  return x < -708.3lf ? 0.0lf : e;
}

// 1 - e^x for x <= 0 without the cancellation.
REAL oneMinusExp(REAL x) {
  return x > -0.3465lf ? -expm1Near0(x) : 1.0lf - exponential(max(x, -700.0lf));
}

// log(1 + q) for finite q >= 0, however small it is, to less than 1.5 units in the last
// place. With 1 + q = 2^n (1 + x), sqrt(1/2) <= 1 + x <= sqrt(2), and s = x/(2 + x),
//   log(1 + x) = x - x^2/2 + s (x^2/2 + R(s^2)),
// where R is log((1 + s)/(1 - s))/s - 2: the polynomial is off by 1.3e-18 of the logarithm.
// What rounding takes from 1 + q is added where n is not 0, and where it is x is q.
REAL log1pPositive(REAL q) {
  precise REAL sum = 1.0lf + q;
  uvec2 bits = unpackDouble2x32(sum);
  int n = int(bits.y + (0x3ff00000u - 0x3fe6a09eu)) >> 20; // 1023 more; sqrt(1/2) has 0x3fe6a09e
  n -= 1023;
  precise REAL lost = (q >= 1.0lf ? 1.0lf - (sum - q) : q - (sum - 1.0lf)) / sum;
  REAL x = n == 0 ? q : packDouble2x32(uvec2(bits.x, bits.y - (uint(n) << 20))) - 1.0lf;
  if (n == 0) lost = 0.0lf;
  REAL h = 0.5lf * x * x, s = x / (2.0lf + x), z = s * s;
  REAL p = 0.14795955928351104lf;
  p = p * z + 0.15314049907805088lf;
  p = p * z + 0.18183564352244477lf;
  p = p * z + 0.22222198572664478lf;
  p = p * z + 0.2857142874239278lf;
  p = p * z + 0.39999999999414654lf;
  p = p * z + 0.6666666666666734lf;
  precise REAL f = REAL(n);
  precise REAL low = s * (h + z * p) + (f * LN2_LOW + lost);
  return f * LN2_HIGH - ((h - low) - x);
}

// log(1 + e^x), the logistic loss at the margin -x, to less than two units in the last
// place, and its derivative, 1/(1 + e^-x), to as many: what rounding takes from 1 + e is
// taken into account.
REAL softplus(REAL x) { return max(x, 0.0lf) + log1pPositive(exponential(-abs(x))); }
REAL sigmoid(REAL x) {
  REAL e = exponential(-abs(x));
  precise REAL sum = 1.0lf + e;
  precise REAL lost = e - (sum - 1.0lf);
  REAL s = (x < 0.0lf ? e : 1.0lf) / sum;
  return s - s * (lost / sum);
}
