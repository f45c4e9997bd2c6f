package main

import (
	"context"
	"image"
	"io"
	"slices"
	"strconv"
	"strings"

	"losscape/cmd/losscape/export"
	"losscape/cmd/losscape/table"
	"losscape/cpu"
	"losscape/cpu/quote"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/figure"
	"losscape/scenes/scale"

	"github.com/spf13/cobra"
)

// pictureDPI is the density of a sweep's PNG. Its pixels are those of its runs, whatever
// that says.
const pictureDPI = 144

// mostRuns is how many pixels of runs a PNG has along a side at most, so that there is
// room for axes and legend within what the format's printer takes.
const mostRuns = 14000

// manyDrawn is from how many runs on drawing them takes seconds, which is said.
const manyDrawn = 1 << 22

// mapFormats returns those of a sweep's picture.
func mapFormats() (all []format) {
	for _, ending := range export.Extensions() {
		all = append(all, format{verb: "sweep", flag: "map", ending: ending, what: "a map"})
	}
	return all
}

// pictureFlags are the flags that say where a sweep's picture is written, and how it is drawn.
type pictureFlags struct {
	picture string // empty for none
	drawing
	last int // of an orbit diagram
}

// drawing is how the runs of a sweep are drawn.
type drawing struct {
	Of        string `json:"of"`
	Scale     string `json:"scale"`
	Colormap  string `json:"colormap"`
	Stability bool   `json:"stability"`
}

// drawingFlags are the flags of a drawing.
var drawingFlags = []string{"map-of", "map-scale", "colormap", "stability"}

