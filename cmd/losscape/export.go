package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/export"
	"losscape/cmd/losscape/model"
	"losscape/cpu"
	"losscape/gpu/film/atomicfile"
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
	file, err := atomicfile.Create(f.output)
	if err != nil {
		return err
	}
	defer file.Discard()
	start := time.Now()
	p, err := a.exportPicture(ctx, s, f.frame, to)
	if err != nil {
		return err
	}
	if len(s.Ensemble.Over) > 0 {
		a.logf("%s is without the ensemble: it is for films and .png", f.output)
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

// exportPicture computes a frame of a scene. What the device cannot do is known before
// any of it is done, but for a landscape that the runs widen.
func (a *app) exportPicture(ctx context.Context, s *scenes.Scene, frame int, to exporter) (p figure.Picture, err error) {
	gridOf := func(runs []*cpu.Trajectory) cpu.Grid {
		g := figure.ViewGrid(s, runs, s.Film.Width, s.Film.Height)
		g.X.N, g.Y.N = to.side, to.side
		return g
	}
	b, _, err := a.open("landscape", func(c backend.Computer) error {
		if !to.landscape {
			return nil
		}
		return c.CanEvaluate(s.Problem, s.Plane, gridOf(nil), backend.Loss)
	})
	if err != nil {
		return p, err
	}
	defer b.Close()
	if err := a.canDescend(b, s); err != nil {
		return p, err
	}
	p = figure.Picture{Scene: s, Frame: frame}
	if p.Trajectories, _, err = a.descendToDraw(ctx, b, s); err != nil || !to.landscape {
		return p, err
	}
	st := a.stage("landscape", "points")
	defer st.end()
	_, err = b.Try("landscape", func(c backend.Computer) (err error) {
		p.Landscape, err = c.Landscape(ctx, s.Problem, s.Plane, gridOf(p.Trajectories), st.update)
		return err
	})
	return p, err
}
