package figure

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// Sheet is a figure of a sweep alone, on a page of the size that it needs: the map of a
// sweep over two parameters, or the plot of one over one. In a map each run is a
// rectangle of its colour, and of whole pixels on a medium that has them; the first
// parameter runs to the right and the second upwards.
type Sheet struct {
	Layout
	Cells *Cells            // of a map, for its slot; nil of a plot
	Plot  display.Rectangle // where the runs are

	// Stable has List draw where runs become unstable; nil for none.
	Stable *cpu.StableRates

	axes   *axes
	points *points // of a plot; nil of a map
	sweep  *cpu.Sweep
	scale  *scale.Scale
	shades shades // of a map on a scale, and of an orbit diagram
	scene  *scenes.Scene
	title  string      // what is shown
	bar    string      // beside the colour bar
	above  []sheetLine // titles
	below  []sheetLine // legend
}

// sheetLine is a text of a sheet at the left end of its baseline, or in the middle of it.
type sheetLine struct {
	text  string
	style display.Style
	at    display.Point
	align display.Align
	Swatch
}

// Sizes of a sheet in pixels. A run of a map is a block of at least one pixel, and so
// large that the map has longSide along its longer side and shortSide along either.
const (
	longSide   = 512
	shortSide  = 256
	plotWidth  = 1280
	plotHeight = 640
	plotEm     = 22
)

// Sizes of a sheet on paper, in points, and its least width, in ems.
const (
	paperSide  = 360.0
	paperPlot  = 420.0
	sheetWidth = 40.0
)

// SheetSize returns how many pixels the runs of a map cover.
func SheetSize(nx, ny int) (w, h int) {
	up := func(want, n int) int { return (want + n - 1) / n }
	k := up(longSide, max(nx, ny))
	return nx * max(k, up(shortSide, nx)), ny * max(k, up(shortSide, ny))
}

// SheetScales returns the names of the scales that a sheet can have.
func SheetScales() []string { return []string{scale.Auto, scale.Linear, scale.Log, scale.Rank} }

// CheckSheet returns an error unless a sweep over so many parameters can be shown as m
// says.
func CheckSheet(m *scenes.Map, axes int) error {
	q, unknown := cpu.LookupQuantity(m.Of)
	kinds := SheetScales()
	switch {
	case axes != 1 && axes != 2:
		return fmt.Errorf("a picture of %d parameters cannot be drawn, it shows one (as a plot) or two (as a map): "+
			"sweep over one or two of them, or write a table and pick from it", axes)
	case unknown != nil:
		return unknown
	case !slices.Contains(kinds, m.Scale):
		return fmt.Errorf("scale %q, want one of: %s", m.Scale, strings.Join(kinds, ", "))
	case palette.Colormap(m.Palette()) == nil:
		return fmt.Errorf("colour map %q, want one of: %s", m.Colormap, strings.Join(scenes.MapColormaps, ", "))
	case m.CheckColormap() != nil:
		return m.CheckColormap()
	case m.Scale != scale.Auto && q.Spread == cpu.Apart:
		return fmt.Errorf("%s has no %s scale, it is shown by a colour for each", m.Of, m.Scale)
	case axes == 1 && q.Kind == cpu.Label:
		return errors.New("a plot of one parameter shows the status by colour beside another quantity, such as loss")
	case axes == 1 && m.Scale == scale.Rank:
		return errors.New("ranks are for maps of two parameters, a plot of one is linear or log")
	}
	return nil
}

// NewSheet lays out what the runs of a sweep of a scene came to, as its Map says. The
// subtitle says what the runs share. What the runs came to is read in a few passes, that of a map is
// not needed afterwards.
func NewSheet(s *scenes.Scene, of *cpu.Sweep, r Runs, subtitle string, m Medium) (*Sheet, error) {
	if err := CheckSheet(&s.Map, len(of.Over)); err != nil {
		return nil, err
	}
	q, err := cpu.LookupQuantity(s.Map.Of)
	if err != nil {
		return nil, err
	}
	if r.Quantity(q) == nil {
		return nil, fmt.Errorf("the sweep has no %s: ask for it in its settings", q.Name)
	}
	sh := newSheet(s, of, m, lower(s.Labels.Quantity[q.Name], q.Title))
	if len(of.Over) == 1 {
		err = sh.openPlot(r, q)
	} else {
		err = sh.openMap(r)
	}
	if err != nil {
		return nil, err
	}
	sh.place(sh.Title(), subtitle, sh.legend(r, q))
	return sh, nil
}

