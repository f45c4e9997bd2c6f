package draw

import (
	"context"
	"image"
	"testing"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/gputest"
	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/scale"
)

// pictureOf computes what a picture of the scene at a size needs, on a grid of
// at most most points a side.
func pictureOf(t testing.TB, d *gpu.Device, s *scenes.Scene, w, h, most int) Picture {
	t.Helper()
	ctx := context.Background()
	ts, err := s.Problem.DescendAll(ctx, s.Runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := Picture{Scene: s, View: figure.ViewGrid(s, ts, w, h), Trajectories: ts}
	p.View.X.N, p.View.Y.N = min(p.View.X.N, most), min(p.View.Y.N, most)
	land, err := s.Problem.Landscape(ctx, s.Plane, p.View, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Field = fieldOf(t, d, p.View, land.Loss)
	return p
}

func fieldOf(t testing.TB, d *gpu.Device, g cpu.Grid, loss []float64) *gpu.Field {
	t.Helper()
	values := make([]float32, len(loss))
	for i, v := range loss {
		values[i] = float32(v)
	}
	var field *gpu.Field
	err := d.Do(func() (err error) {
		field, err = gpu.NewField(d, "test landscape", g.X.N, g.Y.N, values)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Do(field.Close) })
	return field
}

// builtin loads a built-in scene, filmed with the given panels.
func builtin(t testing.TB, name string, panels ...string) *scenes.Scene {
	t.Helper()
	s, err := scenes.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(panels) > 0 {
		s.Film.Panels, s.Film.Layout = scenes.PanelsOf(panels...), nil
	}
	return s
}

// several is a built-in scene with a run for each learning rate.
func several(t testing.TB, name string, lrs ...float64) *scenes.Scene {
	t.Helper()
	s := builtin(t, name)
	s.Runs = nil
	for _, lr := range lrs {
		s.Runs = append(s.Runs, cpu.Run{Name: "lr " + scale.Labels([]float64{lr})[0], Optimizer: "gd", LR: lr, Start: []float64{-8, 5}, Steps: 100})
	}
	return s
}

// twice are panels of two kinds, each two times, of different runs of several.
var twice = []scenes.Panel{
	{Kind: scenes.ContourPanel, Name: "left", Runs: []int{0}, Title: "lr 1"},
	{Kind: scenes.ContourPanel, Name: "right", Runs: []int{2, 1}, Title: "the others"},
	{Kind: scenes.SurfacePanel, Name: "first", Runs: []int{1, 0}},
	{Kind: scenes.SurfacePanel, Name: "second", Runs: []int{2}, Title: "lr 29"},
}

// rendererOf makes a renderer that the test closes.
func rendererOf(t testing.TB, d *gpu.Device, p Picture, w, h int) *Renderer {
	t.Helper()
	r, err := New(d, p, w, h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// pixels reads a frame, top row first.
func pixels(t testing.TB, d *gpu.Device, fb *gpu.Framebuffer) *image.NRGBA {
	t.Helper()
	w, h := fb.Size()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	buf := make([]byte, 4*w*h)
	if err := d.Do(func() error { return fb.ReadPixels(0, 0, w, h, buf) }); err != nil {
		t.Fatal(err)
	}
	for y := range h {
		copy(img.Pix[y*img.Stride:], buf[(h-1-y)*4*w:][:4*w])
	}
	return img
}

// shot draws frame k and reads it.
func shot(t testing.TB, d *gpu.Device, r *Renderer, k int) (*image.NRGBA, []image.Rectangle) {
	t.Helper()
	fb, changed, err := r.Frame(k)
	if err != nil {
		t.Fatal(err)
	}
	return pixels(t, d, fb), changed
}

func device(t testing.TB) *gpu.Device { return gputest.Device(t) }

// cpuEnsemble is an ensemble that the CPU computes, SoA as the device has it.
type cpuEnsemble struct {
	t      testing.TB
	d      *gpu.Device
	runs   []*cpu.Trajectory
	points gpu.Points
}

// ensembleOf computes the scene's ensemble.
func ensembleOf(t testing.TB, d *gpu.Device, s *scenes.Scene) *cpuEnsemble {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	sweep := s.EnsembleSweep()
	n, err := sweep.Count()
	if err != nil {
		t.Fatal(err)
	}
	runs := make([]cpu.Run, n)
	for i := range runs {
		runs[i] = sweep.Run(i)
	}
	w := &cpuEnsemble{t: t, d: d}
	if w.runs, err = s.Problem.DescendAll(context.Background(), runs, nil); err != nil {
		t.Fatal(err)
	}
	dim, stride := s.Problem.Dim(), len(runs)+5
	w.points = gpu.Points{N: len(runs), Dim: dim, Stride: stride, Offset: 256, Status: 3}
	err = d.Do(func() (err error) {
		if w.points.Weights, err = d.NewBuffer("test ensemble", 256+4*dim*stride, gpu.Computed); err != nil {
			return err
		}
		w.points.Statuses, err = d.NewBuffer("test ensemble", 256+4*(3+stride), gpu.Computed)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.Do(w.points.Weights.Close)
		d.Do(w.points.Statuses.Close)
	})
	return w
}

func (w *cpuEnsemble) At(k int) (gpu.Points, error) {
	p := w.points
	words, statuses := make([]float32, p.Dim*p.Stride), make([]int32, p.Status+p.Stride)
	for i, tr := range w.runs {
		for j, x := range tr.At(min(k, tr.Run.Steps)) {
			words[j*p.Stride+i] = float32(x)
		}
		// Those of the second half have converged, or are periodic.
		status := int32(-1)
		if 2*i > len(w.runs) {
			status = int32(2 + i%2)
		}
		statuses[p.Status+i] = status
	}
	return p, w.d.Do(func() error {
		if err := gpu.Upload(p.Weights, p.Offset, words); err != nil {
			return err
		}
		return gpu.Upload(p.Statuses, p.Offset, statuses)
	})
}
