#version 430 core
// The range of a field: each invocation reduces every stride-th value to
// (least, greatest, how many are not finite). Neither depends on the order, so the
// result is the same every time.
layout(local_size_x = 64) in;
layout(std430, binding = 0) readonly buffer Values { uint values[]; };
layout(std430, binding = 1) writeonly buffer Parts { vec4 parts[]; };

uniform int count;
uniform int stride; // invocations

void main() {
  int first = int(gl_GlobalInvocationID.x);
  float least = uintBitsToFloat(0x7f800000u), greatest = -least;
  int bad = 0;
  for (int i = first; i < count; i += stride) {
    uint bits = values[i];
    bool finite = (bits & 0x7f800000u) != 0x7f800000u;
    float v = uintBitsToFloat(bits);
    least = finite ? min(least, v) : least;
    greatest = finite ? max(greatest, v) : greatest;
    bad += finite ? 0 : 1;
  }
  parts[first] = vec4(least, greatest, float(bad), 0.0);
}
