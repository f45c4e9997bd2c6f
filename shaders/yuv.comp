#version 430 core
// A picture to planar YUV 4:2:0, BT.709, limited range, four bytes a word, the
// top row first. One invocation makes a block of 8 x 2 pixels: two words of
// luma in each of two rows, a word of Cb and a word of Cr. Beyond the
// picture's edge its last column and row go on.
//
// All arithmetic is on integers, so every device gives the same bytes.
layout(local_size_x = 8, local_size_y = 8) in;
layout(std430, binding = 0) writeonly buffer Frame { uint words[]; };
// The tiles of 8 x 8 blocks to make: column in the lower half, row in the upper.
layout(std430, binding = 1) readonly buffer Tiles { uint tiles[]; };
uniform int tileCount;
uniform sampler2D picture;
uniform ivec2 size;   // of the picture, pixels
uniform int stride;   // blocks in a row of the frame
uniform int rows;     // rows of blocks in the frame

ivec3 pixel(int x, int y) {
  ivec2 p = clamp(ivec2(x, y), ivec2(0), size - 1);
  return ivec3(texelFetch(picture, ivec2(p.x, size.y - 1 - p.y), 0).rgb * 255.0 + 0.5);
}

// The matrix of ITU-R BT.709 scaled to 219 and 224 of 255 steps, times 2^16;
// the rows of Cb and Cr sum to 0, so that grey has no colour.
uint luma(ivec3 c) {
  return uint((11966 * c.r + 40254 * c.g + 4064 * c.b + (16 << 16) + (1 << 15)) >> 16);
}

// c is the sum of eight pixels' worth.
uint cb(ivec3 c) {
  return uint((-6596 * c.r - 22189 * c.g + 28785 * c.b + (128 << 19) + (1 << 18)) >> 19);
}

uint cr(ivec3 c) {
  return uint((28784 * c.r - 26145 * c.g - 2639 * c.b + (128 << 19) + (1 << 18)) >> 19);
}

void main() {
  int index = int(gl_WorkGroupID.y * gl_NumWorkGroups.x + gl_WorkGroupID.x);
  if (index >= tileCount) return;
  uint tile = tiles[index];
  ivec2 block = 8 * ivec2(tile & 0xffffu, tile >> 16) + ivec2(gl_LocalInvocationID.xy);
  if (block.x >= stride || block.y >= rows) return;
  int x = 8 * block.x, y = 2 * block.y;
  uvec2 upper = uvec2(0), lower = uvec2(0);
  uint u = 0u, v = 0u;
  // Chroma is sited at the left pixel of each pair, as H.264 and VP9 have it:
  // it weighs the columns left of, at and right of that pixel 1 : 2 : 1.
  ivec3 left = pixel(x - 1, y) + pixel(x - 1, y + 1);
  for (int i = 0; i < 4; i++) {
    ivec3 a = pixel(x + 2 * i, y), b = pixel(x + 2 * i + 1, y);
    ivec3 c = pixel(x + 2 * i, y + 1), d = pixel(x + 2 * i + 1, y + 1);
    int shift = 16 * (i & 1);
    upper[i >> 1] |= (luma(a) | luma(b) << 8) << shift;
    lower[i >> 1] |= (luma(c) | luma(d) << 8) << shift;
    ivec3 sum = left + 2 * (a + c) + b + d;
    u |= cb(sum) << (8 * i);
    v |= cr(sum) << (8 * i);
    left = b + d;
  }
  int at = 2 * (y * stride + block.x);
  words[at] = upper.x;
  words[at + 1] = upper.y;
  words[at + 2 * stride] = lower.x;
  words[at + 2 * stride + 1] = lower.y;
  int plane = stride * rows;  // words of Cb, and of Cr
  at = 4 * plane + block.y * stride + block.x;
  words[at] = u;
  words[at + plane] = v;
}
