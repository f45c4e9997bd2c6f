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

// margins is the curve panel of samples of more than one feature: the probability against
// the log-odds z = w · [x, 1], and how the samples of either class lie along these, as
// histograms from above for label 1 and from below for label 0. A bin's height is the share
// of its class that it has; the fullest one of a frame is as high as mostBin. The axis holds
// all samples from an eighth of the film on, and the outermost bins what lies beyond.
type margins struct {
	*axes
	runs   []*run
	lo, hi float64 // log-odds at the plot's edges
	names  *legend

	z     []float64 // log-odds of the samples
	of    *run      // of this run
	at    float64   // after so many updates
	curve []display.Vertex
}

// mostBin is the height of the fullest bin, in shares of a probability of 1.
const mostBin = 0.45

func openMargins(f *Figure, i int, p Panel) (view, error) {
	m := &margins{runs: f.runsOf(i), lo: -6, hi: 6} // p from 0.0025 to 0.9975 at least
	last := max(0, f.Scene.Film.Frames-1)
	for _, run := range m.runs {
		for j := range 8 {
			for _, z := range logOdds(f.Scene.Problem, run.state(last*(j+1)/8)) {
				if scale.Finite(z) {
					m.lo, m.hi = min(m.lo, z), max(m.hi, z)
				}
			}
		}
	}
	labels := &f.Scene.Labels
	room := 0.03 * (m.hi - m.lo)
	m.lo, m.hi = m.lo-room, m.hi+room
	m.axes = newAxes(p, f.titleOf(i), labels.Axis.Odds, labels.Axis.Prediction, scale.NewLinear(m.lo, m.hi), scale.NewLinear(-0.02, 1.02), &f.Layout)
	return m, nil
}

// settle makes the legend, once all panels are there.
func (m *margins) settle(f *Figure) error {
	th, s := f.Theme, f.Scene
	entries := []legendEntry{{text: s.Classes[0], dot: true, col: th.Positive}, {text: s.Classes[1], dot: true, col: th.Negative}}
	if len(m.runs) > 1 {
		if entries = nil; !told(f, m.runs) {
			entries = runEntries(m.runs, mostEntries, "", &f.Layout)
		}
	}
	g := newLegend(entries, TickSize*f.Pt, &f.Layout)
	g.narrow(0.6*m.plot.W(), &f.Layout)
	if len(entries) == 0 || g.h > 0.5*m.plot.H() {
		return nil
	}
	var way trail
	for _, v := range m.sigmoid() {
		way.points = append(way.points, Vec3{v.X, v.Y, 0})
	}
	ways := []trail{way}
	for _, frame := range []int{0, f.Scene.Film.Frames / 2, f.Scene.Film.Frames - 1} {
		for _, run := range m.runs {
			for _, bins := range m.histograms(f, run, max(frame, 0)) {
				var t trail
				for _, v := range bins {
					t.points = append(t.points, Vec3{v.X, v.Y, 0})
				}
				ways = append(ways, t)
			}
		}
	}
	m.names = g
	g.stand(m.plot, ways, &f.Layout)
	return nil
}

func (m *margins) static(l *display.List, f *Figure) {
	m.grid(l, &f.Layout)
	m.draw(l, &f.Layout)
}

// frame lists the histograms as frame k has them, and the curve over them.
func (m *margins) frame(l *display.List, f *Figure, k int) {
	th := f.Theme
	l.Within(m.plot, func() {
		for i := len(m.runs) - 1; i >= 0; i-- {
			run := m.runs[i]
			for class, outline := range m.histograms(f, run, k) {
				c := [2]color.NRGBA{th.Negative, th.Positive}[class]
				if len(m.runs) == 1 {
					m.fill(l, outline, c)
				} else {
					c = run.color
				}
				l.Line(outline, f.AtLeast(0.8, 0.8), c)
			}
		}
		l.Line(m.sigmoid(), f.AtLeast(CurveWidth, 1.2), th.Ink)
	})
	if m.names != nil {
		m.names.draw(l, &f.Layout)
	}
}

// fill fills a histogram from its outline, which has two corners a bin.
func (m *margins) fill(l *display.List, outline []display.Vertex, c color.NRGBA) {
	if len(outline) == 0 {
		return
	}
	base := outline[0].Y
	for i := 1; i+1 < len(outline); i += 2 {
		a, b := outline[i], outline[i+1]
		l.Rect(display.Rect(a.X, min(a.Y, base), b.X, max(a.Y, base)), 0, palette.WithAlpha(c, 0.45))
	}
}

// histograms returns the outlines of the histograms of label 0 and of label 1, of a run at
// frame k.
func (m *margins) histograms(f *Figure, run *run, k int) (out [2][]display.Vertex) {
	p := f.Scene.Problem
	if m.of != run || m.at != run.at(k) || m.z == nil {
		m.z, m.of, m.at = logOdds(p, run.state(k)), run, run.at(k)
	}
	bins := binsOf(max(float64(p.N()), p.Total()), m.plot.W()/f.AtLeast(6, 4))
	var count [2][]float64 // by the samples' weights
	count[0], count[1] = make([]float64, bins), make([]float64, bins)
	var all [2]float64
	for i, z := range m.z {
		class := int(p.Y[i])
		all[class] += p.Count(i)
		if at := (z - m.lo) / (m.hi - m.lo); !math.IsNaN(at) {
			count[class][int(min(max(at, 0)*float64(bins), float64(bins-1)))] += p.Count(i)
		}
	}
	most := 0.0
	share := func(class, bin int) float64 {
		if all[class] == 0 {
			return 0
		}
		return count[class][bin] / all[class]
	}
	for class := range count {
		for bin := range bins {
			most = max(most, share(class, bin))
		}
	}
	if most == 0 {
		return out
	}
	for class := range out {
		y := func(height float64) float64 {
			if class == 1 {
				height = 1 - height
			}
			return m.y(height)
		}
		at := func(bin int) float64 { return f.Round(m.plot.X0 + float64(bin)/float64(bins)*m.plot.W()) }
		v := append(out[class], display.Vertex{X: at(0), Y: y(0)})
		for bin := range bins {
			high := y(mostBin * share(class, bin) / most)
			v = append(v, display.Vertex{X: at(bin), Y: high}, display.Vertex{X: at(bin + 1), Y: high})
		}
		out[class] = append(v, display.Vertex{X: at(bins), Y: y(0)})
	}
	return out
}

// binsOf returns how many bins n samples have, at most most: twice as many as by Rice's rule,
// 2 ∛n, as the log-odds of most frames are on a part of the axis.
func binsOf(n, most float64) int {
	return int(math.Round(min(4*math.Cbrt(n), 60, max(8, most))))
}

// sigmoid returns the curve of the probability, denser where it bends.
func (m *margins) sigmoid() []display.Vertex {
	if m.curve != nil {
		return m.curve
	}
	at := []float64{m.lo, m.hi}
	for z := -12.0; z <= 12; z += 0.1 {
		if z > m.lo && z < m.hi {
			at = append(at, z)
		}
	}
	slices.Sort(at)
	for _, z := range at {
		m.curve = append(m.curve, display.Vertex{X: m.x(z), Y: m.y(cpu.Sigmoid(z))})
	}
	return m.curve
}

func (m *margins) pick(*Hit, *Figure, display.Point) {}

func (m *margins) probe(*display.List, *Figure, *Reading) {}
