// Numbers of a buffer, read as its texels: a software device fetches one ten times as fast as
// a word of a storage buffer, unless all invocations read the same.
//
// Defines: DOUBLE, GUARD (numbers before the first).
#include "real.glsl"

#if DOUBLE
#define TEXELS usamplerBuffer
REAL fetch(TEXELS b, int at) { return packDouble2x32(texelFetch(b, GUARD + at).xy); }
REAL4 fetchFour(TEXELS b, int at) {
  return REAL4(fetch(b, 4 * at), fetch(b, 4 * at + 1), fetch(b, 4 * at + 2), fetch(b, 4 * at + 3));
}
#else
#define TEXELS samplerBuffer
REAL fetch(TEXELS b, int at) { return texelFetch(b, GUARD + at).x; }
// Of a buffer that is shown as texels of four numbers.
REAL4 fetchFour(TEXELS b, int at) { return texelFetch(b, GUARD / 4 + at); }
#endif
