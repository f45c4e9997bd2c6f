#version 430 core
// Where the surface, or its floor plan at the bottom of the box, is seen: its place
// on the unit square, of the plan moved by 4. What it looks like there is worked out
// once for a pixel, in draw_shade.frag.
uniform vec4 plan; // w is 1 for a floor plan
#ifdef HOLES
layout(binding = 0) uniform sampler2D heightField;
#endif

in vec2 at;
out vec2 place;

void main() {
#ifdef HOLES
  vec2 size = vec2(textureSize(heightField, 0));
  if (texture(heightField, (at * (size - 1.0) + 0.5) / size).w < 0.999) discard;
#endif
  place = at + 4.0 * plan.w;
}
