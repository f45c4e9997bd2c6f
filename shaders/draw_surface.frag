#version 430 core
// The lit surface, coloured by its loss. Heights and slopes come from the relief,
// not from the mesh.
layout(binding = 0) uniform sampler2D relief;
layout(binding = 1) uniform sampler2D colors;

uniform vec2 colorRange; // heights at the ends of the colour map
uniform vec3 boxHalf;    // half the box's size
uniform vec3 eye;        // from the box's centre
uniform vec3 light;      // towards the light
uniform float lineFirst, lineStep; // heights of iso-lines
uniform int lineCount;
uniform float lineWidth; // pixels

in vec2 at;
out vec4 color;

void main() {
  vec2 size = vec2(textureSize(relief, 0));
  vec4 r = texture(relief, (at * (size - 1.0) + 0.5) / size);
  vec2 slope = vec2(dot(r.yz, dFdx(at)), dot(r.yz, dFdy(at))); // along the screen
  if (r.w < 0.999) discard;
  vec3 n = normalize(vec3(-r.yz * boxHalf.z / boxHalf.xy, 1.0));
  vec3 p = (2.0 * vec3(at, r.x) - 1.0) * boxHalf;
  vec3 toEye = normalize(eye - p);
  if (dot(n, toEye) < 0.0) n = -n;

  float t = clamp((r.x - colorRange.x) / (colorRange.y - colorRange.x), 0.0, 1.0);
  vec3 c = texture(colors, vec2((t * 255.0 + 0.5) / 256.0, 0.5)).rgb;

  // Iso-lines, dark on light and light on dark, but not where they would run
  // together.
  float w = max(length(slope), 1e-30) / lineStep;
  float f = (r.x - lineFirst) / lineStep;
  float k = clamp(floor(f + 0.5), 0.0, float(lineCount - 1));
  float width = max(lineWidth, 1.0);
  float line = clamp(0.5 * width + 0.5 - abs(f - k) / w, 0.0, 1.0) * min(lineWidth, 1.0);
  line *= lineCount > 0 ? clamp(0.25 / (w * width), 0.0, 1.0) : 0.0;
  float luma = dot(c, vec3(0.3, 0.59, 0.11));
  c = mix(c, mix(c + 0.3, 0.45 * c, smoothstep(0.2, 0.26, luma)), 0.6 * line);

  float diffuse = max(0.0, dot(n, light));
  float shine = max(0.0, dot(n, normalize(light + toEye)));
  shine *= shine;
  shine *= shine;
  shine *= shine;
  shine *= shine * shine; // to the 24th power
  c = c * (0.74 + 0.36 * diffuse) + 0.07 * shine;
  color = vec4(min(c, 1.0), 1.0);
}
