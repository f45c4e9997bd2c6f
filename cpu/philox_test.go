package cpu_test

import (
	"math"
	"slices"
	"testing"

	"losscape/cpu"
)

// TestPhilox holds the generator to the known answers that come with
// Random123, the generator's reference implementation by D. E. Shaw Research
// (tests/kat_vectors, lines "philox4x32 10").
func TestPhilox(t *testing.T) {
	const ones = 0xffffffff
	for _, tt := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := cpu.Philox(tt.counter, tt.key); got != tt.want {
			t.Errorf("Philox(%x, %x) = %x, want %x", tt.counter, tt.key, got, tt.want)
		}
	}
}

func TestBatch(t *testing.T) {
	// Words 0x6627e8d5 and 0xe169c58d of the first known answer, of 100: 39.9
	// and 88.1.
	got := cpu.Batch(make([]int32, 6), 0, 0, 100)
	if want := []int32{39, 88, 73, 60}; !slices.Equal(got[:4], want) {
		t.Errorf("first batch %v, want %v ...", got, want)
	}
	if second := cpu.Philox([4]uint32{0, 1}, [2]uint32{}); got[4] != int32(uint64(second[0])*100>>32) {
		t.Errorf("draw 4 is %d", got[4])
	}
	if short := cpu.Batch(make([]int32, 3), 0, 0, 100); !slices.Equal(short, got[:3]) {
		t.Errorf("a batch of 3 is %v, of 6 %v", short, got)
	}
	high := cpu.Batch(make([]int32, 6), 1<<32, 0, 100)
	next := cpu.Batch(make([]int32, 6), 0, 1, 100)
	if slices.Equal(high, got) || slices.Equal(next, got) || slices.Equal(high, next) {
		t.Errorf("seeds or steps share a batch: %v, %v, %v", got, high, next)
	}

	// All samples are as likely: chi-squared of 9 degrees of freedom is above
	// 27.9 once in a thousand.
	const n, draws = 10, 40000
	var counts [n]float64
	buf := make([]int32, 16)
	for k := range uint32(draws / len(buf)) {
		for _, i := range cpu.Batch(buf, 7, k, n) {
			counts[i]++
		}
	}
	chi := 0.0
	for _, c := range counts {
		chi += math.Pow(c-draws/n, 2) / (draws / n)
	}
	if chi > 27.9 {
		t.Errorf("chi-squared %v of %v", chi, counts)
	}
}
