package backend

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/gpu/compute"
	"losscape/gpu/gputest"
	"losscape/scenes"
)

// window is a map of the one-mode scene by learning rate and L2 weight, of side x side
// runs.
type window struct {
	lr, l2 string // ranges
	steps  int
}

func (w window) sweep(t *testing.T, s *scenes.Scene, side int) cpu.Sweep {
	t.Helper()
	sweep := cpu.Sweep{Base: s.Runs[0]}
	sweep.Base.Steps = w.steps
	for _, text := range []string{"lr=" + w.lr, "l2=" + w.l2} {
		text, log := strings.CutSuffix(text, ":log")
		text = fmt.Sprintf("%s:%d", text, side)
		if log {
			text += ":log"
		}
		axis, err := cpu.ParseParam(text)
		if err != nil {
			t.Fatal(err)
		}
		sweep.Over = append(sweep.Over, axis)
	}
	return sweep
}

// autoOn is a backend with AutoPrecision on the test's device.
func autoOn(t *testing.T) (*Backend, *scenes.Scene) {
	t.Helper()
	b, err := On(gputest.Device(t), Options{Kind: GPU})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	s, err := scenes.Load("one-mode")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.device.(auto).double(); Unsupported(err) {
		t.Skip(err)
	}
	return b, s
}

func long() bool { return os.Getenv("LONG") == "1" }

// Where float32 alone labels a third of the runs wrong, auto has the labels of the
// reference, and nothing in it contradicts what the runs come to in many more steps of
// float64 on the device. From 30 to 33 runs are chaotic until they find a cycle, and which
// they have found when is a matter of rounding in float64, too: as many labels may differ
// more as two runs of the reference do from starts 5e-15 apart.
func TestAutoLabels(t *testing.T) {
	windows, side := []window{
		{"19:19.4", "0:1e-4", 1000}, // gradients that stall near rounding
		{"27.2:27.7", "0:1e-4", 1000},
	}, 4
	if long() {
		side = 32
		windows = append(windows, []window{
			{"30:33", "0:1e-3", 1000}, {"30.875:31.275", "0:1e-3", 2000},
			{"17:21", "1e-6:1e-2:log", 600}, {"1:30", "1e-4:1:log", 300}, {"24:28", "0:0.02", 1000}, {"0.01:0.1:log", "0:0.1", 1000},
		}...)
	}
	b, s := autoOn(t)
	for _, w := range windows {
		t.Run(w.lr+", "+w.l2, func(t *testing.T) { testLabels(t, b, s, w, side) })
	}
}

