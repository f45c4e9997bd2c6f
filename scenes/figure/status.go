package figure

import (
	"image/color"
	"slices"
	"sort"

	"losscape/cpu"
	"losscape/scenes/display"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// statusClass is what runs are counted as: from update steps[j] on there are count[j] of
// them. The first step is 0.
type statusClass struct {
	text  string
	color color.NRGBA
	steps []int
	count []int
}

// at returns how many there are after some updates.
func (c *statusClass) at(updates int) int {
	return c.count[sort.SearchInts(c.steps, updates+1)-1]
}

// status is the panel of how many runs are under way and how many have ended in which
// way, against the number of updates.
type status struct {
	*axes
	classes []statusClass
	last    int // update that the film shows last
	names   *legend
	line    []display.Vertex
}

func openStatus(f *Figure, i int, p Panel) (view, error) {
	s := &status{last: 1}
	if n := f.Scene.Film.Frames; n > 0 {
		s.last = max(1, int(f.Scene.Film.Updates(n-1)))
	}
	s.count(f)
	vertical := scale.NewLinear(0, 1.05*float64(max(1, len(s.runs(f)))))
	labels := f.Labels
	s.axes = newAxes(p, f.titleOf(i), labels.Axis.Updates, labels.Axis.Runs, scale.NewLinear(0, float64(s.last)), whole{vertical}, &f.Layout)
	var entries []legendEntry
	for _, c := range s.classes {
		entries = append(entries, legendEntry{text: c.text, col: c.color, status: ": " + labels.Whole(len(s.runs(f)))})
	}
	s.names = newLegend(entries, TickSize*f.Pt, &f.Layout)
	return s, nil
}

func (s *status) lay(f *Figure, i int, left float64) {
	s.axes.lay(f, i, left)
	g := s.names
	g.narrow(0.7*s.plot.W(), &f.Layout)
	if g.h > 0.7*s.plot.H() { // a thumbnail
		s.names = nil
		return
	}
	g.stand(s.plot, s.trails(), &f.Layout)
}

// runs returns how the runs end that are counted.
func (s *status) runs(f *Figure) []cpu.Ending {
	if f.Counted != nil {
		return f.Counted
	}
	return f.Endings
}

// whole is a scale whose ticks are whole numbers.
type whole struct{ *scale.Scale }

func (w whole) Marks(bins int) scale.Marks {
	_, hi := w.Ends()
	return w.Scale.Marks(min(bins, max(1, int(hi))))
}

// count counts the runs after each update. One that has neither converged nor diverged is
// under way until it has taken all of its steps, as only then it is known how it ends.
func (s *status) count(f *Figure) {
	grey := mix(f.Theme.Paper, f.Theme.Ink, 0.6)
	all := []statusClass{{text: f.Labels.Running(), color: grey}}
	classOf := map[cpu.Status]int{cpu.StepLimit: 0}
	for _, st := range cpu.Statuses() {
		if st == cpu.StepLimit {
			continue
		}
		classOf[st] = len(all)
		all = append(all, statusClass{text: f.Labels.StatusText(st), color: color.NRGBA(palette.StatusColors[st])})
	}
	ends := make([][]int, len(all)) // when runs come to a class; of the first, when they leave it
	seen := [cpu.StatusCount]bool{0: true}
	runs := s.runs(f)
	for _, e := range runs {
		class := classOf[e.Status]
		seen[class] = true
		if class > 0 {
			ends[0], ends[class] = append(ends[0], e.Steps), append(ends[class], e.Steps)
		}
	}
	all[0].tally(len(runs), -1, ends[0])
	for i := 1; i < len(all); i++ {
		all[i].tally(0, 1, ends[i])
	}
	for i, c := range all {
		if seen[i] {
			s.classes = append(s.classes, c)
		}
	}
}

// tally fills in the counts that begin at n and change by one at each of some updates.
func (c *statusClass) tally(n, by int, ends []int) {
	slices.Sort(ends)
	c.steps, c.count = []int{0}, []int{n}
	for _, k := range ends {
		n += by
		if last := len(c.steps) - 1; c.steps[last] == k {
			c.count[last] = n
		} else {
			c.steps, c.count = append(c.steps, k), append(c.count, n)
		}
	}
}

// trails returns the ways of the counts over the plot.
func (s *status) trails() []trail {
	out := make([]trail, len(s.classes))
	for i := range out {
		for _, v := range s.way(&s.classes[i], s.last) {
			out[i].points = append(out[i].points, Vec3{v.X, v.Y, 0})
		}
	}
	return out
}

// way returns the steps of a count up to an update.
func (s *status) way(c *statusClass, until int) []display.Vertex {
	s.line = s.line[:0]
	y := 0.0
	for j, k := range c.steps {
		if k > until {
			break
		}
		x := s.x(float64(k))
		if j > 0 {
			s.line = append(s.line, display.Vertex{X: x, Y: y})
		}
		y = s.y(float64(c.count[j]))
		s.line = append(s.line, display.Vertex{X: x, Y: y})
	}
	s.line = append(s.line, display.Vertex{X: s.x(float64(until)), Y: y})
	return s.line
}

func (s *status) static(l *display.List, f *Figure) {
	s.grid(l, &f.Layout)
	s.draw(l, &f.Layout)
	if s.names != nil && !s.names.over {
		s.names.draw(l, &f.Layout)
	}
}

// frame lists the counts so far.
func (s *status) frame(l *display.List, f *Figure, k int) {
	until := min(int(f.Scene.Film.Updates(k)), s.last)
	radius := f.AtLeast(DotSize, 4) / 2 * 0.7
	l.Within(s.plot, func() {
		for i := range s.classes {
			l.Line(s.way(&s.classes[i], until), f.PathWidth(), s.classes[i].color)
		}
	})
	if s.names != nil && s.names.over {
		s.names.draw(l, &f.Layout)
	}
	for i := range s.classes {
		c := &s.classes[i]
		f.dot(l, s.plot, s.x(float64(until)), s.y(float64(c.at(until))), radius, c.color)
		if s.names != nil {
			s.names.entries[i].status = ": " + f.Labels.Whole(c.at(until))
		}
	}
	if s.names != nil {
		s.names.statuses(l, &f.Layout, 0)
	}
}

func (s *status) pick(*Hit, *Figure, display.Point) {}

func (s *status) probe(*display.List, *Figure, *Reading) {}
