package draw

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/scenes"
)

// Letters of the texts beside a map: of its colour bar and what has no place in it,
// and of the names of statuses.
const (
	mapLetters    = 8
	statusLetters = 10
)

// mapPlot returns the plot of a map: with room for its key, and if it may be so, as
// large that every run has the same number of whole pixels.
func mapPlot(plot rect, s *scenes.Scene, pt float64) rect {
	letters := float64(mapLetters)
	if q, err := cpu.LookupQuantity(s.Map.Of); err == nil && q.Spread == cpu.Apart {
		letters = statusLetters
	}
	plot.x1 = max(plot.x0+8, math.Round(plot.x1+(9-barGap-barWidth-tickLength-tickGap-letters*0.6*tickSize)*pt))
	fit := func(pixels float64, n int) float64 {
		whole := math.Floor(pixels/float64(n)) * float64(n)
		if whole < 0.8*pixels {
			return pixels
		}
		return whole
	}
	if over := s.Map.Over; len(over) == 2 {
		plot.x1 = plot.x0 + fit(plot.w(), len(over[0].Values))
		plot.y0 = plot.y1 - fit(plot.h(), len(over[1].Values))
	}
	return plot
}

// checkMap returns an error unless the picture's map can be drawn.
func (p Picture) checkMap() error {
	m := &p.Scene.Map
	if !slices.Contains(p.Scene.Film.Panels, mapPanel) {
		return nil
	}
	q, unknown := cpu.LookupQuantity(m.Of)
	switch {
	case p.Map == nil:
		return errors.New(`draw: panel "map" of a picture without a map`)
	case len(p.Map.Sweep.Over) != 2:
		return fmt.Errorf("draw: a map of %d axes, want 2", len(p.Map.Sweep.Over))
	case colormap(m.Colormap) == nil:
		return fmt.Errorf("draw: unknown colormap %q", m.Colormap)
	case unknown != nil:
		return unknown
	case q.Of(p.Map) == nil:
		return fmt.Errorf("draw: a map of %s whose result has none", m.Of)
	}
	nx, ny := len(p.Map.Sweep.Over[0].Values), len(p.Map.Sweep.Over[1].Values)
	if n := p.Map.N(); nx*ny != n || n == 0 {
		return fmt.Errorf("draw: a map of %d x %d runs, its result has %d", nx, ny, n)
	}
	return nil
}

// cells are the colours of a map's runs, in a texture.
type cells struct {
	of       *cpu.Result
	look     [3]string // quantity, scale and colour map
	texture  *gpu.Texture
	made     int
	scale    *scale // of the quantity; nil if it has a colour for each value
	swatches []legendEntry
}

// prepare paints the runs of a map.
func (c *cells) prepare(d *gpu.Device, r *cpu.Result, m *scenes.Map) error {
	look := [3]string{m.Of, m.Scale, m.Colormap}
	if c.of == r && c.look == look && c.texture != nil {
		return nil
	}
	nx, ny := len(r.Sweep.Over[0].Values), len(r.Sweep.Over[1].Values)
	var paint func(i int) color.RGBA
	q, err := cpu.LookupQuantity(m.Of)
	if err != nil {
		return err
	}
	paint, c.scale, c.swatches = painter(r, m, q)
	pixels := make([]byte, 0, 4*nx*ny)
	for j := range ny {
		for i := range nx {
			p := paint(i*ny + j)
			pixels = append(pixels, p.R, p.G, p.B, 255)
		}
	}
	c.texture.Close()
	if c.texture, err = d.NewTexture("map", nx, ny, 1, gpu.RGBA8); err != nil {
		return err
	}
	c.of, c.look = r, look
	c.made++
	return c.texture.Write(0, 0, nx, ny, pixels)
}

func (c *cells) close() {
	c.texture.Close()
	*c = cells{made: c.made}
}

// painter returns the colour of each run of a map, its scale where it has one, and
// what else there is to explain.
func painter(r *cpu.Result, m *scenes.Map, q cpu.Quantity) (paint func(i int) color.RGBA, s *scale, swatches []legendEntry) {
	add := func(c color.RGBA, text string) {
		swatches = append(swatches, legendEntry{text: text, col: color.NRGBA(c)})
	}
	var n [4]int
	for _, s := range r.Status {
		n[s]++
	}
	if q.Spread == cpu.Apart {
		byPeriod := q.Kind == cpu.Whole
		for _, st := range []cpu.Status{cpu.Converged, cpu.Periodic, cpu.StepLimit, cpu.Diverged} {
			switch {
			case n[st] == 0:
			case st == cpu.Periodic && byPeriod:
				swatches = append(swatches, periodSwatches(r)...)
			default:
				add(StatusColors[st], st.String())
			}
		}
		if !byPeriod {
			return func(i int) color.RGBA { return StatusColors[r.Status[i]] }, nil, swatches
		}
		return func(i int) color.RGBA { return PeriodColor(r.Status[i], r.Period[i]) }, nil, swatches
	}
	of := q.Of(r)
	value := func(i int) float64 {
		if r.Status[i] == cpu.Diverged {
			return math.NaN()
		}
		return of(i)
	}
	sorted := make([]float64, 0, r.N())
	for i := range r.N() {
		if v := value(i); finite(v) {
			sorted = append(sorted, v)
		}
	}
	slices.Sort(sorted)
	s = newScale(mapScale(m, q.Spread, sorted), sorted)
	if n[cpu.Diverged] > 0 {
		add(DivergedColor, cpu.Diverged.String())
	}
	if n[cpu.Diverged]+len(sorted) < r.N() {
		add(NotFiniteColor, "not finite")
	}
	table := colormap(m.Colormap)
	return func(i int) color.RGBA {
		v := value(i)
		switch {
		case r.Status[i] == cpu.Diverged:
			return DivergedColor
		case !finite(v):
			return NotFiniteColor
		}
		u := 0.5
		if s.b > s.a {
			u = s.unit(v)
		}
		k := 4 * min(max(int(u*256), 0), 255)
		return color.RGBA{table[k], table[k+1], table[k+2], 255}
	}, s, swatches
}

