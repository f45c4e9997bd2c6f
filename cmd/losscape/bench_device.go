//go:build cgo

package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/compute"
	"losscape/gpu/film/atomicfile"
	"losscape/scenes"
	"losscape/scenes/dataset"
	"losscape/scenes/figure"
)

// benchCase is a thing to measure. Its functions do it once and return the
// rate; one may be nil.
type benchCase struct {
	row      benchRow
	gpu, cpu func(ctx context.Context) (rate float64, err error)
	perRun   float64 // evaluations of a run of a sweep
}

// timed returns the rate of f, which returns how much it did.
func timed(f func(ctx context.Context) (amount float64, err error)) func(context.Context) (float64, error) {
	return func(ctx context.Context) (float64, error) {
		start := time.Now()
		amount, err := f(ctx)
		return amount / max(time.Since(start), time.Microsecond).Seconds(), err
	}
}

// benchPace says how often a thing is measured, after a first time that warms up and
// that counts only where it is the only one.
type benchPace struct {
	least, most int
	budget      time.Duration // no more than least once it is spent
}

var (
	thoroughPace = benchPace{least: 3, most: 9, budget: 1200 * time.Millisecond}
	quickPace    = benchPace{least: 2, most: 5, budget: 200 * time.Millisecond}
)

// measure returns the median of f's rates, and of how many it is.
func (p benchPace) measure(ctx context.Context, f func(context.Context) (float64, error)) (float64, int, error) {
	var rates []float64
	var start time.Time
	for k := -1; k < p.most; k++ {
		if k == 0 {
			start = time.Now() // the first one warmed up
		}
		if k >= p.least && time.Since(start) > p.budget {
			break
		}
		rate, err := f(ctx)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return 0, 0, err
		}
		if k >= 0 || p.most == 0 {
			rates = append(rates, rate)
		}
	}
	return median(rates), len(rates), nil
}

func median(v []float64) float64 {
	slices.Sort(v)
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}

func (a *app) bench(ctx context.Context, output string, quick bool) error {
	var file *atomicfile.File
	if output != "" {
		var err error
		if file, err = atomicfile.Create(output); err != nil {
			return err
		}
		defer file.Discard()
	}
	b, by, err := a.open("", nil)
	if err != nil {
		return err
	}
	defer b.Close()
	d, e := b.Engine()
	report := benchReport{Losscape: versionText(), Rows: []benchRow{},
		CPU: fmt.Sprintf("%s/%s, %d threads, %s", runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), runtime.Version())}
	list, err := a.benchCases(d, e, by, quick)
	if err != nil {
		return err
	}
	if e != nil {
		report.Device = d.Info.String()
		peak, err := e.Peak(ctx)
		if err != nil {
			return err
		}
		report.Peak = number(peak)
	}
	pace := thoroughPace
	if quick {
		pace = quickPace
	}
	if err := a.measure(ctx, &report, list, pace); err != nil {
		return err
	}
	if file != nil {
		if err := encodeReport(file, "bench", &report); err != nil {
			return err
		}
		if err := file.Commit(); err != nil {
			return err
		}
	}
	if a.json {
		return a.writeReport("bench", &report)
	}
	return a.printBench(&report)
}

// measure measures cases into the rows of a report, on the device if that has one.
func (a *app) measure(ctx context.Context, report *benchReport, list []benchCase, pace benchPace) (err error) {
	st := a.stage("bench", "figures")
	defer func() { st.end(err) }()
	for i, c := range list {
		r := c.row
		if report.Device != "" && c.gpu != nil {
			var rate float64
			if rate, r.Measured, err = pace.measure(ctx, c.gpu); err != nil {
				return err
			}
			r.GPU = number(rate)
		}
		if a.backend != backend.GPU && c.cpu != nil {
			rate, _, e := pace.measure(ctx, c.cpu)
			if err = e; err != nil {
				return err
			}
			r.CPU = number(rate)
		} else {
			r.CPUShape = ""
		}
		if r.GPU > 0 && r.CPU > 0 {
			r.Ratio = r.GPU / r.CPU
		}
		if r.GPU > 0 && r.Ops > 0 {
			r.Share = r.GPU * r.Ops / report.Peak
		} else {
			r.Ops = 0
		}
		if c.perRun > 0 {
			r.Runs = r.GPU / number(c.perRun)
		}
		if r.GPU > 0 || r.CPU > 0 {
			report.Rows = append(report.Rows, r)
		}
		st.update(i+1, len(list))
	}
	return nil
}

