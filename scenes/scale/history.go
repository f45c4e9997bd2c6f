package scale

import "math"

// History returns the scale, Linear or Log, of the losses that the film shows, with some
// room. What is far beyond the landscape's highest loss and the starts of the
// runs, as losses of a run that diverges are, is left out unless the scale is
// logarithmic.
func History(kind string, highest float64, runs [][]float64) *Scale {
	limit := math.Inf(1)
	if kind == Linear {
		limit = 0
		if highest > 0 {
			limit = highest
		}
		for _, losses := range runs {
			limit = max(limit, 4*math.Abs(losses[0]))
		}
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, losses := range runs {
		for _, v := range losses {
			if v > limit || kind == Log && v <= 0 {
				continue
			}
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	switch {
	case lo > hi: // nothing to show
		lo, hi = 1, 10
	case kind == Log:
		room := math.Pow(hi/lo, 0.05)
		if room < 1.01 {
			room = 1.2
		}
		lo, hi = max(lo/room, math.SmallestNonzeroFloat64), min(hi*room, math.MaxFloat64)
	default:
		room := 0.05 * (hi - lo)
		if room < 1e-9*max(math.Abs(lo), math.Abs(hi), 1e-9) {
			room = max(math.Abs(hi)/2, 0.5)
		}
		lo, hi = lo-room, hi+room
	}
	if kind == Log {
		return NewLog(lo, hi)
	}
	return NewLinear(lo, hi)
}
