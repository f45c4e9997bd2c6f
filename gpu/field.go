package gpu

import (
	"fmt"
	"math"
)

// Field is a dense float32 field on the device: a landscape where it was
// computed, ready to be drawn from there.
type Field struct {
	Buffer   *Buffer // NY rows of NX values, C order
	NX, NY   int
	Min, Max float32 // over the finite values; both 0 if there are none
	Masked   int     // NaN and infinite values
}

// NewField uploads values, NY rows of NX in C order, and takes their range.
func NewField(d *Device, label string, nx, ny int, values []float32) (*Field, error) {
	if nx <= 0 || ny <= 0 || len(values) != nx*ny {
		return nil, fmt.Errorf("field %q: %d values for %dx%d", label, len(values), nx, ny)
	}
	if n := 4 * nx * ny; n > d.Caps.MaxStorageBytes {
		return nil, fmt.Errorf("field %q: %dx%d needs a buffer of %d MiB, this device allows %d MiB", label, nx, ny, n>>20, d.Caps.MaxStorageBytes>>20)
	}
	f := &Field{NX: nx, NY: ny}
	f.SetRange(values)
	var err error
	f.Buffer, err = NewBufferOf(d, label, values, Computed)
	return f, err
}

// SetRange takes Min, Max and Masked from the field's values.
func (f *Field) SetRange(values []float32) {
	f.Min, f.Max, f.Masked = float32(math.Inf(1)), float32(math.Inf(-1)), 0
	for _, v := range values {
		if d := v - v; d != 0 { // NaN or infinite: v − v is NaN
			f.Masked++
			continue
		}
		f.Min, f.Max = min(f.Min, v), max(f.Max, v)
	}
	if f.Masked == len(values) {
		f.Min, f.Max = 0, 0
	}
}

// Close frees the field. It may be called more than once, and on nil.
func (f *Field) Close() error {
	if f == nil {
		return nil
	}
	return f.Buffer.Close()
}
