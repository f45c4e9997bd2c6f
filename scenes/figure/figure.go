// Package figure lays out what the pictures of a scene show, and lists it for a printer: panels
// with their axes, ticks, legends, colour bars, read-outs, paths and points, and the
// controls of a window. It draws nothing, imports no OpenGL and computes no loss.
//
// A panel is a file with a view: what all frames have in common, what a frame has besides,
// and what the mouse picks. A new one is that file with its row in panels, and a row in
// scenes.PanelKinds.
//
// Sizes are in points, 1/432 of the height of a picture with one row of panels, so that
// it looks the same at every size; a Medium says what lies between points and the printer:
// pixels, the thinnest line, the smallest letters.
package figure

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// Terrain is what a figure has to know of a landscape, wherever that is.
type Terrain interface {
	// Range returns the least and the greatest loss.
	Range() (lo, hi float64)

	// Scale returns the scale of a kind of scenes' scales that spans all losses.
	Scale(kind string) (*scale.Scale, error)

	// Heights returns the losses on a scale, thinned out.
	Heights(s *scale.Scale) (*Heights, error)
}

// Content is what a figure shows of a scene.
type Content struct {
	Scene        *scenes.Scene
	View         cpu.Grid          // the range of the plane that is shown
	Terrain      Terrain           // of the landscape over View; nil where no panel shows it
	Trajectories []*cpu.Trajectory // index 0 is the start
	Ensemble     bool              // the scene's ensemble is shown
	Endings      []cpu.Ending      // of Trajectories; nil where they are not known (yet)
	Stabilities  [][]float64       // of Trajectories, from cpu.Problem.Stabilities, for Scene.Film.Stability; nil where they are not known (yet)
	Counted      []cpu.Ending      // of the runs that panels "status" count: see scenes.PanelKind; nil for Endings
	Map          *cpu.Result       // what the runs of Scene.MapSweep came to, for panels "map"
	Stable       *cpu.StableRates  // of Map, for the line that Scene.Map.Stability asks for; nil for none
	Cells        *Cells            // of Map, from PaintCells; nil has them painted
	Steady       [2]int            // of a window's map: the numbers of runs along its sides whose whole pixels its plot has, whatever it shows at the moment; zero for those of Map
	Zoom         *Zoom             // in place of Map, for a film that zooms into it; nil for others
	Orbit        *cpu.Result       // what the runs of Scene.OrbitSweep came to, with Scene.Orbit's Settings, for panels "orbit"
	OrbitStable  *cpu.StableRates  // of Orbit, as Stable
	OrbitCells   *Cells            // of Orbit, from PaintOrbit; nil has them painted
}

// Check returns an error unless a figure can show c.
func (c *Content) Check() error {
	s := c.Scene
	if s == nil || s.Problem == nil {
		return errors.New("picture without a scene")
	}
	if err := s.Unresolved(); err != nil {
		return err
	}
	if len(s.Film.Panels) == 0 {
		return errors.New("scene without panels")
	}
	if palette.ThemeOf(s.Film.Theme) == nil {
		return fmt.Errorf("unknown theme %q", s.Film.Theme)
	}
	for _, name := range []string{s.Surface.Colormap, s.Contour.Colormap} {
		if palette.Colormap(name) == nil {
			return fmt.Errorf("unknown colormap %q", name)
		}
	}
	for _, p := range s.Film.Panels {
		kind, ok := scenes.PanelKindOf(p.Kind)
		switch {
		case !ok:
			return fmt.Errorf("unknown panel %q", p.Kind)
		case !kind.Fits(s.Problem):
			return fmt.Errorf("panel %q needs data of another number of features than %d", p.Kind, s.Problem.Features())
		case kind.Map:
			if err := c.checkMap(); err != nil {
				return err
			}
		case kind.Orbit:
			if err := checkOrbit(c.Orbit, &s.Orbit); err != nil {
				return err
			}
		}
	}
	return nil
}

// Figure is a scene laid out on a medium: what is drawn of it once, and in each frame.
type Figure struct {
	Layout
	Content

	runs  []*run
	views []view // of Layout.Panels
	at    int    // the frame that was listed last
}

// New lays out a figure of w by h units.
func New(c Content, w, h float64, m Medium) (*Figure, error) {
	return NewWithStrip(c, w, h, 0, m)
}

