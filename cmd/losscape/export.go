package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"losscape/atomicfile"
	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/export"
	"losscape/cpu"
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
	side := 0 // points of the landscape along a side
	switch {
	case ext == modelExtension:
		side = export.MeshSide
	case f.panel != "curve":
		side = export.ContourSide
	}
	start := time.Now()
	p, err := a.exportPicture(ctx, s, f.frame, side)
	if err != nil {
		return err
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

// exportPicture computes a frame of a scene, with a landscape of side x side points if
// side is not 0. What the device cannot do is known before any of it is done, but for a
// landscape that the runs widen.
func (a *app) exportPicture(ctx context.Context, s *scenes.Scene, frame, side int) (p export.Picture, err error) {
	gridOf := func(runs []*cpu.Trajectory) cpu.Grid {
		g := figure.ViewGrid(s, runs, s.Film.Width, s.Film.Height)
		g.X.N, g.Y.N = side, side
		return g
	}
	b, _, err := a.open("landscape", func(c backend.Computer) error {
		if side == 0 {
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
	p = export.Picture{Scene: s, Frame: frame}
	if p.Trajectories, err = a.descendToDraw(ctx, b, s); err != nil || side == 0 {
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
