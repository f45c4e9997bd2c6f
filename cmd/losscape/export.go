package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"time"

	"losscape/cmd/losscape/export"
	"losscape/cmd/losscape/model"
	"losscape/cpu"
	"losscape/gpu/compute"
	"losscape/gpu/film"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// exporter writes what no device has to draw.
type exporter struct {
	side      int  // points along each side of the landscape
	landscape bool // it shows something of that
	write     func(w io.Writer, p figure.Picture) error
}

// exportModel writes the surface of a scene as a model.
func (a *app) exportModel(ctx context.Context, s *scenes.Scene, f *renderFlags) error {
	return a.exportFile(ctx, s, f, exporter{model.MeshSide, true, model.GLB})
}

// exportPanel writes a panel of a scene as vector graphics.
func (a *app) exportPanel(ctx context.Context, s *scenes.Scene, f *renderFlags) error {
	return a.exportFile(ctx, s, f, exporter{export.ContourSide, export.ShowsLandscape(f.panel), func(w io.Writer, p figure.Picture) error {
		return export.Vector(w, strings.ToLower(filepath.Ext(f.output)), f.panel, p)
	}})
}

func (a *app) exportFile(ctx context.Context, s *scenes.Scene, f *renderFlags, to exporter) error {
	file, err := film.Create(f.output)
	if err != nil {
		return err
	}
	defer file.Discard()
	viewOf := func(runs []*cpu.Trajectory) cpu.Grid {
		g := figure.ViewGrid(s, runs, s.Film.Width, s.Film.Height)
		g.X.N, g.Y.N = to.side, to.side
		return g
	}
	d, e, err := a.open(func(e *compute.Engine) error {
		if err := a.canDescend(e, s); err != nil || !to.landscape {
			return err
		}
		return e.CanLandscape(s.Problem, s.Plane, viewOf(nil))
	})
	if err != nil {
		return err
	}
	defer closeDevice(d)
	start := time.Now()
	p := figure.Picture{Scene: s, Frame: f.frame}
	if p.Trajectories, err = a.runsFor(ctx, e, s); err != nil {
		return err
	}
	if to.landscape {
		view := viewOf(p.Trajectories)
		of := e
		if e != nil { // what the runs have widened
			if of, err = a.choose("landscape: ", e, e.CanLandscape(s.Problem, s.Plane, view)); err != nil {
				return err
			}
		}
		if p.Landscape, err = a.landscapeFor(ctx, of, s, view); err != nil {
			return err
		}
	}
	if len(s.Swarm.Over) > 0 {
		a.logf("%s is without the swarm: it is for films and .png", f.output)
	}
	if err := to.write(file, p); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := file.Commit(); err != nil {
		return err
	}
	a.logf("%s: frame %d of %d, in %s", f.output, f.frame, s.Film.Frames, seconds(time.Since(start)))
	return nil
}

// landscapeFor computes a landscape and brings it to the host.
func (a *app) landscapeFor(ctx context.Context, e *compute.Engine, s *scenes.Scene, g cpu.Grid) (*cpu.Landscape, error) {
	st := a.stage("landscape", "points")
	defer st.end()
	if e == nil {
		return s.Problem.Landscape(ctx, s.Plane, g, st.update)
	}
	l := &cpu.Landscape{Grid: g, Loss: make([]float64, 0, g.Size())}
	err := e.LandscapeRows(ctx, s.Problem, s.Plane, g, func(_ int, row []float32) error {
		for _, v := range row {
			l.Loss = append(l.Loss, float64(v))
		}
		return nil
	}, st.update)
	return l, err
}