// NewWithStrip lays out a figure above a strip at the lower edge, such as a window's
// controls.
func NewWithStrip(c Content, w, h, strip float64, m Medium) (*Figure, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	f := &Figure{Layout: NewLayout(c.Scene, w, h-strip, m), Content: c}
	f.H = h
	f.runs = newRuns(c.Scene, c.Trajectories, f.Theme)
	for i, p := range f.Panels {
		v, err := panels[p.Kind](f, i, p)
		if err != nil {
			return nil, err
		}
		f.views = append(f.views, v)
	}
	f.lay()
	for _, v := range f.views {
		if s, ok := v.(interface{ settle(f *Figure) error }); ok {
			if err := s.settle(f); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// flat is a panel that has axes around its plot.
type flat interface {
	// left returns the room that the panel needs between its cell's left edge and its plot.
	left(ly *Layout) float64

	// lay puts panel i, which it is, into its place, with at least so much room to the
	// left of the plot, and has f know the plot.
	lay(f *Figure, i int, left float64)
}

// lay puts all panels with axes into their places. The plots of panels above each other
// begin on one line.
func (f *Figure) lay() {
	need := make([]float64, len(f.views))
	for i, v := range f.views {
		if v, ok := v.(flat); ok {
			need[i] = v.left(&f.Layout)
		}
	}
	for i, v := range f.views {
		v, ok := v.(flat)
		if !ok {
			continue
		}
		left, cell := need[i], f.Panels[i].Cell
		for j, p := range f.Panels {
			if p.Cell.X0 == cell.X0 && p.Cell.X1 == cell.X1 {
				left = max(left, need[j])
			}
		}
		v.lay(f, i, left)
	}
}

// Static lists what all frames have in common.
func (f *Figure) Static(l *display.List) {
	l.Pixels = f.Medium.Pixels
	f.heading(l)
	for i, v := range f.views {
		l.InPanel(i)
		v.static(l, f)
	}
}

// heading writes the scene's title above all panels, and the key of its ensemble.
func (f *Figure) heading(l *display.List) {
	if f.Heading == 0 {
		return
	}
	margin := MarginSize * f.Pt
	lo, hi := margin, f.W-margin
	if key := f.ensembleKey(l); key > 0 {
		hi = key - 4*keyGap*f.Pt
	}
	line(l, &f.Layout, f.Scene.Title, f.headingStyle(), f.W/2, f.Heading, lo, hi)
}

// headingStyle returns the style of the scene's title.
func (f *Figure) headingStyle() display.Style {
	return display.Style{Weight: letters.Medium, Size: f.Px(HeadingSize), Color: f.Theme.Ink}
}

// Frame lists what frame k ≥ 0 shows besides.
func (f *Figure) Frame(l *display.List, k int) {
	l.Pixels = f.Medium.Pixels
	f.at = k
	for i, v := range f.views {
		l.InPanel(i)
		v.frame(l, f, k)
	}
}

// runsOf returns the runs that panel i shows.
func (f *Figure) runsOf(i int) []*run {
	own := f.Scene.Film.Panels[i].Runs
	if own == nil {
		return f.runs
	}
	var out []*run
	for _, k := range own {
		for _, r := range f.runs {
			if r.index == k {
				out = append(out, r)
			}
		}
	}
	return out
}

// titleOf returns what stands above panel i.
func (f *Figure) titleOf(i int) string { return f.Scene.PanelTitle(f.Scene.Film.Panels[i]) }

// numbers writes texts of numbers with the scene's decimal mark.
func (l *Layout) numbers(texts []string) []string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = l.Labels.Decimal(t)
	}
	return out
}

// labelled returns a value behind the word for it, as in "Loss: 0.5"; a word of one space
// writes nothing.
func labelled(word, value string) string {
	if strings.TrimSpace(word) == "" {
		return value
	}
	return word + ": " + value
}

// lossRange returns the scale of the axis box: the terrain's with some room, and
// more for the losses of runs that leave the landscape by more than most of that:
// so the box, and the surface in it, seldom differ between one set of runs and
// another.
func (f *Figure) lossRange(s *scale.Scale, runs []*run) *scale.Scale {
	least, most := s.A, s.B
	lo, hi := least, most
	span := hi - lo
	for _, run := range runs {
		for k := range run.n {
			p := run.plane[k]
			v := f.View
			if p[0] < v.X.Min || p[0] > v.X.Max || p[1] < v.Y.Min || p[1] > v.Y.Max {
				continue
			}
			switch l := s.To(run.t.Loss[k]); {
			case l < least-0.02*span && l > least-0.5*span:
				lo = min(lo, l)
			case l > most+0.02*span && l < most+0.5*span:
				hi = max(hi, l)
			}
		}
	}
	span = hi - lo
	if span <= 1e-6*max(math.Abs(lo), math.Abs(hi), 1e-6) {
		span = max(math.Abs(hi), 1)
		return s.Between(lo-span/2, hi+span/2)
	}
	return s.Between(lo-0.03*span, hi+0.03*span)
}
