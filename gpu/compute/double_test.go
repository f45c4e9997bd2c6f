package compute

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"
)

// doubles returns an engine in double precision, or skips the test.
func doubles(t testing.TB) *Engine {
	t.Helper()
	e, err := engine(t).In(Double)
	if err != nil {
		t.Skip(err)
	}
	return e
}

// A short sweep by each optimizer in double precision, without and with eps, ends as the
// reference's does, to its last digits.
func TestDoubleSweep(t *testing.T) {
	e := doubles(t)
	for _, p := range []*cpu.Problem{ordinary(100, 1), clamped(101, 2)} {
		for _, name := range []string{"gd", "adam"} {
			base := cpu.DefaultRun(name)
			base.LR, base.Steps, base.Start = 0.1, 50, make([]float64, p.Dim())
			base.Start[0] = 0.3
			s := cpu.Sweep{Base: base, Over: []cpu.Param{{Name: "lr", Values: values(0.01, 0.2, 19)}}}
			got, err := e.Sweep(t.Context(), p, s, cpu.Settings{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			ref, err := p.Sweep(t.Context(), s, cpu.Settings{}, nil)
			if err != nil {
				t.Fatal(err)
			}
			worst := 0.0
			for i := range got.N() {
				for j, w := range ref.At(i) {
					worst = max(worst, math.Abs(got.At(i)[j]-w)/(1+math.Abs(w)))
				}
				worst = max(worst, math.Abs(got.Loss[i]-ref.Loss[i])/ref.Loss[i], math.Abs(got.BestLoss[i]-ref.BestLoss[i])/ref.BestLoss[i])
				if got.Status[i] != ref.Status[i] || got.Steps[i] != ref.Steps[i] {
					t.Errorf("%s run %d: %v after %d, reference %v after %d", name, i, got.Status[i], got.Steps[i], ref.Status[i], ref.Steps[i])
				}
			}
			t.Logf("%s: %.2g", name, worst)
			if worst > 1e-13 {
				t.Errorf("%s: off by %.2g", name, worst)
			}
		}
	}
}

// TestDoubleFunctions holds the functions of double.glsl against values of 200 bits, over
// all ranges.
func TestDoubleFunctions(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	e := doubles(t)
	r := rand.New(rand.NewPCG(1, 2))
	x := []float64{0, 0.25, -0.25, math.Ln2, -math.Ln2, 1, -1, 36, -36, 37.5, -37.5, 700, -700, -708.2, -709, -1e5, 709}
	for _, most := range []float64{1e-300, 1e-20, 1e-9, 1e-3, 0.1, 0.35, 0.5, 1, 2, 8, 40, 708} {
		for range 1000 {
			x = append(x, most*(2*r.Float64()-1))
		}
	}
	const kinds = 5
	got := make([]float64, kinds*len(x))
	err := e.d.Do(func() error {
		in, err := gpu.NewBufferOf(e.d, "arguments", x, gpu.Static)
		if err != nil {
			return err
		}
		defer in.Close()
		out, err := gpu.NewBufferOf(e.d, "values", got, gpu.Computed)
		if err != nil {
			return err
		}
		defer out.Close()
		p, err := e.d.Compute("double.comp", shaders.Defines{"DOUBLE": true})
		if err != nil {
			return err
		}
		in.BindStorage(0)
		out.BindStorage(1)
		p.Cover(len(x), 1)
		return gpu.Download(out, 0, got)
	})
	if err != nil {
		t.Fatal(err)
	}
	one := long(1)
	functions := []struct {
		name string
		of   func(x *big.Float) *big.Float
	}{
		{"e^x", exp},
		{"1 - e^-|x|", func(x *big.Float) *big.Float { return minus(expm1(minus(long(0).Abs(x)))) }},
		{"log(1 + |x|)", func(x *big.Float) *big.Float { return log1p(long(0).Abs(x)) }},
		{"softplus", func(x *big.Float) *big.Float {
			tail := log1p(exp(minus(long(0).Abs(x))))
			if x.Sign() < 0 {
				return tail
			}
			return plus(x, tail)
		}},
		{"sigmoid", func(x *big.Float) *big.Float {
			return long(0).Quo(one, plus(one, exp(minus(x))))
		}},
	}
	for k, f := range functions {
		worst, at := 0.0, 0.0
		for i, x := range x {
			want := f.of(long(x))
			near, _ := want.Float64()
			unit := max(math.Nextafter(near, math.Inf(1))-near, 0x1p-1074)
			if near < 0x1p-1021 { // below the least normal number it may be 0
				unit = 0x1p-1021
			}
			off, _ := plus(long(got[kinds*i+k]), minus(want)).Float64()
			if off = math.Abs(off) / unit; !(off <= worst) {
				worst, at = off, x
			}
		}
		t.Logf("%-12s is off by up to %.3g units in the last place, at %v", f.name, worst, at)
		if !(worst < 2) {
			t.Errorf("%s is off by %.3g units in the last place at %v", f.name, worst, at)
		}
	}
}

// Numbers of 200 bits.
func long(x float64) *big.Float        { return new(big.Float).SetPrec(200).SetFloat64(x) }
func plus(a, b *big.Float) *big.Float  { return long(0).Add(a, b) }
func minus(a *big.Float) *big.Float    { return long(0).Neg(a) }
func times(a, b *big.Float) *big.Float { return long(0).Mul(a, b) }
func expm1(x *big.Float) *big.Float { // by its series at x/2^k, and (1 + y)^2 - 1 = y (2 + y)
	k := max(x.MantExp(nil)+6, 0)
	x = long(0).SetMantExp(x, -k)
	y, term := long(0), long(1)
	for i := 1; i <= 22; i++ {
		term = long(0).Quo(times(term, x), long(float64(i)))
		y = plus(y, term)
	}
	for range k {
		y = times(y, plus(long(2), y))
	}
	return y
}

func exp(x *big.Float) *big.Float {
	e := plus(long(1), expm1(long(0).Abs(x)))
	if x.Sign() < 0 {
		return long(0).Quo(long(1), e)
	}
	return e
}

func log1p(q *big.Float) *big.Float { // by a step of Newton's from float64
	x, _ := q.Float64()
	near := long(math.Log1p(x))
	e := expm1(minus(near))
	off := plus(plus(q, e), times(q, e)) // (1 + q) e^-near - 1
	return plus(near, plus(off, minus(times(long(0.5), times(off, off)))))
}

// EvaluateDouble computes what it is asked for, and an engine in single precision none.
func TestEvaluateDouble(t *testing.T) {
	e := doubles(t)
	p, pl, g := clamped(100, 2), slopeAndBias(3), square(3, 9)
	for _, what := range []Outputs{Loss, Gradient, Accuracy, Loss | Accuracy} {
		rows := 0
		err := e.EvaluateDouble(t.Context(), p, pl, g, g.Rows(), what, func(row int, v EvaluatedDouble) error {
			if (v.Loss != nil) != (what&Loss != 0) || (v.DBeta != nil) != (what&Gradient != 0) || (v.Accuracy != nil) != (what&Accuracy != 0) {
				t.Errorf("%v: %+v", what, v)
			}
			for i, l := range v.Loss {
				want := p.Loss(pl.At(nil, g.X.At(i), g.Y.At(row)))
				if math.Abs(l-want) > 1e-14*want {
					t.Errorf("loss %v, reference %v", l, want)
				}
			}
			rows++
			return nil
		}, nil)
		if err != nil || rows != 9 {
			t.Errorf("%v: %d rows, %v", what, rows, err)
		}
	}
	if err := e.EvaluateDouble(t.Context(), p, pl, g, g.Rows(), 0, nil, nil); err == nil {
		t.Error("nothing asked for, and no error")
	}
	if err := engine(t).CanEvaluateDouble(p, pl, g); err == nil {
		t.Error("an engine in single precision computes in double")
	}
	p.Eps = 1e-310
	if err := e.CanEvaluateDouble(p, pl, g); !errors.Is(err, ErrUnsupported) {
		t.Errorf("eps of %g: %v", p.Eps, err)
	}
}
