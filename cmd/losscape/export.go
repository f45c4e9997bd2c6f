package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/export"
	"losscape/cmd/losscape/model"
	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/figure"
)

// contourSide is the number of points along each side of a landscape whose contours
// are drawn as vectors: lines are smooth then, and files small.
const contourSide = 241

// exportModel writes the surface of a scene as a model.
func (a *app) exportModel(ctx context.Context, s *scenes.Scene, f *renderFlags) error {
	if len(s.Ensemble.Over) > 0 {
		a.warnf("%s is without the ensemble", outputName(f.output))
	}
	shown := *s // without what other panels need
	shown.Film.Panels, shown.Film.Layout, shown.Film.Stability = scenes.PanelsOf(scenes.SurfacePanel, scenes.ContourPanel), nil, false
	s = &shown
	return a.exportFile(ctx, s, f, func(w io.Writer) error {
		c, err := a.exportContent(ctx, s, model.MeshSide, true, f.frame)
		if err != nil {
			return err
		}
		var axes *model.Axes
		if f.axes {
			if axes, err = modelAxes(c); err != nil {
				return err
			}
		}
		return model.GLB(w, figure.Picture{Scene: s, Landscape: c.landscape, Trajectories: c.Trajectories, Frame: f.frame}, axes)
	})
}

// The figure whose box a model has, in pixels of its panel, and the side of the picture on
// its floor.
const (
	boxWidth, boxHeight = 1000, 800
	floorSide           = 1024
)

// modelAxes returns the axes of a figure of two panels, its surface, and the ground of the
// other, its contours.
func modelAxes(c exported) (*model.Axes, error) {
	fig, err := figure.New(c.Content, 2*boxWidth, boxHeight, figure.Screen)
	if err != nil {
		return nil, err
	}
	a := &model.Axes{Box: fig.Surface(0).Axes()}
	var list display.List
	all := display.Rect(0, 0, floorSide, floorSide)
	list.Reset(all)
	list.Pixels = true
	list.InPanel(1)
	list.Slot(display.KindGround, all, 0)
	var floor bytes.Buffer
	page := export.Page{List: &list, W: floorSide, H: floorSide, Paper: fig.Theme.Paper, Slots: &slots{fig, c.landscape, nil}}
	if err := export.Print(&floor, ".png", &page); err != nil {
		return nil, err
	}
	a.Floor = floor.Bytes()
	return a, nil
}

// exportFigure writes the panels of a scene as a page of vectors. What has depth is an
// image in it that OpenGL draws.
func (a *app) exportFigure(ctx context.Context, s *scenes.Scene, f *renderFlags) error {
	w, h, err := f.pagePoints(s)
	if err != nil {
		return usageError{err}
	}
	m := figure.Paper(export.PointsPerInch, false)
	panels := deepPanels(s)
	if len(panels) == 0 {
		return a.printFigure(ctx, s, f, w, h, m, nil)
	}
	d, err := a.openDeep(ctx, s, f.frame)
	if none := (noOpenGL{}); errors.As(err, &none) {
		return leaveOut(s, panels, none.error)
	}
	if err != nil {
		return err
	}
	defer d.Close()
	return a.printFigure(ctx, s, f, w, h, m, d)
}

// noOpenGL is the error of what OpenGL has to draw where there is none.
type noOpenGL struct{ error }

// printStill draws a still on the CPU, where no device opens, for the reason why: all
// but what has depth.
func (a *app) printStill(ctx context.Context, s *scenes.Scene, f *renderFlags, why error) error {
	if panels := deepPanels(s); len(panels) > 0 {
		return leaveOut(s, panels, why)
	}
	text := "no OpenGL device opens (losscape doctor says why)"
	if errors.Is(why, backend.ErrNotBuilt) {
		text = "this program was built without OpenGL"
	}
	a.warnf("%s: drawing on the CPU", text)
	return a.printFigure(ctx, s, f, float64(s.Film.Width), float64(s.Film.Height), f.medium(), nil)
}

// printFigure writes a figure of w by h units of a medium. d is nil where nothing in it
// has depth.
func (a *app) printFigure(ctx context.Context, s *scenes.Scene, f *renderFlags, w, h float64, m figure.Medium, d deep) error {
	return a.exportFile(ctx, s, f, func(to io.Writer) error {
		content := func(ctx context.Context) (exported, error) {
			return a.exportContent(ctx, s, contourSide, showsLandscape(s), f.frame)
		}
		if d != nil {
			content = d.content
		}
		c, err := content(ctx)
		if err != nil {
			return err
		}
		fig, err := figure.New(c.Content, w, h, m)
		if err != nil {
			return err
		}
		if d != nil {
			if err := d.open(fig, f.frame, f.dpi/export.PointsPerInch); err != nil {
				return err
			}
		}
		var list display.List
		list.Reset(display.Rect(0, 0, w, h))
		fig.Static(&list)
		fig.Frame(&list, f.frame)
		page := export.Page{
			List: &list, W: w, H: h, Paper: fig.Theme.Paper, Title: s.Title, DPI: f.density(),
			Slots: &slots{fig, c.landscape, d}, Outlines: f.text == textOutlines,
		}
		if page.Title == "" {
			page.Title = s.Name
		}
		if m.Pixels && page.DPI > 0 {
			page.Unit = export.PointsPerInch / page.DPI
		}
		return export.Print(to, f.to.ending, &page)
	})
}

