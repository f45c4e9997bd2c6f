// The landscape, read as words so that no compiler reasons about NaN.
layout(binding = 1) uniform usampler2D field;

uniform ivec2 fieldSize;

bool isFinite(uint word) { return (word & 0x7f800000u) != 0x7f800000u; }

uint fieldWord(ivec2 at) {
  at = clamp(at, ivec2(0), fieldSize - 1);
  return texelFetch(field, at, 0).r;
}

// Bilinear value at g, in grid points; ok is cleared where it is not finite.
float fieldAt(vec2 g, inout bool ok) {
  g = clamp(g, vec2(0.0), vec2(fieldSize - 1));
  ivec2 i = min(ivec2(g), max(fieldSize - 2, 0));
  vec2 t = g - vec2(i);
  uint a = fieldWord(i), b = fieldWord(i + ivec2(1, 0));
  uint c = fieldWord(i + ivec2(0, 1)), d = fieldWord(i + ivec2(1, 1));
  ok = ok && isFinite(a) && isFinite(b) && isFinite(c) && isFinite(d);
  return mix(mix(uintBitsToFloat(a), uintBitsToFloat(b), t.x),
             mix(uintBitsToFloat(c), uintBitsToFloat(d), t.x), t.y);
}

// Weights of the four nearest points of a cubic through them with continuous
// slope (Catmull-Rom), and of its derivative.
vec4 cubic(float t) {
  float u = t * t, v = u * t;
  return 0.5 * vec4(2.0 * u - v - t, 3.0 * v - 5.0 * u + 2.0, 4.0 * u - 3.0 * v + t, v - u);
}
vec4 cubicSlope(float t) {
  float u = t * t;
  return 0.5 * vec4(4.0 * t - 3.0 * u - 1.0, 9.0 * u - 10.0 * t, 8.0 * t - 9.0 * u + 1.0, 3.0 * u - 2.0 * t);
}

// Bicubic value at g and its derivatives along x and y in grid points. Cells that
// are not finite clear ok.
vec3 fieldSmooth(vec2 g, inout bool ok) {
  g = clamp(g, vec2(0.0), vec2(fieldSize - 1));
  ivec2 i = min(ivec2(g), max(fieldSize - 2, 0));
  vec2 t = g - vec2(i);
  vec4 wx = cubic(t.x), wy = cubic(t.y), sx = cubicSlope(t.x), sy = cubicSlope(t.y);
  vec3 sum = vec3(0.0);
  bool all4 = true, all16 = true;
  for (int r = 0; r < 4; r++) {
    vec4 row;
    for (int k = 0; k < 4; k++) {
      ivec2 at = i + ivec2(k - 1, r - 1);
      uint w = fieldWord(at);
      bool fine = isFinite(w);
      all16 = all16 && fine;
      if (r >= 1 && r <= 2 && k >= 1 && k <= 2) all4 = all4 && fine;
      row[k] = uintBitsToFloat(w);
      // Beyond the edge the surface goes on straight.
      if (at.x < 0 || at.x >= fieldSize.x) {
        int inner = clamp(at.x, 0, fieldSize.x - 1);
        int mirror = 2 * inner - at.x;
        row[k] = 2.0 * row[k] - uintBitsToFloat(fieldWord(ivec2(mirror, at.y)));
      }
      if (at.y < 0 || at.y >= fieldSize.y) {
        int inner = clamp(at.y, 0, fieldSize.y - 1);
        row[k] = 2.0 * row[k] - uintBitsToFloat(fieldWord(ivec2(at.x, 2 * inner - at.y)));
      }
    }
    float v = dot(row, wx);
    sum += vec3(v * wy[r], dot(row, sx) * wy[r], v * sy[r]);
  }
  ok = ok && all4;
  if (all16) return sum;
  // Next to a hole: bilinear.
  bool fine = true;
  uint a = fieldWord(i), b = fieldWord(i + ivec2(1, 0));
  uint c = fieldWord(i + ivec2(0, 1)), d = fieldWord(i + ivec2(1, 1));
  float fa = uintBitsToFloat(a), fb = uintBitsToFloat(b), fc = uintBitsToFloat(c), fd = uintBitsToFloat(d);
  return vec3(mix(mix(fa, fb, t.x), mix(fc, fd, t.x), t.y), mix(fb - fa, fd - fc, t.y), mix(fc - fa, fd - fb, t.x));
}
