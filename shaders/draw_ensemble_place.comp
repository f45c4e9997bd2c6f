#version 430 core
// Where the runs of an ensemble are on the plane, over the unit square that the view
// covers, and what their colour tells.
//
// Defines: DIM weights, STATUS_CONVERGED, STATUS_PERIODIC.
layout(local_size_x = 64) in;

layout(std430, binding = 0) readonly buffer Weights { float weights[]; };
layout(std430, binding = 1) writeonly buffer Places { float places[]; }; // x, y and the colour of each run
layout(std430, binding = 2) readonly buffer Shades { float shades[]; };
layout(std430, binding = 3) readonly buffer Statuses { int statuses[]; };

uniform int n, stride;
uniform int classed; // 1: the colour tells a run's status
uniform int status;  // number of the first one
uniform int shaded;  // 1: the colour comes from shades
uniform vec2 origin; // of weights 0
uniform float alongX[DIM], alongY[DIM];

bool isFinite(float x) { return (floatBitsToUint(x) & 0x7f800000u) != 0x7f800000u; }

void main() {
  int i = int(gl_GlobalInvocationID.x);
  if (i >= n) return;
  vec2 p = origin;
  for (int j = 0; j < DIM; ++j) {
    float w = weights[j * stride + i];
    p += w * vec2(alongX[j], alongY[j]);
  }
  if (!isFinite(p.x) || !isFinite(p.y)) p = vec2(-1e30);
  places[i] = p.x;
  places[n + i] = p.y;
  float shade = shaded != 0 ? shades[i] : 0.0;
  if (classed != 0) {
    int s = statuses[status + i];
    shade = s == STATUS_CONVERGED ? 1.0 : s == STATUS_PERIODIC ? 2.0 : 0.0;
  }
  places[2 * n + i] = shade;
}
