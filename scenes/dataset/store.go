package dataset

import (
	"cmp"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"
)

// store keeps the rows that are used, in blocks, so that it never copies while it
// grows, or a sample of them.
type store struct {
	width, per int // values of a row, rows of a block
	x, y       [][]float64
	w          [][]float64 // weights of rows; nil if they have none
	weighted   bool
	n          int // rows that are kept

	sample int
	seen   int // rows that came
	from   []int
	source *Generator
}

// blockValues is how many values a block has where nobody knows how many rows come.
const blockValues = 1 << 16

// maxHint is how many values are made room for at a file's word, before they come.
const maxHint = 1 << 25

// newStore returns a store for rows of a width, with weights or without, of which there may be
// as many as rows.
func newStore(width, rows int, weighted bool, sample int, seed uint32) *store {
	s := &store{width: width, per: max(1, blockValues/width), weighted: weighted, sample: sample}
	if sample > 0 {
		s.source = NewNumPy(seed)
	} else if rows > 0 {
		s.per = max(1, min(rows, maxHint/width))
	}
	return s
}

// at returns the values of a row.
func (s *store) at(i int) []float64 {
	b, k := i/s.per, i%s.per
	return s.x[b][k*s.width : (k+1)*s.width]
}

// add keeps a row, its label and its weight, and reports whether there is room. A sample is by Algorithm R (Vitter
// 1985, Random sampling with a reservoir): row k takes the place of a random one with the
// chance sample/(k+1).
func (s *store) add(row []float64, y, weight float64) bool {
	k := s.seen
	s.seen++
	at := k
	if s.sample > 0 && k >= s.sample {
		if at = int(s.source.Float64() * float64(k+1)); at >= s.sample {
			return true
		}
	} else {
		if s.n >= MaxValues/s.width {
			return false
		}
		if s.n%s.per == 0 {
			s.x = append(s.x, make([]float64, s.per*s.width))
			s.y = append(s.y, make([]float64, s.per))
			if s.weighted {
				s.w = append(s.w, make([]float64, s.per))
			}
		}
		s.n++
	}
	copy(s.at(at), row)
	s.y[at/s.per][at%s.per] = y
	if s.weighted {
		s.w[at/s.per][at%s.per] = weight
	}
	if s.sample > 0 {
		if at == len(s.from) {
			s.from = append(s.from, k)
		} else {
			s.from[at] = k
		}
	}
	return true
}

// level is a level of a categorical feature that comes in the rows.
type level struct {
	text string
	code int
}

// levels returns the levels that come in feature i, in their order.
func (s *store) levels(i int, codes map[string]int) []level {
	comes := make([]bool, len(codes))
	for r := range s.n {
		comes[int(s.at(r)[i])] = true
	}
	var out []level
	for text, code := range codes {
		if comes[code] {
			out = append(out, level{text, code})
		}
	}
	sortLevels(out)
	return out
}

// sortLevels sorts levels in the order of numbers if all are numbers, and else of texts.
func sortLevels(list []level) {
	numbers := map[string]float64{}
	for _, l := range list {
		if v, err := strconv.ParseFloat(l.text, 64); err == nil && v == v {
			numbers[l.text] = v
		}
	}
	slices.SortFunc(list, func(a, b level) int {
		if len(numbers) == len(list) {
			if c := cmp.Compare(numbers[a.text], numbers[b.text]); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.text, b.text)
	})
}

// matrix returns the features, the labels and the weights, nil if there are none, and lets the rows
// go.
func (s *store) matrix(features []feature) (_ *mat.Dense, y, w []float64) {
	d := 0
	plain := s.sample == 0
	for _, f := range features {
		d += f.width()
		plain = plain && f.levels == nil
	}
	if plain && len(s.x) == 1 {
		if s.weighted {
			w = s.w[0][:s.n]
		}
		return mat.NewDense(s.n, d, s.x[0][:s.n*d]), s.y[0][:s.n], w
	}
	order := make([]int, 0, len(s.from))
	for i := range s.from {
		order = append(order, i)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(s.from[a], s.from[b]) })
	x, y := make([]float64, 0, s.n*d), make([]float64, 0, s.n)
	if s.weighted {
		w = make([]float64, 0, s.n)
	}
	for i := range s.n {
		r := i
		if s.sample > 0 {
			r = order[i]
		}
		y = append(y, s.y[r/s.per][r%s.per])
		if s.weighted {
			w = append(w, s.w[r/s.per][r%s.per])
		}
		for k, v := range s.at(r) {
			if features[k].levels == nil {
				x = append(x, v)
				continue
			}
			for _, l := range features[k].order[1:] {
				one := 0.0
				if l.code == int(v) {
					one = 1
				}
				x = append(x, one)
			}
		}
		if s.sample == 0 && i%s.per == s.per-1 {
			s.x[i/s.per], s.y[i/s.per] = nil, nil
		}
	}
	return mat.NewDense(s.n, d, x), y, w
}
