// Philox4x32-10: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel
// random numbers: as easy as 1, 2, 3", SC11, 2011; word for word what
// cpu.Philox computes. The rounds are written out, since loops are counted where
// they are short.
void philoxRound(inout uvec4 c, inout uvec2 key) {
  uint highA, lowA, highB, lowB;
  umulExtended(0xD2511F53u, c.x, highA, lowA);
  umulExtended(0xCD9E8D57u, c.z, highB, lowB);
  c = uvec4(highB ^ c.y ^ key.x, lowB, highA ^ c.w ^ key.y, lowA);
  key += uvec2(0x9E3779B9u, 0xBB67AE85u);
}

uvec4 philox(uvec4 c, uvec2 key) {
  philoxRound(c, key); philoxRound(c, key); philoxRound(c, key); philoxRound(c, key); philoxRound(c, key);
  philoxRound(c, key); philoxRound(c, key); philoxRound(c, key); philoxRound(c, key); philoxRound(c, key);
  return c;
}

// The samples, out of n, of draws 4 four .. 4 four + 3 of the mini-batch of an
// update: see cpu.Batch.
uvec4 drawFour(uvec2 seed, uint update, uint four, uint n) {
  uvec4 words = philox(uvec4(update, four, 0u, 0u), seed);
  uvec4 high, low;
  umulExtended(words, uvec4(n), high, low);
  return high;
}
