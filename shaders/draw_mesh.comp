#version 430 core
// The heights of the vertices of the mesh that the surface is drawn as.
layout(local_size_x = 64) in;
layout(std430, binding = 0) writeonly buffer Heights { float heights[]; };
layout(binding = 0) uniform sampler2D heightField;

uniform ivec2 meshSize; // vertices
uniform int reach;      // texels in the side of a cell of the mesh, and one more

const ivec2 around[8] = ivec2[](ivec2(1, 0), ivec2(-1, 0), ivec2(0, 1), ivec2(0, -1),
                                ivec2(1, 1), ivec2(-1, 1), ivec2(1, -1), ivec2(-1, -1));

void main() {
  int i = int(gl_GlobalInvocationID.x);
  if (i >= meshSize.x * meshSize.y) return;
  vec2 at = vec2(i % meshSize.x, i / meshSize.x) / vec2(meshSize - 1);
  vec2 size = vec2(textureSize(heightField, 0));
  vec4 r = textureLod(heightField, (at * (size - 1.0) + 0.5) / size, 0.0);
  if (r.w < 0.001) {
    // In a hole, of which no fragment shows: the height of what is nearest, so
    // that triangles across its rim stay on the surface.
    ivec2 here = ivec2(at * (size - 1.0) + 0.5), most = ivec2(size) - 1;
    for (int d = 1; d <= reach && r.w < 0.001; d++)
      for (int k = 0; k < 8 && r.w < 0.001; k++)
        r = texelFetch(heightField, clamp(here + d * around[k], ivec2(0), most), 0);
  }
  heights[i] = r.x / max(r.w, 0.001);
}
