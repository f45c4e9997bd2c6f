package npfmt_test

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"losscape/cmd/losscape/npfmt"
	"losscape/scenes"
)

// TestNotebookLines runs the notebook's three examples and compares each
// iteration with the line that the notebook printed for it.
func TestNotebookLines(t *testing.T) {
	for _, name := range []string{"one-mode", "large-lr", "two-mode"} {
		t.Run(name, func(t *testing.T) {
			s, err := scenes.Load(name)
			if err != nil {
				t.Fatal(err)
			}
			traj, err := s.Problem.Descend(context.Background(), s.Runs[0])
			if err != nil {
				t.Fatal(err)
			}
			f, err := os.Open("../../../testdata/notebook/printed-" + name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			seen := map[int]bool{}
			for sc := bufio.NewScanner(f); sc.Scan(); {
				var k int
				if _, err := fmt.Sscanf(sc.Text(), "Iter %d:", &k); err != nil {
					t.Fatalf("%q: %v", sc.Text(), err)
				}
				seen[k] = true
				got := fmt.Sprintf("Iter %d: w %s, loss %.4f", k, npfmt.Format(traj.At(k+1)), traj.Loss[k+1])
				if got != sc.Text() {
					t.Errorf("got  %s\nwant %s", got, sc.Text())
				}
			}
			if len(seen) != s.Film.Frames {
				t.Errorf("%d iterations compared, want %d", len(seen), s.Film.Frames)
			}
		})
	}
}

// TestFormat holds Format to what NumPy's rules give.
func TestFormat(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	ramp := func(n int, f func(i int) float64) []float64 {
		w := make([]float64, n)
		for i := range w {
			w[i] = f(i)
		}
		return w
	}
	tests := []struct {
		w    []float64
		want string
	}{
		{nil, "[]"},
		{[]float64{1}, "[1.]"},
		{[]float64{0, 0}, "[0. 0.]"},
		{[]float64{math.Copysign(0, -1), 1}, "[-0.  1.]"},
		{[]float64{1, 2.5, -3}, "[ 1.   2.5 -3. ]"},
		{[]float64{0.1, 0.2, 0.1 + 0.2}, "[0.1 0.2 0.3]"},
		{[]float64{0.148518896686666, -0.7198540020149145}, "[ 0.1485189 -0.719854 ]"},
		{[]float64{0.999999999, 100}, "[  1. 100.]"},
		{[]float64{0.001, 1}, "[0.001 1.   ]"},
		{[]float64{0.000999, 1}, "[9.99e-04 1.00e+00]"},
		{[]float64{0.0001}, "[0.0001]"},
		{[]float64{0.00001}, "[1.e-05]"},
		{[]float64{99999999}, "[99999999.]"},
		{[]float64{1e8}, "[1.e+08]"},
		{[]float64{1e10, 0}, "[1.e+10 0.e+00]"},
		{[]float64{-1.23456789012e10, 1}, "[-1.23456789e+10  1.00000000e+00]"},
		{[]float64{1e100, 1e-5}, "[1.e+100 1.e-005]"},
		{[]float64{5e-324, 1.7976931348623157e308}, "[4.94065646e-324 1.79769313e+308]"},
		{[]float64{nan, 1}, "[nan  1.]"},
		{[]float64{nan, nan}, "[nan nan]"},
		{[]float64{inf, -inf}, "[ inf -inf]"},
		{[]float64{1.5, -inf}, "[ 1.5 -inf]"},
		{[]float64{1e10, nan}, "[1.e+10    nan]"},
		{
			ramp(30, func(i int) float64 { return float64(i) }),
			"[ 0.  1.  2.  3.  4.  5.  6.  7.  8.  9. 10. 11. 12. 13. 14. 15. 16. 17.\n" +
				" 18. 19. 20. 21. 22. 23. 24. 25. 26. 27. 28. 29.]",
		},
		{
			ramp(8, func(i int) float64 { return 1 / float64(i+1) }),
			"[1.         0.5        0.33333333 0.25       0.2        0.16666667\n" +
				" 0.14285714 0.125     ]",
		},
		{
			ramp(2000, func(i int) float64 { return float64(i) }),
			"[0.000e+00 1.000e+00 2.000e+00 ... 1.997e+03 1.998e+03 1.999e+03]",
		},
		{ramp(1001, func(int) float64 { return 2 }), "[2. 2. 2. ... 2. 2. 2.]"},
	}
	for _, tt := range tests {
		if got := npfmt.Format(tt.w); got != tt.want {
			t.Errorf("Format(%.20v)\ngot  %s\nwant %s", tt.w, got, tt.want)
		}
		for line := range strings.Lines(npfmt.Format(tt.w)) {
			if len(strings.TrimSuffix(line, "\n")) > 75 {
				t.Errorf("line of %d columns: %s", len(line)-1, line)
			}
		}
	}
}

func ExampleFormat() {
	fmt.Println(npfmt.Format([]float64{0.148518896686666, -0.7198540020149145}))
	fmt.Println(npfmt.Format([]float64{1e-5, 20000}))
	// Output:
	// [ 0.1485189 -0.719854 ]
	// [1.e-05 2.e+04]
}
