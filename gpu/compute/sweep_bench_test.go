//go:build unix

package compute

import (
	"context"
	"syscall"
	"testing"

	"losscape/cpu"
)

// cpuSeconds is the time that the process has computed for, on all cores.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// benchmarkSweep reports sample evaluations per second, and per second of one
// core, which does not depend on what else the machine does.
func benchmarkSweep(b *testing.B, e *Engine, n int, s cpu.Sweep) {
	p := ordinary(n, 1)
	var evals uint64
	run := func() {
		r, err := e.Sweep(context.Background(), p, s, cpu.Settings{GradTol: -1}, nil)
		if err != nil {
			b.Fatal(err)
		}
		evals = r.Stats.SampleEvals
	}
	run()
	begin := cpuSeconds()
	for b.Loop() {
		run()
	}
	took := cpuSeconds() - begin
	b.ReportMetric(float64(evals)*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gsample-evals/s")
	b.ReportMetric(float64(evals)*float64(b.N)/took/1e9, "Gsample-evals/core-s")
}

// sweepOf is a sweep over lr of runs like base.
func sweepOf(base cpu.Run, runs, steps int) cpu.Sweep {
	base.LR, base.Start, base.Steps = 1, []float64{-1, -1}, steps
	return cpu.Sweep{Base: base, Over: []cpu.Param{{Name: "lr", Values: values(0.1, 3, runs)}}}
}

func BenchmarkSweep4096x100(b *testing.B) {
	for _, base := range []cpu.Run{
		cpu.DefaultRun("gd"), cpu.DefaultRun("momentum"), cpu.DefaultRun("adam"), {Optimizer: "gd", Batch: 16},
	} {
		name := base.Optimizer
		if base.Batch > 0 {
			name = "batches"
		}
		b.Run(name, func(b *testing.B) { benchmarkSweep(b, engine(b), 100, sweepOf(base, 4096, 100)) })
	}
}

// The same in double precision, which takes twice the vectors; the bar is 1.2 of its
// sample evaluations a second on two idle cores.
func BenchmarkSweepDouble(b *testing.B) {
	for _, name := range []string{"gd", "momentum", "adam"} {
		b.Run(name, func(b *testing.B) { benchmarkSweep(b, doubles(b), 100, sweepOf(cpu.DefaultRun(name), 4096, 100)) })
	}
}

func BenchmarkSweep100x100000(b *testing.B) {
	b.Run("gd", func(b *testing.B) { benchmarkSweep(b, engine(b), 100000, sweepOf(cpu.DefaultRun("gd"), 100, 10)) })
	b.Run("batches", func(b *testing.B) {
		benchmarkSweep(b, engine(b), 100000, sweepOf(cpu.Run{Optimizer: "gd", Batch: 1000}, 100, 100))
	})
}

// A part of a map of lr by l2, in several batches.
func BenchmarkSweepMap(b *testing.B) {
	s := sweepOf(cpu.DefaultRun("gd"), 128, 200)
	s.Over = append(s.Over, cpu.Param{Name: "l2", Values: values(0, 0.1, 128)})
	benchmarkSweep(b, engine(b), 100, s)
}

// An ensemble of 100,489 starts, from one update to the next.
func BenchmarkEnsemble(b *testing.B) {
	e := engine(b)
	p := readNotebook(b, "one-mode").problem()
	w, err := e.Ensemble(p, cpu.Sweep{
		Base: cpu.Run{Optimizer: "gd", LR: 0.5, Start: []float64{-1, -1}, Steps: 1 << 20},
		Over: []cpu.Param{{Name: "w1", Values: values(-10, 10, 317)}, {Name: "w2", Values: values(-10, 10, 317)}},
	}, cpu.Settings{MaxPeriod: 1, GradTol: -1})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	k := 0
	for b.Loop() {
		k++
		if _, err := w.At(b.Context(), k); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(w.N)*float64(k)/b.Elapsed().Seconds(), "updates/s")
}
