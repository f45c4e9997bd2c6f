package draw

import (
	"image/color"
	"math"
	"slices"
	"sync"

	"losscape/cpu"
	"losscape/scenes"

	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// What other pictures of a scene share with the renderer's: colours, scales,
// names and letters.

// Colormap returns a colour map, one of scenes.Colormaps, from the least value to
// the greatest; nil if there is none of that name.
func Colormap(name string) *[256]color.RGBA {
	table := colormap(name)
	if table == nil {
		return nil
	}
	out := new([256]color.RGBA)
	for i := range out {
		out[i] = color.RGBA{table[4*i], table[4*i+1], table[4*i+2], 255}
	}
	return out
}

// Theme is the colours of everything in a picture but the landscape.
type Theme struct {
	Paper, Ink, Grid   color.NRGBA
	Plate, Rim         color.NRGBA    // ground and outline of legends
	Casing             color.NRGBA    // around paths and points
	Positive, Negative color.NRGBA    // samples of label 1 and 0
	Curves             [2]color.NRGBA // probabilities of the labels 1 and 0
	Masked             color.NRGBA    // where the loss is not finite
	Runs               []color.NRGBA  // in turn
}

// ThemeOf returns the theme of a scene, "light" or "dark", with the scene's own
// colours of runs if it has some; ok is false if there is no theme of that name.
func ThemeOf(s *scenes.Scene) (th Theme, ok bool) {
	t := themes[s.Film.Theme]
	if t == nil {
		return Theme{}, false
	}
	runs := t.runs
	if len(s.Path.Colors) > 0 {
		runs = s.Path.Colors
	}
	return Theme{
		t.paper, t.ink, t.grid, t.plate, t.rim, t.casing, t.positive, t.negative, t.curves, t.masked, runs,
	}, true
}

// RunNames returns the names of runs for legends: their own, and what tells them
// apart. A single run needs none.
func RunNames(t []*cpu.Trajectory) []string { return runNames(t) }

// AxisNames returns the names of a plane's directions: the weight, such as w₁,
// where a direction is one of them, else α and β.
func AxisNames(p cpu.Plane) (x, y string) { return axisNames(p) }

// Scale is how losses become heights, colours and places on an axis: evenly along
// a coordinate.
type Scale struct {
	Kind   string  // "linear", "log", "symlog" or "rank"
	Lo, Hi float64 // losses at the ends
	Bend   float64 // of symlog: the coordinate is asinh(loss/Bend)

	s *scale
}

// NewScale returns the scale of a kind of scenes.Surface.Scale that spans the
// finite ones of some losses. One of a single loss, and of none, is linear and of
// no width.
func NewScale(kind string, losses []float64) Scale {
	sorted := slices.DeleteFunc(slices.Clone(losses), func(v float64) bool { return !finite(v) })
	slices.Sort(sorted)
	return newScale(kind, sorted).shared()
}

// LinearScale returns the plain scale from lo to hi.
func LinearScale(lo, hi float64) Scale { return linear(lo, hi).shared() }

// HistoryScale returns the scale of the loss panel, "linear" or "log", for the
// losses of some runs, with some room. On a linear one, losses far beyond
// highest, the highest of the landscape, and the starts of the runs are left out.
func HistoryScale(kind string, highest float64, runs [][]float64) Scale {
	return historyScale(kind, highest, runs).shared()
}

func (s *scale) shared() Scale {
	out := Scale{Kind: s.kind, Bend: s.bend, s: s, Lo: s.a, Hi: s.b}
	if s.kind != linearScale {
		out.Lo, out.Hi = s.from(s.a), s.from(s.b)
	}
	return out
}

// Unit returns where a loss lies: 0 at Lo, 1 at Hi, and beyond outside.
func (s Scale) Unit(loss float64) float64 {
	// Halves, as the difference of two finite numbers may not be finite.
	return (s.s.to(loss)/2 - s.s.a/2) / (s.s.b/2 - s.s.a/2)
}

// Ticks returns at most bins+1 losses between the ends that are good to read,
// with their labels.
func (s Scale) Ticks(bins int) ([]float64, []string) {
	if !(s.s.b > s.s.a) || math.IsInf(s.s.b-s.s.a, 0) {
		return nil, nil
	}
	return s.s.ticks(bins)
}

// Levels returns where evenly spaced levels lie, as Unit does, that n bands or
// lines of equal loss get: the first at 0 or below, the last at 1 or above. A
// scale of no width has none.
func (s Scale) Levels(n int) []float64 {
	all := contourLevels(s.s.a, s.s.b, n)
	for i, x := range all {
		all[i] = (x - s.s.a) / (s.s.b - s.s.a)
	}
	return all
}

// Ticks returns the ticks of an axis from lo to hi, at most bins+1 round
// numbers, as the axes of a picture have them.
func Ticks(lo, hi float64, bins int) []float64 { return axisTicks(lo, hi, bins) }

// TickLabels writes ticks with as many decimals as tell them apart, all alike,
// and with a typographic minus sign.
func TickLabels(ticks []float64) []string { return tickLabels(ticks) }

// Number writes a loss with four decimals, or as a power of ten if those say
// little.
func Number(loss float64) string { return number(loss) }

// Fonts returns the typeface of all pictures, Go, in regular and medium.
var Fonts = sync.OnceValue(func() (f [2]*sfnt.Font) {
	for i, ttf := range [][]byte{goregular.TTF, gomedium.TTF} {
		var err error
		if f[i], err = sfnt.Parse(ttf); err != nil {
			panic(err) // they are part of the program
		}
	}
	return f
})