// newSheet returns an empty sheet, which shows what its title says.
func newSheet(s *scenes.Scene, of *cpu.Sweep, m Medium, title string) *Sheet {
	theme := *palette.ThemeOf("light")
	theme.Grid = color.NRGBA{228, 228, 230, 255} // runs are small points
	return &Sheet{scene: s, sweep: of, title: title, Layout: Layout{Medium: m, Theme: &theme, Labels: &s.Labels}}
}

// Title returns the title: the scene's, and what is shown.
func (sh *Sheet) Title() string { return sh.scene.Title + ": " + sh.title }

// lower returns a title as it is written within a sentence, if it is the usual one: in
// other languages nouns have capitals. People's names keep theirs.
func lower(title, usual string) string {
	if title == usual {
		return strings.ReplaceAll(strings.ToLower(title), "lyapunov", "Lyapunov")
	}
	return title
}

// size sets the size of the runs' area, in pixels, and of letters, in pixels to an em; on
// paper the longer side is scaled to so many points.
func (sh *Sheet) size(w, h, em, paper float64) {
	if !sh.Medium.Pixels {
		f := paper / max(w, h)
		w, h, em = w*f, h*f, max(em*f, sh.Medium.Text*1.2)
	}
	sh.Plot = display.Rect(0, 0, w, h)
	sh.Pt = em / TickSize
}

func (sh *Sheet) openMap(r Runs) (err error) {
	if sh.Cells, err = paintCells(r, sh.sweep, sh.scene); err != nil {
		return err
	}
	w, h := SheetSize(sh.Cells.NX, sh.Cells.NY)
	em := math.Round(math.Sqrt(float64(w)*float64(h)) / 36)
	sh.size(float64(w), float64(h), min(max(em, 16), 56), paperSide)
	over := sh.sweep.Over
	x, y := scale.NewParamCells(&over[0]), scale.NewParamCells(&over[1])
	sh.axes = newAxes(sh.panel(), "", sh.scene.ParamTitle(over[0].Name), sh.scene.ParamTitle(over[1].Name), x, y, &sh.Layout)
	if sh.scale = sh.Cells.scale; sh.scale == nil {
		return nil
	}
	sh.shades = newShades(sh.scale, sh.scene.Map.Palette())
	sh.bar = sh.title
	switch sh.scale.Kind {
	case scale.Log:
		sh.bar = scenes.Fill(sh.Labels.Sweep.Log, "quantity", sh.bar)
	case scale.Rank:
		sh.bar = scenes.Fill(sh.Labels.Sweep.Rank, "quantity", sh.bar)
	}
	return nil
}

// legend returns what is written below the runs: how many there are of each colour, and of
// each status if it has none.
func (sh *Sheet) legend(r Runs, q cpu.Quantity) (out []Swatch) {
	words := sh.Labels
	apart := q.Spread == cpu.Apart
	out = endSwatches(r, words, sh.points != nil || apart && q.Kind == cpu.Whole)
	gone, absent := palette.NoValue(sh.scene.Map.Palette())
	if sh.points == nil && !apart {
		for i := range out {
			if out[i].Color == color.NRGBA(palette.DivergedColor) {
				out[i].Color = color.NRGBA(gone)
			} else {
				out[i].Color = color.NRGBA{} // the scale has its runs
			}
		}
	}
	for i := range out {
		out[i].Text += ": " + share(out[i].Runs, r.N(), words)
	}
	if apart && sh.points == nil {
		return out
	}
	value := valueOf(r, q)
	status, _ := endOf(r)
	none, low := 0, 0
	signed := sh.scale != nil && sh.scale.Kind == scale.Signed
	for i := range r.N() {
		switch v := value(i); {
		case signed && v < sh.scale.Low:
			low++
		case !scale.Finite(v) && status(i) != cpu.Diverged:
			none++
		case v <= 0 && !signed:
			low++
		}
	}
	if none > 0 {
		out = append(out, Swatch{words.Legend.NotFinite + ": " + share(none, r.N(), words), color.NRGBA(absent), none})
	}
	if low > 0 && signed {
		out = append(out, Swatch{Text: scenes.Fill(words.Sweep.Beyond, "n", words.Decimal(scale.Short(sh.scale.Low))) + ": " + words.Whole(low)})
	}
	if low > 0 && sh.scale != nil && sh.scale.Kind == scale.Log {
		out = append(out, Swatch{Text: words.Sweep.Low + ": " + words.Whole(low)})
	}
	if sh.points != nil && sh.points.strip {
		out = append(out, Swatch{Text: words.Sweep.Top})
	}
	return out
}

