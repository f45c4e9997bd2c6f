#version 430 core
// The lit surface, coloured by its loss, or its floor plan at the bottom of the
// box. Heights and slopes come from the relief, not from the mesh.
layout(binding = 0) uniform sampler2D relief;
layout(binding = 1) uniform sampler2D colors;
layout(binding = 2) uniform sampler2D sky; // how much of it is seen

uniform vec2 colorRange; // heights at the ends of the colour map
uniform vec3 boxHalf;    // half the box's size
uniform vec3 eye;        // from the box's centre
uniform vec3 light;      // towards the light
uniform float lineFirst, lineStep; // heights of iso-lines
uniform int lineCount;
uniform float lineWidth; // pixels
uniform vec4 gridLines;  // over the unit square: first x, step in x, first y, step in y; steps of 0 for none
uniform vec2 mesh;       // the same, from 0: steps in x and y
uniform vec4 ground;     // of a floor plan: its colour, and 1

in vec2 at;
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

void main() {
  vec2 size = vec2(textureSize(relief, 0));
  vec4 r = texture(relief, (at * (size - 1.0) + 0.5) / size);
  vec2 across = vec2(length(vec2(dFdx(at.x), dFdy(at.x))), length(vec2(dFdx(at.y), dFdy(at.y))));
  vec2 slope = vec2(dot(r.yz, dFdx(at)), dot(r.yz, dFdy(at))); // along the screen
  if (r.w < 0.999) discard;

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
  if (ground.w > 0.0) {
    color = vec4(mix(mix(c, ground.rgb, 0.3), drawn, 0.7 * line), 1.0);
    return;
  }
  float net = max(ruled(at.x, across.x, gridLines.x, gridLines.y, lineWidth), ruled(at.y, across.y, gridLines.z, gridLines.w, lineWidth));
  net = max(net, max(ruled(at.x, across.x, 0.0, mesh.x, lineWidth), ruled(at.y, across.y, 0.0, mesh.y, lineWidth)));
  c = mix(c, drawn, max(0.6 * line, 0.5 * net));

  // Light from the sky, as much as is seen of it, more from above; a key light;
  // and its soft reflection.
  vec3 n = normalize(vec3(-r.yz * boxHalf.z / boxHalf.xy, 1.0));
  vec3 p = (2.0 * vec3(at, r.x) - 1.0) * boxHalf;
  vec3 toEye = normalize(eye - p);
  vec2 skies = vec2(textureSize(sky, 0));
  float open = texture(sky, (at * (skies - 1.0) + 0.5) / skies).r;
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
  color = vec4(min(c, 1.0), 1.0);
}