// exportFile writes a file, whole or not at all.
func (a *app) exportFile(ctx context.Context, s *scenes.Scene, f *renderFlags, write func(w io.Writer) error) error {
	file, err := a.create(f.output)
	if err != nil {
		return err
	}
	defer file.Discard()
	start := time.Now()
	if err := write(file); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := file.Commit(); err != nil {
		return err
	}
	a.logf("%s: frame %d of %d, in %s", outputName(f.output), f.frame, s.Film.Frames, seconds(time.Since(start)))
	return nil
}

// exported is what a figure shows, on the host.
type exported struct {
	figure.Content
	landscape *cpu.Landscape
}

// exportContent computes what a figure of a frame of a scene shows, with side points along
// each side of the landscape if it shows that. What the device cannot do is known before any
// of it is done, but for a landscape that the runs widen.
func (a *app) exportContent(ctx context.Context, s *scenes.Scene, side int, landscape bool, frame int) (c exported, err error) {
	b, _, err := a.open("landscape", func(c backend.Computer) error {
		if !landscape {
			return nil
		}
		return c.CanEvaluate(s.Problem, s.Plane, exportGrid(s, nil, side), backend.Loss)
	})
	if err != nil {
		return c, err
	}
	defer b.Close()
	if err := a.canDescend(b, s); err != nil {
		return c, err
	}
	if err := canSweeps(b, s); err != nil {
		return c, err
	}
	if zooms(s) {
		if c.Zoom, err = planZoom(s, frameSpan{frame, frame}); err != nil {
			return c, err
		}
	}
	c.Scene = s
	c.Ensemble = len(s.Ensemble.Over) > 0
	if c.Trajectories, c.Endings, err = a.descendToDraw(ctx, b, s); err != nil {
		return c, err
	}
	if c.Stabilities, err = a.stabilities(ctx, s, c.Trajectories); err != nil {
		return c, err
	}
	c.View = exportGrid(s, c.Trajectories, side)
	switch {
	case zooms(s):
		if err := a.computeZoom(ctx, s, c.Zoom, frameSpan{frame, frame}, backend.Open); err != nil {
			return c, err
		}
	case hasMap(s):
		if c.Map, c.Stable, err = a.sweepMap(ctx, b, s); err != nil {
			return c, err
		}
	}
	if hasOrbit(s) {
		if c.Orbit, c.OrbitStable, err = a.sweepOrbit(ctx, b, s); err != nil {
			return c, err
		}
	}
	if countsRuns(s) {
		if c.Counted, err = a.counted(ctx, b, s, c.Map); err != nil {
			return c, err
		}
	}
	if landscape {
		err = a.exportLandscape(ctx, b, &c)
	}
	return c, err
}

// exportGrid returns the grid of a landscape of side points along each side that holds
// the runs.
func exportGrid(s *scenes.Scene, runs []*cpu.Trajectory, side int) cpu.Grid {
	g := figure.ViewGrid(s, runs, s.Film.Width, s.Film.Height)
	g.X.N, g.Y.N = side, side
	return g
}

// exportLandscape computes the landscape over what a figure shows.
func (a *app) exportLandscape(ctx context.Context, b *backend.Backend, c *exported) error {
	st := a.stage("landscape", "points")
	_, err := b.Try("landscape", func(by backend.Computer) (err error) {
		c.landscape, err = by.Landscape(ctx, c.Scene.Problem, c.Scene.Plane, c.View, st.update)
		return err
	})
	st.end(err)
	if err == nil {
		c.Terrain = figure.NewTerrain(c.landscape)
	}
	return err
}

func hasMap(s *scenes.Scene) bool { return s.Film.Shows(scenes.MapPanel) }

// hasOrbit reports whether a scene shows its orbit diagram.
func hasOrbit(s *scenes.Scene) bool { return s.Film.Shows(scenes.OrbitPanel) }

// mapSettings are those of the runs of a scene's map.
func mapSettings(s *scenes.Scene) cpu.Settings { return s.MapSettings(cpu.Settings{}) }

// stabilities returns lr λ along a scene's runs, if its film shows that.
func (a *app) stabilities(ctx context.Context, s *scenes.Scene, runs []*cpu.Trajectory) ([][]float64, error) {
	if !s.Film.Stability {
		return nil, nil
	}
	st := a.stage("stability", "states")
	of, err := s.Problem.Stabilities(ctx, runs, st.update)
	st.end(err)
	return of, err
}

