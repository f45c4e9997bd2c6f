package figure

import (
	"math"
	"slices"

	"losscape/cpu"
	"losscape/scenes/scale"
)

// HostTerrain is the Terrain of a landscape on the host.
type HostTerrain struct {
	Landscape *cpu.Landscape

	sorted []float64 // its finite losses
	thin   *Heights
}

// NewTerrain returns the terrain of a landscape.
func NewTerrain(l *cpu.Landscape) *HostTerrain {
	t := &HostTerrain{Landscape: l}
	t.sorted = slices.DeleteFunc(slices.Clone(l.Loss), func(v float64) bool { return !scale.Finite(v) })
	slices.Sort(t.sorted)
	return t
}

// Range returns the least and the greatest finite loss, +Inf and −Inf without any.
func (t *HostTerrain) Range() (lo, hi float64) {
	if len(t.sorted) == 0 {
		return math.Inf(1), math.Inf(-1)
	}
	return t.sorted[0], t.sorted[len(t.sorted)-1]
}

// Scale returns the scale of a kind that spans all losses. Its error is nil.
func (t *HostTerrain) Scale(kind string) (*scale.Scale, error) {
	return scale.New(kind, t.sorted), nil
}

// MaxHeights is how many points a side a terrain's heights have at most.
const MaxHeights = 512

// Heights returns the losses on a scale, at MaxHeights points a side or fewer. Its error
// is nil.
func (t *HostTerrain) Heights(s *scale.Scale) (*Heights, error) {
	if t.thin == nil {
		g := t.Landscape.Grid
		h := &Heights{NX: min(g.X.N, MaxHeights), NY: min(g.Y.N, MaxHeights)}
		for j := range h.NY {
			for i := range h.NX {
				x, y := thinned(i, h.NX, g.X.N), thinned(j, h.NY, g.Y.N)
				h.Z = append(h.Z, float32(t.Landscape.Loss[y*g.X.N+x]))
			}
		}
		t.thin = h
	}
	return t.thin.On(s), nil
}

// thinned returns the nearest of all indices to index i of few that span the same.
func thinned(i, few, all int) int {
	return int(math.Round(float64(i) * float64(all-1) / float64(max(1, few-1))))
}
