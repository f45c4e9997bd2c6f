// The number that kernels compute with, REAL, vectors of it, REAL4, and what depends on how
// it is stored: double precision with the Define DOUBLE, else single.
#if DOUBLE
#include "double.glsl"
#else
#include "single.glsl"
#endif

// log x of a normal number x, relatively good near 1, too: what is subtracted is exact there.
REAL logOf(REAL x) { return x < 1.0 ? -log1pPositive((1.0 - x) / x) : log1pPositive(x - 1.0); }
