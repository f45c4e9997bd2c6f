#version 430 core
// Colours, in bands or smooth, and iso-lines of the landscape. The target shows all
// of a plot, or a part of it.
#include "draw_field.glsl"

uniform vec2 size;      // of the plot in pixels
uniform vec2 origin;    // of the target in the plot, from the lower left corner
uniform float lowest;   // lowest boundary of the bands
uniform float bandStep;
uniform int bandCount;
uniform int banded; // 0: the colours between the middles of the bands are mixed
uniform int lineCount;
uniform float lineStep; // from one iso-line to the next
#ifdef LEVELS
layout(binding = 2) uniform sampler2D lineLevels; // of the iso-lines, ascending, lineCount by 1
#else
uniform float lineFirst; // iso-lines at lineFirst + i lineStep
#endif
// Of the landscape at a pixel, at most. No constant, so that the loop stays one
// and ends early where no line is near: software drivers go through all else.
uniform int evaluations;
uniform float lineWidth; // pixels
uniform float brighten;  // of lines on colours darker than DARK_TO; 0: all lines are black
uniform vec3 maskColor;

layout(binding = 0) uniform sampler2D bandColors; // bandCount by 1

out vec4 color;

vec3 band(float i) { return texelFetch(bandColors, ivec2(clamp(int(i), 0, bandCount - 1), 0), 0).rgb; }

// nearestLine returns the level of the iso-line that is nearest to a height.
float nearestLine(float x) {
#ifdef LEVELS
  int lo = 0, hi = lineCount - 1; // the levels from lo to hi are left
  while (hi - lo > 1) {
    int mid = (lo + hi) / 2;
    if (texelFetch(lineLevels, ivec2(mid, 0), 0).r <= x) lo = mid;
    else hi = mid;
  }
  float below = texelFetch(lineLevels, ivec2(lo, 0), 0).r, above = texelFetch(lineLevels, ivec2(max(hi, 0), 0), 0).r;
  return x - below < above - x ? below : above;
#else
  return lineFirst + lineStep * clamp(floor((x - lineFirst) / lineStep + 0.5), 0.0, float(lineCount - 1));
#endif
}

void main() {
  vec2 toGrid = vec2(fieldSize - 1) / size;
  vec2 pixel = gl_FragCoord.xy + origin;
  bool ok = true;
  vec3 s;
  // The distance to the nearest line, first by the slope here, then by two Newton
  // steps onto it, since the slope may change on the way.
  float level, slope, away = 1e9;
  float reach = 0.5 * lineWidth + 0.5;
  vec2 at = pixel;
  for (int i = 0; i < evaluations; i++) {
    bool fine = true;
    vec3 here = fieldSmooth(at * toGrid, fine);
    vec2 grad = here.yz * toGrid; // of the loss, per pixel
    if (i == 0) {
      s = here;
      ok = fine;
      slope = max(length(grad), 1e-30);
      level = nearestLine(s.x);
    }
    away = distance(at, pixel) + abs(here.x - level) / max(length(grad), 1e-30);
    if (!fine || i == 0 && !(away < 2.5 * reach)) break;
    vec2 to = at - grad * (here.x - level) / max(dot(grad, grad), 1e-30);
    if (distance(to, pixel) > 4.0 * reach) break;
    at = to;
  }
  if (!ok) {
    color = vec4(maskColor, 1.0);
    return;
  }

  // Bands: near a boundary the pixel is shared by the bands on both sides.
  float t = (s.x - lowest) / bandStep;
  float nearest = clamp(floor(t + 0.5), 1.0, float(bandCount - 1));
  float share = clamp((t - nearest) * bandStep / slope + 0.5, 0.0, 1.0);
  vec3 c;
  if (banded == 0) {
    c = mix(band(floor(t - 0.5)), band(floor(t + 0.5)), fract(t - 0.5));
  } else if (abs(t - nearest) <= 0.5) {
    c = mix(band(nearest - 1.0), band(nearest), share);
  } else {
    c = band(floor(t));
  }

  if (lineCount > 0 && slope > 1e-6 * lineStep / max(size.x, size.y)) {
    float a = clamp(0.5 * max(lineWidth, 1.0) + 0.5 - away, 0.0, 1.0) * min(lineWidth, 1.0);
    vec3 ink = mix(min(c + brighten, 1.0), vec3(0.0), brighten > 0.0 ? smoothstep(DARK_TO, LIGHT_FROM, dot(c, LUMA)) : 1.0);
    c = mix(c, ink, a);
  }
  color = vec4(c, 1.0);
}
