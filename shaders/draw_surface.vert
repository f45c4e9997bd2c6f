#version 430 core
// The landscape as a mesh over the unit square of the axis box.
layout(binding = 3) uniform samplerBuffer heights; // of the vertices, row by row

uniform ivec2 meshSize; // vertices
uniform mat4 toClip;    // from box coordinates, 0 to 1
uniform vec4 plan;    // w is 1 for its floor plan, which is flat

out vec2 at; // on the unit square

void main() {
  at = vec2(gl_VertexID % meshSize.x, gl_VertexID / meshSize.x) / vec2(meshSize - 1);
  float height = plan.w > 0.0 ? 0.0 : texelFetch(heights, gl_VertexID).r;
  gl_Position = toClip * vec4(at, height, 1.0);
}
