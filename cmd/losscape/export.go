package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"losscape/atomicfile"
	"losscape/cmd/losscape/export"
	"losscape/cpu"
	"losscape/gpu/compute"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// modelExtension is that of a model of the surface.
const modelExtension = ".glb"

// vectorExtensions are those of a panel for a paper.
var vectorExtensions = []string{".svg", ".pdf"}

// isExport says whether a file of that extension is written without drawing.
func isExport(ext string) bool {
	return ext == modelExtension || slices.Contains(vectorExtensions, ext)
}

// exportFile writes what no device has to draw.
func (a *app) exportFile(ctx context.Context, s *scenes.Scene, f *renderFlags) error {
	file, err := atomicfile.Create(f.output)
	if err != nil {
		return err
	}
	defer file.Discard()
	ext := strings.ToLower(filepath.Ext(f.output))
	side := export.ContourSide
	if ext == modelExtension {
		side = export.MeshSide
	}
	viewOf := func(runs []*cpu.Trajectory) cpu.Grid {
		g := figure.ViewGrid(s, runs, s.Film.Width, s.Film.Height)
		g.X.N, g.Y.N = side, side
		return g
	}
	hasLandscape := ext == modelExtension || f.panel != "curve"
	d, e, err := a.open(func(e *compute.Engine) error {
		if err := a.canDescend(e, s); err != nil || !hasLandscape {
			return err
		}
		return e.CanLandscape(s.Problem, s.Plane, viewOf(nil))
	})
	if err != nil {
		return err
	}
	defer closeDevice(d, e)
	start := time.Now()
	p := export.Picture{Scene: s, Frame: f.frame}
	if p.Trajectories, err = a.runsFor(ctx, e, s); err != nil {
		return err
	}
	if hasLandscape {
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
	if ext == modelExtension {
		err = export.GLB(file, p)
	} else {
		err = export.Vector(file, ext, f.panel, p)
	}
	if err != nil {
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
