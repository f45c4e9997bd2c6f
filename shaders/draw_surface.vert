#version 430 core
// The landscape as a mesh over the unit square, its height taken from the field.
#include "draw_field.glsl"

uniform ivec2 meshSize; // vertices
uniform mat4 toClip;    // from box coordinates, 0 to 1
uniform float low, high; // losses at the box's floor and ceiling

out vec2 at;      // on the unit square
out float height; // in the box; far below it where the loss is not finite

void main() {
  ivec2 i = ivec2(gl_VertexID % meshSize.x, gl_VertexID / meshSize.x);
  at = vec2(i) / vec2(meshSize - 1);
  bool ok = true;
  float v = fieldAt(at * vec2(fieldSize - 1), ok);
  height = ok ? (v - low) / (high - low) : 0.0;
  gl_Position = toClip * vec4(at, height, 1.0);
}
