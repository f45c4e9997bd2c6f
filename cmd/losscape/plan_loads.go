package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/gridfile"
	"losscape/cmd/losscape/store"
	"losscape/cpu"
	"losscape/gpu/film"
	"losscape/scenes"
)

// loader finds out what work a command is, by this machine or by the one that a report of bench is of; done
// ends what it has opened.
type loader func(ctx context.Context, r *benchReport) (l *load, done func(), err error)

// openFor opens what computes, as a verb does, unless a report stands for it. began is when.
func (a *app) openFor(r *benchReport, can func(c backend.Computer) error) (b *backend.Backend, c backend.Computer, by backend.Info, done func(), err error) {
	if r != nil {
		by, err = a.benchInfo(r)
		return nil, nil, by, func() {}, err
	}
	if b, c, err = a.open("", can); err != nil {
		return nil, nil, by, nil, err
	}
	return b, c, c.Info(), func() { b.Close() }, nil
}

// gridLoad is the loader of a grid.
func (a *app) gridLoad(s *scenes.Scene, values int, as format) loader {
	return func(ctx context.Context, r *benchReport) (*load, func(), error) {
		began, what, p := time.Now(), gridValues[values], s.Problem
		b, c, by, done, err := a.openFor(r, func(c backend.Computer) error { return c.CanEvaluate(p, s.Plane, s.Grid, what.Values) })
		if err != nil {
			return nil, nil, err
		}
		precision := backend.Single
		if c != nil {
			precision, _ = b.GridPrecision(c, p, s.Plane, s.Grid, what.Values)
		} else if a.precision == backend.Double {
			precision = backend.Double
		}
		g := a.gridFile(s, by, precision, what.of)
		size, err := gridfile.Bytes(as.ending, g)
		if err != nil {
			done()
			return nil, nil, err
		}
		job, _ := newGridJob(p, by, what.Values, g, a.exact)
		l := &load{
			unit: "rows", pieces: job.pieces(), by: by.String(), least: size, most: size,
			piece: func(k int) pieceLoad {
				r := job.rowsOf(k)
				return pieceLoad{uint64(r.Len()), float64(r.Len()), uint64(r.Len()) * uint64(job.rowBytes())}
			},
		}
		l.bench = func(r *benchReport) (probe, error) {
			if by.Kind == backend.GPU && job.Double {
				by.Precision = "float64"
			}
			return benchLinear(r, "landscape", by, p.N(), p.Features(), s.Grid.X.N, float64(p.N())*float64(s.Grid.X.N))
		}
		l.probe = func(ctx context.Context) (probe, error) {
			var o probe
			ny := s.Grid.Y.N
			first := min(64, ny) // as many as a work group has
			var points float64
			perCost, _, took, err := growing(ctx, float64(first), float64(ny), func(amount float64) (float64, error) {
				n := int(amount)
				from := (ny - n) / 2
				err := c.Evaluate(ctx, p, s.Plane, s.Grid, cpu.Rows{First: from, End: from + n}, what.Values, func(int, backend.Row) error { return nil }, nil)
				if o.startup == 0 {
					o.startup = time.Since(began).Seconds()
				}
				points = amount
				return amount, err
			})
			if err != nil {
				return o, err
			}
			o.perCost = perCost // the rows of a shard are computed in one go
			o.memory, _ = peakMemory()
			o.how = fmt.Sprintf("%s rows of %s points in %s", grouped(int(points)), grouped(s.Grid.X.N), seconds(took))
			return o, nil
		}
		return l, done, nil
	}
}

