package gpu

import (
	"math"
	"testing"
)

func TestFieldRangeMasks(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	f := &Field{}
	f.SetRange([]float32{3, nan, -2, inf, -inf, 7})
	if f.Min != -2 || f.Max != 7 || f.Masked != 3 {
		t.Errorf("%+v", f)
	}
	f.SetRange([]float32{nan, inf})
	if f.Min != 0 || f.Max != 0 || f.Masked != 2 {
		t.Errorf("%+v", f)
	}
}
