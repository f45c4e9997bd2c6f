//go:build cgo

package main

import (
	"context"
	"fmt"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/view"
	"losscape/cmd/losscape/viewer"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/film"
	"losscape/gpu/window"
	"losscape/scenes"
)

// openView opens a window of w x h pixels and shows it until it is closed.
func (a *app) openView(ctx context.Context, s *view.State, w, h int, tellStats bool) error {
	win, err := window.Open(window.Options{Title: s.Scene.Title + " – losscape", Width: w, Height: h})
	if err != nil {
		return fmt.Errorf("%w; losscape render makes films and stills without a window", err)
	}
	defer win.Close()
	stats, err := a.view(ctx, win, s, "")
	if tellStats {
		a.logf("%s", stats)
	}
	return err
}

// view shows a window until it is closed. Files are saved in dir.
func (a *app) view(ctx context.Context, win viewer.Window, s *view.State, dir string) (viewer.Stats, error) {
	return viewer.Show(ctx, viewer.Options{
		Window: win,
		State:  s,
		Computer: func(d *gpu.Device, note func(string)) (viewer.Computer, error) {
			return a.windowComputer(d, note)
		},
		Film: func(ctx context.Context, o film.Options) (viewer.Film, error) { return film.Open(ctx, o) },
		Progress: func(name, unit string) (func(done, total int), func()) {
			st := a.stage(name, unit)
			return st.update, func() { st.end(nil) }
		},
		Log:     func(text string) { a.logf("%s", text) },
		Message: message,
		Dir:     dir,
	})
}

// windowComputer computes what a window shows, by what --backend asks for, on the
// device that draws it.
type windowComputer struct{ *backend.Backend }

// windowComputer makes what computes for a window that d draws. note takes what a
// person should know about that.
func (a *app) windowComputer(d *gpu.Device, note func(text string)) (c windowComputer, err error) {
	o := a.backendOptions()
	o.Fallback = func(part string, why error) { note(fallbackText(part, why)) }
	if c.Backend, err = backend.On(d, o); err != nil {
		return c, err
	}
	switch _, e := c.Engine(); {
	case a.backend == backend.CPU:
		a.logf("computing in float64 on the CPU, drawing on %s", d.Info)
	case e != nil:
		by, err := c.Try("", func(backend.Computer) error { return nil })
		if err != nil {
			return c, err
		}
		a.logf("drawing, and computing in %s", by.Info())
	}
	return c, nil
}

func (c windowComputer) Descend(ctx context.Context, p *cpu.Problem, runs []cpu.Run) (ts []*cpu.Trajectory, tol float64, err error) {
	by, err := c.Try("runs", func(c backend.Computer) (err error) {
		ts, err = c.Descend(ctx, p, runs, nil)
		return err
	})
	return ts, by.Info().PeriodTol, err
}

func (c windowComputer) Landscape(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid) (f *gpu.Field, err error) {
	_, err = c.Try("landscape", func(by backend.Computer) (err error) {
		f, err = c.Field(ctx, by, p, pl, g, nil)
		return err
	})
	return f, err
}

func (c windowComputer) Sweep(ctx context.Context, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, progress func(done, total int)) (r *cpu.Result, err error) {
	_, err = c.Try("map", func(c backend.Computer) (err error) {
		r, err = c.Sweep(ctx, p, s, set, progress)
		return err
	})
	return r, err
}

func (c windowComputer) Ensemble(ctx context.Context, s *scenes.Scene) (viewer.Ensemble, error) {
	e, err := c.Backend.Ensemble(ctx, s)
	if err != nil {
		return nil, err // and no Ensemble that is a nil pointer
	}
	return e, nil
}
