package cpu

import (
	"fmt"
	"math"
	"runtime"
	"testing"
)

// TestRange holds the values of ranges that are computed when they are asked for against those that are
// listed, to the bit, whole and in blocks.
func TestRange(t *testing.T) {
	for _, text := range []string{"lr=0.1:40:1001:log", "lr=40:0.1:1000:log", "l2=0:1:977", "w1=-3:5:1234", "w1=5:-3:17", "w1=1e-310:1e-300:100:log", "steps=1000:1:1000", "seed=0:4:3", "lr=1:4:3:log"} {
		p, err := ParseParam(text)
		if err != nil {
			t.Fatal(err)
		}
		n := len(p.Values)
		q := Param{Name: p.Name, Log: p.Log, Range: &Range{From: p.Values[0], To: p.Values[n-1], N: n, Count: n}}
		least, most := p.Ends()
		if a, b := q.Ends(); q.Len() != n || a != least || b != most {
			t.Errorf("%s: %d values from %v to %v", text, q.Len(), a, b)
		}
		if q.String() != p.String() {
			t.Errorf("%s is %s and %s", text, &p, &q)
		}
		listed, computed := Sweep{Base: DefaultRun("gd"), Over: []Param{p}}, Sweep{Base: DefaultRun("gd"), Over: []Param{q}}
		if listed.Indistinct() != computed.Indistinct() {
			t.Errorf("%s: listed values are indistinct: %v, computed ones: %v", text, listed.Indistinct(), computed.Indistinct())
		}
		a, b := listed.Blocks(7), computed.Blocks(7)
		if a.Len() != b.Len() {
			t.Fatalf("%s: %d and %d blocks", text, a.Len(), b.Len())
		}
		at := 0
		for k := range a.Len() {
			x, y := a.At(k), b.At(k)
			if x.First != y.First || x.Over[0].Len() != y.Over[0].Len() {
				t.Errorf("%s, block %d: %v, want %v", text, k, y, x)
			}
			for i := range y.Over[0].Len() {
				if v := y.Over[0].Value(i); math.Float64bits(v) != math.Float64bits(p.Values[at]) {
					t.Fatalf("%s: value %d is %v, want %v", text, at, v, p.Values[at])
				}
				at++
			}
		}
		if at != n {
			t.Errorf("%s: %d values in blocks, want %d", text, at, n)
		}
	}
}

// TestRangeDeciding finds the values on both sides of 0.
func TestRangeDeciding(t *testing.T) {
	for _, ends := range [][2]float64{{-3, 5}, {5, -3}, {0, 1}, {1, 0}, {-1, 0}, {1, 2}, {-2, -1}} {
		p := Param{Range: &Range{From: ends[0], To: ends[1], N: 3001, Count: 3001}}
		for _, above := range []bool{false, true} {
			want, got := math.Inf(1), math.Inf(1)
			for i := range p.Len() {
				if v := p.Value(i); v > 0 == above && v != 0 {
					want = min(want, math.Abs(v))
				}
			}
			for _, v := range p.Deciding() {
				if v > 0 == above && v != 0 {
					got = min(got, math.Abs(v))
				}
			}
			if got != want {
				t.Errorf("%v: %v is nearest to 0, want %v", ends, got, want)
			}
		}
	}
}

// TestLongRange reads axes of a thousand million values and more, in little memory.
func TestLongRange(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, c := range []struct{ text, err string }{
		{"lr=0.1:40:1000000000:log", ""},
		{"l2=0:1:123456789012345", ""},
		{"w1=-1:1:16777217", ""},
		{"seed=0:9.007199254740991e+15:9007199254740992", ""},
		{"steps=1:1000000000:999999999", "steps: 2.000000001, want whole numbers of at least 0 and at most 2^53 (a list states them: steps=1,10,100)"},
		{"lr=1:1.0000001:1000000000", "lr: 1000000000 values from 1 to 1.0000001, which float64 does not tell apart: want fewer"},
		{"lr=-1:1:1000000000:log", "lr: range from -1 to 1 on a logarithmic axis, want both above 0"},
	} {
		p, err := ParseParam(c.text)
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: %v, want %s", c.text, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if p.String() != c.text {
			t.Errorf("%s is written %s", c.text, p)
		}
		s := Sweep{Base: DefaultRun("gd"), Over: []Param{p}}
		s.Base.Start, s.Base.Batch = []float64{0, 0}, 1
		if err := s.Validate(spread(5, 1)); err != nil {
			t.Errorf("%s: %v", c.text, err)
		}
		b := s.Blocks(1 << 20)
		last := b.At(b.Len() - 1)
		n, _ := last.Count()
		if got, want := fmt.Sprint(last.Run(int(n-1))), fmt.Sprint(s.Run(p.Len()-1)); got != want {
			t.Errorf("%s: the last run is %s, want %s", c.text, got, want)
		}
		s.Indistinct()
	}
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 1 {
		t.Errorf("%d MB", took)
	}
}