func (a *app) printBench(r *benchReport) error {
	fmt.Fprintf(a.stdout, "GPU: %s\nCPU: %s, float64\n", or(r.Device, "none"), r.CPU)
	if r.Peak > 0 {
		fmt.Fprintf(a.stdout, "limit of the GPU: %s multiply-adds/s, measured\n", rate(r.Peak))
	}
	line := func(fields ...any) error {
		text := fmt.Sprintf("%-9s  %-20s  %7s  %-30s  %7s  %7s  %7s  %8s  %10s", fields...)
		_, err := fmt.Fprintln(a.stdout, strings.TrimRight(text, " "))
		return err
	}
	fmt.Fprintln(a.stdout)
	line("what", "shape", "samples", "a second", "GPU", "CPU", "GPU/CPU", "of limit", "GPU runs/s")
	for _, b := range r.Rows {
		samples, share, ratio := "", "", ""
		if b.Samples > 0 {
			samples = fmt.Sprint(b.Samples)
		}
		if b.Share > 0 {
			share = fmt.Sprintf("%.0f %%", 100*b.Share)
		}
		if b.Ratio > 0 {
			ratio = fmt.Sprintf("%.3gx", b.Ratio)
		}
		unit := strings.TrimSuffix(b.Unit, "/s")
		if b.Optimizer != "" {
			unit += ", " + b.Optimizer
		}
		if b.Precision != "" {
			unit += ", " + b.Precision
		}
		if err := line(b.What, b.Shape, samples, unit, rate(b.GPU), rate(b.CPU), ratio, share, rate(b.Runs)); err != nil {
			return err
		}
	}
	return nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// rate writes a number with three digits and its thousands as k, M, G or T;
// nothing if it is 0.
func rate(n number) string {
	x := float64(n)
	if x == 0 {
		return ""
	}
	units := []string{"", " k", " M", " G", " T", " P"}
	i := 0
	for ; x >= 999.5 && i < len(units)-1; i++ {
		x /= 1000
	}
	switch {
	case x >= 99.5:
		return fmt.Sprintf("%.0f%s", x, units[i])
	case x >= 9.95:
		return fmt.Sprintf("%.1f%s", x, units[i])
	}
	return fmt.Sprintf("%.2f%s", x, units[i])
}

// benchProblem returns two overlapping classes of n samples.
func benchProblem(n, features int) (*cpu.Problem, error) {
	class := func(label int, mean float64, n int) dataset.Class {
		return dataset.Class{Label: label, Parts: []dataset.Part{{
			Mean: slices.Repeat([]float64{mean}, features), Std: slices.Repeat([]float64{1}, features), N: n}}}
	}
	set, err := dataset.Gaussian(0, []dataset.Class{class(1, 1, n/2), class(0, -1, n-n/2)})
	if err != nil {
		return nil, err
	}
	return &cpu.Problem{X: set.X, Y: set.Y}, nil
}

// benchCases returns what is measured; by computes with --precision auto.
func (a *app) benchCases(d *gpu.Device, e *compute.Engine, by backend.Computer, quick bool) ([]benchCase, error) {
	var list []benchCase
	problems := map[int]*cpu.Problem{}
	many := 1_000_000
	if quick {
		many = 10_000
	}
	for _, n := range []int{100, 1000, 100_000, many} {
		p, err := benchProblem(n, 1)
		if err != nil {
			return nil, err
		}
		problems[n] = p
	}
	for _, l := range []struct {
		n, features, size, cpuSize int
		long                       bool
	}{
		{100, 1, 256, 128, false}, {100, 1, 1024, 256, false}, {100, 1, 4096, 256, true},
		{10_000, 1, 128, 32, false}, {10_000, 1, 512, 32, true},
		{1000, 1, 512, 64, true}, {1_000_000, 1, 512, 4, true},
		{100_000, 1, 512, 8, true}, {100_000, 30, 256, 8, true}, // of 30 features each sample is taken
	} {
		if quick && l.long {
			continue
		}
		p, err := benchProblem(l.n, l.features)
		if err != nil {
			return nil, err
		}
		list = append(list, a.landscapeCase(d, e, p, l.size, l.cpuSize))
	}
	for _, s := range []struct {
		optimizer string
		n         int
		gpu, cpu  benchSweep
		points    bool // stand for the samples
	}{
		{"gd", 100, benchSweep{4096, 100}, benchSweep{256, 100}, false},
		{"adam", 100, benchSweep{4096, 100}, benchSweep{256, 100}, false},
		{"gd", 100_000, benchSweep{100, 10}, benchSweep{8, 4}, false},
		{"gd", 1000, benchSweep{4096, 100}, benchSweep{64, 20}, true},
		{"gd", many, benchSweep{4096, 100}, benchSweep{2, 2}, true},
	} {
		by := e
		if e != nil && !s.points {
			by = e.With(compute.Choices{Exact: true})
		}
		c, err := sweepCase(by, problems[s.n], s.optimizer, s.gpu, s.cpu)
		if err != nil {
			return nil, err
		}
		if s.points {
			c.row.Ops = 0 // the limit is that of all samples
		}
		list = append(list, c)
	}
	for _, s := range []struct {
		n, features int
		gpu, cpu    benchSweep
	}{
		{569, 30, benchSweep{1000, 100}, benchSweep{16, 50}},
		{10_000, 784, benchSweep{256, 4}, benchSweep{4, 2}},
	} {
		if quick && s.n > 1000 {
			continue
		}
		c, err := productCase(e, s.n, s.features, s.gpu, s.cpu)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	c, err := sweepCase(e, problems[100], "gd", benchSweep{4096, 100}, benchSweep{256, 100}, cpu.ExponentName)
	if err != nil {
		return nil, err
	}
	c.row.What, c.row.Ops = "exponent", 0 // the limit is that of the sweep alone
	list = append(list, c)
	if d == nil {
		return list, nil
	}
	if in, err := e.In(compute.Double); err == nil {
		c, err := sweepCase(in, problems[100], "gd", benchSweep{4096, 100}, benchSweep{256, 100})
		if err != nil {
			return nil, err
		}
		c.row.Precision, c.row.Ops = compute.Double.String(), 0 // the limit is that of float32
		list = append(list, c)
	}
	side := 128
	if quick {
		side = 64
	}
	maps, err := mapCases(e, by, side)
	if err != nil {
		return nil, err
	}
	list = append(list, maps...)
	for _, size := range [][2]int{{1800, 600}, {5400, 1800}} {
		if quick && size[0] > 1800 || fits(d, size[0], size[1], true) != nil {
			continue
		}
		list = append(list, a.drawCase(d, size[0], size[1]))
	}
	return list, nil
}

// landscapeCase is a landscape of size x size points, on the CPU of cpuSize x cpuSize.
func (a *app) landscapeCase(d *gpu.Device, e *compute.Engine, p *cpu.Problem, size, cpuSize int) benchCase {
	plane := cpu.CoordinatePlane(p.Dim(), 0, 1)
	grid := func(size int) cpu.Grid {
		side := cpu.Axis{Min: -10, Max: 10, N: size}
		return cpu.Grid{X: side, Y: side}
	}
	amount := func(size int) float64 { return float64(p.N()) * float64(size) * float64(size) }
	shape := func(size int) string { return fmt.Sprintf("%dx%d", size, size) }
	shown := shape(size)
	if p.Features() > 1 {
		shown += fmt.Sprintf(" D=%d", p.Features())
	}
	c := benchCase{row: benchRow{What: "landscape", Shape: shown, Samples: p.N(), Unit: "sample-evaluations/s", CPUShape: shape(cpuSize)}}
	if e != nil {
		kernel, ops, err := e.LandscapeOps(p, plane, grid(size))
		if err != nil {
			a.warnf("%s: %v", c.row.Shape, err)
		}
		c.row.Kernel, c.row.Ops = kernel, number(ops)
	}
	c.gpu = timed(func(ctx context.Context) (float64, error) {
		f, err := e.Landscape(ctx, p, plane, grid(size), nil)
		if err != nil {
			return 0, err
		}
		return amount(size), d.Do(func() error { return f.Close() })
	})
	c.cpu = timed(func(ctx context.Context) (float64, error) {
		_, err := p.Landscape(ctx, plane, grid(cpuSize), nil)
		return amount(cpuSize), err
	})
	return c
}

// benchSweep is so many runs of so many steps.
type benchSweep struct{ runs, steps int }

func (b benchSweep) String() string { return fmt.Sprintf("%d runs x %d", b.runs, b.steps) }

func (b benchSweep) of(optimizer string, p *cpu.Problem) (cpu.Sweep, error) {
	axis, err := cpu.ParseParam(fmt.Sprintf("lr=0.01:3:%d:log", b.runs))
	s := cpu.Sweep{Base: cpu.DefaultRun(optimizer), Over: []cpu.Param{axis}}
	s.Base.Start, s.Base.Steps = slices.Repeat([]float64{-1}, p.Dim()), b.steps
	s.Base.L2 = p.L2
	return s, err
}

// sweepCase is a sweep, and a smaller one on the CPU, of which no run ends early. The
// evaluations are those of the sweep, whatever quantities it has besides.
func sweepCase(e *compute.Engine, p *cpu.Problem, optimizer string, onGPU, onCPU benchSweep, quantities ...string) (c benchCase, err error) {
	gpuSweep, err := onGPU.of(optimizer, p)
	if err != nil {
		return c, err
	}
	cpuSweep, err := onCPU.of(optimizer, p)
	if err != nil {
		return c, err
	}
	none := cpu.Settings{GradTol: -1, Quantities: quantities}
	c.row = benchRow{What: "sweep", Shape: onGPU.String(), Samples: p.N(), Unit: "sample-evaluations/s", Optimizer: optimizer, CPUShape: onCPU.String()}
	if e != nil {
		c.row.Kernel = e.SweepKernel(p, gpuSweep, none)
	}
	if optimizer == "gd" {
		c.row.Ops = compute.GradientOps
	}
	evaluations := func(r *cpu.Result, err error) (float64, error) {
		if err != nil {
			return 0, err
		}
		return float64(r.Stats.SampleEvals), nil
	}
	c.gpu = timed(func(ctx context.Context) (float64, error) { return evaluations(e.Sweep(ctx, p, gpuSweep, none, nil)) })
	c.cpu = timed(func(ctx context.Context) (float64, error) { return evaluations(p.Sweep(ctx, cpuSweep, none, nil)) })
	c.perRun = float64(onGPU.steps+1) * float64(p.N())
	return c, nil
}

// productCase is a sweep on samples of many features, by the multiply-adds of its matrix
// products: two for each sample, feature and step, of a margin and of a gradient.
func productCase(e *compute.Engine, n, features int, onGPU, onCPU benchSweep) (c benchCase, err error) {
	p, err := benchProblem(n, features)
	if err != nil {
		return c, err
	}
	p.L2 = 0.01 // or it would be asked whether the classes are separable
	if c, err = sweepCase(e, p, "gd", onGPU, onCPU); err != nil {
		return c, err
	}
	c.row.Shape += fmt.Sprintf(" D=%d", features)
	c.row.Unit, c.row.Ops = "multiply-adds/s", 1
	each := 2 * float64(features)
	c.perRun *= each
	for _, f := range []*func(context.Context) (float64, error){&c.gpu, &c.cpu} {
		evaluations := *f
		*f = func(ctx context.Context) (float64, error) {
			rate, err := evaluations(ctx)
			return rate * each, err
		}
	}
	return c, nil
}

// mapCases are a map of side x side runs of the one-mode scene by learning rate and L2
// weight, which end in all ways, in single precision and in auto.
func mapCases(e *compute.Engine, by backend.Computer, side int) ([]benchCase, error) {
	s, err := scenes.Load("one-mode")
	if err != nil {
		return nil, err
	}
	w := cpu.Sweep{Base: s.Runs[0]}
	w.Base.Steps = 200
	for _, text := range []string{"lr=0.1:40", "l2=1e-4:1"} {
		axis, err := cpu.ParseParam(fmt.Sprintf("%s:%d:log", text, side))
		if err != nil {
			return nil, err
		}
		w.Over = append(w.Over, axis)
	}
	of := func(precision backend.Precision, sweep func(ctx context.Context, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, progress func(done, total int)) (*cpu.Result, error)) benchCase {
		return benchCase{
			row: benchRow{What: "map", Shape: fmt.Sprintf("%dx%d x %d", side, side, w.Base.Steps), Samples: s.Problem.N(), Unit: "runs/s", Precision: string(precision)},
			gpu: timed(func(ctx context.Context) (float64, error) {
				_, err := sweep(ctx, s.Problem, w, cpu.Settings{}, nil)
				return float64(side * side), err
			}),
		}
	}
	return []benchCase{of(backend.Single, e.Sweep), of(backend.AutoPrecision, by.Sweep)}, nil
}

// drawCase draws frames of the one-mode film, all panels, under a still camera.
func (a *app) drawCase(d *gpu.Device, w, h int) benchCase {
	c := benchCase{row: benchRow{What: "draw", Shape: fmt.Sprintf("%dx%d", w, h), Unit: "frames/s"}}
	c.gpu = func(ctx context.Context) (float64, error) {
		s, err := scenes.Load("one-mode")
		if err != nil {
			return 0, err
		}
		s.Film.Width, s.Film.Height = w, h
		quiet := *a
		quiet.quiet = true
		p, err := quiet.prepare(ctx, d, s, figure.Screen, false, nil, frameSpan{0, s.Film.Frames - 1})
		if err != nil {
			return 0, err
		}
		defer p.Close()
		frame := func(k int) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if _, _, err := p.Frame(k); err != nil {
				return err
			}
			return d.Do(func() error { d.Finish(); return nil })
		}
		if err := frame(0); err != nil { // draws what stays as well
			return 0, err
		}
		start := time.Now()
		for k := 1; k < s.Film.Frames; k++ {
			if err := frame(k); err != nil {
				return 0, err
			}
		}
		return float64(s.Film.Frames-1) / time.Since(start).Seconds(), nil
	}
	return c
}
