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

	all := p.onPlane(pl)
	err := parallel(ctx, g.Y.N, g.X.N, progress, func(ctx context.Context) func(j int) error {
		on := all
		on.c, on.w = make([]float64, len(all.a)), make([]float64, p.Dim())
		check := max(1, (1<<16)/p.N()) // points between two looks at ctx
		return func(j int) error {
			on.row(g.Y.At(j))
			row := l.Loss[j*g.X.N : (j+1)*g.X.N]
			for k := range row {
				if k%check == 0 {
					if err := ctx.Err(); err != nil {
						return err
					}
				}
				row[k] = on.loss(g.X.At(k))
			}
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// onPlane is a problem on a plane, row by row.
type onPlane struct {
	p       *Problem
	pl      Plane
	a, u, v []float64 // of Linear: the margins, the sign in, are a + α u + β v

	beta float64
	c    []float64 // a + β v
	w    []float64 // of a point
}

func (p *Problem) onPlane(pl Plane) onPlane {
	if !p.Linear() {
		return onPlane{p: p, pl: pl}
	}
	a, u, v, s := p.Project(pl)
	for i, si := range s {
		a[i] *= si
		u[i] *= si
		v[i] *= si
	}
	return onPlane{p: p, pl: pl, a: a, u: u, v: v}
}

// row goes to a row.
func (on *onPlane) row(beta float64) {
	on.beta = beta
	for i := range on.c {
		on.c[i] = on.a[i] + beta*on.v[i]
	}
}

// loss returns the loss at a point of the row.
func (on *onPlane) loss(alpha float64) float64 {
	p := on.p
	if on.a == nil {
		return p.Loss(on.pl.At(on.w, alpha, on.beta))
	}
	loss := meanLoss(on.c, on.u, p.SampleWeight, alpha, p.Eps)
	if p.L2 != 0 {
		loss += p.L2 / 2 * squaredNorm(p.Penalized(on.pl.At(on.w, alpha, on.beta)))
	}
	return loss
}

// meanLoss returns the mean of weight_i LogLoss(c_i + α u_i), the weights being all 1 if they are nil.
func meanLoss(c, u, weight []float64, alpha, eps float64) float64 {
	var total float64
	for lo := 0; lo < len(c); lo += sumBlock {
		hi := min(lo+sumBlock, len(c))
		cs, us := c[lo:hi], u[lo:hi]
		var sum float64
		if weight == nil {
			for i, ci := range cs {
				sum += LogLoss(ci+alpha*us[i], eps)
			}
		} else {
			for i, ci := range cs {
				sum += weight[lo+i] * LogLoss(ci+alpha*us[i], eps)
			}
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
