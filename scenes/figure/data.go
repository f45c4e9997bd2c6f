package figure

import (
	"image/color"
	"math"
	"slices"

	"losscape/cpu"
	"losscape/scenes/display"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// data is the panel of samples of two features: each class in its colour, the line on which
// both are as likely by the weights of each run, and, of a single run, shades of how likely
// they are.
type data struct {
	*axes
	runs    []*run
	samples []sampleDot
	names   *legend
}

// sampleDot is where samples are in a plot, all of one class.
type sampleDot struct {
	x, y     float64
	positive bool
}

func openData(f *Figure, i int, p Panel) (view, error) {
	d := &data{runs: f.runsOf(i)}
	s := f.Scene
	var ends [2][2]float64
	for j := range ends {
		ends[j][0], ends[j][1] = featureRange(s, j)
	}
	d.axes = newAxes(p, f.titleOf(i), s.FeatureTitle(0), s.FeatureTitle(1), scale.NewLinear(ends[0][0], ends[0][1]), scale.NewLinear(ends[1][0], ends[1][1]), &f.Layout)
	return d, nil
}

func (d *data) lay(f *Figure, i int, left float64) {
	d.axes.lay(f, i, left)
	// Samples nearer than half a dot to one of their class are one; more where they are
	// too many.
	for step := f.AtLeast(SampleSize, 2) / 4; ; step *= 1.5 {
		if d.samples = d.thinned(f.Scene.Problem, step); len(d.samples) <= mostSamples {
			break
		}
	}
}

// mostSamples is how many dots the panel has, which are drawn anew in each frame.
const mostSamples = 20_000

// thinned returns a dot for all samples of a class in a square of some width.
func (d *data) thinned(p *cpu.Problem, step float64) (out []sampleDot) {
	type place struct {
		x, y     int
		positive bool
	}
	seen := map[place]bool{}
	for i := range p.N() {
		x, y := d.x(p.X.At(i, 0)), d.y(p.X.At(i, 1))
		at := place{int(math.Round(x / step)), int(math.Round(y / step)), p.Y[i] == 1}
		if !seen[at] {
			seen[at] = true
			out = append(out, sampleDot{x, y, at.positive})
		}
	}
	return out
}

// settle makes the legend, once all panels are there: of the classes, and of the runs where no
// other panel names them.
func (d *data) settle(f *Figure) error {
	th, s := f.Theme, f.Scene
	entries := []legendEntry{{text: s.Classes[0], dot: true, col: th.Positive}, {text: s.Classes[1], dot: true, col: th.Negative}}
	if len(d.runs) > 1 && !told(f, d.runs) {
		entries = append(entries, runEntries(d.runs, mostEntries-2, "", &f.Layout)...)
	}
	g := newLegend(entries, TickSize*f.Pt, &f.Layout)
	g.narrow(0.7*d.plot.W(), &f.Layout)
	if g.h > 0.6*d.plot.H() {
		return nil // a thumbnail
	}
	var ways []trail
	for i := 0; i < len(d.samples); i += 1 + len(d.samples)/500 {
		ways = append(ways, trail{points: []Vec3{{d.samples[i].x, d.samples[i].y, 0}}})
	}
	d.names = g
	g.stand(d.plot, ways, &f.Layout)
	return nil
}

func (d *data) static(l *display.List, f *Figure) {
	d.grid(l, &f.Layout)
	d.draw(l, &f.Layout)
}

// frame lists the shades, the samples and the lines as frame k has them.
func (d *data) frame(l *display.List, f *Figure, k int) {
	l.Within(d.plot, func() {
		if len(d.runs) == 1 {
			d.shade(l, f, d.runs[0].state(k))
		}
		radius := f.AtLeast(SampleSize, 2) / 2
		for _, s := range d.samples {
			c := f.Theme.Negative
			if s.positive {
				c = f.Theme.Positive
			}
			l.Disc(s.x, s.y, radius, 0, palette.WithAlpha(c, 0.75))
		}
		for i := len(d.runs) - 1; i >= 0; i-- {
			c := d.runs[i].color
			if len(d.runs) == 1 {
				c = f.Theme.Ink
			}
			d.border(l, d.runs[i].state(k), f.AtLeast(CurveWidth, 1.2), c)
		}
	})
	if d.names != nil {
		d.names.draw(l, &f.Layout)
	}
}

// border draws the line on which both classes are as likely.
func (d *data) border(l *display.List, w []float64, width float64, c color.NRGBA) {
	if at, up, ok := d.level(w, 0); ok {
		far := d.far()
		l.Line([]display.Vertex{{X: at.X - far*up.Y, Y: at.Y + far*up.X}, {X: at.X + far*up.Y, Y: at.Y - far*up.X}}, width, c)
	}
}

// far returns a distance that reaches beyond the plot from anywhere in it.
func (d *data) far() float64 { return 2 * (d.plot.W() + d.plot.H()) }

// level returns the line in the plot on which the log-odds are z: its point that is nearest
// to the plot's middle, and the direction, of length 1, in which they grow. ok is false if no
// such line is near the plot.
func (d *data) level(w []float64, z float64) (at, up display.Point, ok bool) {
	// The log-odds in pixels: those in the plot's middle, and their gradient.
	x0, x1 := d.horizontal.(*scale.Scale).Ends()
	y0, y1 := d.vertical.(*scale.Scale).Ends()
	gx, gy := w[0]*(x1-x0)/d.plot.W(), -w[1]*(y1-y0)/d.plot.H()
	middle := w[0]*(x0+x1)/2 + w[1]*(y0+y1)/2 + w[2]
	g := math.Hypot(gx, gy)
	off := (z - middle) / g
	if !(math.Abs(off) < d.far()/2) {
		return at, up, false // flat, or not finite
	}
	up = display.Pt(gx/g, gy/g)
	return display.Pt(d.plot.CX()+off*up.X, d.plot.CY()+off*up.Y), up, true
}

// shadeSteps is how many shades there are between the two classes, an even number, so that
// one border of them is the decision line.
const shadeSteps = 16

// shade fills the plot with how likely the classes are: from the colour of one, by that of
// the paper in the middle, to that of the other.
func (d *data) shade(l *display.List, f *Figure, w []float64) {
	if slices.ContainsFunc(w, func(x float64) bool { return !scale.Finite(x) }) {
		return
	}
	logit := func(i int) float64 { return math.Log(float64(i) / float64(shadeSteps-i)) }
	first := 0 // of the shades that the plot has
	for first+1 < shadeSteps && d.above(w, logit(first+1)) {
		first++
	}
	color := func(i int) color.NRGBA { return f.probability((float64(i) + 0.5) / shadeSteps) }
	l.Rect(d.plot, 0, color(first))
	// Under each shade the one before goes on, so that no seam shows between them.
	for i := first + 1; i < shadeSteps; i++ {
		at, up, ok := d.level(w, logit(i))
		if !ok {
			continue
		}
		far := d.far()
		corner := func(along, out float64) display.Point {
			return display.Pt(at.X+far*(out*up.X-along*up.Y), at.Y+far*(out*up.Y+along*up.X))
		}
		l.Polygon([4]display.Point{corner(-1, 0), corner(1, 0), corner(1, 2), corner(-1, 2)}, color(i))
	}
}

// above reports whether all of the plot has log-odds above z.
func (d *data) above(w []float64, z float64) bool {
	least := w[2]
	for j, r := range []ruler{d.horizontal, d.vertical} {
		lo, hi := r.(*scale.Scale).Ends()
		least += min(w[j]*lo, w[j]*hi)
	}
	return least > z
}

// probability returns the shade of a probability of label 1.
func (f *Figure) probability(p float64) color.NRGBA {
	th, c := f.Theme, f.Theme.Positive
	if p < 0.5 {
		p, c = 1-p, th.Negative
	}
	return mix(th.Paper, c, 0.45*(2*p-1))
}

func (d *data) pick(*Hit, *Figure, display.Point) {}

// probe lists the line of the weights that are read.
func (d *data) probe(l *display.List, f *Figure, q *Reading) {
	if len(q.W) != 3 {
		return
	}
	l.Within(d.plot, func() { d.border(l, q.W, f.AtLeast(1.4, 1.2), mix(f.Theme.Paper, f.Theme.Ink, 0.75)) })
}

// state returns a run's weights at frame k.
func (r *run) state(k int) []float64 {
	i := r.reached(k)
	w := slices.Clone(r.t.At(i))
	if share := r.at(k) - float64(i); share > 0 {
		next := r.t.At(i + 1)
		for j := range w {
			w[j] += share * (next[j] - w[j])
		}
	}
	return w
}

// logOdds returns those of all samples.
func logOdds(p *cpu.Problem, w []float64) []float64 {
	n, d := p.X.Dims()
	z := make([]float64, n)
	for i := range n {
		z[i] = w[d]
		for j, x := range p.X.RawRowView(i) {
			z[i] += x * w[j]
		}
	}
	return z
}