// canSweeps checks that a scene's map and its orbit diagram can be computed, if they are
// shown.
func canSweeps(b *backend.Backend, s *scenes.Scene) (err error) {
	can := func(part string, w cpu.Sweep, set cpu.Settings) error {
		_, err := b.Try(part, func(c backend.Computer) error { return c.CanSweep(s.Problem, w, set) })
		return err
	}
	if hasMap(s) {
		err = can("map", s.MapSweep(), mapSettings(s))
	}
	if err == nil && hasOrbit(s) {
		err = can("orbit diagram", s.OrbitSweep(), s.Orbit.Settings(s.Orbit.Steps))
	}
	return err
}

// sweepOrbit computes the orbit diagram of a scene, and where its runs become unstable.
func (a *app) sweepOrbit(ctx context.Context, b *backend.Backend, s *scenes.Scene) (r *cpu.Result, stable *cpu.StableRates, err error) {
	if s.Orbit.Stability {
		if stable, err = s.Problem.StableRates(ctx, s.OrbitSweep()); err != nil {
			return nil, nil, err
		}
	}
	r, err = a.sweepOf(ctx, b, s, "orbit diagram", s.OrbitSweep(), s.Orbit.Settings(s.Orbit.Steps))
	return r, stable, err
}

// sweepMap computes the map of a scene, and where its runs become unstable.
func (a *app) sweepMap(ctx context.Context, b *backend.Backend, s *scenes.Scene) (r *cpu.Result, stable *cpu.StableRates, err error) {
	if s.Map.Stability {
		if stable, err = s.Problem.StableRates(ctx, s.MapSweep()); err != nil {
			return nil, nil, err
		}
	}
	r, err = a.sweepOf(ctx, b, s, "map", s.MapSweep(), mapSettings(s))
	return r, stable, err
}

// sweepOf computes a sweep that a part of a picture shows.
func (a *app) sweepOf(ctx context.Context, b *backend.Backend, s *scenes.Scene, part string, w cpu.Sweep, set cpu.Settings) (res *cpu.Result, err error) {
	st := a.stage(part, "runs")
	defer func() { st.end(err) }()
	_, err = b.Try(part, func(c backend.Computer) (err error) {
		res, err = c.Sweep(ctx, s.Problem, w, set, st.update)
		return err
	})
	return res, err
}

// counted returns how the runs end that a scene's panels count: those of its ensemble,
// else of its map, which may have been computed; nil for the scene's own.
func (a *app) counted(ctx context.Context, b *backend.Backend, s *scenes.Scene, m *cpu.Result) ([]cpu.Ending, error) {
	if len(s.Ensemble.Over) > 0 {
		r, err := a.sweepOf(ctx, b, s, "map", s.EnsembleSweep(), cpu.Settings{})
		if err != nil {
			return nil, err
		}
		return r.Endings(), nil
	}
	if len(s.Map.Over) == 0 {
		return nil, nil
	}
	if m == nil {
		var err error
		if m, err = a.sweepOf(ctx, b, s, "map", s.MapSweep(), mapSettings(s)); err != nil {
			return nil, err
		}
	}
	return m.Endings(), nil
}

// showsLandscape reports whether a panel of a scene shows something of the landscape.
func showsLandscape(s *scenes.Scene) bool {
	return slices.ContainsFunc(s.Film.Panels, func(p scenes.Panel) bool {
		kind, _ := scenes.PanelKindOf(p.Kind)
		return kind.Landscape
	})
}

// deepPanels returns the names of the panels that show something by depth, which OpenGL
// draws: surfaces, and what an ensemble is drawn over.
func deepPanels(s *scenes.Scene) (names []string) {
	for _, p := range s.Film.Panels {
		if p.Kind == scenes.SurfacePanel || p.Kind == scenes.ContourPanel && len(s.Ensemble.Over) > 0 {
			names = append(names, p.Name)
		}
	}
	return names
}

// leaveOut returns an error that says what to leave out of a figure where OpenGL, for the
// reason why, does not draw some panels.
func leaveOut(s *scenes.Scene, panels []string, why error) error {
	var left []string
	for _, p := range s.Film.Panels {
		if !slices.Contains(panels, p.Name) {
			left = append(left, p.Name)
		}
	}
	remedy := "a figure of other panels needs none"
	switch other := otherPanels(s); {
	case len(left) > 0:
		remedy = "--panel " + strings.Join(left, ",") + " leaves out what needs it"
	case len(other) > 0:
		remedy = "--panel " + strings.Join(other, ",") + " shows what needs none"
	}
	what := "panel " + listed(panels, "and") + " is"
	if len(panels) > 1 {
		what = "panels " + listed(panels, "and") + " are"
	}
	return fmt.Errorf("%s drawn with OpenGL: %w; %s", what, why, remedy)
}

// otherPanels returns the kinds of panels that a scene can show without OpenGL.
func otherPanels(s *scenes.Scene) []string {
	all := *s
	all.Film.Panels = nil
	all.Film.Panels = scenes.PanelsOf(panelNames(&all)...)
	deep := deepPanels(&all)
	return slices.DeleteFunc(all.Film.Kinds(), func(k string) bool { return slices.Contains(deep, k) })
}
