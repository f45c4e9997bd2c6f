#version 430 core
// The mini-batches of some updates, for holding them against cpu.Batch.
#include "philox.glsl"

layout(local_size_x = 64) in;

layout(std430, binding = 0) writeonly buffer Batches { uint batches[]; };

uniform int size;     // samples of a batch, a multiple of 4
uniform int updates;
uniform uint first;   // update
uniform uint count;   // samples there are
uniform uint seedLow;
uniform uint seedHigh;

void main() {
  int at = int(gl_GlobalInvocationID.x);
  int fours = size / 4;
  if (at >= fours * updates) return;
  uvec4 rows = drawFour(uvec2(seedLow, seedHigh), first + uint(at / fours), uint(at % fours), count);
  batches[4 * at] = rows.x;
  batches[4 * at + 1] = rows.y;
  batches[4 * at + 2] = rows.z;
  batches[4 * at + 3] = rows.w;
}
