package figure

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/scale"
)

// RunNames returns the names of runs for legends: their own, and what tells them
// apart. A single run needs none.
func RunNames(ts []*cpu.Trajectory, labels *scenes.Labels) []string {
	names := make([]string, len(ts))
	if len(ts) < 2 {
		if len(ts) == 1 {
			names[0] = ts[0].Run.Name
		}
		return names
	}
	differ := func(of func(r cpu.Run) string) bool {
		return slices.ContainsFunc(ts, func(t *cpu.Trajectory) bool { return of(t.Run) != of(ts[0].Run) })
	}
	method := func(r cpu.Run) string { return r.Optimizer }
	rate := func(r cpu.Run) string {
		return scenes.Fill(labels.Legend.Rate, "rate", labels.Decimal(scale.Parameter(r.LR)))
	}
	start := func(r cpu.Run) string {
		s := make([]string, len(r.Start))
		for i, x := range r.Start {
			s[i] = labels.Decimal(scale.Parameter(x))
		}
		return scenes.Fill(labels.Legend.From, "start", labels.List(s))
	}
	batch := func(r cpu.Run) string {
		if r.Batch == 0 {
			return labels.Legend.All
		}
		return scenes.Fill(labels.Legend.Batch, "n", strconv.Itoa(r.Batch))
	}
	for i, t := range ts {
		var parts []string
		if t.Run.Name != "" {
			parts = append(parts, t.Run.Name)
		} else if differ(method) {
			parts = append(parts, method(t.Run))
		}
		if r := rate(t.Run); differ(rate) && !strings.Contains(t.Run.Name, r) {
			parts = append(parts, r)
		}
		if t.Run.Name == "" && differ(batch) {
			parts = append(parts, batch(t.Run))
		}
		if t.Run.Name == "" && len(t.Run.Start) <= 2 && differ(start) {
			parts = append(parts, start(t.Run))
		}
		names[i] = strings.Join(parts, ", ")
	}
	for i, n := range names {
		if slices.Index(names, n) != i || slices.Index(names[i+1:], n) >= 0 || n == "" {
			// Alike in all of that.
			for j := range names {
				if names[j] == n && ts[j].Run.Name == "" {
					names[j] = strings.TrimPrefix(n+", "+scenes.Fill(labels.Legend.Run, "n", strconv.Itoa(j+1)), ", ")
				}
			}
		}
	}
	return names
}

// PlaneAxis is how a direction of a scene's plane is written beside an axis.
type PlaneAxis struct {
	Name   string
	Offset float64 // what the axis shows where the coordinate is 0
}

// Scale returns the scale of what the axis shows of a range of coordinates.
func (a PlaneAxis) Scale(r cpu.Axis) *scale.Scale {
	return scale.NewLinear(a.Offset+r.Min, a.Offset+r.Max)
}

// PlaneAxes returns the axes of a scene's plane. An axis along a weight shows its values;
// another one shows the coordinate, and its name says from where that counts if the
// plane's origin is not 0 and the scene does not state the name.
func PlaneAxes(s *scenes.Scene) (alpha, beta PlaneAxis) {
	alpha.Name, beta.Name = s.PlaneNames()
	labels := &s.Labels
	from := ""
	named := s.Landscape.Origin.At != "" || s.Landscape.Plane != "" && s.Landscape.Origin.Weights == nil // a star or a point is there
	if !named && slices.ContainsFunc(s.Plane.Origin, func(w float64) bool { return w != 0 }) {
		from = ", " + scenes.Fill(labels.Legend.From, "start", originText(s.Plane.Origin, labels))
	}
	a, b := s.PlaneWeights()
	for _, x := range []struct {
		axis   *PlaneAxis
		weight int
		stated string
	}{{&alpha, a, labels.Axis.Alpha}, {&beta, b, labels.Axis.Beta}} {
		if x.weight >= 0 {
			x.axis.Offset = s.Plane.Origin[x.weight]
		} else if x.stated == "" {
			x.axis.Name += from
		}
	}
	return alpha, beta
}

// originText writes the first weights of a plane's origin.
func originText(origin []float64, labels *scenes.Labels) string {
	const most = 3
	var list []string
	for j, w := range origin {
		if j == most {
			list = append(list, "…")
			break
		}
		list = append(list, labels.Decimal(scale.Rounded(w, 3)))
	}
	return labels.List(list)
}

// FeatureRange returns the range of an axis that shows the feature of all samples of a
// problem that has one, with some room.
func FeatureRange(s *scenes.Scene) (lo, hi float64) { return featureRange(s, 0) }

// featureRange returns that of feature j.
func featureRange(s *scenes.Scene, j int) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for i := range s.Problem.N() {
		x := s.Problem.X.At(i, j)
		lo, hi = min(lo, x), max(hi, x)
	}
	margin := 0.05 * (hi - lo)
	if margin == 0 {
		margin = max(0.5, math.Abs(lo)/2)
	}
	return lo - margin, hi + margin
}
