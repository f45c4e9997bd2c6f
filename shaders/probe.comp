#version 430 core
// A probe of the device: doubles every word of a buffer.
layout(local_size_x = 64) in;
layout(std430, binding = 0) buffer Words { uint words[]; };
void main() {
  uint i = gl_GlobalInvocationID.x;
  if (i < words.length()) words[i] *= 2u;
}
