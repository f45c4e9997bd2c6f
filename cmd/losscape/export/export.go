// Package export writes a scene for other programs to work with: the surface as
// a glTF model, and the contour and curve panels as vector graphics. It needs
// no graphics device.
package export

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"strconv"

	"losscape/cpu"
	"losscape/scenes"
)

// Picture is what is shown of a scene.
type Picture struct {
	Scene        *scenes.Scene
	Landscape    *cpu.Landscape    // not needed by the curve panel
	Trajectories []*cpu.Trajectory // index 0 is the start
	Frame        int               // frame k shows the runs up to index k+1
}

func (p Picture) check(landscape bool) error {
	switch {
	case p.Scene == nil || p.Scene.Problem == nil:
		return errors.New("export: picture without a scene")
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

// run is a trajectory up to the frame that is shown.
type run struct {
	name  string
	color color.NRGBA
	at    [][2]float64 // α and β of each iterate
	loss  []float64
	w     []float64 // the last iterate's weights
	last  int       // and its index
}

// runColors are those of the films, in their order.
var runColors = []color.NRGBA{
	{255, 0, 0, 255}, {255, 179, 0, 255}, {214, 0, 214, 255}, {0, 150, 60, 255},
	{0, 0, 0, 255}, {0, 190, 210, 255}, {140, 80, 20, 255}, {120, 110, 255, 255},
}

// runs returns what is shown of the trajectories: those without a finite point
// are left out, and the others end at the last one.
func (p Picture) runs() []run {
	var out []run
	for i, t := range p.Trajectories {
		r := run{name: t.Run.Name, color: runColors[i%len(runColors)]}
		if r.name == "" {
			r.name = "run " + strconv.Itoa(i+1)
		}
		for k := 0; k <= min(p.Frame+1, len(t.Loss)-1); k++ {
			a, b, _ := p.Scene.Plane.Coordinates(t.At(k))
			if !finite(a) || !finite(b) || !finite(t.Loss[k]) {
				break
			}
			r.at, r.loss = append(r.at, [2]float64{a, b}), append(r.loss, t.Loss[k])
			r.w, r.last = t.At(k), k
		}
		if len(r.at) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// span returns the least and the greatest finite loss of a landscape; ok is
// false if there is none.
func span(l *cpu.Landscape) (lo, hi float64, ok bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range l.Loss {
		if finite(v) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	return lo, hi, lo <= hi
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// axisNames returns the names of the plane's directions: the weight, where a
// direction is one of them, else α and β.
func axisNames(p cpu.Plane) (x, y string) {
	name := func(d []float64, other string) string {
		at := cpu.CoordinateOf(d)
		if at < 0 {
			return other
		}
		return "w" + strconv.Itoa(at+1)
	}
	return name(p.D1, "α"), name(p.D2, "β")
}
