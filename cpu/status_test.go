package cpu_test

import (
	"fmt"
	"testing"

	"losscape/cpu"
)

// TestStatuses has runs of which it is known how they end, from the literature and from
// exponents.json.
func TestStatuses(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	one, two := readNotebook(t, "one-mode").problem(), readNotebook(t, "two-mode").problem()
	one.Eps, two.Eps = 0, 0
	asked := cpu.Settings{Quantities: []string{"exponent"}}
	for _, c := range []struct {
		p     *cpu.Problem
		lr    float64
		l2    float64
		batch int
		steps int
		set   cpu.Settings
		want  cpu.Status
	}{
		{one, 5, 0, 0, 2000, asked, cpu.Converged},
		{one, 20, 0, 0, 2000, asked, cpu.Periodic},
		{one, 27.65, 0, 0, 40000, asked, cpu.Periodic},
		{one, 27.4, 0, 0, 1000, asked, cpu.StepLimit}, // a slow spiral onto a cycle of two
		{one, 27.6, 0, 0, 12000, asked, cpu.QuasiPeriodic},
		{one, 28.2, 0, 0, 12000, asked, cpu.QuasiPeriodic},
		{one, 28.2, 0, 0, 12000, cpu.Settings{}, cpu.StepLimit}, // nobody asked
		{one, 34, 0, 0, 2000, asked, cpu.Chaotic},
		{one, 50, 0, 0, 2000, asked, cpu.Chaotic},
		{one, 50, 0, 0, 2000, cpu.Settings{}, cpu.StepLimit},
		{one, 50, 0, 7, 2000, asked, cpu.StepLimit}, // batches have no exponent
		{one, 1e-3, 0, 0, 2000, asked, cpu.StepLimit},
		{two, 1, 0, 0, 500, asked, cpu.Drifting},
		{two, 1, 0, 0, 500, cpu.Settings{}, cpu.Drifting},
		{two, 100, 0, 0, 2000, asked, cpu.Drifting},
		{two, 1, 0, 0, 0, asked, cpu.StepLimit},
		{two, 1, 1e-3, 0, 500, asked, cpu.StepLimit}, // it has a minimum
	} {
		r := cpu.Run{Optimizer: "gd", LR: c.lr, L2: c.l2, Batch: c.batch, Start: []float64{-1, -1}, Steps: c.steps}
		name := fmt.Sprintf("lr %v, l2 %v, batch %d, %d steps, exponent %v", c.lr, c.l2, c.batch, c.steps, c.set.Quantities)
		res, err := c.p.Sweep(t.Context(), cpu.Sweep{Base: r}, c.set, nil)
		if err != nil {
			t.Fatal(err)
		}
		if res.Status[0] != c.want || res.Stats.Runs[c.want] != 1 {
			t.Errorf("%s: %v, want %v; %v", name, res.Status[0], c.want, res.Stats.Runs)
		}
		tr, err := c.p.Descend(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		ends, err := c.p.Endings(t.Context(), []*cpu.Trajectory{tr}, c.set)
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := res.Derived[cpu.ExponentName]; ok && fmt.Sprint(ends[0].Growth.Exponent()) != fmt.Sprint(e[0]) {
			t.Errorf("%s: exponent %v, of a sweep %v", name, ends[0].Growth.Exponent(), e[0])
		}
		if ends[0].Growth = (cpu.Growth{}); ends[0] != res.Endings()[0] {
			t.Errorf("%s: %v, of a sweep %v", name, ends[0], res.Endings()[0])
		}
	}
	if n := len(cpu.Statuses()); n != cpu.StatusCount {
		t.Errorf("%d statuses are listed, there are %d", n, cpu.StatusCount)
	}
}

// TestTruthOfExponents holds labels of runs with exponents after 1000 steps against those
// after 12,000. Chaos may end, with rounding as its dice: what is chaotic need only stay
// so as a rule.
func TestTruthOfExponents(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	p := readNotebook(t, "one-mode").problem()
	p.Eps = 0
	asked := cpu.Settings{Quantities: []string{"exponent"}}
	said := map[cpu.Status]int{}
	ended := 0 // chaotic runs that are so no longer
	rates, chaotic := []string{"lr=27.2:27.7:6", "lr=19:19.4:3", "lr=28:50:12"}, 6
	if long() {
		rates, chaotic = []string{"lr=27.2:27.7:16", "lr=19:19.4:4", "lr=28:50:23"}, 12
	}
	for _, lr := range rates {
		s := cpu.Sweep{Base: cpu.Run{Optimizer: "gd", Start: []float64{-1, -1}, Steps: 1000}, Over: []cpu.Param{param(t, lr)}}
		res, err := p.Sweep(t.Context(), s, asked, nil)
		if err != nil {
			t.Fatal(err)
		}
		s.Base.Steps = 12000
		long, err := p.Sweep(t.Context(), s, asked, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, status := range res.Status {
			said[status]++
			l := long.Status[i]
			switch {
			case status == cpu.StepLimit || l == cpu.StepLimit || l == status:
			case status == cpu.Chaotic:
				ended++
			default:
				t.Errorf("lr %v: %v, exponent %v; later %v, %v", s.Run(i).LR, status, res.Derived["exponent"][i], l, long.Derived["exponent"][i])
			}
		}
	}
	if ended > chaotic/3 || said[cpu.Chaotic] < chaotic || said[cpu.QuasiPeriodic] < chaotic/6 || said[cpu.Periodic] < chaotic/4 {
		t.Error(said, ended)
	}
}

// TestNearThreshold has growths on either side of the thresholds of the statuses.
func TestNearThreshold(t *testing.T) {
	back, far := [2]float64{0.01, 0.01}, [2]float64{0.01, 0.5}
	for _, c := range []struct {
		g    cpu.Growth
		want bool
	}{
		{cpu.Growth{Steps: 2000, Sum: 0.3, Last: 0.2, Nearest: back}, false},
		{cpu.Growth{Steps: 2000, Sum: 0.999, Last: 0.2, Nearest: back}, true},
		{cpu.Growth{Steps: 2000, Sum: -1.001, Last: -0.2, Nearest: back}, true},
		{cpu.Growth{Steps: 2000, Sum: -1.001, Last: -0.2, Nearest: far}, false}, // either way it does not come back
		{cpu.Growth{Steps: 2000, Sum: 0.3, Last: 0.2, Nearest: [2]float64{0.01, 0.04}}, true},
		{cpu.Growth{Steps: 2000, Sum: 0.3, Last: 0.2, Nearest: [2]float64{0.01, 1e-7}}, true},
		{cpu.Growth{Steps: 2000, Sum: 36.05, Last: 30, Nearest: far}, true},
		{cpu.Growth{Steps: 2000, Sum: 100, Last: 50, Nearest: far}, false},
		{cpu.Growth{Steps: 2000, Sum: -300, Last: -150, Nearest: back}, false},
	} {
		if got := cpu.NearOf(c.g, 30, 2); got != c.want {
			t.Errorf("%+v: in doubt %v", c.g, got)
		}
	}
}
