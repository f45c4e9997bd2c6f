#version 430 core
// The lit surface, coloured by its loss, and its floor plan, from the places that
// draw_surface.frag has left. Heights and slopes come from the heightField, not from the
// mesh.
layout(binding = 0) uniform sampler2D heightField;
layout(binding = 1) uniform sampler2D colors;
layout(binding = 2) uniform sampler2D occlusion; // how much of the sky is seen
#if SAMPLES > 1
layout(binding = 4) uniform sampler2DMS places;
#else
layout(binding = 4) uniform sampler2D places;
#endif

uniform ivec2 shift;   // from the target to the places
uniform int samples;   // SAMPLES, unknown to the compiler, so that its loop ends early
uniform mat4 toClip;   // from box coordinates, 0 to 1
uniform vec2 viewport; // pixels that clip coordinates span

uniform vec2 colorRange; // heights at the ends of the colour map
uniform vec3 boxHalf;    // half the box's size
uniform vec3 eye;        // from the box's centre
uniform vec3 light;      // towards the light
uniform float lineFirst, lineStep; // heights of iso-lines
uniform int lineCount;
uniform float lineWidth; // pixels
uniform vec4 gridLines;  // over the unit square: first x, step in x, first y, step in y; steps of 0 for none
uniform vec2 mesh;       // the same, from 0: steps in x and y
uniform vec3 floorColor; // colour of a floor plan

out vec4 color;

// Coverage by a line of some width at distance d, thinner than a pixel fainter.
float coverage(float d, float width) {
  return clamp(0.5 * max(width, 1.0) + 0.5 - d, 0.0, 1.0) * min(width, 1.0);
}

// Coverage by the nearest of lines that are spaced evenly, where x changes by w
// per pixel; they fade where they would run together.
float ruled(float x, float w, float first, float spacing, float width) {
  if (spacing <= 0.0) return 0.0;
  float f = (x - first) / spacing;
  w = max(w, 1e-30) / spacing;
  return coverage(abs(f - floor(f + 0.5)) / w, width) * clamp(0.25 / (w * width), 0.0, 1.0);
}

// How the place seen changes from pixel to pixel, to the right and upwards, on a
// surface of some height and slope there.
mat2 changes(vec2 at, float height, vec2 slope) {
  vec4 p = toClip * vec4(at, height, 1.0);
  vec4 u = toClip * vec4(1.0, 0.0, slope.x, 0.0), v = toClip * vec4(0.0, 1.0, slope.y, 0.0);
  vec2 ndc = p.xy / p.w, scale = 0.5 * viewport / p.w;
  vec2 a = (u.xy - ndc * u.w) * scale, b = (v.xy - ndc * v.w) * scale; // pixels
  float det = a.x * b.y - a.y * b.x;
  det = abs(det) < 1e-20 ? 1e-20 : det;
  return mat2(b.y, -a.y, -b.x, a.x) / det;
}

// What a place looks like, with its coverage.
vec4 look(vec2 at) {
  if (at.x < -1.0) return vec4(0.0); // nothing
  bool plan = at.x > 2.0;
  if (plan) at -= 4.0;
  vec2 size = vec2(textureSize(heightField, 0));
  vec4 r = texture(heightField, (at * (size - 1.0) + 0.5) / size);
  mat2 d = plan ? changes(at, 0.0, vec2(0.0)) : changes(at, r.x, r.yz);
  vec2 across = vec2(length(vec2(d[0].x, d[1].x)), length(vec2(d[0].y, d[1].y)));
  vec2 slope = r.yz * d; // along the screen

  float t = clamp((r.x - colorRange.x) / (colorRange.y - colorRange.x), 0.0, 1.0);
  vec3 c = texture(colors, vec2((t * 255.0 + 0.5) / 256.0, 0.5)).rgb;

  // Iso-lines, dark on light and light on dark, but not where they would run
  // together.
  float w = max(length(slope), 1e-30) / lineStep;
  float f = (r.x - lineFirst) / lineStep;
  float k = clamp(floor(f + 0.5), 0.0, float(lineCount - 1));
  float width = max(lineWidth, 1.0);
  float line = coverage(abs(f - k) / w, lineWidth);
  line *= lineCount > 0 ? clamp(0.25 / (w * width), 0.0, 1.0) : 0.0;
  float luma = dot(c, vec3(0.3, 0.59, 0.11));
  vec3 drawn = mix(c + 0.3, 0.45 * c, smoothstep(0.2, 0.26, luma));
  if (plan) return vec4(mix(mix(c, floorColor, 0.3), drawn, 0.7 * line), 1.0);
  float net = max(ruled(at.x, across.x, gridLines.x, gridLines.y, lineWidth), ruled(at.y, across.y, gridLines.z, gridLines.w, lineWidth));
  net = max(net, max(ruled(at.x, across.x, 0.0, mesh.x, lineWidth), ruled(at.y, across.y, 0.0, mesh.y, lineWidth)));
  c = mix(c, drawn, max(0.6 * line, 0.5 * net));

  // Light from the sky, as much as is seen of it, more from above; a key light;
  // and its soft reflection.
  vec3 n = normalize(vec3(-r.yz * boxHalf.z / boxHalf.xy, 1.0));
  vec3 p = (2.0 * vec3(at, r.x) - 1.0) * boxHalf;
  vec3 toEye = normalize(eye - p);
  vec2 texels = vec2(textureSize(occlusion, 0));
  float open = texture(occlusion, (at * (texels - 1.0) + 0.5) / texels).r;
  float above = 0.5 + 0.5 * n.z;
  if (dot(n, toEye) < 0.0) {
    // Its lower side.
    n = -n;
    open = 1.0;
    above = 0.7;
  }
  float ambient = (0.62 + 0.12 * above) * mix(0.52, 1.0, open);
  float key = 0.40 * max(0.0, dot(n, light)) * mix(0.7, 1.0, open);
  float shine = max(0.0, dot(n, normalize(light + toEye)));
  shine *= shine;
  shine *= shine;
  shine *= shine;
  shine *= shine * shine; // to the 24th power
  c = c * (ambient + key) + 0.07 * shine * open;
  return vec4(min(c, 1.0), 1.0);
}

void main() {
  ivec2 at = ivec2(gl_FragCoord.xy) + shift;
  vec4 sum = vec4(0.0);
  int i = 0;
  do {
    vec2 place = texelFetch(places, at, i).xy;
    float weight = 1.0;
    if (i == 0) {
      // In most pixels all samples show about the same place.
      vec2 spread = vec2(0.0);
      for (int k = 1; k < SAMPLES; k++) spread = max(spread, abs(texelFetch(places, at, k).xy - place));
      if (max(spread.x, spread.y) < 1e-3) {
        weight = float(SAMPLES);
        i = samples;
      }
    }
    sum += weight * look(place);
    i++;
  } while (i < samples);
  color = sum / float(SAMPLES);
}