func testLabels(t *testing.T, b *Backend, s *scenes.Scene, w window, side int) {
	sweep := w.sweep(t, s, side)
	got, err := b.device.Sweep(t.Context(), s.Problem, sweep, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := s.Problem.Sweep(t.Context(), sweep, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	allowed := 0
	if long() {
		moved := sweep
		moved.Base.Start = []float64{sweep.Base.Start[0], sweep.Base.Start[1] + 5e-15}
		near, err := s.Problem.Sweep(t.Context(), moved, cpu.Settings{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range near.N() {
			if near.Status[i] != want.Status[i] || near.Period[i] != want.Period[i] {
				allowed += 2 // the device may differ from either
			}
		}
	}
	if sweep.Base.Steps = 2000; long() {
		sweep.Base.Steps = 12000
	}
	double64, err := b.device.(auto).double()
	if err != nil {
		t.Fatal(err)
	}
	later, err := double64.Sweep(t.Context(), s.Problem, sweep, cpu.Settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	equal, double := 0, 0
	for i := range got.N() {
		if got.Status[i] == want.Status[i] && got.Period[i] == want.Period[i] {
			equal++
		}
		if got.Precision[i] == cpu.Float64 {
			double++
		}
		decided := got.Status[i] == cpu.Converged || got.Status[i] == cpu.Periodic || got.Status[i] == cpu.Diverged
		if decided && (got.Status[i] != later.Status[i] || got.Period[i] != later.Period[i]) {
			r := sweep.Run(i)
			t.Errorf("lr %v, l2 %v is %v %d in %v, and after %d steps %v %d", r.LR, r.L2, got.Status[i], got.Period[i], got.Precision[i], r.Steps, later.Status[i], later.Period[i])
		}
	}
	t.Logf("%.2f %% of the labels are equal, %.1f %% of the runs in double", 100*float64(equal)/float64(got.N()), 100*float64(double)/float64(got.N()))
	if float64(equal+allowed) < 0.995*float64(got.N()) {
		t.Errorf("%d labels of %d are equal, %d may differ", equal, got.N(), allowed)
	}
}

// What float32 does not tell apart, or hold, is computed in float64 at once, by trajectories
// and grids too, and progress never goes back.
func TestAutoStartsInDouble(t *testing.T) {
	b, s := autoOn(t)
	c := b.device
	base := s.Runs[0]
	base.Steps = 20
	near := cpu.Sweep{Base: base, Over: []cpu.Param{{Name: "lr", Values: []float64{0.5, 0.5 + 1e-9, 0.5 + 2e-9}}}}
	beyond := cpu.Sweep{Base: base, Over: []cpu.Param{{Name: "l2", Values: []float64{0, 1e-42}}}}
	for why, sweep := range map[cpu.Doubt]cpu.Sweep{cpu.Close: near, cpu.Unheld: beyond} {
		last := 0
		r, err := c.Sweep(t.Context(), s.Problem, sweep, cpu.Settings{}, func(done, total int) {
			if done < last || done > total {
				t.Errorf("%v: progress from %d to %d of %d", why, last, done, total)
			}
			last = done
		})
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.N() {
			if r.Precision[i] != cpu.Float64 || r.Doubt[i] != why || i > 0 && r.At(i)[0] == r.At(0)[0] && why == cpu.Close {
				t.Errorf("%v: run %d is %v of %v", why, i, r.At(i), r.Precision[i])
			}
		}
	}
	two := []cpu.Run{base, base}
	for _, c := range []struct {
		lr   float64
		want cpu.Precision
	}{{0.5 + 1e-9, cpu.Float64}, {0.6, cpu.Float32}} {
		two[1].LR = c.lr
		ts, err := b.device.Descend(t.Context(), s.Problem, two, nil)
		if err != nil {
			t.Fatal(err)
		}
		if ts[0].Precision != c.want || ts[1].Precision != c.want {
			t.Errorf("runs of lr 0.5 and %v in %v and %v, want %v", c.lr, ts[0].Precision, ts[1].Precision, c.want)
		}
	}
	g := s.Grid
	if got, _ := b.GridPrecision(c, s.Problem, s.Plane, g, Loss); got != Single {
		t.Errorf("a coarse grid in %s", got)
	}
	g.X.Min, g.X.Max = 2, 2+1e-5
	if got, _ := b.GridPrecision(c, s.Problem, s.Plane, g, Loss); got != Double {
		t.Errorf("a fine grid in %s", got)
	}
	err := c.Evaluate(t.Context(), s.Problem, s.Plane, g, g.Rows(), Loss, func(_ int, row Row) error {
		if row.Double == nil {
			return errors.New("a fine grid has rows of float32")
		}
		return nil
	}, nil)
	if err != nil {
		t.Error(err)
	}
}

// A trajectory of float32 that has settled is computed again, so that it ends as in a sweep.
func TestAutoDescends(t *testing.T) {
	b, s := autoOn(t)
	r := s.Runs[0]
	r.LR, r.Steps = 19.1, 1000 // float32's gradient stalls above the tolerance
	ts, err := b.device.Descend(t.Context(), s.Problem, []cpu.Run{r}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Problem.Endings(t.Context(), ts, cpu.Settings{PeriodTol: b.device.Info().PeriodTol})
	if err != nil || e[0].Status != cpu.Converged || e[0].Precision != cpu.Float64 {
		t.Errorf("%+v, %v", e, err)
	}
}

// Without doubles the CPU computes what float32 cannot tell, which is said once; a person
// who wants the device gets an error.
func TestAutoWithoutDoubles(t *testing.T) {
	d := gputest.Device(t)
	s, err := scenes.Load("one-mode")
	if err != nil {
		t.Fatal(err)
	}
	sweep := window{"19:19.4", "0:1e-4", 300}.sweep(t, s, 3)
	none := func() (device, error) { return device{}, fmt.Errorf("no doubles: %w", compute.ErrUnsupported) }
	for _, kind := range []Kind{Auto, GPU} {
		var told []string
		b, err := On(d, Options{Kind: kind, Fallback: func(part string, _ error) { told = append(told, part) }})
		if err != nil {
			t.Fatal(err)
		}
		a := b.device.(auto)
		a.double = none
		for range 2 {
			r, err := a.Sweep(context.Background(), s.Problem, sweep, cpu.Settings{}, nil)
			if kind == GPU {
				if !errors.Is(err, ErrUndecided) || !Unsupported(err) {
					t.Errorf("error %v", err)
				}
				continue
			}
			if err != nil || r.Precision[4] != cpu.Float64 {
				t.Errorf("%v", err)
			}
		}
		if kind == Auto && (len(told) != 1 || told[0] != ErrUndecided.Error()) {
			t.Errorf("told %q", told)
		}
		sweep := sweep
		sweep.Over = []cpu.Param{{Name: "lr", Values: []float64{1, math.Nextafter(1, 2)}}}
		if err := a.CanSweep(s.Problem, sweep, cpu.Settings{}); !Unsupported(err) {
			t.Errorf("runs that float32 does not tell apart: %v", err)
		}
		b.Close()
	}
}
