package figure

import (
	"image/color"
	"strconv"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// Sizes of the key of an ensemble in points.
const (
	keyWidth  = 64.0 // of its colour bar
	keyHeight = 8.0
	keyGap    = 5.0
)

// keyPart is a piece of an ensemble's key: text, a disc or the colour bar.
type keyPart struct {
	text  string
	color color.NRGBA // of a disc, if it is not 0
	bar   bool
}

// ensembleKey explains the colours of an ensemble in the line of the title, at its right
// end, where it leaves the title more than half of the line. It returns where the key
// begins, 0 without one.
func (f *Figure) ensembleKey(l *display.List) float64 {
	ly := &f.Layout
	parts := f.keyParts()
	if len(parts) == 0 {
		return 0
	}
	st := display.Style{Weight: letters.Regular, Size: ly.Px(TickSize), Color: ly.Theme.Ink}
	gap, disc := keyGap*ly.Pt, 0.72*st.Size
	bar := ly.Round(keyWidth * ly.Pt)
	width := func(p keyPart) float64 {
		switch {
		case p.bar:
			return bar
		case p.color.A > 0:
			return disc
		}
		return f.Width(p.text, st)
	}
	all := -gap
	for _, p := range parts {
		all += width(p) + gap
	}
	x := ly.W - MarginSize*ly.Pt - all
	if title := f.Width(f.Scene.Title, f.headingStyle()); x < min(0.55*ly.W, MarginSize*ly.Pt+title+4*gap) {
		return 0
	}
	x = ly.Round(x)
	begin := x
	y := ly.Heading - letters.CapHeight/2*ly.Px(HeadingSize)
	for _, p := range parts {
		switch {
		case p.bar:
			f.keyBar(l, display.Rect(x, ly.Round(y-keyHeight/2*ly.Pt), x+bar, ly.Round(y+keyHeight/2*ly.Pt)))
		case p.color.A > 0:
			l.Disc(x+disc/2, y, disc/2, 0, p.color)
		default:
			l.Text(p.text, st, x, y, display.MiddleLeft, false)
		}
		x += width(p) + gap
	}
	return begin
}

// keyParts returns the parts of an ensemble's key; none where there is nothing to explain.
func (f *Figure) keyParts() []keyPart {
	w, ly := &f.Scene.Ensemble, &f.Layout
	if !f.Ensemble || !f.Scene.Film.Shows(scenes.ContourPanel) && !f.Scene.Film.Shows(scenes.SurfacePanel) {
		return nil
	}
	switch {
	case w.Color == "density":
	case w.Color == "loss":
		lo, hi := f.Terrain.Range()
		text := func(v float64) string {
			v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 32), 64)
			return ly.Labels.Decimal(scale.Short(v))
		}
		return []keyPart{{text: ly.Labels.Loss}, {text: text(lo)}, {bar: true}, {text: text(hi)}}
	case w.Color == "status":
		c := ClassColors[f.Scene.Film.Theme]
		return []keyPart{
			{color: c[0]}, {text: ly.Labels.Running()},
			{color: c[1]}, {text: ly.Labels.StatusText(cpu.Converged)},
			{color: c[2]}, {text: ly.Labels.StatusText(cpu.Periodic)},
		}
	default:
		for i := range w.Over {
			if p := &w.Over[i]; p.Name == w.Color {
				v := p.Values
				return []keyPart{{text: f.Scene.ParamTitle(p.Name)}, {text: ly.Labels.Decimal(scale.Parameter(v[0]))}, {bar: true}, {text: ly.Labels.Decimal(scale.Parameter(v[len(v)-1]))}}
			}
		}
	}
	return nil
}

// ClassColors are by theme the colours of an ensemble's runs that are under way or have
// taken all of their steps, that have converged, and that are periodic.
var ClassColors = map[string][3]color.NRGBA{
	"light": {{70, 70, 78, 255}, {0, 105, 180, 255}, {245, 170, 0, 255}},
	"dark":  {{200, 202, 210, 255}, {70, 170, 255, 255}, {255, 186, 40, 255}},
}

// keyBar draws the colour map of an ensemble from left to right.
func (f *Figure) keyBar(l *display.List, bar display.Rectangle) {
	colors := palette.Colormap(f.Scene.Ensemble.Colormap)
	n := int(keyWidth)
	if f.Medium.Pixels {
		n = int(bar.W())
	}
	step := bar.W() / float64(n)
	for i := range n {
		x := bar.X0 + float64(i)*step
		l.Rect(display.Rect(x, bar.Y0, bar.X1, bar.Y1), 0, color.NRGBA(colors.At((float64(i)+0.5)/float64(n))))
	}
	w := f.Layout.Line(AxisWidth)
	l.Frame(f.around(bar, w), w, f.Layout.Theme.Ink)
}
