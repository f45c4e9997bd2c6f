// The landscape, read as words so that no compiler reasons about NaN, with a border
// of one point on every side, where it goes on straight.
layout(binding = 1) uniform usampler2D field;

uniform ivec2 fieldSize; // without the border

bool areFinite(uvec4 words) { return all(notEqual(words & 0x7f800000u, uvec4(0x7f800000u))); }

// The words of the points i, to its right, above it, and above that.
uvec4 cell(ivec2 i) { return textureGather(field, (vec2(i) + 2.0) / vec2(fieldSize + 2)).wzxy; }

// Bilinear value of the corners of a cell at t.
float bilinear(vec4 v, vec2 t) { return mix(mix(v.x, v.y, t.x), mix(v.z, v.w, t.x), t.y); }

// Bilinear value at g, in grid points; ok is cleared where it is not finite.
float fieldAt(vec2 g, inout bool ok) {
  g = clamp(g, vec2(0.0), vec2(fieldSize - 1));
  ivec2 i = min(ivec2(g), max(fieldSize - 2, 0));
  uvec4 words = cell(i);
  ok = ok && areFinite(words);
  return bilinear(uintBitsToFloat(words), g - vec2(i));
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
  uvec4 a = cell(i - 1), b = cell(i + ivec2(1, -1)), c = cell(i + ivec2(-1, 1)), d = cell(i + 1);
  mat4 points = mat4(uintBitsToFloat(uvec4(a.xy, b.xy)), uintBitsToFloat(uvec4(a.zw, b.zw)),
                     uintBitsToFloat(uvec4(c.xy, d.xy)), uintBitsToFloat(uvec4(c.zw, d.zw)));
  vec4 wy = cubic(t.y);
  vec4 rows = cubic(t.x) * points;
  vec3 smoothly = vec3(dot(rows, wy), dot(cubicSlope(t.x) * points, wy), dot(rows, cubicSlope(t.y)));
#ifdef HOLES
  uvec4 inner = uvec4(a.w, b.z, c.y, d.x);
  ok = ok && areFinite(inner);
  if (!(areFinite(a) && areFinite(b) && areFinite(c) && areFinite(d))) {
    vec4 v = uintBitsToFloat(inner);
    smoothly = vec3(bilinear(v, t), mix(v.y - v.x, v.w - v.z, t.y), mix(v.z - v.x, v.w - v.y, t.x));
  }
#endif
  return smoothly;
}
