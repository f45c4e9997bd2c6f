package main

import (
	"context"
	"image"
	"io"
	"slices"
	"strconv"
	"strings"

	"losscape/cmd/losscape/export"
	"losscape/cpu"
	"losscape/cpu/quote"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/figure"
	"losscape/scenes/scale"
)

// pictureDPI is the density of a sweep's PNG. Its pixels are those of its runs, whatever
// that says.
const pictureDPI = 144

// mostRuns is how many pixels of runs a PNG has along a side at most, so that there is
// room for axes and legend within what the format's printer takes.
const mostRuns = 14000

// mapFormats returns those of a sweep's picture.
func mapFormats() (all []format) {
	for _, ending := range export.Extensions() {
		all = append(all, format{verb: "sweep", flag: "map", ending: ending, what: "a map"})
	}
	return all
}

// raster reports whether the picture is one of pixels.
func (j *sweepJob) raster() bool { return j.drawn == ".png" }

// show has the scene's Map say what the picture is of.
func (j *sweepJob) show(f *sweepFlags, colormap bool) error {
	if name, ok := orbitOf(f.of); ok {
		return j.showOrbit(f, name, colormap)
	}
	m := scenes.Map{Of: f.of, Scale: f.scale, Colormap: f.colormap, Stability: f.stability}
	if err := figure.CheckSheet(&m, len(j.sweep.Over)); err != nil {
		return usagef("--map: %s", message(err))
	}
	q, err := cpu.LookupQuantity(f.of)
	if err != nil {
		return err
	}
	switch {
	case colormap && len(j.sweep.Over) == 1:
		return usagef("--colormap is for maps of two parameters, and a plot of one has the colours of how runs end")
	case colormap && q.Spread == cpu.Apart:
		return usagef("--colormap is for quantities on a scale, and %s has a colour for each", q.Name)
	}
	if w, h := j.cells(); j.raster() && max(w, h) > mostRuns {
		return usagef("--map: the runs cover %d x %d pixels, a PNG has room for %d along a side: take fewer values, or name an .svg or a .pdf", w, h, mostRuns)
	}
	j.scene.Map = m
	return nil
}

// orbitOf returns what an orbit diagram shows by what --map-of says: "orbit", or "orbit:w2";
// ok is false if that asks for none.
func orbitOf(of string) (name string, ok bool) {
	kind, name, _ := strings.Cut(of, ":")
	return name, kind == scenes.OrbitPanel
}

// showOrbit has the scene's Orbit say what the picture is of, and the sweep record the
// last states of its runs.
func (j *sweepJob) showOrbit(f *sweepFlags, name string, colormap bool) (err error) {
	o := scenes.DefaultOrbit()
	o.Over, o.Steps, o.Last, o.Stability = j.sweep.Over, j.sweep.Base.Steps, f.last, f.stability
	if colormap {
		o.Colormap = f.colormap
	}
	if o.Of, err = j.scene.OrbitOf(name); err != nil {
		return usagef("--map-of %s: %s", f.of, message(err))
	}
	switch key, err := o.Check(); {
	case err != nil:
		return usagef("--%s: %s", key, message(err))
	case len(o.Over) != 1:
		return usagef("--map-of orbit shows one parameter, and here are %d: give --over once", len(o.Over))
	case !slices.Contains(scenes.Colormaps, o.Colormap):
		return usagef("--colormap %s, want for an orbit diagram one of: %s", quote.Text(o.Colormap), strings.Join(scenes.Colormaps, ", "))
	case f.scale != scale.Auto:
		return usagef("--map-scale is for quantities, an orbit diagram shows shares of states")
	case j.set.Every > 0:
		return usagef("--trajectories and --map-of orbit record other states: take two sweeps")
	}
	set := o.Settings(o.Steps)
	j.set.Every, j.set.From = set.Every, set.From
	j.scene.Orbit, j.orbit = o, true
	return nil
}

// sheet lays out the picture of a sweep's result on a medium.
func (j *sweepJob) sheet(r *cpu.Result, m figure.Medium) (*figure.Sheet, error) {
	if j.orbit {
		return figure.NewOrbitSheet(j.scene, r, j.subtitle(), m)
	}
	return figure.NewSheet(j.scene, r, j.subtitle(), m)
}

// cells returns how many pixels the runs of a map cover; none in a plot.
func (j *sweepJob) cells() (w, h int) {
	if len(j.sweep.Over) != 2 {
		return 0, 0
	}
	return figure.SheetSize(j.sweep.Over[0].Len(), j.sweep.Over[1].Len())
}

// pictureBytes returns about how much memory a map takes: the colours of its runs twice,
// and the page of a PNG.
func (j *sweepJob) pictureBytes() uint64 {
	n, _ := j.sweep.Count()
	w, h := j.cells()
	bytes := 8 * n
	if j.raster() {
		bytes += 4 * uint64(w+600) * uint64(h+600)
	}
	return bytes
}

// draw writes the picture of a sweep's result.
func (j *sweepJob) draw(ctx context.Context, to io.Writer, r *cpu.Result) error {
	medium, page := figure.Paper(export.PointsPerInch, false), export.Page{}
	if j.raster() {
		medium, page = figure.Screen, export.Page{DPI: pictureDPI, Unit: float64(export.PointsPerInch) / pictureDPI}
	}
	sheet, err := j.sheet(r, medium)
	if err != nil {
		return err
	}
	if j.scene.Map.Stability || j.scene.Orbit.Stability {
		if sheet.Stable, err = j.scene.Problem.StableRates(ctx, j.sweep); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	page.List = new(display.List)
	sheet.List(page.List)
	page.W, page.H, page.Paper, page.Title, page.Slots = sheet.W, sheet.H, sheet.Theme.Paper, sheet.Title(), sheetSlots{runs: sheet.Cells}
	return export.Print(to, j.drawn, &page)
}

// sheetSlots fills the one slot of a sweep's picture, the runs of its map.
type sheetSlots struct {
	export.Slots // nil: there are no others
	runs         *figure.Cells
}

// Cells returns the runs of a map.
func (s sheetSlots) Cells(int) (image.Image, error) { return s.runs.Image(), nil }

// subtitle says what the runs of a picture share, in the scene's words.
func (j *sweepJob) subtitle() string {
	b, words := j.sweep.Base, &j.scene.Labels
	swept := func(name string) bool {
		return slices.ContainsFunc(j.sweep.Over, func(p cpu.Param) bool { return p.Name == name })
	}
	var dims []string
	for _, p := range j.sweep.Over {
		dims = append(dims, strconv.Itoa(p.Len()))
	}
	parts := []string{scenes.Fill(words.Sweep.Runs, "n", strings.Join(dims, " × "), "optimizer", b.Optimizer)}
	usual := cpu.DefaultRun(b.Optimizer)
	for _, h := range cpu.HyperParameters() {
		v, none := h.Get(&b), 0.0
		if h.Own {
			none = h.Get(&usual)
		}
		if v != none && !swept(h.Name) && h.Name != "seed" && h.Name != "steps" {
			parts = append(parts, h.Name+" "+words.Decimal(scale.Parameter(v)))
		}
	}
	if !swept("steps") {
		parts = append(parts, scenes.Fill(words.Sweep.Steps, "n", strconv.Itoa(b.Steps)))
	}
	return words.List(append(parts, scenes.Fill(words.Sweep.Samples, "n", strconv.Itoa(j.scene.Problem.N()))))
}
