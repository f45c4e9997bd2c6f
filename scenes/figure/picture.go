package figure

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// Picture is what is shown of a scene, with all numbers on the host.
type Picture struct {
	Scene        *scenes.Scene
	Landscape    *cpu.Landscape    // may be nil where no panel shows it
	Trajectories []*cpu.Trajectory // index 0 is the start
	Frame        int               // of the film: it says how far the runs have come
}

// Check returns an error unless p can be shown, with its landscape or without.
func (p Picture) Check(landscape bool) error {
	if p.Scene == nil || p.Scene.Problem == nil {
		return errors.New("picture without a scene")
	}
	surface, contour := p.Scene.Surface.Colormap, p.Scene.Contour.Colormap
	switch {
	case palette.ThemeOf(p.Scene.Film.Theme) == nil:
		return fmt.Errorf("unknown theme %q", p.Scene.Film.Theme)
	case palette.Colormap(surface) == nil:
		return fmt.Errorf("unknown colormap %q", surface)
	case palette.Colormap(contour) == nil:
		return fmt.Errorf("unknown colormap %q", contour)
	case p.Frame < 0:
		return fmt.Errorf("frame %d, want at least 0", p.Frame)
	case !landscape:
		return nil
	case p.Landscape == nil:
		return errors.New("picture without a landscape")
	}
	g := p.Landscape.Grid
	if g.X.N < 2 || g.Y.N < 2 || len(p.Landscape.Loss) != g.Size() {
		return fmt.Errorf("landscape of %d losses on %d x %d points, want at least 2 x 2", len(p.Landscape.Loss), g.X.N, g.Y.N)
	}
	return nil
}

// Run is a trajectory as far as the frame shows it.
type Run struct {
	Name   string
	Color  color.NRGBA
	Status string       // how it ended, if it did not take all of its steps
	At     [][2]float64 // α and β of each iterate, and last of where the run is
	When   []float64    // updates at each
	Loss   []float64
	W      []float64 // weights where the run is
	Index  int       // of the last iterate
	First  int       // point from which the path is seen
	Last   int       // index of the last iterate that the film shows
}

// Faded returns how far the path has faded at a point, 0 to 1.
func (r *Run) Faded(k, trail int) float64 {
	if trail == 0 {
		return 0
	}
	return min((r.When[len(r.When)-1]-r.When[k])/float64(trail), 1)
}

// Runs returns what is shown of the trajectories: those without a finite point
// are left out, and the others end at the last one.
func (p Picture) Runs(th *palette.Theme) []Run {
	var out []Run
	names := RunNames(p.Trajectories, &p.Scene.Labels)
	updates := p.Scene.Film.Updates(p.Frame)
	for i, t := range p.Trajectories {
		r := Run{Name: names[i], Color: th.Run(p.Scene.Path.Colors, i)}
		if r.Name == "" {
			r.Name = scenes.Fill(p.Scene.Labels.Legend.Run, "n", strconv.Itoa(i+1))
		}
		if t.Status != cpu.StepLimit {
			r.Status = t.Status.String()
		}
		put := func(updates float64, w []float64, loss float64) bool {
			a, b, _ := p.Scene.Plane.Coordinates(w)
			if !scale.Finite(a) || !scale.Finite(b) || !scale.Finite(loss) {
				return false
			}
			r.At, r.Loss, r.When = append(r.At, [2]float64{a, b}), append(r.Loss, loss), append(r.When, updates)
			r.W = w
			return true
		}
		whole := true
		for k := 0; k < len(t.Loss) && float64(k) <= updates && whole; k++ {
			if whole = put(float64(k), t.At(k), t.Loss[k]); whole {
				r.Index = k
			}
		}
		// Between two iterates the run is on the straight way from one to the next.
		if share := updates - float64(r.Index); whole && share > 0 && r.Index+1 < len(t.Loss) {
			w, next := slices.Clone(r.W), t.At(r.Index+1)
			for j := range w {
				w[j] += share * (next[j] - w[j])
			}
			put(updates, w, p.Scene.Problem.LossL2(w, t.Run.L2))
		}
		if len(r.At) == 0 {
			continue
		}
		if trail := p.Scene.Path.Trail; trail > 0 {
			oldest := r.When[len(r.When)-1] - float64(trail)
			for r.First < len(r.When)-1 && r.When[r.First] < oldest {
				r.First++
			}
		}
		r.Last = len(t.Loss) - 1
		if n := p.Scene.Film.Frames; n > 0 {
			r.Last = min(r.Last, int(math.Ceil(p.Scene.Film.Updates(n-1))))
		}
		out = append(out, r)
	}
	return out
}
