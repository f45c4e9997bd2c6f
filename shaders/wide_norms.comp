#version 430 core
// Sizes of a block of BLOCK weights of each run and of the gradient there: see NORMS in
// wide.glsl. Squares are taken in units of the power of two at the largest number.
#include "wide.glsl"

layout(std430, binding = BINDING_NORMS) writeonly buffer Norms { REAL norms[]; };

uniform TEXELS weights;   // the runs' state
uniform TEXELS gradients; // the direction down, of the data
uniform TEXELS params;

void main() {
  int run = int(gl_GlobalInvocationID.x);
  if (run >= runs) return;
  int block = int(gl_WorkGroupID.y), first = block * BLOCK, end = min(first + BLOCK, dims);
  REAL l2 = fetch(params, PARAM_L2 * runs + run), largest = 0.0, largestOfGradient = 0.0;
  bool finite = true;
  for (int j = first; j < end; ++j) {
    REAL w = fetch(weights, (STATE_W + j) * runs + run);
    REAL g = gradientOf(gradients, j, run) - penaltyOf(j, l2) * w;
    finite = finite && isFinite(w);
    largest = max(largest, abs(w));
    largestOfGradient = max(largestOfGradient, abs(g));
  }
  REAL unit = powerBelow(largest), inverse = inverseOfPower(unit), squares = 0.0, penalized = 0.0;
  REAL unitOfGradient = powerBelow(largestOfGradient), inverseOfGradient = inverseOfPower(unitOfGradient), squaresOfGradient = 0.0;
  for (int j = first; j < end; ++j) {
    REAL w = fetch(weights, (STATE_W + j) * runs + run);
    REAL g = gradientOf(gradients, j, run) - penaltyOf(j, l2) * w;
    squares += (w * inverse) * (w * inverse);
    penalized += (penaltyOf(j, 1.0) * w * inverse) * (w * inverse);
    squaresOfGradient += (g * inverseOfGradient) * (g * inverseOfGradient);
  }
  int at = block * NORMS * runs + run;
  norms[at + NORM_WEIGHTS * runs] = finite ? unit : INFINITE;
  norms[at + NORM_SQUARES * runs] = squares;
  norms[at + NORM_PENALIZED * runs] = penalized;
  norms[at + NORM_GRADIENT * runs] = unitOfGradient;
  norms[at + NORM_GRADIENT_SQUARES * runs] = squaresOfGradient;
}
