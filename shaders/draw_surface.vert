#version 430 core
// The landscape as a mesh over the unit square of the axis box.
layout(binding = 0) uniform sampler2D relief;

uniform ivec2 meshSize; // vertices
uniform mat4 toClip;    // from box coordinates, 0 to 1
uniform vec4 ground;    // w is 1 for its floor plan, which is flat
uniform int reach;      // texels in the side of a cell of the mesh, and one more

const ivec2 around[8] = ivec2[](ivec2(1, 0), ivec2(-1, 0), ivec2(0, 1), ivec2(0, -1),
                                ivec2(1, 1), ivec2(-1, 1), ivec2(1, -1), ivec2(-1, -1));

out vec2 at; // on the unit square

void main() {
  ivec2 i = ivec2(gl_VertexID % meshSize.x, gl_VertexID / meshSize.x);
  at = vec2(i) / vec2(meshSize - 1);
  if (ground.w > 0.0) {
    gl_Position = toClip * vec4(at, 0.0, 1.0);
    return;
  }
  vec2 size = vec2(textureSize(relief, 0));
  vec4 r = textureLod(relief, (at * (size - 1.0) + 0.5) / size, 0.0);
  if (r.w < 0.001) {
    // In a hole, of which no fragment shows: the height of what is nearest, so
    // that triangles across its rim stay on the surface.
    ivec2 here = ivec2(at * (size - 1.0) + 0.5), most = ivec2(size) - 1;
    for (int d = 1; d <= reach && r.w < 0.001; d++)
      for (int k = 0; k < 8 && r.w < 0.001; k++)
        r = texelFetch(relief, clamp(here + d * around[k], ivec2(0), most), 0);
  }
  gl_Position = toClip * vec4(at, r.x / max(r.w, 0.001), 1.0);
}
