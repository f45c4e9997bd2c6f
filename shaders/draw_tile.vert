#version 430 core
// One square tile of the frame for each instance, as two triangles.
struct Tile { uint x, y, entry, entries; };
layout(std430, binding = 0) readonly buffer Tiles { Tile tiles[]; };

uniform ivec2 frameSize;

flat out uvec2 range; // of the tile's entries

void main() {
  Tile t = tiles[gl_InstanceID];
  range = uvec2(t.entry, t.entries);
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  vec2 p = (vec2(t.x, t.y) + corner) * float(TILE);
  gl_Position = vec4(p.x / float(frameSize.x) * 2.0 - 1.0, 1.0 - p.y / float(frameSize.y) * 2.0, 0.0, 1.0);
}
