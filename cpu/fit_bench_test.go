package cpu_test

import "testing"

// BenchmarkFit has the size of the bar: 100,000 samples of 30 features.
func BenchmarkFit(b *testing.B) {
	p := random(1, 100_000, 30)
	for i := range p.N() { // the classes overlap: their means differ by 0.2 each
		for j := range 30 {
			p.X.Set(i, j, p.X.At(i, j)-0.9*(2*p.Y[i]-1))
		}
	}
	for b.Loop() {
		if f, err := p.Fit(b.Context()); err != nil || f.W == nil {
			b.Fatal(f, err)
		}
	}
}
