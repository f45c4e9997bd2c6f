package compute

import (
	"math"
	"testing"

	"losscape/cpu"
	"losscape/gpu"
)

// values are n values from lo to hi.
func values(lo, hi float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = lo + (hi-lo)*float64(i)/float64(max(n-1, 1))
	}
	return out
}

// The device draws the batches that the CPU draws.
func TestBatchesAreTheCPUs(t *testing.T) {
	e := engine(t)
	const updates = 7
	for _, c := range []struct {
		seed        uint64
		first       uint32
		size, count int
	}{{0, 0, 4, 1}, {1, 0, 32, 100}, {0xdeadbeefcafe, 12345, 100, 99991}, {math.MaxUint64, math.MaxInt32 - updates, 64, 1 << 30}} {
		got := make([]uint32, updates*c.size)
		err := e.d.Do(func() error {
			p, err := e.program("batch.comp", nil)
			if err != nil {
				return err
			}
			b, err := gpu.NewBufferOf(e.d, "batches", got, gpu.Computed)
			if err != nil {
				return err
			}
			defer b.Close()
			b.BindStorage(0)
			p.SetInt("size", c.size)
			p.SetInt("updates", updates)
			p.SetUint("first", c.first)
			p.SetUint("count", uint32(c.count))
			p.SetUint("seedLow", uint32(c.seed))
			p.SetUint("seedHigh", uint32(c.seed>>32))
			p.Dispatch((len(got)/4+63)/64, 1, 1)
			return gpu.Download(b, 0, got)
		})
		if err != nil {
			t.Fatal(err)
		}
		for k := range updates {
			want := cpu.Batch(make([]int32, c.size), c.seed, c.first+uint32(k), c.count)
			for i, w := range want {
				if g := got[k*c.size+i]; g != uint32(w) {
					t.Fatalf("%+v: draw %d of update %d is sample %d, want %d", c, i, k, g, w)
				}
			}
		}
	}
}

// Below 2/λ runs converge, above they go round, then they are chaotic: the
// device says so where the CPU does, but for the few values at the borders.
func TestSweepAgreesOnStatus(t *testing.T) {
	e := engine(t)
	p := readNotebook(t, "one-mode").problem()
	s := cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", LR: 1, Start: []float64{-1, -1}, Steps: 600},
		Over: []cpu.Param{{Name: "lr", Values: values(1, 26, 1000)}},
	}
	got, err := e.Sweep(t.Context(), p, s, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	differ := 0
	for i, w := range want.Status {
		if g := got.Status[i]; g != w || got.Period[i] != want.Period[i] {
			differ++
			t.Logf("lr %v: %v %d, want %v %d (%v, %v)", s.Over[0].Values[i], g, got.Period[i], w, want.Period[i], got.GradNorm[i], want.GradNorm[i])
		}
	}
	t.Log(got.Stats, want.Stats)
	if differ > 10 {
		t.Errorf("%d of 1000 differ", differ)
	}
}
