package draw

import (
	"image/color"
	"math"
	"strconv"

	"losscape/cpu"
	"losscape/scenes/figure"
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

// ensembleKey explains the colours of an ensemble in the line of the title, to its right,
// where there is room.
func (r *Renderer) ensembleKey(l *list) {
	ly := &r.ly
	parts := r.keyParts()
	if len(parts) == 0 || ly.Heading == 0 {
		return
	}
	st := style{regular, ly.Px(figure.TickSize), ly.Theme.Ink}
	gap, disc := keyGap*ly.Pt, 0.72*st.px
	bar := math.Round(keyWidth * ly.Pt)
	width := func(p keyPart) float64 {
		switch {
		case p.bar:
			return bar
		case p.color.A > 0:
			return disc
		}
		return r.text.width(p.text, st)
	}
	all := -gap
	for _, p := range parts {
		all += width(p) + gap
	}
	x := float64(ly.W) - figure.MarginSize*ly.Pt - all
	title := r.text.width(r.p.Scene.Title, style{medium, ly.Px(figure.HeadingSize), ly.Theme.Ink})
	if x < (float64(ly.W)+title)/2+4*gap {
		return
	}
	x = math.Round(x)
	y := ly.Heading - figure.CapHeight/2*ly.Px(figure.HeadingSize)
	for _, p := range parts {
		switch {
		case p.bar:
			r.keyBar(l, figure.Rect(x, math.Round(y-keyHeight/2*ly.Pt), x+bar, math.Round(y+keyHeight/2*ly.Pt)))
		case p.color.A > 0:
			l.disc(x+disc/2, y, disc/2, 0, p.color)
		default:
			r.text.put(l, p.text, st, x, y, align{0, true}, false)
		}
		x += width(p) + gap
	}
}

// keyParts returns the parts of an ensemble's key; none where there is nothing to explain.
func (r *Renderer) keyParts() []keyPart {
	w := &r.p.Scene.Ensemble
	if r.p.Ensemble == nil || r.contour == nil && r.solid == nil {
		return nil
	}
	look := newEnsembleLook(r.p.Scene, r.ly.Pt)
	switch look.tells {
	case tellHeight:
		text := func(v float32) string {
			v64, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', 3, 32), 64)
			return scale.Short(v64)
		}
		return []keyPart{{text: "Loss"}, {text: text(r.p.Field.Min)}, {bar: true}, {text: text(r.p.Field.Max)}}
	case tellClass:
		c := classColors[look.theme]
		return []keyPart{
			{color: c[0]}, {text: "under way"},
			{color: c[1]}, {text: cpu.Converged.String()},
			{color: c[2]}, {text: cpu.Periodic.String()},
		}
	case tellShade:
		for i := range w.Over {
			if p := &w.Over[i]; p.Name == w.Color {
				v := p.Values
				return []keyPart{{text: scale.NewParamAxis(p).Name()}, {text: scale.Parameter(v[0])}, {bar: true}, {text: scale.Parameter(v[len(v)-1])}}
			}
		}
	}
	return nil
}

// keyBar draws the colour map of an ensemble from left to right.
func (r *Renderer) keyBar(l *list, bar figure.Rectangle) {
	colors := palette.Colormap(r.p.Scene.Ensemble.Colormap)
	n := int(bar.W())
	for i := range n {
		x := bar.X0 + float64(i)
		l.rect(figure.Rect(x, bar.Y0, x+1, bar.Y1), 0, color.NRGBA(colors.At((float64(i)+0.5)/float64(n))))
	}
	w := r.ly.Line(figure.AxisWidth)
	l.frame(bar.Inset(-math.Floor(w/2)), w, r.ly.Theme.Ink)
}