// share writes a number of runs, and which part of all that is.
func share(n, all int, words *scenes.Labels) string {
	switch percent := 100 * float64(n) / float64(all); {
	case n == all:
		return words.Whole(n)
	case percent < 1:
		return words.Whole(n) + " (<1 %)"
	case percent > 99:
		return words.Whole(n) + " (>99 %)"
	default:
		return fmt.Sprintf("%s (%.0f %%)", words.Whole(n), percent)
	}
}

// place puts everything where it belongs, and finds the size of the page.
func (sh *Sheet) place(title, subtitle string, entries []Swatch) {
	ly := &sh.Layout
	em := ly.tickStyle().Size
	w, h := sh.Plot.W(), sh.Plot.H()
	name := ly.nameStyle()
	a := sh.axes
	a.xName, a.yName = ly.cut(a.across.Name(a.xName), name, max(w, sheetWidth/2*em)), ly.cut(a.up.Name(a.yName), name, h+2*em)
	if sh.scale != nil && sh.points == nil {
		m, _ := barMarks(ly, sh.Plot, sh.scale, sh.bar)
		more := ly.Width(m.Name(sh.bar), name) - ly.Width(sh.bar, name)
		sh.bar = ly.cut(sh.bar, name, h-more)
	}
	left := ly.Round(a.left(ly) + em/2)
	right := max(em, a.beyond(ly)+em/2)
	if sh.scale != nil && sh.points == nil {
		right = sh.barWidth() + em
	}
	right = ly.Round(right)
	width := max(left+w+right, ly.Round(sheetWidth*em))
	left += ly.Round((width - left - w - right) / 2)

	inner := width - 2*em
	heading := display.Style{Weight: letters.Medium, Size: ly.Px(TitleSize), Color: ly.Theme.Ink}
	y := ly.Round(0.7 * em)
	put := func(text string, st display.Style, step float64) {
		for _, l := range ly.wrap(text, st, inner) {
			y += ly.Round(step)
			sh.above = append(sh.above, sheetLine{text: l, style: st, at: display.Pt(width/2, y), align: display.Centre})
		}
	}
	put(title, heading, 1.3*heading.Size)
	put(subtitle, ly.tickStyle(), 1.4*em)
	top := ly.Round(y + 0.9*em)
	sh.Plot = display.Rect(left, top, left+w, top+h)
	a.plot, a.base = sh.Plot, y
	sh.W = width
	sh.H = ly.Round(sh.flow(entries, display.Pt(em, sh.Plot.Y1+a.under(ly)+0.9*em), inner) + em)
	a.cell = display.Rect(0, 0, sh.W, sh.H)
}

// panel returns the place of the sheet's plot for its axes, whose room has no end as yet.
func (sh *Sheet) panel() Panel {
	const far = 1e6
	return Panel{Plot: sh.Plot, Cell: display.Rect(-far, -far, far, far)}
}

// under returns how far labels and name reach from the lower side of the plot.
func (a *axes) under(ly *Layout) float64 {
	return ly.Round(TickLength*ly.Pt) + (TickGap+TickSize*letters.CapHeight+LabelGap+LabelSize*(0.95+letters.Descender))*ly.Pt
}

// beyond returns how far a label reaches over the right end of the plot.
func (a *axes) beyond(ly *Layout) (right float64) {
	st := ly.tickStyle()
	for i, t := range a.across.Labels {
		right = max(right, a.x(a.across.Values[i])+ly.Width(t, st)/2-a.plot.X1)
	}
	return right
}