// periodSwatches explains the colours of the periods that runs have, the most frequent
// ones.
func periodSwatches(r *cpu.Result) (out []legendEntry) {
	const most = 8
	var n [cpu.MaxPeriod + 1]int
	for _, p := range r.Period {
		n[p]++
	}
	var known []int32
	others := false
	for p := int32(2); p <= cpu.MaxPeriod; p++ {
		if _, ok := PeriodColors[p]; n[p] > 0 && ok {
			known = append(known, p)
		} else {
			others = others || n[p] > 0
		}
	}
	slices.SortStableFunc(known, func(a, b int32) int { return n[b] - n[a] })
	known = known[:min(len(known), most)]
	slices.Sort(known)
	for _, p := range known {
		out = append(out, legendEntry{text: "period " + digits(int(p)), col: color.NRGBA(PeriodColors[p])})
	}
	if others {
		out = append(out, legendEntry{text: "others", col: color.NRGBA(OtherPeriodColor)})
	}
	return out
}

// Where an automatic scale of a map's losses is not linear: how many times the least
// one above 0 the greatest is. A few runs on the brink of divergence would leave one
// colour for all others.
const (
	LogSpan  = 30
	RankSpan = 1e6
)

// mapScale returns the kind of scale of a map's values.
func mapScale(m *scenes.Map, spread cpu.Spread, sorted []float64) string {
	if m.Scale != autoScale {
		return m.Scale
	}
	if spread != cpu.Decades || len(sorted) == 0 {
		return linearScale
	}
	i, _ := slices.BinarySearch(sorted, math.SmallestNonzeroFloat64)
	if i == len(sorted) {
		return linearScale
	}
	switch span := sorted[len(sorted)-1] / sorted[i]; {
	case span > RankSpan:
		return rankScale
	case span > LogSpan:
		return logScale
	}
	return linearScale
}

// drawMap draws the panel of the map: a run is one pixel, or a block of them, and
// never mixed with another. The scene's runs are rings at their parameters.
func (r *Renderer) drawMap(l *list, p panel) error {
	ly, m := &r.ly, &r.p.Scene.Map
	if err := r.cells.prepare(r.d, r.p.Map, m); err != nil {
		return err
	}
	q, err := cpu.LookupQuantity(m.Of)
	if err != nil {
		return err
	}
	over := r.p.Map.Sweep.Over
	x, y := newParamCells(&over[0]), newParamCells(&over[1])
	a := newAxes(p, q.Title, x.name(), y.name(), x, y, r.text, ly)
	l.add(command{Kind: kindMap, A: a.plot.f32(), B: [4]float32{float32(r.cells.made)}}, white)
	a.draw(l, r.text, ly)
	r.mapKey(l, a.plot)
	radius := max(dotSize*ly.pt, 4) / 2 * 1.15
	for i := len(r.runs) - 1; i >= 0; i-- {
		run := r.runs[i]
		vx, okx := run.t.Run.Param(over[0].Name)
		vy, oky := run.t.Run.Param(over[1].Name)
		if !okx || !oky {
			continue
		}
		ux, okx := x.find(vx)
		uy, oky := y.find(vy)
		if okx && oky {
			l.ring(a.plot.x0+ux*a.plot.w(), a.plot.y1-uy*a.plot.h(), radius, max(1.1*ly.pt, 1), run.color, ly.theme.casing)
		}
	}
	return nil
}

// mapKey explains the colours of a map, to the right of its plot.
func (r *Renderer) mapKey(l *list, plot rect) {
	ly, c := &r.ly, &r.cells
	st := style{regular, ly.px(tickSize), ly.theme.ink}
	line := 1.5 * st.px
	x0 := math.Round(plot.x1 + barGap*ly.pt)
	side := math.Round(barWidth * ly.pt)
	y := plot.y0
	if c.scale != nil {
		bar := plot
		if len(c.swatches) > 0 {
			bar.y1 = math.Round(bar.y1 - float64(len(c.swatches))*line - 0.35*st.px)
		}
		colorbar(l, r.text, ly, bar, c.scale, scenes.Contour{Colormap: r.p.Scene.Map.Colormap})
		y = plot.y1 - float64(len(c.swatches))*line
	}
	w := ly.line(axisWidth)
	for _, e := range c.swatches {
		at := rect{x0, y + line - side, x0 + side, y + line}.whole()
		l.rect(at, 0, e.col)
		l.frame(at.inset(-math.Floor(w/2)), w, ly.theme.ink)
		r.text.put(l, e.text, st, at.x1+(tickLength+tickGap)*ly.pt, at.cy(), align{0, true}, false)
		y += line
	}
}
