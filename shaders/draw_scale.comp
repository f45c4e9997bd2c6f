#version 430 core
// Losses into coordinates of a scale, in place.
layout(local_size_x = 8, local_size_y = 8) in;
layout(binding = 0, r32ui) uniform uimage2D field;
layout(binding = 0) uniform sampler2D knots; // ascending losses at even ranks

uniform int kind; // 1 log, 2 asinh, 3 rank
uniform int last; // knot
uniform float least, bend;

float knot(int i) { return texelFetch(knots, ivec2(i, 0), 0).r; }

float rank(float v) {
  int lo = 0, hi = last;
  while (hi - lo > 1) {
    int mid = (lo + hi) / 2;
    if (knot(mid) < v) lo = mid;
    else hi = mid;
  }
  float span = knot(hi) - knot(lo);
  float t = span > 0.0 ? clamp((v - knot(lo)) / span, 0.0, 1.0) : 0.0;
  return (float(lo) + t) / float(last);
}

void main() {
  ivec2 at = ivec2(gl_GlobalInvocationID.xy) + 1; // inside the border
  if (any(greaterThanEqual(at, imageSize(field) - 1))) return;
  uint word = imageLoad(field, at).r;
  if ((word & 0x7f800000u) == 0x7f800000u) return; // not finite
  float v = uintBitsToFloat(word), x;
  if (kind == 1) x = log2(max(v, least)) * 0.30102999566;
  else if (kind == 2) x = sign(v) * log(abs(v) / bend + sqrt(v / bend * (v / bend) + 1.0));
  else x = rank(v);
  imageStore(field, at, uvec4(floatBitsToUint(x)));
}
