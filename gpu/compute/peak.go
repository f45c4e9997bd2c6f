package compute

import (
	"context"
	"time"

	"losscape/cpu"
	"losscape/gpu"
)

// GradientOps is the multiply-adds that a sample of one feature cannot do without
// in a step of a run, to hold its rate against Peak: its margin, and for each of two
// weights its part of the gradient, and the one that the sigmoid adds. The
// exponential and the division of the sigmoid are not counted.
const GradientOps = 4

// LandscapeOps returns the kernel that a landscape takes, such as "K=64 product",
// and the multiply-adds that it cannot do without for a sample at a point, to hold
// its rate against Peak. By the recurrence these are a multiply-add for the product
// of 1 + e, in the excess form two, and a multiplication for the next e; what is
// done once for a row of columns, a chunk of samples or eps is not counted. By
// the expansion they are a sample's fraction of its tile, and the five of a point
// shared by the samples.
func (e *Engine) LandscapeOps(p *cpu.Problem, pl cpu.Plane, g cpu.Grid) (kernel string, ops float64, err error) {
	q, err := e.prepare(p, pl, g)
	if err != nil {
		return "", 0, err
	}
	switch {
	case q.expansion.degree > 0:
		t := q.expansion
		ops = (t.ops()/float64(t.x*t.y) + float64(t.degree)/float64(q.n)) * float64(q.n) / float64(q.samples)
	case q.excess:
		ops = 3
	default:
		ops = 2
	}
	return q.String(), ops, nil
}

// Peak measures how many float32 multiply-adds a second a kernel in GLSL can do
// on the device: the limit of every kernel here. It takes about half a second.
func (e *Engine) Peak(ctx context.Context) (perSecond float64, err error) {
	err = e.d.Do(func() (err error) {
		p, err := e.d.Compute("peak.comp", nil)
		if err != nil {
			return err
		}
		out, err := e.d.NewBuffer("peak", 4, gpu.Computed)
		if err != nil {
			return err
		}
		defer out.Close()
		pace := e.pace("peak")
		defer func() {
			if end := pace.close(); err == nil {
				err = end
			}
		}()
		rounds := e.tuning.rounds
		group := float64(64 * 256 * rounds)
		var work float64
		dispatch := func() error {
			groups := min(max(1, int(pace.budget()/group)), 65535)
			work += float64(groups) * group
			return pace.submit(float64(groups)*group, func() {
				out.BindStorage(0)
				p.SetInt("rounds", rounds)
				p.SetFloat("factor", 0.999)
				p.SetFloat("plus", 0.001)
				p.Dispatch(groups, 1, 1)
			})
		}
		// The fastest of several spans: the machine may be busy in others.
		const spans, warmUp = 5, 10
		for span := range spans + 1 {
			n := 4
			if span == 0 {
				n = warmUp
			}
			work = 0
			start := time.Now()
			for range n {
				if err := ctx.Err(); err != nil {
					return err
				}
				if err := dispatch(); err != nil {
					return err
				}
			}
			if err := pace.wait(); err != nil {
				return err
			}
			if span > 0 {
				perSecond = max(perSecond, work/time.Since(start).Seconds())
			}
		}
		return nil
	})
	return perSecond, err
}
