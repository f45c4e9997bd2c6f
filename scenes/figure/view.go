package figure

import (
	"math"

	"losscape/cpu"
	"losscape/scenes"
)

// Limits of a picture's grid, in points along an axis.
const (
	oneToOne = 512  // a point for each pixel so far
	maxDense = 2048 // that pixels alone ask for
	maxGrid  = 4096 // that a scene's size asks for: 64 MiB of losses
)

// ViewGrid returns the grid to compute for a picture of width by height pixels:
// the scene's range, widened so that the points of the trajectories that the
// film shows lie inside it, to at most twice its span along each axis (a path
// that goes farther leaves the panel at its edge), unless that range is fixed. It
// has a point for every second pixel of the largest panel that shows it, as panels
// draw it with continuous slopes, but 512 an axis if there are as many pixels, and at
// most 2048. It is never coarser than the scene's own grid, of up to 4096 points an
// axis.
func ViewGrid(s *scenes.Scene, t []*cpu.Trajectory, width, height int) cpu.Grid {
	x0, x1 := math.Inf(1), math.Inf(-1)
	y0, y1 := x0, x1
	if s.Fixed {
		t = nil
	}
	for _, tr := range t {
		for k := 0; k <= s.LastShown(tr); k++ {
			a, b, _ := s.Plane.Coordinates(tr.At(k))
			if math.IsNaN(a-a) || math.IsNaN(b-b) {
				break
			}
			x0, x1 = min(x0, a), max(x1, a)
			y0, y1 = min(y0, b), max(y1, b)
		}
	}
	l := NewLayout(s, float64(width), float64(height), Screen)
	nx, ny := 0.0, 0.0
	for _, p := range l.Panels {
		if kind, ok := scenes.PanelKindOf(p.Kind); ok && kind.Landscape {
			nx, ny = max(nx, p.Plot.W()), max(ny, p.Plot.H())
		}
	}
	return cpu.Grid{X: widen(s.Grid.X, x0, x1, nx), Y: widen(s.Grid.Y, y0, y1, ny)}
}

// widen extends an axis to hold lo..hi with a margin, to at most twice its
// span, at a density for pixels.
func widen(a cpu.Axis, lo, hi, pixels float64) cpu.Axis {
	span := a.Max - a.Min
	margin := 0.05 * span
	out := a
	below, above := 0.0, 0.0
	if lo < a.Min {
		below = a.Min - lo + margin
	}
	if hi > a.Max {
		above = hi - a.Max + margin
	}
	if below+above > span {
		// Not all fits: the lesser excess first, up to half of the room.
		switch {
		case below <= span/2:
			above = span - below
		case above <= span/2:
			below = span - above
		default:
			below, above = span/2, span/2
		}
	}
	out.Min, out.Max = a.Min-below, a.Max+above
	own := math.Ceil(float64(a.N-1)*(out.Max-out.Min)/span) + 1
	dense := min(maxDense, max(math.Ceil(pixels/2), min(oneToOne, pixels)))
	out.N = int(max(2, dense, min(maxGrid, own)))
	return out
}
