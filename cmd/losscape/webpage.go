package main

import (
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"slices"

	"losscape/cmd/losscape/meta"
	"losscape/cmd/losscape/web"
	"losscape/cpu"
	"losscape/scenes"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/sampleuv"
)

// exportPage writes a scene as a page for browsers.
func (a *app) exportPage(ctx context.Context, s *scenes.Scene, f *renderFlags) error {
	if !s.Problem.Linear() {
		return errors.New("a page computes runs of the linear model alone")
	}
	f.frame = s.Film.Frames - 1
	return a.exportFile(ctx, s, f, func(w io.Writer) error {
		c, err := a.pageContent(ctx, s)
		if err != nil {
			return err
		}
		c.Changed = f.changed
		return web.Write(ctx, w, c)
	})
}

// pageContent computes what a page shows of a scene: of one with many samples, some of them.
func (a *app) pageContent(ctx context.Context, s *scenes.Scene) (*web.Content, error) {
	shown := *s
	whole := s.Problem
	if most := web.MaxSamples(whole.Features()); whole.N() > most {
		some, err := someSamples(whole, most)
		if err != nil {
			return nil, err
		}
		shown.Problem = some
		shown.Paths, shown.Minimum = nil, nil // they are of all samples
		shown.Runs = slices.Clone(s.Runs)
		for i := range shown.Runs { // no batch is larger than the data
			if r := &shown.Runs[i]; r.Batch > most {
				a.warnf("run %d of the page has batches of %d samples in place of %d, which are more than it has", i, most, r.Batch)
				r.Batch = most
			}
		}
		a.logf("the page has %d of %d samples, drawn at random: its landscape and its runs are theirs", most, whole.N())
	}
	// A film that zooms into its map computes what each frame shows; a page shows all of it.
	flat := shown
	flat.Map.Keys = nil
	e, err := a.exportContent(ctx, &flat, web.Side, showsLandscape(s), s.Film.Frames-1)
	if err != nil {
		return nil, err
	}
	e.Scene = &shown
	c := &web.Content{
		Content: e.Content, Landscape: e.landscape, Program: "losscape " + versionText(), DataHash: meta.DataHash(whole), Of: whole.N(),
		Separable: shown.Problem.Separable(ctx),
	}
	if shown.Problem != whole {
		for _, t := range e.Trajectories {
			w := t.At(t.Run.Steps)
			if off := math.Abs(whole.LossL2(w, t.Run.L2) - shown.Problem.LossL2(w, t.Run.L2)); off > c.Beyond {
				c.Beyond = off
			}
		}
	}
	return c, ctx.Err()
}

// someSamples returns a problem of n of the samples of p, each as likely as any other, in
// their order, with their weights.
func someSamples(p *cpu.Problem, n int) (*cpu.Problem, error) {
	const seed = 0
	rows := make([]int, n)
	sampleuv.WithoutReplacement(rows, p.N(), rand.NewPCG(seed, seed))
	slices.Sort(rows)
	q := *p
	x, y := mat.NewDense(n, p.Features(), nil), make([]float64, n)
	var weights []float64
	for i, row := range rows {
		x.SetRow(i, p.X.RawRowView(row))
		y[i] = p.Y[row]
		if p.SampleWeight != nil {
			weights = append(weights, p.Count(row))
		}
	}
	q.X, q.Y = x, y
	if err := q.Weigh(weights); err != nil {
		return nil, err
	}
	return &q, q.Freeze()
}
