package gpu

import (
	"math"

	"losscape/shaders"
)

// HasDoubles reports whether the device computes in double precision. OpenGL 4 has it,
// but drivers exist that compile doubles and compute them wrong or in single precision,
// so a small kernel is tried, once.
func (d *Device) HasDoubles() (bool, error) {
	if d.doubles == nil {
		has, err := d.tryDoubles()
		if err != nil {
			return false, err
		}
		d.doubles = &has
	}
	return *d.doubles, nil
}

// tryDoubles has each operation that kernels need done by invocations side by side.
func (d *Device) tryDoubles() (bool, error) {
	if !d.Caps.Float64 {
		return false, nil
	}
	p, err := d.Compute("probe_double.comp", shaders.Defines{"DOUBLE": true})
	if err != nil {
		return false, nil // the compiler has no doubles, whatever the version says
	}
	const n = 64
	in, out := make([]float64, n), make([]float64, 4*n)
	for i := range in {
		in[i] = 1 + float64(i)*0x1p-52 + float64(i%7)*0x1p-20
	}
	from, err := NewBufferOf(d, "probe", in, Static)
	if err != nil {
		return false, err
	}
	defer from.Close()
	to, err := NewBufferOf(d, "probe", out, Computed)
	if err != nil {
		return false, err
	}
	defer to.Close()
	from.BindStorage(0)
	to.BindStorage(1)
	const by = 1 - 0x1p-53
	p.SetDouble("by", by)
	p.Cover(n, 1)
	if err := Download(to, 0, out); err != nil {
		return false, err
	}
	for i, x := range in {
		near := func(got, want float64) bool { return math.Abs(got-want) <= 0x1p-51*math.Abs(want) }
		half := math.Ldexp(x, -1000)
		if out[4*i] != x-by || !near(out[4*i+1], x*by) || !near(out[4*i+2], by/x) || out[4*i+3] != half {
			return false, nil
		}
	}
	return true, nil
}
