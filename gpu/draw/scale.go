package draw

import (
	"math"
	"strconv"
	"strings"
)

// Scales of losses.
const (
	linearScale = "linear"
	logScale    = "log"
)

// scale is how losses from lo to hi become heights, colours and places on an
// axis: in even steps of to(loss).
type scale struct {
	kind   string
	lo, hi float64
}

func linear(lo, hi float64) *scale { return &scale{linearScale, lo, hi} }

// to returns the coordinate of a loss along which the scale is even.
func (s *scale) to(v float64) float64 {
	if s.kind == logScale {
		return math.Log10(v)
	}
	return v
}

// unit returns where a loss lies between lo and hi, 0 to 1.
func (s *scale) unit(v float64) float64 {
	a := s.to(s.lo)
	return (s.to(v) - a) / (s.to(s.hi) - a)
}

// ticks returns at most bins+1 losses from lo to hi that are good to read, with
// their labels.
func (s *scale) ticks(bins int) ([]float64, []string) {
	if s.kind == logScale {
		if t := logTicks(s.lo, s.hi, bins); len(t) > 1 {
			return t, logLabels(t)
		}
	}
	t := axisTicks(s.lo, s.hi, bins)
	return t, tickLabels(t)
}

// logTicks returns powers of ten from lo to hi; if those are few, also twice and
// five times them.
func logTicks(lo, hi float64, bins int) []float64 {
	if !(lo > 0 && hi > lo) {
		return nil
	}
	const slack = 1e-9
	first, last := math.Ceil(math.Log10(lo)-slack), math.Floor(math.Log10(hi)+slack)
	var out []float64
	if last-first < 2 && bins >= 3 {
		for e := first - 1; e <= last; e++ {
			for _, m := range [3]float64{1, 2, 5} {
				if v := m * math.Pow(10, e); v >= lo*(1-slack) && v <= hi*(1+slack) {
					out = append(out, v)
				}
			}
		}
		if len(out) <= bins+1 {
			return out
		}
		out = out[:0]
	}
	stride := max(1, math.Ceil((last-first)/float64(max(1, bins))))
	for e := math.Ceil(first/stride) * stride; e <= last; e += stride {
		out = append(out, math.Pow(10, e))
	}
	return out
}

// logLabels writes ticks each with its own digits, or as powers of ten if they
// are far from one.
func logLabels(ticks []float64) []string {
	plain := ticks[0] > 0.9e-3 && ticks[len(ticks)-1] < 1.1e4
	out := make([]string, len(ticks))
	for i, v := range ticks {
		out[i] = strconv.FormatFloat(v, 'g', 3, 64)
		if !plain {
			out[i] = power(v)
		}
	}
	return out
}

// power writes a loss in powers of ten, such as 2·10⁻³.
func power(v float64) string {
	m, e, _ := strings.Cut(strconv.FormatFloat(v, 'e', 0, 64), "e")
	n, _ := strconv.Atoi(e)
	s := "10"
	if m != "1" {
		s = m + "·10"
	}
	for _, c := range strconv.Itoa(n) {
		if c == '-' {
			s += "⁻"
			continue
		}
		s += string([]rune(superscripts)[c-'0'])
	}
	return s
}
