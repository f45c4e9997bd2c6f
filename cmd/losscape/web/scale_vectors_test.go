package web

import (
	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/scale"
)

// scaleCase is what the page's Scales.check compares with its own answer: the name of what
// is asked, the arguments, and what the engine answers.
type scaleCase [3]any

// scaleVectors returns cases that hold the page's scales, ticks and texts of numbers against
// those of scenes/scale.
func scaleVectors() (out []scaleCase) {
	put := func(what string, want any, args ...any) { out = append(out, scaleCase{what, args, want}) }

	for _, v := range []float64{
		0, 1, -1, 0.5, 0.125, 2.5, 0.00005, 0.00004999, 1e-4, 0.69314718, 12345.678, 99999.99999, 1e5, 1.5e6,
		-3.25e-9, 1.23456789e21, 1e300, 5e-324, 0.00015, 1.00005, 2.00015,
	} {
		put("number", scale.Number(v), v)
		put("short", scale.Short(v), v)
		put("parameter", scale.Parameter(v), v)
		put("significant", scale.Significant(v, 4), v, 4)
		put("rounded", scale.Rounded(v, 2), v, 2)
	}
	labels := scenes.DefaultLabels()
	comma := scenes.DefaultLabels()
	comma.Mark = ","
	for _, n := range []int{0, 999, 1000, 65536, 1234567} {
		put("whole", labels.Whole(n), n, ".")
		put("whole", comma.Whole(n), n, ",")
	}
	for _, text := range []string{"0.25", "1.5·10⁻³", "(1.5, 2.25)", "3.", "v1.2.3"} {
		put("decimal", comma.Decimal(text), text, ",")
	}

	for _, ticks := range [][]float64{{0, 0.5, 1}, {-10, -7.5, -5}, {1e6, 2e6, 3e6}, {1e-7, 2e-7}, {0.1, 0.30000000000000004}, {3, 3.0001, 3.0002}, {0}} {
		put("labels", scale.Labels(ticks), ticks)
	}
	ends := [][2]float64{
		{-10, 10}, {0, 1}, {-0.1, 1.1}, {0, 100}, {0, 7}, {-3.3, 12.9}, {0.251, 0.2517}, {1e-9, 3e-9}, {-2e7, 5e7},
		{3.14159, 3.14160}, {1e6, 1e6 + 1}, {-1e-300, 1e-300}, {0.3, 0.3000000000000001}, {-1000, -999.5},
	}
	for i, e := range ends {
		for _, bins := range []int{1, 4, 9} {
			if (i+bins)%2 == 0 || i < 6 {
				put("linear", marksOf(scale.NewLinear(e[0], e[1]).Marks(bins)), e[0], e[1], bins)
			}
		}
	}
	put("name", scale.NewLinear(3.14159, 3.14160).Marks(4).Name("w₁"), "w₁", 3.14159, 3.14160, 4)
	put("name", scale.NewLinear(-1000.001, -1000).Marks(4).Name("w₁"), "w₁", -1000.001, -1000.0, 4)
	for _, e := range [][2]float64{{0.01, 300}, {1, 1000}, {0.3, 0.9}, {2, 35}, {1e-12, 1e9}, {1e-5, 1}, {0.99, 1.01}, {26, 50}} {
		for _, bins := range []int{2, 6} {
			put("log", marksOf(scale.NewLog(e[0], e[1]).Marks(bins)), e[0], e[1], bins)
		}
	}

	losses := []float64{0.31, 0.32, 0.35, 0.4, 0.52, 0.69, 0.93, 1.4, 2.6, 5.1, 9.7, 17, 33, 61, 118, 240}
	signs := []float64{-2.4, -1.1, -0.6, -0.31, -0.1, 0.02, 0.2, 0.7, 1.9, 3.6}
	for _, c := range []struct {
		kind   string
		values []float64
	}{
		{scale.Linear, losses}, {scale.Log, losses}, {scale.Asinh, losses}, {scale.Rank, losses}, {scale.Auto, losses},
		{scale.Asinh, signs}, {scale.Linear, signs}, {scale.Auto, signs}, {scale.Log, []float64{0, 0, 0}},
	} {
		s := scale.Of(c.kind, c.values)
		put("of", append([]any{s.Kind}, marksOf(s.Marks(5))...), c.kind, c.values, 5)
		put("levels", orNone(s.Levels(10)), c.kind, c.values, 10)
		var to, from, at []float64
		for i := range 5 {
			at = append(at, s.A+(s.B-s.A)*float64(i)/4)
			from = append(from, s.From(at[i]))
		}
		for _, v := range c.values {
			to = append(to, s.To(v))
		}
		put("to", to, c.kind, c.values, c.values)
		put("from", from, c.kind, c.values, at)
	}
	s := scale.NewSigned(signs)
	put("of", append([]any{s.Kind}, marksOf(s.Marks(6))...), scale.Signed, signs, 6)

	for _, kind := range []string{scale.Linear, scale.Log} {
		for _, runs := range [][][]float64{{{1.2, 0.9, 0.5, 0.4}, {1.2, 3, 400, 1e9}}, {{0.7, 0.7}}, {{2, 0.001}}} {
			lo, hi := scale.History(kind, 10, runs).Ends()
			put("history", []float64{lo, hi}, kind, 10, runs)
		}
	}
	for _, text := range []string{
		"lr=0.1:40:64:log", "lr=26:50:48", "lr=5:1:5", "lr=3,1,10", "steps=10:1000:100", "batch=1,2,4,8,16", "l2=0:0.012:30",
		"l2=1e-4,1e-3,1e-2,1e-1", "momentum=0.9", "w1=-2:8:33", "seed=1:40:40", "batch=1,10,100,1000,10000",
	} {
		p, err := cpu.ParseParam(text)
		if err != nil {
			panic(err) // one of the texts above
		}
		cells := scale.NewParamCells(&p)
		last := len(p.Values) - 1
		for _, bins := range []int{3, 8} {
			put("param", append(marksOf(cells.Marks(bins)), cells.List, cells.Unit(cells.At(0)), cells.Unit(cells.At(last))), p.Name, p.Values, p.Log, bins)
		}
	}
	return out
}

// marksOf returns the parts of marks as Scales.check has them.
func marksOf(m scale.Marks) []any {
	return []any{orNone(m.Values), orNone(m.Labels), orNone(m.Minor), m.Offset, m.Unit}
}

// orNone returns a list that JSON writes as [] where it is empty.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
