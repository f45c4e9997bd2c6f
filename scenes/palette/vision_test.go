package palette

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"testing"

	"losscape/cpu"

	"github.com/lucasb-eyer/go-colorful"
)

// visions are what colours turn into, in linear sRGB: for most people, and for those
// without one of the three kinds of cones. The matrices are those of severity 1.0 of
// Gustavo Machado, Manuel Oliveira and Leandro Fernandes, "A Physiologically-based Model
// for Simulation of Color Vision Deficiency", IEEE TVCG 15(6), 2009,
// https://www.inf.ufrgs.br/~oliveira/pubs_files/CVD_Simulation/CVD_Simulation.html.
var visions = map[string][3][3]float64{
	"normal vision": {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":    {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia":  {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":    {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

func seen(c color.Color, by [3][3]float64) colorful.Color {
	made, _ := colorful.MakeColor(c)
	r, g, b := made.LinearRgb()
	channel := func(row [3]float64) float64 { return min(max(row[0]*r+row[1]*g+row[2]*b, 0), 1) }
	return colorful.LinearRgb(channel(by[0]), channel(by[1]), channel(by[2]))
}

// distance returns the CIEDE2000 distance of two colours for those who see the least of
// it, and who these are. About 1 is the least difference that can be seen side by side.
func distance(a, b color.Color) (least float64, who string) {
	least = math.Inf(1)
	for _, name := range slices.Sorted(maps.Keys(visions)) {
		v := visions[name]
		if d := 100 * seen(a, v).DistanceCIEDE2000(seen(b, v)); d < least {
			least, who = d, name
		}
	}
	return least, who
}

// How far apart colours are. Palettes that are recommended for the colour blind keep
// about 10 for each kind of vision: TestSafePalettes measures 10.9 between the nearest
// two of Okabe and Ito's, 11.5 of Tol's muted ones, 8.6 of his bright ones. Two statuses,
// which are all that most maps have, keep twice that. Eighteen colours cannot all keep
// it: those of periods that hardly occur in one map keep 6.5, which is still several
// times what can be seen side by side, as the cells of a map and its legend are.
const (
	statusDistance = 20
	mapDistance    = 10
	leastDistance  = 6.5
	runDistance    = 9 // paths have casings, and are named at their ends
)

func apart(t *testing.T, want float64, colors map[string]color.Color) {
	t.Helper()
	names := slices.Sorted(maps.Keys(colors))
	for i, a := range names {
		for _, b := range names[:i] {
			if d, who := distance(colors[a], colors[b]); d < want {
				t.Errorf("%s and %s are %.1f apart for %s, want %v", a, b, d, who, want)
			}
		}
	}
}

// TestSafePalettes measures the palettes that the distances are taken from.
func TestSafePalettes(t *testing.T) {
	for name, p := range map[string]struct {
		colors []string
		want   float64
	}{
		"Okabe and Ito": {[]string{"#000000", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7"}, 10.9},
		"Tol's muted":   {[]string{"#332288", "#88ccee", "#44aa99", "#117733", "#999933", "#ddcc77", "#cc6677", "#882255", "#aa4499"}, 11.5},
		"Tol's bright":  {[]string{"#4477aa", "#66ccee", "#228833", "#ccbb44", "#ee6677", "#aa3377", "#bbbbbb"}, 8.6},
	} {
		least := math.Inf(1)
		for i, a := range p.colors {
			for _, b := range p.colors[:i] {
				x, _ := colorful.Hex(a)
				y, _ := colorful.Hex(b)
				d, _ := distance(x, y)
				least = min(least, d)
			}
		}
		if math.Abs(least-p.want) > 0.05 {
			t.Errorf("%s: %.2f, want %v", name, least, p.want)
		}
	}
}

// TestColorBlind checks that statuses and periods differ for everybody: from one another
// and from the papers of the themes.
func TestColorBlind(t *testing.T) {
	statuses := map[string]color.Color{}
	for s, c := range StatusColors {
		statuses[cpu.Status(s).String()] = c
	}
	apart(t, statusDistance, statuses)
	// Statuses, and the periods that occur together: doubling from 2 and from 3, and the
	// widest windows in the chaos beyond.
	for _, together := range [][]int32{{2, 4, 8, 16, 32, 64}, {2, 3, 6, 12}, {2, 5, 10}, {2, 4, 3, 5, 7}} {
		colors := maps.Clone(statuses)
		delete(colors, cpu.Periodic.String())
		for _, p := range together {
			colors[fmt.Sprint("period ", p)] = PeriodColors[p]
		}
		apart(t, mapDistance, colors)
	}
	all := maps.Clone(statuses)
	delete(all, cpu.Periodic.String()) // it is period 2's
	for p, c := range PeriodColors {
		all[fmt.Sprint("period ", p)] = c
	}
	all["other periods"] = OtherPeriodColor
	apart(t, leastDistance, all)
	for name, c := range all {
		for _, theme := range []string{"light", "dark"} {
			if d, who := distance(c, ThemeOf(theme).Paper); d < leastDistance {
				t.Errorf("%s is %.1f from the %s paper for %s", name, d, theme, who)
			}
		}
	}
}

// TestNoValue checks that the colours of runs without a value are none of a colour map.
func TestNoValue(t *testing.T) {
	for _, name := range []string{"viridis", "magma", "inferno", "plasma", "cividis"} {
		for i, c := range Colormap(name) {
			if i%3 != 0 {
				continue // its neighbours are nearly alike
			}
			for what, own := range map[string]color.Color{"diverged": DivergedColor, "not finite": NotFiniteColor} {
				if d, who := distance(own, c); d < mapDistance {
					t.Errorf("%s is %.1f from colour %d of %s for %s", what, d, i, name, who)
				}
			}
		}
	}
	apart(t, statusDistance, map[string]color.Color{"diverged": DivergedColor, "not finite": NotFiniteColor})
}

// TestThemes checks the colours of runs, samples and curves.
func TestThemes(t *testing.T) {
	for name, theme := range themes {
		runs := map[string]color.Color{"paper": theme.Paper}
		for i, c := range theme.Runs {
			runs[fmt.Sprintf("%s, run %d", name, i)] = c
		}
		apart(t, runDistance, runs)
		apart(t, statusDistance, map[string]color.Color{"positive": theme.Positive, "negative": theme.Negative, "paper": theme.Paper})
		apart(t, statusDistance, map[string]color.Color{"curve 0": theme.Curves[0], "curve 1": theme.Curves[1], "paper": theme.Paper})
	}
}

// TestMarkus checks the colours of exponents: order differs from chaos, both from 0, and
// what has no exponent from all, for everybody.
func TestMarkus(t *testing.T) {
	c := Colormap("markus")
	half := len(c) / 2
	gone, none := NoValue("markus")
	for i := 0; i < half; i += 3 {
		for j := 0; j < half; j += 6 {
			if d, who := distance(c[i], c[half+j]); d < mapDistance {
				t.Errorf("order %d and chaos %d are %.1f apart for %s", i, j, d, who)
			}
		}
		for what, own := range map[string]color.Color{"0": MarkusZero, "diverged": gone, "not finite": none} {
			for _, k := range []int{i, half + i} {
				if d, who := distance(own, c[k]); d < mapDistance {
					t.Errorf("%s is %.1f from colour %d for %s", what, d, k, who)
				}
			}
		}
	}
	apart(t, statusDistance, map[string]color.Color{"0": MarkusZero, "diverged": gone})
	apart(t, mapDistance, map[string]color.Color{"diverged": gone, "not finite": none, "dark paper": ThemeOf("dark").Paper})
}
