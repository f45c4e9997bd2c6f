#version 430 core
// How many multiply-adds the device can do: eight sums an invocation that do not
// wait for one another, and nothing else to wait for. They are written as the other
// kernels write them, so that the driver may fuse them here as there.
layout(local_size_x = 64) in;
layout(std430, binding = 0) writeonly buffer Result { float result; };

uniform int rounds;   // of 256 multiply-adds
uniform float factor; // below 1: the sums stay near plus / (1 - factor)
uniform float plus;

void main() {
  vec4 a = vec4(gl_LocalInvocationIndex) * 1e-3 + vec4(0.0, 0.25, 0.5, 0.75);
  vec4 b = a + 1.0;
  for (int i = 0; i < rounds; ++i) {
#define STEP a = a * factor + plus; b = b * factor + plus;
#define STEPS4 STEP STEP STEP STEP
#define STEPS16 STEPS4 STEPS4 STEPS4 STEPS4
    STEPS16 STEPS16
  }
  float sum = a.x + a.y + a.z + a.w + b.x + b.y + b.z + b.w;
  if (sum == -1.0) result = sum; // it never is, but the driver does not know
}
