// Package chart draws what a sweep came to: a map of a sweep over two
// parameters, in which one pixel, or one block of pixels, is one run, and a
// plot of a sweep over one.
//
// Nothing is interpolated or left out. A map's first parameter runs to the
// right and its second upwards. Where a map would be less than 512 pixels along
// its longer side or less than 256 along either, its runs are blocks of whole
// pixels.
// Runs that diverged, and those whose value is not finite, have colours of
// their own that no scale has, and do not stretch it.
package chart

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu"
	"losscape/scenes/palette"
)

// Scale is how a quantity becomes a colour or a height.
type Scale string

// The scales. Auto is Log for losses of which the greatest is more than 30
// times the least, in maps Rank if it is more than a million times, where a few
// runs on the brink of divergence would leave one colour for all others, and
// else Linear.
const (
	Auto   Scale = "auto"
	Linear Scale = "linear"
	Log    Scale = "log"
	Rank   Scale = "rank" // by the fraction of runs whose value is less
)

// Scales are the names of the scales.
func Scales() []string { return []string{string(Auto), string(Linear), string(Log), string(Rank)} }

// Options say what to draw.
type Options struct {
	Of       string // the name of a quantity: see cpu.Quantities
	Scale    Scale
	Title    string // what was swept; the quantity is put behind it
	Subtitle string
}

// Check returns an error unless o can be drawn of a sweep of so many axes.
func (o Options) Check(axes int) error {
	q, unknown := cpu.LookupQuantity(o.Of)
	switch {
	case axes != 1 && axes != 2:
		return fmt.Errorf("a picture of %d parameters cannot be drawn, it shows one (as a plot) or two (as a map): "+
			"sweep over one or two of them, or write a table and pick from it", axes)
	case unknown != nil:
		return unknown
	case !slices.Contains(Scales(), string(o.Scale)):
		return fmt.Errorf("%q, want one of: %s", o.Scale, strings.Join(Scales(), ", "))
	case o.Scale != Auto && q.Spread == cpu.Apart:
		return fmt.Errorf("%s has no %s scale, it is shown by a colour for each", o.Of, o.Scale)
	case axes == 1 && q.Kind == cpu.Label:
		return fmt.Errorf("a plot of one parameter shows the status by colour beside another quantity, such as loss")
	case axes == 1 && o.Scale == Rank:
		return fmt.Errorf("ranks are for maps of two parameters, a plot of one is linear or log")
	}
	return nil
}

// Picture is a chart.
type Picture struct {
	Image *image.RGBA
	Data  image.Rectangle // where the runs are
	Cell  image.Point     // pixels of a run of a map
}

// Bytes returns about how much memory the map of so many runs takes.
func Bytes(nx, ny int) uint64 {
	c := cell(nx, ny)
	return 4 * (uint64(nx*c.X) + 600) * (uint64(ny*c.Y) + 600)
}

// Draw draws the chart of a sweep: a map of two parameters, a plot of one.
func Draw(r *cpu.Result, o Options) (*Picture, error) {
	if err := o.Check(len(r.Sweep.Over)); err != nil {
		return nil, err
	}
	q, err := cpu.LookupQuantity(o.Of)
	if err != nil {
		return nil, err
	}
	if q.Of(r) == nil {
		return nil, fmt.Errorf("the sweep has no %s: ask for it in its settings", q.Name)
	}
	if len(r.Sweep.Over) == 1 {
		return line(r, o, q), nil
	}
	return mapOf(r, o, q), nil
}

// lower writes a title within a sentence.
func lower(title string) string { return strings.ToLower(title) }

// Colours.
var (
	paper        = color.RGBA{255, 255, 255, 255}
	ink          = color.RGBA{26, 26, 26, 255}
	faint        = color.RGBA{226, 226, 228, 255}
	divergedC    = palette.DivergedColor
	notFinite    = palette.NotFiniteColor
	statusColors = palette.StatusColors
	periodColors = palette.PeriodColors
	otherPeriod  = palette.OtherPeriodColor
)

// periodColor returns the colour of a run by its status and period.
func periodColor(r *cpu.Result, i int) color.RGBA {
	return palette.PeriodColor(r.Status[i], r.Period[i])
}

// valuesOf returns a quantity of each run, NaN for those that the scale leaves
// out.
func valuesOf(r *cpu.Result, q cpu.Quantity) func(i int) float64 {
	v := q.Of(r)
	return func(i int) float64 {
		x := v(i)
		if r.Status[i] == cpu.Diverged || math.IsInf(x, 0) {
			return math.NaN()
		}
		return x
	}
}

// count writes a whole number with commas, as in 65,536.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// share writes a number of runs, and which part of all that is.
func share(n, all int) string {
	percent := 100 * float64(n) / float64(all)
	switch {
	case n == all:
		return count(n)
	case percent < 1:
		return count(n) + " (<1 %)"
	case percent > 99:
		return count(n) + " (>99 %)"
	}
	return fmt.Sprintf("%s (%.0f %%)", count(n), percent)
}

// entry is a line of a legend; without a colour it is text alone.
type entry struct {
	color color.RGBA
	text  string
}

var statusOrder = []cpu.Status{cpu.Converged, cpu.Periodic, cpu.StepLimit, cpu.Diverged}

// statusCounts counts the runs by status.
func statusCounts(r *cpu.Result) (n [4]int) {
	for _, s := range r.Status {
		n[s]++
	}
	return n
}

// legend returns the legend of a chart, with the colours of statuses or without, and
// with those of periods in place of the periodic status's.
func legend(r *cpu.Result, byStatus, byPeriod bool) []entry {
	var out []entry
	n := statusCounts(r)
	all := r.N()
	for _, s := range statusOrder {
		if n[s] == 0 {
			continue
		}
		if s == cpu.Periodic && byPeriod {
			out = append(out, periods(r)...)
			continue
		}
		e := entry{text: s.String() + " " + share(n[s], all)}
		if byStatus || s == cpu.Diverged {
			e.color = statusColors[s]
		}
		out = append(out, e)
	}
	return out
}

// periods returns the legend of the periods that runs have.
func periods(r *cpu.Result) []entry {
	var n [cpu.MaxPeriod + 1]int
	for _, p := range r.Period {
		n[p]++
	}
	var out []entry
	others := 0
	for p := int32(2); p <= cpu.MaxPeriod; p++ {
		if n[p] == 0 {
			continue
		}
		if c, ok := periodColors[p]; ok {
			out = append(out, entry{c, fmt.Sprintf("period %d: %s", p, share(n[p], r.N()))})
		} else {
			others += n[p]
		}
	}
	if others > 0 {
		out = append(out, entry{otherPeriod, "other periods: " + share(others, r.N())})
	}
	return out
}
