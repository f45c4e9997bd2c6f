package compute

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"losscape/cpu"
	"losscape/cpu/agree"
	"losscape/gpu"
	"losscape/gpu/gputest"

	"codeberg.org/sbinet/npyio/npy"
	"gonum.org/v1/gonum/mat"
)

func engine(t testing.TB) *Engine {
	t.Helper()
	d := gputest.Device(t)
	e, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func square(half float64, n int) cpu.Grid {
	return cpu.Grid{X: cpu.Axis{Min: -half, Max: half, N: n}, Y: cpu.Axis{Min: -half, Max: half, N: n}}
}

// download computes a landscape and takes it to the host.
func download(t testing.TB, e *Engine, p *cpu.Problem, pl cpu.Plane, g cpu.Grid) []float32 {
	t.Helper()
	f, err := e.Landscape(context.Background(), p, pl, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, g.Size())
	err = e.d.Do(func() error {
		defer f.Close()
		return gpu.Download(f.Buffer, 0, got)
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// The landscapes that the notebook's formula has in extended precision.
func TestNotebookLandscapes(t *testing.T) {
	e := engine(t)
	for _, name := range []string{"one-mode", "two-mode"} {
		nb := readNotebook(t, name)
		f, err := os.Open("../../testdata/notebook/" + name + "_landscape_exact.npy")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		var want []float64
		if err := npy.Read(f, &want); err != nil {
			t.Fatal(err)
		}
		g := cpu.Grid{
			X: cpu.Axis{Min: nb.Range[0], Max: nb.Range[1], N: nb.Grid},
			Y: cpu.Axis{Min: nb.Range[2], Max: nb.Range[3], N: nb.Grid},
		}
		r := agree.Compare(download(t, e, nb.problem(), slopeAndBias(2), g), want, agree.Landscape(1e-15))
		if err := r.Err(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// First parts and their products and sums are exact, so that a margin keeps its
// digits where its terms cancel.
func TestSplitIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for trial := range 200 {
		scale := math.Exp(8 * r.NormFloat64())
		p := &cpu.Problem{X: mat.NewDense(1, 1, []float64{3 * r.NormFloat64()}), Y: []float64{1}}
		pl := cpu.Plane{
			Origin: []float64{scale * r.NormFloat64(), scale * r.NormFloat64()},
			D1:     []float64{r.NormFloat64(), r.NormFloat64()},
			D2:     []float64{r.NormFloat64(), r.NormFloat64()},
		}
		g := cpu.Grid{X: cpu.Axis{Min: -scale, Max: scale * r.Float64(), N: 50}, Y: cpu.Axis{Min: -1, Max: 100 * r.Float64(), N: 50}}
		q, err := newPlan(p, pl, g, tuning{maxWidth: 8, capacity: 1})
		if err != nil {
			t.Fatal(err)
		}
		s := q.records
		for i := range g.X.N {
			for j := range g.Y.N {
				c, w := q.columns[4*i:], q.rows[4*j:]
				// hi in float32, in both orders, against float64, which holds it
				hi := s[0] + c[0]*s[2] + w[0]*s[5]
				other := s[0] + w[0]*s[5] + c[0]*s[2]
				exact := float64(s[0]) + float64(c[0])*float64(s[2]) + float64(w[0])*float64(s[5])
				if float64(hi) != exact || other != hi {
					t.Fatalf("trial %d at %d, %d: hi is %v, exactly %v", trial, i, j, hi, exact)
				}
				lo := s[1] + (c[0]*s[3] + c[1]*s[4]) + (w[0]*s[6] + w[1]*s[7])
				a, u, v, _ := p.Project(pl)
				x, y := g.X.At(i)*u[0], g.Y.At(j)*v[0]
				m := a[0] + x + y
				size := math.Abs(a[0]) + math.Abs(x) + math.Abs(y) + math.Abs(g.X.Min*u[0]) + math.Abs(g.Y.Max*v[0])
				if diff := math.Abs(float64(hi) + float64(lo) - m); diff > size*0x1p-32 {
					t.Fatalf("trial %d at %d, %d: margin %v is off by %g of its terms", trial, i, j, m, diff/size)
				}
			}
		}
	}
}

func TestFloorAbove(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	for _, c := range []struct {
		p     *cpu.Problem
		half  float64
		bound float64
		want  bool
	}{
		{ordinary(100, 1), 10, 0.02, true},   // its least loss is about 0.3
		{ordinary(100, 1), 10, 0.9, false},   // below at 0
		{separable(100, 1), 10, 0.02, false}, // about 1e-4 at the border
		{separable(100, 1), 0.5, 0.3, true},  // the least is at a corner
		{oneClass(100, 1), 2, 0.02, true},
	} {
		g := square(c.half, 200)
		a, u, v, s := c.p.Project(slopeAndBias(2))
		for i, si := range s {
			a[i], u[i], v[i] = a[i]*si, u[i]*si, v[i]*si
		}
		got := floorAbove(c.bound, a, u, v, g)
		l, err := c.p.Landscape(t.Context(), slopeAndBias(2), g, nil)
		if err != nil {
			t.Fatal(err)
		}
		least, _, _ := l.Range()
		if got && least < c.bound {
			t.Errorf("±%g: the least loss is %g, below %g", c.half, least, c.bound)
		}
		if got != c.want {
			t.Errorf("±%g: floor above %g is %v, the least loss is %g", c.half, c.bound, got, least)
		}
	}
}

func TestLandscapeStopsWhenCancelled(t *testing.T) {
	e := engine(t)
	e = e.With(Choices{Width: 8})
	p, pl, g := ordinary(1000, 1), slopeAndBias(2), square(10, 512)
	e.rates["landscape"] = 1e8 // many dispatches
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	f, err := e.Landscape(ctx, p, pl, g, func(done, total int) {
		if calls++; calls == 2 {
			cancel()
		}
		if done <= 0 || done > total || total != g.Size() {
			t.Errorf("progress %d of %d", done, total)
		}
	})
	if !errors.Is(err, context.Canceled) || f != nil {
		t.Errorf("%v, %v", f, err)
	}
	if calls > 3 {
		t.Errorf("%d dispatches after the second", calls-2)
	}
	if err := e.LandscapeRows(ctx, p, pl, g, g.Rows(), func(int, []float32) error { return nil }, nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	rows := 0
	err = e.LandscapeRows(ctx, p, pl, square(10, 2048), square(10, 2048).Rows(), func(int, []float32) error {
		if rows++; rows == 5 {
			cancel()
		}
		return nil
	}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestRowsStopAtTheSinksError(t *testing.T) {
	e := engine(t)
	want := errors.New("disk full")
	err := e.With(Choices{TileRows: 8}).LandscapeRows(t.Context(), ordinary(10, 1), slopeAndBias(2), square(10, 64), square(10, 64).Rows(), func(row int, _ []float32) error {
		if row == 20 {
			return want
		}
		if row > 20 {
			t.Errorf("row %d came after the error", row)
		}
		return nil
	}, nil)
	if err != want {
		t.Error(err)
	}
}

// The range is the same wherever it is taken.
func TestRange(t *testing.T) {
	e := engine(t)
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, n := range []int{1, 63, 64, 65, 257, 40000} {
		values := make([]float32, n)
		for i := range values {
			values[i] = float32(math.Sin(float64(i))) * 1e-3
		}
		for round := range 3 {
			switch round {
			case 1:
				values[n/2], values[n-1], values[n/3] = nan, inf, -inf
			case 2:
				for i := range values {
					values[i] = nan
				}
			}
			err := e.d.Do(func() error {
				f, err := gpu.NewField(e.d, "test", n, 1, values)
				if err != nil {
					return err
				}
				defer f.Close()
				for _, set := range []func(*gpu.Field) error{e.setRange, e.deviceRange} {
					g := *f
					g.Min, g.Max, g.Masked = 7, 7, 7
					if err := set(&g); err != nil {
						return err
					}
					if g != *f {
						t.Errorf("%d values: %+v, want %+v", n, g, *f)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestLandscapeProgressEndsAtTotal(t *testing.T) {
	e := engine(t)
	g := cpu.Grid{X: cpu.Axis{Min: -3, Max: 3, N: 301}, Y: cpu.Axis{Min: -3, Max: 3, N: 203}}
	last := 0
	progress := func(done, total int) {
		if done < last || total != g.Size() {
			t.Errorf("%d of %d after %d", done, total, last)
		}
		last = done
	}
	e.rates["landscape"] = 1e6 // parts of rows
	f, err := e.Landscape(t.Context(), ordinary(40, 1), slopeAndBias(2), g, progress)
	if err != nil {
		t.Fatal(err)
	}
	e.d.Do(f.Close)
	if last != g.Size() {
		t.Errorf("progress ended at %d of %d", last, g.Size())
	}
	last = 0
	if err := e.LandscapeRows(t.Context(), ordinary(40, 1), slopeAndBias(2), g, g.Rows(), func(int, []float32) error { return nil }, progress); err != nil || last != g.Size() {
		t.Errorf("progress ended at %d of %d, %v", last, g.Size(), err)
	}
}

func TestLandscapeErrors(t *testing.T) {
	e := engine(t)
	p, pl, g := ordinary(3, 1), slopeAndBias(2), square(10, 10)
	side := int(math.Sqrt(float64(e.d.Caps.MaxStorageBytes)/4)) + 2
	for name, c := range map[string]struct {
		p  *cpu.Problem
		pl cpu.Plane
		g  cpu.Grid
	}{
		"no samples": {&cpu.Problem{}, pl, g},
		"no plane":   {p, cpu.Plane{}, g},
		"no grid":    {p, pl, cpu.Grid{}},
		"too large":  {p, pl, square(10, side)},
		"beyond":     {p, pl, square(1e39, 10)},
		"eps":        {&cpu.Problem{X: p.X, Y: p.Y, Eps: 1e9}, pl, g},
	} {
		f, err := e.Landscape(t.Context(), c.p, c.pl, c.g, nil)
		if err == nil || f != nil {
			t.Errorf("%s: %v, %v", name, f, err)
		}
		t.Log(err)
	}
}

// A grid with more words than one buffer may have goes by rows.
func TestRowsBeyondOneBuffer(t *testing.T) {
	if testing.Short() {
		t.Skip("a large grid")
	}
	e := engine(t)
	nx := 1 << 17
	g := cpu.Grid{X: cpu.Axis{Min: -5, Max: 5, N: nx}, Y: cpu.Axis{Min: -5, Max: 5, N: e.d.Caps.MaxStorageBytes/4/nx + 3}}
	if e.d.Caps.MaxStorageBytes > 1<<28 {
		t.Skip("the device's buffers are too large for a test")
	}
	p, pl := ordinary(2, 1), slopeAndBias(2)
	if _, err := e.Landscape(t.Context(), p, pl, g, nil); err == nil {
		t.Error("it fits into one buffer")
	}
	next := 0
	err := e.LandscapeRows(t.Context(), p, pl, g, g.Rows(), func(row int, values []float32) error {
		if row != next || len(values) != nx {
			return fmt.Errorf("row %d of %d values, want row %d", row, len(values), next)
		}
		next++
		for _, i := range []int{0, row, nx - 1} {
			want := p.Loss(pl.At(nil, g.X.At(i), g.Y.At(row)))
			if math.Abs(float64(values[i])-want) > 1e-5*want {
				return fmt.Errorf("row %d, column %d: %v, want %v", row, i, values[i], want)
			}
		}
		return nil
	}, nil)
	if err != nil || next != g.Y.N {
		t.Errorf("%d rows, %v", next, err)
	}
}

// Goroutines may share an engine.
func TestConcurrentUse(t *testing.T) {
	e := engine(t)
	g := square(4, 90)
	a, b := ordinary(60, 1), separable(70, 1)
	wantA, wantB := download(t, e, a, slopeAndBias(2), g), download(t, e, b, slopeAndBias(2), g)
	done := make(chan bool)
	for _, c := range []struct {
		p    *cpu.Problem
		want []float32
	}{{a, wantA}, {b, wantB}, {a, wantA}} {
		go func() {
			defer func() { done <- true }()
			for range 3 {
				next := 0
				err := e.LandscapeRows(context.Background(), c.p, slopeAndBias(2), g, g.Rows(), func(row int, values []float32) error {
					for i, v := range values {
						if v != c.want[row*g.X.N+i] {
							return fmt.Errorf("row %d, column %d: %v, want %v", row, i, v, c.want[row*g.X.N+i])
						}
					}
					next++
					return nil
				}, nil)
				if err != nil || next != g.Y.N {
					t.Error(next, err)
				}
			}
		}()
	}
	for range 3 {
		<-done
	}
}

func BenchmarkLandscape(b *testing.B) {
	for _, c := range []struct {
		name string
		d    population
		n    int
		size int
	}{
		{"n=100/2048", ordinary, 100, 2048},
		{"n=100/4096", ordinary, 100, 4096},
		{"n=100/2048/separable", separable, 100, 2048},
		{"n=100/2048/eps", clamped, 100, 2048},
		{"n=10000/512", ordinary, 10000, 512},
	} {
		p, pl, g := c.d(c.n, 1), slopeAndBias(2), square(10, c.size)
		rate := func(b *testing.B, points int) {
			b.ReportMetric(float64(c.n)*float64(points)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gsample-evals/s")
		}
		b.Run(c.name, func(b *testing.B) {
			e := engine(b)
			run := func() {
				f, err := e.Landscape(context.Background(), p, pl, g, nil)
				if err != nil {
					b.Fatal(err)
				}
				e.d.Do(f.Close)
			}
			run() // compiles
			for b.Loop() {
				run()
			}
			rate(b, g.Size())
		})
		b.Run(c.name+"/cpu", func(b *testing.B) {
			few := g // rows are alike
			few.Y.N = 8
			for b.Loop() {
				if _, err := p.Landscape(context.Background(), pl, few, nil); err != nil {
					b.Fatal(err)
				}
			}
			rate(b, few.Size())
		})
	}
}

// A landscape too large for a buffer, handed over row by row, against the kernel
// alone: how much longer a point takes than one of a resident landscape of 4096²,
// in turn.
func BenchmarkLandscapeRows(b *testing.B) {
	e := engine(b)
	p, pl := clamped(100, 1), slopeAndBias(2)
	small, large := square(10, 4096), square(10, 16384)
	kernel := func() {
		f, err := e.Landscape(context.Background(), p, pl, small, nil)
		if err != nil {
			b.Fatal(err)
		}
		e.d.Do(f.Close)
	}
	kernel() // compiles
	var alone, rows time.Duration
	for b.Loop() {
		start := time.Now()
		for range 4 {
			kernel()
		}
		alone += time.Since(start) / 4
		start = time.Now()
		if err := e.LandscapeRows(context.Background(), p, pl, large, large.Rows(), func(int, []float32) error { return nil }, nil); err != nil {
			b.Fatal(err)
		}
		rows += time.Since(start)
	}
	b.ReportMetric(100*float64(large.Size())*float64(b.N)/rows.Seconds()/1e9, "Gsample-evals/s")
	b.ReportMetric(rows.Seconds()/float64(large.Size())/(alone.Seconds()/float64(small.Size())), "of-the-kernel's-time")
}
