// Losses over a grid, to which the parts of the samples add one after the other. Many
// parts are a compensated sum: a loss of a million samples is as good as one of a hundred.
layout(std430, binding = 4) buffer Loss { float loss[]; };
uniform bool further; // a part before this one is in loss already
#if PARTS
layout(std430, binding = 5) buffer Errors { float errors[]; }; // of the sums in loss
#endif

uniform bool hasL2;    // with the L2 term
uniform bool inLine;   // it is one square, of a sum in two parts
uniform float l2Least; // and this then

// The L2 term at a column and a row: the square of the sum of the numbers in z, and the row's own
// part in w; in line these are the second parts of the sum.
float l2Term(vec4 column, vec4 row) {
  float x = (column.z + row.z) + (column.w + (inLine ? row.w : 0.0));
  return x * x + (inLine ? l2Least : row.w);
}

// Adds to the loss at an index.
void more(int at, float term) {
#if PARTS
  Sum sum = Sum(loss[at], errors[at]);
  add(sum, term);
  loss[at] = sum.value;
  errors[at] = sum.error;
#else
  loss[at] += term;
#endif
}

// Adds to the loss at an index, or sets it if this part is the first.
void put(int at, float term) {
  if (further) {
    more(at, term);
    return;
  }
  loss[at] = term;
#if PARTS
  errors[at] = 0.0;
#endif
}
