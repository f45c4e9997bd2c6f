package backend

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"losscape/cpu"
	"losscape/gpu/compute"
	"losscape/gpu/gputest"
	"losscape/scenes"
)

// TestTry expects the device to be asked first, the CPU only by auto and for what the
// device refuses, and that to be told once for each part.
func TestTry(t *testing.T) {
	refusal := fmt.Errorf("too large: %w", compute.ErrUnsupported)
	broken := errors.New("broken")
	for _, c := range []struct {
		kind   Kind
		device bool
		err    error // the device's
		by     Kind
		want   error
		told   []string
	}{
		{Auto, true, nil, GPU, nil, nil},
		{Auto, true, refusal, CPU, nil, []string{"map", "runs"}},
		{Auto, true, broken, GPU, broken, nil},
		{Auto, false, nil, CPU, nil, nil},
		{GPU, true, refusal, GPU, refusal, nil},
		{CPU, false, nil, CPU, nil, nil},
	} {
		var told []string
		b := &Backend{told: map[string]bool{}, o: Options{Kind: c.kind, Fallback: func(part string, why error) {
			told = append(told, part)
			if why != c.err {
				t.Errorf("%+v: told %v", c, why)
			}
		}}}
		if c.device {
			b.device = fake{}
		}
		for _, part := range []string{"map", "runs", "map"} {
			by, err := b.Try(part, func(by Computer) error {
				if by.Info().Kind == GPU {
					return c.err
				}
				return nil
			})
			if by.Info().Kind != c.by || err != c.want {
				t.Errorf("%+v: by %s, %v", c, by.Info().Kind, err)
			}
		}
		if !slices.Equal(told, c.told) {
			t.Errorf("%+v: told %v", c, told)
		}
	}
}

type fake struct{ Computer }

func (fake) Info() Info { return Info{Kind: GPU} }

// TestOpen expects auto to do without a device that does not open, unless it was named.
func TestOpen(t *testing.T) {
	const none = 1 << 20 // no machine has so many devices
	for _, c := range []struct {
		kind   Kind
		device int
		ok     bool
	}{{CPU, AnyDevice, true}, {Auto, none, false}, {GPU, none, false}} {
		b, err := Open(Options{Kind: c.kind, Device: c.device})
		if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrNoDevice) {
			t.Errorf("%+v: %v", c, err)
		}
		if err == nil {
			b.Close()
		}
	}
}

// TestComputers holds the device's results against the CPU's.
func TestComputers(t *testing.T) {
	t.Run("single", func(t *testing.T) { testComputers(t, Single, "float32", 1e-5) })
	t.Run("double", func(t *testing.T) { testComputers(t, Double, "float64", 1e-12) })
}

func testComputers(t *testing.T, precision Precision, name string, tolerance float64) {
	d := gputest.Device(t)
	b, err := On(d, Options{Kind: GPU, Precision: precision})
	if Unsupported(err) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if got := b.device.Info().Precision; got != name {
		t.Errorf("precision %s, want %s", got, name)
	}
	s, err := scenes.Load("one-mode")
	if err != nil {
		t.Fatal(err)
	}
	s.Grid.X.N, s.Grid.Y.N = 23, 17
	ctx := context.Background()
	near := func(what string, got, want []float64) {
		t.Helper()
		for i, w := range want {
			if len(got) != len(want) || math.Abs(got[i]-w) > tolerance*(1+math.Abs(w)) {
				t.Fatalf("%s: %d values, %d is %v, want %d and %v", what, len(got), i, got[i], len(want), w)
			}
		}
	}
	for _, what := range []Values{Loss, Gradient, Accuracy} {
		rows := func(c Computer) (all []float64) {
			err := c.Evaluate(ctx, s.Problem, s.Plane, s.Grid, s.Grid.Rows(), what, func(row int, values Row) error {
				v := slices.Clone(values.Double)
				for _, x := range values.Single {
					v = append(v, float64(x))
				}
				if len(all) != row*len(v) || len(v) != 23*what.Depth() {
					t.Errorf("row %d of %d values after %d", row, len(v), len(all))
				}
				all = append(all, v...)
				return nil
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		near(fmt.Sprint("values ", what), rows(b.device), rows(Reference))
	}
	want, err := Reference.Landscape(ctx, s.Problem, s.Plane, s.Grid, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := b.device.Landscape(ctx, s.Problem, s.Plane, s.Grid, nil)
	if err != nil || got.Grid != s.Grid {
		t.Fatal(err)
	}
	near("landscape", got.Loss, want.Loss)
	for _, c := range []Computer{b.device, Reference} { // either's landscape is drawn there
		f, err := b.Field(ctx, c, s.Problem, s.Plane, s.Grid, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Do(f.Close); err != nil {
			t.Error(err)
		}
	}
	var runs [2][]*cpu.Trajectory
	for i, c := range []Computer{b.device, Reference} {
		if runs[i], err = c.Descend(ctx, s.Problem, s.Runs, nil); err != nil {
			t.Fatal(err)
		}
	}
	near("runs", runs[0][0].Weights, runs[1][0].Weights)
}
