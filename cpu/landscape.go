package cpu

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
)

// Landscape returns the loss at every point of the grid g of the plane pl,
// each point computed directly from all samples, with the problem's L2. Rows
// are shared out over GOMAXPROCS goroutines.
//
// If progress is not nil it is called after each row with the number of grid
// points done and in all, never by two goroutines at once. Cancelling ctx
// makes Landscape return ctx's error soon after.
func (p *Problem) Landscape(ctx context.Context, pl Plane, g Grid, progress func(done, total int)) (*Landscape, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if err := pl.Validate(p.Dim()); err != nil {
		return nil, err
	}
	if err := g.Validate(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := &Landscape{Grid: g, Loss: make([]float64, g.Size())}

	// Orient the samples once: the margin is a + α u + β v with the sign in.
	a, u, v, s := p.Project(pl)
	for i, si := range s {
		a[i] *= si
		u[i] *= si
		v[i] *= si
	}
	err := parallel(ctx, g.Y.N, g.X.N, progress, func(ctx context.Context) func(j int) error {
		c := make([]float64, len(a)) // margins of the row at α = 0
		w := make([]float64, p.Dim())
		check := max(1, (1<<16)/len(a)) // points between two looks at ctx
		return func(j int) error {
			beta := g.Y.At(j)
			for i := range c {
				c[i] = a[i] + beta*v[i]
			}
			row := l.Loss[j*g.X.N : (j+1)*g.X.N]
			for k := range row {
				if k%check == 0 {
					if err := ctx.Err(); err != nil {
						return err
					}
				}
				alpha := g.X.At(k)
				row[k] = meanLoss(c, u, alpha, p.Clamp)
				if p.L2 != 0 {
					row[k] += p.L2 / 2 * squaredNorm(pl.At(w, alpha, beta))
				}
			}
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// meanLoss returns the mean of LogLoss(c_i + α u_i).
func meanLoss(c, u []float64, alpha, clamp float64) float64 {
	var total float64
	for lo := 0; lo < len(c); lo += sumBlock {
		hi := min(lo+sumBlock, len(c))
		cs, us := c[lo:hi], u[lo:hi]
		var sum float64
		for i, ci := range cs {
			sum += LogLoss(ci+alpha*us[i], clamp)
		}
		total += sum
	}
	return total / float64(len(c))
}

// Range returns the least and the greatest finite loss, and the number of
// losses that are not finite. If none is finite, min and max are NaN.
func (l *Landscape) Range() (min, max float64, bad int) {
	min, max = math.Inf(1), math.Inf(-1)
	for _, v := range l.Loss {
		if !finite(v) {
			bad++
			continue
		}
		min = math.Min(min, v)
		max = math.Max(max, v)
	}
	if bad == len(l.Loss) {
		return math.NaN(), math.NaN(), bad
	}
	return min, max, bad
}

// parallel calls the functions that worker makes, one for each of at most
// GOMAXPROCS goroutines, for every item 0..items-1. It returns the first
// error, after all goroutines have ended. Each item counts as weight units of
// progress.
func parallel(ctx context.Context, items, weight int, progress func(done, total int), worker func(context.Context) func(item int) error) error {
	parent := ctx
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	var (
		next atomic.Int64
		mu   sync.Mutex
		done int
		wg   sync.WaitGroup
	)
	for range min(items, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			do := worker(ctx)
			for {
				item := int(next.Add(1)) - 1
				if item >= items || ctx.Err() != nil {
					return
				}
				if err := do(item); err != nil {
					cancel(err)
					return
				}
				if progress != nil {
					mu.Lock()
					done += weight
					progress(done, items*weight)
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if err := parent.Err(); err != nil {
		return err
	}
	return context.Cause(ctx)
}
