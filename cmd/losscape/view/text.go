package view

import (
	"fmt"
	"strings"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/scale"
)

// Help is what H shows: keys and what they do.
var Help = [][2]string{
	{"Drag the surface", "orbit"},
	{"Right drag, wheel", "pan, zoom: surface, contours, map"},
	{"Double click", "these, or a slider, as they were"},
	{"Click the contours", "a run from there"},
	{"Drag a start point", "the run from elsewhere"},
	{"Point at a map", "its run; click keeps it, the wheel zooms"},
	{"Space", "play, pause"},
	{"← →  Home End", "step (with Shift by 10), first, last"},
	{"↑ ↓  Tab", "move the slider, next slider"},
	{"O", "next optimizer"},
	{"N  A  Backspace", "next run, all runs, remove the run"},
	{"S", "an ensemble of 10,000 runs from everywhere"},
	{"1 – 5", "own, surface, contours, both, all"},
	{"T  L  Shift L", "theme, scale of heights, of colours"},
	{"M", "next quantity of a map"},
	{"F  Esc", "full screen, back"},
	{"P  V  W", "save a PNG, record an MP4, write the scene"},
	{"R", "all as it was opened"},
	{"I  H  Q", "frames a second, this help, quit"},
}

// Clock says where the film is, as the panels do.
func (s *State) Clock() string {
	f := &s.Scene.Film
	at, last := max(0, f.Counter(s.Frame)), max(0, f.Counter(s.Last()))
	switch {
	case f.Frames == 0 || last == 0 && f.Count != scenes.CountNotebook:
		return "no steps"
	case f.Count == scenes.CountNotebook:
		return fmt.Sprintf("Iter %d of %d", at, last)
	}
	return fmt.Sprintf("Update %d of %d", at, last)
}

// At returns the fraction of the film that has passed.
func (s *State) At() float64 {
	if s.Last() == 0 {
		return 0
	}
	return float64(s.Frame) / float64(s.Last())
}

// Status says how a run ends, as far as that is known.
func (s *State) Status(i int) string {
	if i >= len(s.Endings) {
		return "…"
	}
	return endingText(s.Endings[i])
}

func endingText(e cpu.Ending) string {
	switch e.Status {
	case cpu.Converged:
		return fmt.Sprintf("converges at step %d", e.Steps)
	case cpu.Periodic:
		return fmt.Sprintf("period %d", e.Period)
	case cpu.Diverged:
		return fmt.Sprintf("diverges at step %d", e.Steps)
	case cpu.QuasiPeriodic, cpu.Chaotic, cpu.Drifting:
		return e.Status.String()
	default:
		return fmt.Sprintf("not converged after %d steps", e.Steps)
	}
}

// RunText names a run by what a person can change of it.
func RunText(r *cpu.Run) string {
	rate := "lr " + scale.Parameter(r.LR)
	switch {
	case r.Name == "":
		return r.Optimizer + ", " + rate
	case strings.Contains(r.Name, rate):
		return r.Name
	}
	return r.Name + ", " + rate
}

// EdgeText says where the edge of stability of the first run is.
func (s *State) EdgeText() string {
	h, r := s.edge().Sharpness, s.First()
	if h == 0 {
		return "no minimum found: no 2/λ"
	}
	edge, ok := r.StableBelow(h)
	switch {
	case ok:
		return stabilityRule(r) + " = " + scale.Parameter(digits3(edge))
	case r.Batch > 0:
		return "no rule for mini-batches"
	}
	return "no rule for " + r.Optimizer
}

// Lines says what is read under the cursor.
func (r *Reading) Lines() []string {
	lines := []string{
		"w  " + vector(r.W),
		"loss  " + fixed(r.Loss),
		"gradient  " + vector(r.Gradient) + ",  norm " + fixed(r.GradientNorm()),
	}
	if r.Axes != "" {
		return append([]string{r.Axes}, lines...)
	}
	return lines
}

// axesText writes the coordinates of a place of the plane as the axes show them, where w
// does not say them: it is empty if both axes are of weights that vector writes.
func axesText(s *scenes.Scene, w []float64, alpha, beta float64) string {
	a, b := s.PlaneWeights()
	if max(a, b) < mostWeights && min(a, b) >= 0 {
		return ""
	}
	x, y := s.PlaneNames()
	if a >= 0 {
		alpha = w[a]
	}
	if b >= 0 {
		beta = w[b]
	}
	return x + "  " + fixed(alpha) + ",  " + y + "  " + fixed(beta)
}

// mostWeights is how many weights vector writes.
const mostWeights = 4

func vector(v []float64) string {
	var parts []string
	for i, x := range v {
		if i == mostWeights {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, fixed(x))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// fixed writes a value with four significant digits.
func fixed(x float64) string { return scale.Significant(x, 4) }
