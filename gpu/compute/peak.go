package compute

import (
	"context"
	"time"

	"losscape/gpu"
)

// Multiply-adds that a sample evaluation cannot do without, to hold its rate
// against Peak.
const (
	// LandscapeOps is the recurrence's product of 1 + e, a multiply-add, and its
	// next e, a multiplication. What is done once for a row of columns, a chunk of
	// samples or a clamp is not counted.
	LandscapeOps = 2
	// GradientOps is what a sample of one feature takes in a step: its margin, and
	// for each of two weights its part of the gradient, and the one that the
	// sigmoid adds. The exponential and the division of the sigmoid are not
	// counted.
	GradientOps = 4
)

// Peak measures how many float32 multiply-adds a second a kernel in GLSL can do
// on the device: the limit of every kernel here. It takes about half a second.
func (e *Engine) Peak(ctx context.Context) (perSecond float64, err error) {
	err = e.d.Do(func() (err error) {
		p, err := e.program("peak.comp", nil)
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
		rounds := 1 << 8
		if !e.d.Info.Software {
			rounds = 1 << 12
		}
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
