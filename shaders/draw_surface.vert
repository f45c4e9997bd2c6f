#version 430 core
// The landscape as a mesh over the unit square of the axis box.
layout(binding = 0) uniform sampler2D relief;

uniform ivec2 meshSize; // vertices
uniform mat4 toClip;    // from box coordinates, 0 to 1

out vec2 at; // on the unit square

void main() {
  ivec2 i = ivec2(gl_VertexID % meshSize.x, gl_VertexID / meshSize.x);
  at = vec2(i) / vec2(meshSize - 1);
  vec2 size = vec2(textureSize(relief, 0));
  vec4 r = textureLod(relief, (at * (size - 1.0) + 0.5) / size, 0.0);
  gl_Position = toClip * vec4(at, r.x, 1.0);
}
