#version 430 core
// The lit surface, coloured by its loss. Slopes come from the field itself, not
// from the mesh.
#include "draw_field.glsl"

uniform float low, high;           // losses at the box's floor and ceiling
uniform float colorLow, colorHigh; // losses at the ends of the colour map
uniform vec3 boxHalf;              // half the box's size
uniform vec3 eye;                  // from the box's centre
uniform vec3 light;                // towards the light
uniform float lineFirst, lineStep;
uniform int lineCount;
uniform float lineWidth; // pixels
uniform float cell;      // grid points between differences

layout(binding = 0) uniform sampler2D colors;

in vec2 at;
in float height;
out vec4 color;

void main() {
  vec2 g = at * vec2(fieldSize - 1);
  bool ok = true;
  float v = fieldAt(g, ok);
  if (!ok) discard;
  // Central differences, one-sided at the edges.
  vec2 most = vec2(fieldSize - 1);
  vec2 a = max(g - cell, 0.0), b = min(g + cell, most);
  bool okx = true, oky = true;
  float dx = (fieldAt(vec2(b.x, g.y), okx) - fieldAt(vec2(a.x, g.y), okx)) / (b.x - a.x) * most.x;
  float dy = (fieldAt(vec2(g.x, b.y), oky) - fieldAt(vec2(g.x, a.y), oky)) / (b.y - a.y) * most.y;
  if (!okx) dx = 0.0;
  if (!oky) dy = 0.0;
  vec2 slope = vec2(dx, dy) / (high - low) * boxHalf.z / boxHalf.xy;
  vec3 n = normalize(vec3(-slope, 1.0));
  vec3 p = (2.0 * vec3(at, (v - low) / (high - low)) - 1.0) * boxHalf;
  vec3 toEye = normalize(eye - p);
  if (dot(n, toEye) < 0.0) n = -n;

  float t = clamp((v - colorLow) / (colorHigh - colorLow), 0.0, 1.0);
  vec3 c = texture(colors, vec2((t * 255.0 + 0.5) / 256.0, 0.5)).rgb;

  if (lineCount > 0) {
    float f = (v - lineFirst) / lineStep;
    float k = clamp(floor(f + 0.5), 0.0, float(lineCount - 1));
    float w = max(fwidth(f), 1e-6);
    float line = clamp(0.5 * lineWidth + 0.5 - abs(f - k) / w, 0.0, 1.0) * min(lineWidth, 1.0);
    c *= 1.0 - 0.38 * line * clamp(0.35 / (w * max(lineWidth, 1.0)), 0.0, 1.0);
  }

  float diffuse = max(0.0, dot(n, light));
  float shine = pow(max(0.0, dot(n, normalize(light + toEye))), 30.0);
  c = c * (0.60 + 0.50 * diffuse) + 0.10 * shine;
  color = vec4(min(c, 1.0), 1.0);
}