// sweepLoad is the loader of a sweep.
func (a *app) sweepLoad(j *sweepJob) loader {
	return func(ctx context.Context, r *benchReport) (*load, func(), error) {
		began, p := time.Now(), j.scene.Problem
		first := j.sweep.Blocks(int(cuts.mostBlock)).At(0).Sweep // by which the whole is judged
		_, c, by, done, err := a.openFor(r, func(c backend.Computer) error { return c.CanSweep(p, first, j.set) })
		if err != nil {
			return nil, nil, err
		}
		most := j.runsOfABlock(by, a.exact)
		cut := j.sweep.Blocks(most)
		if cut.Len() > store.MaxPieces {
			done()
			return nil, nil, usagef("%s of work, at most %s are kept: compute it in several files", countOf(cut.Len(), "piece"), grouped(store.MaxPieces))
		}
		l := &load{unit: "runs", pieces: cut.Len(), by: by.String()}
		l.least, l.most = j.outputBytes(p.Dim())
		l.piece = func(k int) pieceLoad {
			b := cut.At(k)
			n, _ := b.Count()
			return pieceLoad{n, blockCost(b), b.Bytes(p.Dim(), j.set.In(b))}
		}
		l.held = l.piece(0).bytes
		l.bench = func(r *benchReport) (probe, error) {
			what := "sweep"
			if exponent, err := cpu.LookupQuantity(cpu.ExponentName); err == nil && j.set.Has(exponent) {
				what = "exponent"
			}
			return benchLinear(r, what, by, p.N(), p.Features(), 0, float64(p.N()))
		}
		l.probe = func(ctx context.Context) (probe, error) {
			var o probe
			var runs, held uint64
			var parts int
			total, _ := j.sweep.Count()
			perCost, perGo, took, err := growing(ctx, float64(min(1024, total)), float64(min(uint64(4*most), total)), func(amount float64) (cost float64, err error) {
				small := j.sweep.Blocks(max(int(amount)/4, 1))
				runs, held = 0, 0
				parts = min(small.Len(), 4)
				for i := range parts { // from all over the sweep
					b := small.At((2*i + 1) * small.Len() / (2 * parts))
					set := j.set.In(b)
					if _, err := c.Sweep(ctx, p, b.Sweep, set, nil); err != nil {
						return 0, err
					}
					if o.startup == 0 {
						o.startup = time.Since(began).Seconds()
					}
					n, _ := b.Count()
					runs += n
					cost += blockCost(b)
					held = max(held, b.Bytes(p.Dim(), set))
				}
				return cost, nil
			})
			if err != nil {
				return o, err
			}
			o.perCost, o.perPiece = perCost, perGo/float64(parts)
			if peak, known := peakMemory(); known {
				o.memory = peak - min(peak, held)
			}
			o.how = fmt.Sprintf("%s runs in %s", grouped64(runs), seconds(took))
			return o, nil
		}
		return l, done, nil
	}
}

// filmLoad is the loader of a film that args render. It renders some of its frames, from the first on.
func (a *app) filmLoad(s *scenes.Scene, f *renderFlags, args []string) loader {
	return func(ctx context.Context, r *benchReport) (*load, func(), error) {
		if r != nil {
			return nil, nil, usagef("films are measured with their encoder, which losscape bench does not do: leave --bench out")
		}
		dir, err := os.MkdirTemp("", "losscape-plan-")
		if err != nil {
			return nil, nil, err
		}
		o := film.Options{Width: s.Film.Width, Height: s.Film.Height, Frames: s.Film.Frames, Segment: cuts.segment}
		if o.Segment == 0 {
			o.Segment = o.SegmentFrames()
		}
		perFrame := 0.0 // bytes
		bytes := func(frames int) uint64 { return uint64(math.Ceil(float64(frames) * perFrame)) }
		l := &load{unit: "frames", pieces: o.Segments(), by: "losscape render on " + hostName()}
		l.piece = func(k int) pieceLoad {
			first, end := o.SegmentSpan(k)
			return pieceLoad{uint64(end - first), float64(end - first), bytes(end - first)}
		}
		target := filepath.Join(dir, "film"+f.to.ending)
		if f.to.sequence {
			target = filepath.Join(dir, "%06d.png")
		}
		l.probe = func(ctx context.Context) (probe, error) {
			var p probe
			frames := 0
			perCost, perGo, took, err := growing(ctx, float64(min(2, o.Frames)), float64(o.Frames), func(amount float64) (float64, error) {
				frames = int(amount)
				var said strings.Builder
				args := append(slices.Clone(args), "--frames", strconv.Itoa(frames), "-o", target, "--progress", "none")
				if code := run(ctx, args, strings.NewReader(""), io.Discard, &said); code != exitDone {
					lines := strings.Split(strings.TrimSpace(said.String()), "\n")
					return 0, errors.New(strings.TrimPrefix(lines[len(lines)-1], "losscape: "))
				}
				return amount, nil
			})
			if err != nil {
				return p, cmp.Or(ctx.Err(), err)
			}
			files, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil {
				return p, err
			}
			size := int64(0)
			for _, name := range files {
				info, err := os.Stat(name)
				if err != nil {
					return p, err
				}
				size += info.Size()
			}
			perFrame = float64(size) / float64(frames)
			l.least, l.most = bytes(o.Frames), bytes(o.Frames)
			p.startup, p.perCost = perGo, perCost
			p.memory, _ = peakMemory()
			p.how = fmt.Sprintf("the first %s in %s", countOf(frames, "frame"), seconds(took))
			return p, nil
		}
		return l, func() { os.RemoveAll(dir) }, nil
	}
}

// hostName names this machine.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return "this machine"
	}
	return name
}