// flow places a legend in lines that are at most so wide, and returns where it ends.
func (sh *Sheet) flow(entries []Swatch, from display.Point, width float64) (end float64) {
	st := sh.tickStyle()
	em := st.Size
	step := sh.Round(1.5 * em)
	x, y := 0.0, from.Y
	for _, e := range entries {
		indent := 0.0
		if e.Color.A > 0 {
			indent = 1.25 * em
		}
		for i, text := range sh.wrap(e.Text, st, width-indent) {
			w := indent + sh.Width(text, st)
			if x > 0 && (x+w > width || i > 0) {
				x, y = 0, y+step
			}
			l := sheetLine{text: text, style: st, at: display.Pt(from.X+x+indent, y+em), align: display.Left}
			if i == 0 {
				l.Swatch = e
			}
			sh.below = append(sh.below, l)
			x += w + 1.5*em
		}
	}
	if len(entries) == 0 {
		return from.Y
	}
	return y + step
}

// barWidth returns how much a colour bar with its labels and its name takes beside a map.
func (sh *Sheet) barWidth() float64 {
	ly := &sh.Layout
	return barWide(ly, sh.Plot, sh.scale, sh.bar) + LabelSize*ly.Pt
}

// List lists the sheet.
func (sh *Sheet) List(l *display.List) {
	ly := &sh.Layout
	l.Reset(display.Rect(0, 0, sh.W, sh.H))
	l.Pixels = ly.Medium.Pixels
	for _, t := range slices.Concat(sh.above, sh.below) {
		if t.Color.A > 0 {
			side := ly.Round(0.75 * t.style.Size)
			x, y := ly.Round(t.at.X-1.25*t.style.Size), ly.Round(t.at.Y)
			r := display.Rect(x, y-side, x+side, y)
			l.Rect(r, 0, t.Color)
			l.Frame(r, ly.Line(0.5), ly.Theme.Ink)
		}
		l.Text(t.text, t.style, t.at.X, t.at.Y, t.align, false)
	}
	if sh.points != nil {
		sh.axes.grid(l, ly)
		sh.points.draw(l, sh)
		sh.stability(l)
		sh.axes.draw(l, ly)
		return
	}
	l.Slot(display.KindMap, sh.Plot, 0)
	sh.stability(l)
	sh.axes.draw(l, ly)
	if sh.scale == nil {
		return
	}
	if !(sh.scale.B > sh.scale.A) {
		at := sh.Plot.X1 + sh.barWidth() - (LabelSize/2)*ly.Pt
		l.Upwards(sh.bar+" "+ly.Labels.Decimal(scale.Short(sh.scale.A)), ly.nameStyle(), at, sh.Plot.CY())
		return
	}
	sh.shades.bar(l, ly, sh.Plot, sh.bar)
}

// stability draws where runs become unstable.
func (sh *Sheet) stability(l *display.List) {
	m := newStableLine(sh.Stable, sh.scene, sh.sweep)
	if m == nil {
		return
	}
	side := sh.axes.horizontal
	if !m.across {
		side = sh.axes.vertical
	}
	m.draw(l, &sh.Layout, sh.Plot, side.Unit)
}

// wrap breaks a text into as few lines of at most some width as it can, and these about
// equally long.
func (l *Layout) wrap(text string, st display.Style, width float64) []string {
	lines := l.fold(text, st, width)
	for w := width - st.Size; w > st.Size && len(lines) > 1; w -= st.Size {
		narrower := l.fold(text, st, w)
		if len(narrower) > len(lines) {
			break
		}
		lines = narrower
	}
	return lines
}

// fold breaks a text into lines of at most some width, and a word only if it is longer.
func (l *Layout) fold(text string, st display.Style, width float64) (lines []string) {
	fits := func(s string) bool { return l.Width(s, st) <= width }
	now := ""
	for _, word := range strings.Fields(text) {
		longer := strings.TrimSpace(now + " " + word)
		if now != "" && !fits(longer) {
			lines, longer = append(lines, now), word
		}
		for letters := []rune(longer); !fits(longer) && len(letters) > 1; letters = []rune(longer) {
			n := 1
			for n+1 < len(letters) && fits(string(letters[:n+1])) {
				n++
			}
			lines, longer = append(lines, string(letters[:n])), string(letters[n:])
		}
		now = longer
	}
	if now != "" {
		lines = append(lines, now)
	}
	return lines
}
