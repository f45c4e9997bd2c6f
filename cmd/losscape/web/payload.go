package web

import (
	"fmt"
	"image/color"
	"math"
	"strings"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// object is a JSON object whose keys the page's scripts read: page/data.js says what they are.
type object = map[string]any

// payload returns all that a page knows of a scene, and its numbers.
func payload(c *Content) (object, *pack, error) {
	p := &pack{}
	s := c.Scene
	d := object{
		"version": formatVersion, "program": c.Program, "name": s.Name, "title": s.Title,
		"taken":   s.Data.Taken,
		"labels":  labelsOf(s),
		"problem": problemOf(p, c),
		"plane":   planeOf(p, s),
		"view":    object{"x": []float64{c.View.X.Min, c.View.X.Max}, "y": []float64{c.View.Y.Min, c.View.Y.Max}, "fixed": s.Fixed},
		"runs":    runsOf(s.Runs),
		"film":    filmOf(p, s),
		"path":    object{"width": s.Path.Width, "trail": s.Path.Trail, "markers": s.Path.Markers, "colors": hexes(s.Path.Colors)},
		"surface": object{
			"scale": s.Surface.Scale, "colormap": s.Surface.Colormap, "contours": s.Surface.Contours,
			"grid": s.Surface.Grid, "wireframe": s.Surface.Wireframe, "floor": s.Surface.Floor,
		},
		"contour": object{
			"scale": s.Contour.Scale, "colormap": s.Contour.Colormap, "bands": s.Contour.Bands, "levels": s.Contour.Levels,
			"labels": s.Contour.Labels, "aspect": s.Contour.Aspect, "colorbar": s.Contour.Colorbar,
		},
		"curve":        object{"negative": s.Curve.Negative},
		"camera":       cameraOf(s),
		"colormaps":    colormapsOf(p, s),
		"themes":       object{"light": themeOf("light"), "dark": themeOf("dark")},
		"statusColors": statusColors(),
		"stability":    s.Film.Stability,
		"field":        nil, "map": nil, "orbit": nil, "ensemble": nil, "counted": nil,
	}
	if c.Landscape != nil {
		d["field"] = newField(p, s, c.Landscape)
	}
	if c.Map != nil {
		m, err := mapOf(p, c)
		if err != nil {
			return nil, nil, err
		}
		d["map"] = m
	}
	if c.Orbit != nil {
		o, err := orbitOf(p, c)
		if err != nil {
			return nil, nil, err
		}
		d["orbit"] = o
	}
	if e := &s.Ensemble; len(e.Over) > 0 {
		n, err := s.EnsembleSweep().Count()
		if err != nil {
			return nil, nil, err
		}
		d["ensemble"] = object{
			"axes": axesOf(p, s, e.Over), "n": n, "run": e.Run, "as": e.As,
			"size": e.Size, "opacity": e.Opacity, "color": e.Color, "colormap": e.Colormap,
		}
	}
	if c.Counted != nil {
		d["counted"] = countedOf(p, c.Counted)
	}
	return d, p, nil
}

// labelsOf returns the words of a scene, those that depend on the rest of it filled in.
func labelsOf(s *scenes.Scene) object {
	l := &s.Labels
	titles := object{}
	for _, k := range scenes.PanelKinds {
		titles[k.Name] = s.PanelTitle(scenes.Panel{Kind: k.Name})
	}
	counter := strings.TrimSuffix(s.CounterText(0), ": 0")
	return object{
		"mark": l.Mark, "iter": counter, "start": l.Start, "loss": l.Loss, "off": l.Off, "plane": l.Plane,
		"title": titles, "status": l.Status, "quantity": l.Quantity, "parameter": l.Parameter,
		"axis": object{
			"x": s.FeatureName(), "prediction": l.Axis.Prediction, "loss": l.Axis.Loss, "updates": l.Axis.Updates,
			"runs": l.Axis.Runs, "odds": l.Axis.Odds, "off": l.Axis.Off, "stability": l.Axis.Stability,
		},
		"legend": object{
			"positive": l.Legend.Positive, "negative": s.NegativeText(), "probability": l.Legend.Probability, "run": l.Legend.Run,
			"rate": l.Legend.Rate, "from": l.Legend.From, "batch": l.Legend.Batch, "all": l.Legend.All, "more": l.Legend.More,
			"period": l.Legend.Period, "others": l.Legend.Others, "notFinite": l.Legend.NotFinite, "share": l.Legend.Share,
			"stable": l.Legend.Stable,
		},
	}
}

// problemOf returns the samples and the loss.
func problemOf(p *pack, c *Content) object {
	s := c.Scene
	q := s.Problem
	n, d := q.N(), q.Features()
	x := make([]float64, 0, n*d)
	y := make([]byte, n)
	for i := range n {
		x = append(x, q.X.RawRowView(i)...)
		y[i] = byte(q.Y[i])
	}
	out := object{
		"n": n, "d": d, "x": p.float64s(x), "y": p.uint8s(y), "weight": nil,
		"eps": q.Eps, "l2": q.L2, "penalizeBias": q.Penalize == cpu.PenalizeAll,
		"of": max(c.Of, n), "beyond": c.Beyond, "weights": s.WeightNames(), "classes": s.Classes,
		"separable": c.Separable,
	}
	if q.SampleWeight != nil {
		out["weight"] = p.float64s(q.SampleWeight)
	}
	features, titles := make([]string, d), make([]string, d+1)
	for j := range features {
		features[j] = s.FeatureTitle(j)
	}
	for j := range titles {
		titles[j] = s.WeightTitle(j)
	}
	out["features"], out["weightTitles"] = features, titles
	return out
}

func planeOf(p *pack, s *scenes.Scene) object {
	alpha, beta := figure.PlaneAxes(s)
	a, b := s.PlaneWeights()
	out := object{
		"origin": p.float64s(s.Plane.Origin), "d1": p.float64s(s.Plane.D1), "d2": p.float64s(s.Plane.D2),
		"alpha": object{"name": alpha.Name, "offset": alpha.Offset, "weight": a}, "beta": object{"name": beta.Name, "offset": beta.Offset, "weight": b},
		"minimum": nil, "star": s.Landscape.Minimum,
	}
	if s.Minimum != nil {
		out["minimum"] = p.float64s(s.Minimum)
	}
	return out
}

func runsOf(runs []cpu.Run) (all []object) {
	for i := range runs {
		r := &runs[i]
		all = append(all, object{
			"name": r.Name, "optimizer": r.Optimizer, "lr": r.LR, "l2": r.L2, "momentum": r.Momentum,
			"beta1": r.Beta1, "beta2": r.Beta2, "epsilon": r.Epsilon, "batch": r.Batch, "seed": fmt.Sprint(r.Seed),
			"start": r.Start, "steps": r.Steps,
		})
	}
	return all
}

func filmOf(p *pack, s *scenes.Scene) object {
	f := &s.Film
	var panels []object
	for _, q := range f.Panels {
		panels = append(panels, object{"kind": q.Kind, "name": q.Name, "title": s.PanelTitle(q), "runs": q.Runs})
	}
	updates := make([]float64, f.Frames)
	for k := range updates {
		updates[k] = f.Updates(k)
	}
	return object{
		"fps": f.FPS, "frames": f.Frames, "updates": p.float64s(updates), "iterationsPerFrame": f.IterationsPerFrame,
		"framesPerIteration": f.FramesPerIteration,
		"count":              f.Count, "theme": f.Theme, "lossScale": f.LossScale, "panels": panels, "layout": f.Layout,
		"width": f.Width, "height": f.Height,
	}
}

func cameraOf(s *scenes.Scene) object {
	c := &s.Camera
	var keys []object
	for _, k := range c.Keys {
		keys = append(keys, object{"frame": k.Frame, "elev": k.Elev, "azim": k.Azim, "zoom": k.Zoom})
	}
	return object{"elev": c.Elev, "azim": c.Azim, "projection": c.Projection, "zoom": c.Zoom, "pan": c.Pan, "path": c.Path, "keys": keys}
}

// colormapsOf returns the colour maps that a scene uses, 256 colours of three bytes each.
func colormapsOf(p *pack, s *scenes.Scene) object {
	out := object{}
	names := []string{s.Surface.Colormap, s.Contour.Colormap}
	if len(s.Map.Over) > 0 {
		names = append(names, s.Map.Palette())
	}
	if len(s.Orbit.Over) > 0 {
		names = append(names, s.Orbit.Colormap)
	}
	if len(s.Ensemble.Over) > 0 {
		names = append(names, s.Ensemble.Colormap)
	}
	for _, name := range names {
		colors := palette.Colormap(name)
		if colors == nil || out[name] != nil {
			continue
		}
		var rgb []byte
		for _, c := range colors {
			rgb = append(rgb, c.R, c.G, c.B)
		}
		out[name] = p.uint8s(rgb)
	}
	return out
}

func themeOf(name string) object {
	t := palette.ThemeOf(name)
	return object{
		"paper": hex(t.Paper), "ink": hex(t.Ink), "grid": hex(t.Grid), "pane": hexes(t.Pane[:]), "paneLine": hex(t.PaneLine),
		"plate": hex(t.Plate), "rim": hex(t.Rim), "casing": hex(t.Casing), "positive": hex(t.Positive), "negative": hex(t.Negative),
		"curves": hexes(t.Curves[:]), "masked": hex(t.Masked), "runs": hexes(t.Runs),
	}
}

// hex writes a colour as CSS does.
func hex(c color.Color) string {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return fmt.Sprintf("#%02x%02x%02x", n.R, n.G, n.B)
}

func hexes(colors []color.NRGBA) []string {
	out := make([]string, len(colors))
	for i, c := range colors {
		out[i] = hex(c)
	}
	return out
}

func statusColors() object {
	out := object{}
	for _, s := range cpu.Statuses() {
		out[s.String()] = hex(palette.StatusColors[s])
	}
	return out
}

// axesOf returns parameters that a sweep goes over.
func axesOf(p *pack, s *scenes.Scene, over []cpu.Param) (all []object) {
	for i := range over {
		a := scale.NewParamAxis(&over[i])
		h, _ := cpu.LookupHyperParameter(over[i].Name)
		all = append(all, object{
			"param": over[i].Name, "name": s.ParamName(over[i].Name), "title": s.ParamTitle(over[i].Name),
			"values": p.float64s(over[i].Values), "log": a.Scale.Kind == scale.Log, "list": a.List, "whole": h.Whole(),
		})
	}
	return all
}

// scaleOf returns a scale of colours.
func scaleOf(s *scale.Scale) object {
	if s == nil {
		return nil
	}
	lo, hi := s.Ends()
	return object{"kind": s.Kind, "A": s.A, "B": s.B, "lo": lo, "hi": hi, "least": s.Least, "bend": s.Bend, "knots": s.Knots, "low": s.Low, "high": s.High}
}

// mapOf returns a map.
func mapOf(p *pack, c *Content) (object, error) {
	s := c.Scene
	m := &s.Map
	cells, err := figure.PaintCells(c.Map, s, nil)
	if err != nil {
		return nil, err
	}
	q, err := cpu.LookupQuantity(m.Of)
	if err != nil {
		return nil, err
	}
	kind := "spread"
	switch {
	case q.Spread == cpu.Apart && q.Kind == cpu.Whole:
		kind = "period"
	case q.Spread == cpu.Apart:
		kind = "status"
	}
	swatches := []object{}
	for _, w := range cells.Swatches() {
		swatches = append(swatches, object{"text": w.Text, "color": hex(w.Color), "runs": w.Runs})
	}
	return object{
		"axes": axesOf(p, s, m.Over), "of": m.Of, "title": s.Labels.Quantity[m.Of], "run": m.Run, "steps": m.Steps,
		"nx": cells.NX, "ny": cells.NY, "pixels": pixelsOf(p, cells), "kind": kind, "colormap": m.Palette(), "scale": scaleOf(cells.Scale()),
		"swatches": swatches, "stable": stableOf(c.Stable, &c.Map.Sweep), "edge": s.Labels.Edge(s.Runs[m.Run].Optimizer),
		"zoomed": len(m.Keys) > 0,
	}, nil
}

// stableOf returns the learning rates up to which the runs of a sweep are stable, as points
// [learning rate, other parameter], of a sweep over the learning rate alone [learning rate].
func stableOf(r *cpu.StableRates, w *cpu.Sweep) (line [][]float64) {
	if r == nil {
		return nil
	}
	for k, lr := range r.LR {
		if math.IsNaN(lr) {
			continue
		}
		at := []float64{lr}
		if len(w.Over) > 1 {
			at = append(at, w.Over[1-r.Rate].Values[r.At[k]])
		}
		line = append(line, at)
	}
	return line
}

// Columns and rows of an orbit diagram in a page, at most.
const orbitColumns, orbitRows = 1200, 480

// orbitOf returns an orbit diagram: for each of nx by ny places, row by row from the lowest,
// the share of states as 1 + 254 of the way from the least to 1 by logarithm, 0 for none.
func orbitOf(p *pack, c *Content) (object, error) {
	s := c.Scene
	o := &s.Orbit
	plot, err := figure.PlotOrbit(c.Orbit, o, orbitColumns, orbitRows)
	if err != nil {
		return nil, err
	}
	codes := make([]byte, len(plot.Shares))
	for i, share := range plot.Shares {
		if share > 0 {
			codes[i] = 1 + byte(math.Round(254*min(max(1-math.Log(share)/math.Log(plot.Least), 0), 1)))
		}
	}
	return object{
		"axis": axesOf(p, s, o.Over)[0], "of": o.Of, "title": s.OrbitTitle(), "run": o.Run, "steps": o.Steps, "last": o.Last,
		"nx": plot.NX, "ny": plot.NY, "codes": p.uint8s(codes), "least": plot.Least, "ends": plot.Ends,
		"range": []float64{plot.Lo, plot.Hi}, "colormap": o.Colormap, "stable": stableOf(c.OrbitStable, &c.Orbit.Sweep),
		"edge": s.Labels.Edge(s.Runs[o.Run].Optimizer),
	}, nil
}

// countedOf returns how the runs end that the panel "status" counts.
func countedOf(p *pack, all []cpu.Ending) object {
	steps, status := make([]int32, len(all)), make([]byte, len(all))
	names := []string{}
	for i := range cpu.StatusCount {
		names = append(names, cpu.Status(i).String())
	}
	for i, e := range all {
		steps[i], status[i] = int32(e.Steps), byte(e.Status)
	}
	return object{"n": len(all), "steps": p.int32s(steps), "status": p.uint8s(status), "names": names}
}

// pixelsOf returns the cells of a map: for each, row by row from the lower left one, the number
// of its colour, in two planes of bytes of which the higher one is nil where it is all 0.
func pixelsOf(p *pack, c *figure.Cells) object {
	number := map[[3]byte]int{}
	colors := []string{}
	lo, hi := make([]byte, c.NX*c.NY), make([]byte, c.NX*c.NY)
	for i := range lo {
		rgb := [3]byte(c.Pix[4*i : 4*i+3])
		k, known := number[rgb]
		if !known {
			k = len(colors)
			number[rgb] = k
			colors = append(colors, fmt.Sprintf("#%02x%02x%02x", rgb[0], rgb[1], rgb[2]))
		}
		lo[i], hi[i] = byte(k), byte(k>>8)
	}
	out := object{"nx": c.NX, "ny": c.NY, "colors": colors, "lo": p.uint8s(lo), "hi": nil}
	if len(colors) > 1<<8 {
		out["hi"] = p.uint8s(hi)
	}
	return out
}