// add adds the flags to a verb, which draws some more than quantities.
func (f *pictureFlags) add(c *cobra.Command, more ...string) {
	fl, all := c.Flags(), append(cpu.QuantityNames(), more...)
	others := ""
	if more != nil {
		others = "; over one parameter also orbit, orbit:w2, ..., orbit:loss"
	}
	fl.StringVar(&f.picture, "map", "", "the picture to write: a `file` that ends in "+anyEnding("sweep", "map")+", or - for standard output")
	fl.StringVar(&f.Of, "map-of", "loss", "`what` the picture shows: "+strings.Join(cpu.QuantityNames(), ", ")+others)
	fl.StringVar(&f.Scale, "map-scale", scale.Auto, "`how` numbers become colours: linear, log, rank (of the runs), or auto: log for losses that span much, rank if they span a million times")
	fl.StringVar(&f.Colormap, "colormap", scenes.AutoColormap, "`colours` of the map's numbers: "+strings.Join(scenes.MapColormaps, ", ")+"; auto is viridis, and of exponent markus")
	fl.BoolVar(&f.Stability, "stability", true, "draw where runs become unstable at their minimum, 2/λ of gd and so on, where lr is an axis of the map")
	markFiles(c, "map", mapFormats())
	c.RegisterFlagCompletionFunc("map-of", cobra.FixedCompletions(all, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("map-scale", cobra.FixedCompletions(figure.SheetScales(), cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("colormap", cobra.FixedCompletions(scenes.MapColormaps, cobra.ShellCompDirectiveNoFileComp))
}

// checks finds what is wrong with a flag of the drawing by itself.
func (f *pictureFlags) checks() map[string]func() error {
	all := map[string]func() error{}
	for _, flag := range drawingFlags {
		all[flag] = f.named(flag)
	}
	return all
}

// named returns the check of a flag that says how to draw: there is a picture.
func (f *pictureFlags) named(flag string) func() error {
	return func() error {
		if f.picture != "" {
			return nil
		}
		return usagef("--%s says how to draw: name the picture too, with --map FILE.png", flag)
	}
}

// said returns the flags of the drawing that were given, for another command line.
func (f *pictureFlags) said(c *cobra.Command) (args []string) {
	for _, flag := range drawingFlags {
		if c.Flags().Changed(flag) {
			args = append(args, "--"+flag+"="+c.Flags().Lookup(flag).Value.String())
		}
	}
	return args
}

// raster reports whether the picture is one of pixels.
func (j *sweepJob) raster() bool { return j.drawn == ".png" }

// show has the scene's Map say what the picture is of.
func (j *sweepJob) show(f *pictureFlags, colormap bool) error {
	for _, p := range j.sweep.Over {
		if p.Range != nil {
			return usagef("--map shows at most %d values of one parameter, and %s has %d: take fewer values, or a table alone", cpu.MaxValues, p.Name, p.Len())
		}
	}
	if name, ok := orbitOf(f.Of); ok {
		return j.showOrbit(f, name, colormap)
	}
	m := scenes.Map{Of: f.Of, Scale: f.Scale, Colormap: f.Colormap, Stability: f.Stability}
	if err := figure.CheckSheet(&m, len(j.sweep.Over)); err != nil {
		return usagef("--map: %s", message(err))
	}
	q, err := cpu.LookupQuantity(f.Of)
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
func (j *sweepJob) showOrbit(f *pictureFlags, name string, colormap bool) (err error) {
	o := scenes.DefaultOrbit()
	o.Over, o.Steps, o.Last, o.Stability = j.sweep.Over, j.sweep.Base.Steps, f.last, f.Stability
	if colormap {
		o.Colormap = f.Colormap
	}
	if o.Of, err = j.scene.OrbitOf(name); err != nil {
		return usagef("--map-of %s: %s", f.Of, message(err))
	}
	switch key, err := o.Check(); {
	case err != nil:
		return usagef("--%s: %s", key, message(err))
	case len(o.Over) != 1:
		return usagef("--map-of orbit shows one parameter, and here are %d: give --over once", len(o.Over))
	case !slices.Contains(scenes.Colormaps, o.Colormap):
		return usagef("--colormap %s, want for an orbit diagram one of: %s", quote.Text(o.Colormap), strings.Join(scenes.Colormaps, ", "))
	case f.Scale != scale.Auto:
		return usagef("--map-scale is for quantities, an orbit diagram shows shares of states")
	case j.set.Every > 0:
		return usagef("--trajectories and --map-of orbit record other states: take two sweeps")
	}
	set := o.Settings(o.Steps)
	j.set.Every, j.set.From = set.Every, set.From
	j.scene.Orbit, j.orbit = o, true
	return nil
}

// sheet lays out the picture of a sweep's table on a medium.
func (j *sweepJob) sheet(t *table.Table, m figure.Medium) (*figure.Sheet, error) {
	if j.orbit {
		return figure.NewOrbitSheet(j.scene, t.Result, j.subtitle(), m)
	}
	var runs figure.Runs = t.Blocks
	if t.Result != nil {
		runs = t.Result
	}
	return figure.NewSheet(j.scene, &j.sweep, runs, j.subtitle(), m)
}

// cells returns how many pixels the runs of a map cover; none in a plot.
func (j *sweepJob) cells() (w, h int) {
	if len(j.sweep.Over) != 2 {
		return 0, 0
	}
	return figure.SheetSize(j.sweep.Over[0].Len(), j.sweep.Over[1].Len())
}

// pictureBytes returns about how much memory a picture takes: the values of its runs, sorted, or after
// these the colours of a map with its image, or the page of a PNG.
func (j *sweepJob) pictureBytes() uint64 {
	n, _ := j.sweep.Count()
	w, h := j.cells()
	bytes := 4 * n
	if j.raster() {
		bytes += 4 * uint64(w+600) * uint64(h+600)
	}
	return max(bytes, 8*n)
}

// draw writes the picture of a sweep's table.
func (j *sweepJob) draw(ctx context.Context, to io.Writer, t *table.Table) error {
	medium, page := figure.Paper(export.PointsPerInch, false), export.Page{}
	if j.raster() {
		medium, page = figure.Screen, export.Page{DPI: pictureDPI, Unit: float64(export.PointsPerInch) / pictureDPI}
	}
	sheet, err := j.sheet(t, medium)
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
	_, err = await(ctx, func() (struct{}, error) { return struct{}{}, export.Print(to, j.drawn, &page) })
	return err
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
