// The number that kernels compute with, REAL, vectors of it, REAL4, and what depends on how
// it is stored: double precision with the Define DOUBLE, else single.
#if DOUBLE
#include "double.glsl"
#else
#include "single.glsl"
#endif
