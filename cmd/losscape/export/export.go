// Package export writes a scene for other programs to work with: the surface as
// a glTF model, and the contour and curve panels as vector graphics. It needs
// no graphics device.
package export

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// Picture is what is shown of a scene.
type Picture struct {
	Scene        *scenes.Scene
	Landscape    *cpu.Landscape    // not needed by the curve panel
	Trajectories []*cpu.Trajectory // index 0 is the start
	Frame        int               // of the film: it says how far the runs have come
}

func (p Picture) check(landscape bool) error {
	if p.Scene == nil || p.Scene.Problem == nil {
		return errors.New("export: picture without a scene")
	}
	surface, contour := p.Scene.Surface.Colormap, p.Scene.Contour.Colormap
	switch {
	case palette.ThemeOf(p.Scene.Film.Theme) == nil:
		return fmt.Errorf("export: unknown theme %q", p.Scene.Film.Theme)
	case palette.Colormap(surface) == nil:
		return fmt.Errorf("export: unknown colormap %q", surface)
	case palette.Colormap(contour) == nil:
		return fmt.Errorf("export: unknown colormap %q", contour)
	case p.Frame < 0:
		return fmt.Errorf("export: frame %d, want at least 0", p.Frame)
	case !landscape:
		return nil
	case p.Landscape == nil:
		return errors.New("export: picture without a landscape")
	}
	g := p.Landscape.Grid
	if g.X.N < 2 || g.Y.N < 2 || len(p.Landscape.Loss) != g.Size() {
		return fmt.Errorf("export: landscape of %d losses on %d x %d points, want at least 2 x 2", len(p.Landscape.Loss), g.X.N, g.Y.N)
	}
	return nil
}

// run is a trajectory as far as the frame shows it.
type run struct {
	name   string
	color  color.NRGBA
	status string       // how it ended, if it did not take all of its steps
	at     [][2]float64 // α and β of each iterate, and last of where the run is
	when   []float64    // updates at each
	loss   []float64
	w      []float64 // weights where the run is
	index  int       // of the last iterate
	first  int       // point from which the path is seen
	last   int       // index of the last iterate that the film shows
}

// faded returns how far the path has faded at a point, 0 to 1.
func (r *run) faded(k, trail int) float64 {
	if trail == 0 {
		return 0
	}
	return min((r.when[len(r.when)-1]-r.when[k])/float64(trail), 1)
}

// runs returns what is shown of the trajectories: those without a finite point
// are left out, and the others end at the last one.
func (p Picture) runs(th *palette.Theme) []run {
	var out []run
	names := figure.RunNames(p.Trajectories)
	updates := p.Scene.Film.Updates(p.Frame)
	for i, t := range p.Trajectories {
		r := run{name: names[i], color: th.Run(p.Scene.Path.Colors, i)}
		if r.name == "" {
			r.name = "run " + strconv.Itoa(i+1)
		}
		if t.Status != cpu.StepLimit {
			r.status = t.Status.String()
		}
		put := func(updates float64, w []float64, loss float64) bool {
			a, b, _ := p.Scene.Plane.Coordinates(w)
			if !scale.Finite(a) || !scale.Finite(b) || !scale.Finite(loss) {
				return false
			}
			r.at, r.loss, r.when = append(r.at, [2]float64{a, b}), append(r.loss, loss), append(r.when, updates)
			r.w = w
			return true
		}
		whole := true
		for k := 0; k < len(t.Loss) && float64(k) <= updates && whole; k++ {
			if whole = put(float64(k), t.At(k), t.Loss[k]); whole {
				r.index = k
			}
		}
		// Between two iterates the run is on the straight way from one to the next.
		if share := updates - float64(r.index); whole && share > 0 && r.index+1 < len(t.Loss) {
			w, next := slices.Clone(r.w), t.At(r.index+1)
			for j := range w {
				w[j] += share * (next[j] - w[j])
			}
			put(updates, w, p.Scene.Problem.LossL2(w, t.Run.L2))
		}
		if len(r.at) == 0 {
			continue
		}
		if trail := p.Scene.Path.Trail; trail > 0 {
			oldest := r.when[len(r.when)-1] - float64(trail)
			for r.first < len(r.when)-1 && r.when[r.first] < oldest {
				r.first++
			}
		}
		r.last = len(t.Loss) - 1
		if n := p.Scene.Film.Frames; n > 0 {
			r.last = min(r.last, int(math.Ceil(p.Scene.Film.Updates(n-1))))
		}
		out = append(out, r)
	}
	return out
}
