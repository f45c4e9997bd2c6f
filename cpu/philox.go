package cpu

// Constants of Philox4x32: the two multipliers, and the Weyl sequence that
// bumps the key, the fractional parts of the golden ratio and of √3.
const (
	philoxM0, philoxM1 = 0xD2511F53, 0xCD9E8D57
	philoxW0, philoxW1 = 0x9E3779B9, 0xBB67AE85
	philoxRounds       = 10
)

// Philox returns the four random words that Philox4x32-10 makes of a counter
// and a key: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel
// random numbers: as easy as 1, 2, 3", SC11, 2011. It is a pure function, so
// that any draw of any step can be had anywhere, on the GPU too, without those
// before it.
func Philox(counter [4]uint32, key [2]uint32) [4]uint32 {
	c, k := counter, key
	for range philoxRounds {
		a, b := uint64(philoxM0)*uint64(c[0]), uint64(philoxM1)*uint64(c[2])
		c = [4]uint32{
			uint32(b>>32) ^ c[1] ^ k[0], uint32(b),
			uint32(a>>32) ^ c[3] ^ k[1], uint32(a),
		}
		k[0] += philoxW0
		k[1] += philoxW1
	}
	return c
}

// Batch stores in dst the samples of the mini-batch of one update, 0 for the
// first, out of n samples, and returns dst. Draw i is word i%4 of
//
//	Philox(counter {update, i/4, 0, 0}, key {seed's low word, high word})
//
// mapped to 0..n-1 as ⌊word · n / 2³²⌋, so samples are drawn with
// replacement, and no sample is likelier than another by more than n/2³². Every run with the same seed
// sees the same batches, whatever its optimizer or learning rate: runs are
// compared on equal terms.
func Batch(dst []int32, seed uint64, update uint32, n int) []int32 {
	key := [2]uint32{uint32(seed), uint32(seed >> 32)}
	var words [4]uint32
	for i := range dst {
		if i%4 == 0 {
			words = Philox([4]uint32{update, uint32(i / 4)}, key)
		}
		dst[i] = int32(uint64(words[i%4]) * uint64(n) >> 32)
	}
	return dst
}
