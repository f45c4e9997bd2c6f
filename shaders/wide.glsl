// What the kernels of many weights share. A step of theirs is a row of dispatches: margins
// = X W' and the gradient = X' R are matrix products, block by block (wide_margins.comp,
// wide_gradients.comp); wide_residuals.comp makes R of the margins; wide_norms.comp,
// wide_conclude.comp and wide_update.comp do what descend.comp does at a state.
//
// Words of a buffer lie as in layout.go: word i of the run in slot s is number i * runs + s.
// They are read as texels.
//
// Defines: DOUBLE, COLUMNS of X in a block (a multiple of 4), RUNS of an
// invocation, RECORDS (REAL4s of a window of X, which is a uniform block; 0 to read a storage
// buffer), ROWS of a work group, and those of texels.glsl and of layout.go in gpu/compute.
#include "numerics.glsl"
#include "texels.glsl"

layout(local_size_x = ROWS) in;

uniform int runs; // slots
uniform int dims; // weights of a run
uniform int penalized; // of them, from the first on, the L2 term has so many
uniform int from; // the slots of a pass: from up to below to
uniform int to;

#define EACH_RUN for (int r = 0; r < RUNS; ++r)

#if DOUBLE
REAL expOf(REAL x) { return exponential(x); }
#else
REAL expOf(REAL x) { return expPair(x, 0.0); }
#endif

// The words that wide_norms.comp leaves of each block of weights: the power of two at the
// largest weight and below, infinite if a weight is not finite, and the squares' sum in units
// of it; the same of those weights that the L2 term has; and of the gradient. Behind those of
// the last block is a word that says whether the run is under way.
const int NORM_WEIGHTS = 0, NORM_SQUARES = 1, NORM_PENALIZED = 2, NORM_GRADIENT = 3, NORM_GRADIENT_SQUARES = 4, NORMS = 5;

const REAL UNDER_WAY = 1.0, NOT_FINITE = 2.0; // and 0 for a run that has ended before

// The direction down of weight j, of the data: see wide_gradients.comp.
REAL gradientOf(TEXELS gradients, int j, int run) { return fetch(gradients, 4 * ((j >> 2) * runs + run) + (j & 3)); }

// The L2 weight of weight j.
REAL penaltyOf(int j, REAL l2) { return j < penalized ? l2 : 0.0; }
