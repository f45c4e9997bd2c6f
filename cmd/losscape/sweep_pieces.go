package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/store"
	"losscape/cmd/losscape/table"
	"losscape/cpu"

	"golang.org/x/sync/errgroup"
)

// sweepPieces is what the pieces of a sweep are put together by. A piece is what the runs of a block
// came to, as table.WriteBlock writes it.
type sweepPieces struct {
	Over  []string   `json:"over"`  // the axes, as --over has them
	Most  int        `json:"most"`  // runs of a block: see cpu.Sweep.Blocks
	Meta  table.Meta `json:"meta"`  // without counts, and without the command, which the manifest has
	Exact bool       `json:"exact"` // every sample was taken

	cut cpu.Blocks
}

// runsOfABlock returns how many runs a block of a sweep has at most.
func (j *sweepJob) runsOfABlock(by backend.Info, exact bool) int {
	p := j.scene.Problem
	ns := float64(nsCPU)
	switch {
	case by.Kind == backend.CPU:
	case by.Precision == "float64":
		ns = nsDouble
	default:
		ns = nsStep
	}
	steps, batches := j.sweep.Base.Steps, j.sweep.Base.Batch
	for _, a := range j.sweep.Over {
		switch _, most := a.Ends(); a.Name {
		case "steps":
			steps = int(most)
		case "batch":
			batches = int(most)
		}
	}
	samples := samplesOf(by, p.N(), p.Features(), exact || batches > 0 || slices.Contains(j.set.Quantities, cpu.ExponentName))
	if batches > 0 {
		samples = 2 * float64(batches) // and all samples once an epoch
	}
	run := ns * float64(steps+1) * samples * max(float64(p.Dim())/2, 1)
	least := max(min(cuts.longBlock*1e9/run, cuts.leastBlock), cuts.fewRuns)
	if by.Kind == backend.CPU {
		least = cuts.fewRunsCPU
	}
	n, _ := j.sweep.Count()
	least = max(least, 2*float64(n)/store.MaxPieces)
	runs := min(max(cuts.blockSeconds*1e9/run, least), cuts.mostBlock)
	one := cpu.Sweep{Base: j.sweep.Base}
	one.Base.Steps = steps
	set := j.set
	set.Recorded = nil // all of them
	return int(max(min(runs, cuts.blockBytes/2/float64(one.Bytes(p.Dim(), set))), 1))
}

// target returns the file beside which a sweep's pieces are kept, "" if there is none: a picture of
// orbits needs all states in memory.
func (j *sweepJob) target() string {
	if j.orbit || j.output == standardOutput {
		return ""
	}
	return j.output
}

// sweepInPieces computes a sweep block by block into its outputs, or a part of it beside the table, by c,
// which b has opened and can lets pass.
func (a *app) sweepInPieces(ctx context.Context, b *backend.Backend, c backend.Computer, can func(c backend.Computer) error, j *sweepJob, most int) (err error) {
	by := c.Info()
	job := &sweepPieces{Most: most, Meta: j.meta(a, by, table.Counts{}), Exact: a.exact, cut: j.sweep.Blocks(most)}
	for _, p := range j.sweep.Over {
		job.Over = append(job.Over, p.String())
	}
	source := job.Meta.Source
	job.Meta.Command = ""
	p, err := a.openPieces(ctx, "sweep", j.output, &j.parts, &source, job, job.cut.Len(), func(k int) float64 { return blockCost(job.cut.At(k)) }, j.beside()...)
	if finished := (*finishedError)(nil); errors.As(err, &finished) && !j.parts.sharded() {
		report := new(sweepReport)
		if err := json.Unmarshal(finished.note, report); err != nil {
			return err
		}
		a.logf("%s", finished)
		return a.endSweep(report, j.sweep, j.scene.ParamName)
	}
	if err != nil {
		return err
	}
	defer p.Close()
	if err := a.sweepFits(j, job, p); err != nil {
		return err
	}
	err = a.overLosses(ctx, b, c, can, func(c backend.Computer) error { return a.computeSweepPieces(ctx, c, j, job, p) })
	if err != nil {
		p.interrupted(err)
		return err
	}
	if j.parts.sharded() {
		p.reportShard()
		return nil
	}
	report, err := a.assembleSweep(ctx, p.Store, job, j, j.scene.ParamName)
	if err != nil {
		p.interrupted(err)
		return err
	}
	p.drop()
	return a.endSweep(report, j.sweep, j.scene.ParamName)
}

// sweepFits returns an error if the pieces that are missing, and the table, do not fit onto the disk.
func (a *app) sweepFits(j *sweepJob, job *sweepPieces, p *pieces) error {
	dim := j.scene.Problem.Dim()
	var least, most uint64
	if p.shard.Of == 0 {
		least, most = table.Bytes(j.sweep, dim, j.set, j.format)
	}
	for _, k := range p.Missing(p.shard) {
		b := job.cut.At(k)
		size := b.Bytes(dim, j.set.In(b))
		least, most = least+min(size, math.MaxUint64-least), most+min(size, math.MaxUint64-most)
	}
	return a.fitsDisk(j.output, least, most)
}

// blockCost returns what a block costs: steps of its runs.
func blockCost(b cpu.Block) float64 {
	n, _ := b.Count()
	steps := float64(b.Base.Steps)
	for _, a := range b.Over {
		if a.Name == "steps" {
			if a.Range != nil { // evenly spaced: no logarithms of so many are whole
				least, most := a.Ends()
				steps = (least + most) / 2
				continue
			}
			steps = 0
			for _, v := range a.Values {
				steps += v / float64(len(a.Values))
			}
		}
	}
	return float64(n) * (steps + 1)
}

// computeSweepPieces computes the blocks that are missing; one is written while the next is computed.
func (a *app) computeSweepPieces(ctx context.Context, c backend.Computer, j *sweepJob, job *sweepPieces, p *pieces) (err error) {
	missing := p.Missing(p.shard)
	left := 0
	for _, k := range missing {
		n, _ := job.cut.At(k).Count()
		left += int(n)
	}
	if left == 0 {
		return nil
	}
	st := a.stage("sweep", "runs")
	defer func() { st.end(err) }()
	written, ctx := errgroup.WithContext(ctx) // an error there ends the block that is computed
	written.SetLimit(1)
	put := func(k int, began time.Time, res *cpu.Result) {
		written.Go(func() error {
			return p.Put(k, began, func(w io.Writer) error { return table.WriteBlock(w, res) })
		})
	}
	err = computeBlocks(ctx, c, j, job, missing, func(done int) { st.update(done, left) }, put)
	if failed := written.Wait(); failed != nil {
		return failed
	}
	return err
}

// computeBlocks computes blocks, and passes on what the runs of each came to.
func computeBlocks(ctx context.Context, c backend.Computer, j *sweepJob, job *sweepPieces, blocks []int, progress func(done int), put func(k int, began time.Time, res *cpu.Result)) error {
	done := 0
	for _, k := range blocks {
		b, began := job.cut.At(k), time.Now()
		n, _ := b.Count()
		res, err := c.Sweep(ctx, j.scene.Problem, b.Sweep, j.set.In(b), func(runs, of int) {
			progress(done + int(float64(n)*float64(runs)/float64(max(of, 1))))
		})
		if err != nil {
			return err
		}
		put(k, began, res)
		done += int(n)
		progress(done)
	}
	return nil
}

// assembleSweep writes a sweep's outputs, which j names, from its blocks, and says what it came to.
func (a *app) assembleSweep(ctx context.Context, s *store.Store, job *sweepPieces, j *sweepJob, name func(param string) string) (*sweepReport, error) {
	set := job.Meta.Settings
	blocks, err := table.OpenBlocks(job.cut, set.Recorded, func(k int) (table.BlockFile, error) {
		p, err := s.Get(k)
		if err != nil {
			return nil, err
		}
		return p, nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", store.Dir(j.output), err)
	}
	defer blocks.Close()
	sum := blocks.Summary()
	job.Meta.Counts, job.Meta.Command = sum.Counts, s.Manifest().Command
	t := &table.Table{Blocks: blocks, Meta: job.Meta}
	result := func() (*cpu.Result, error) { return blocks.Result(j.set) }
	if err := a.writeSweep(ctx, j, t, result); err != nil {
		return nil, err
	}
	took, _ := s.Took()
	report := newSweepReport(job.Meta.Scene, j, sum, name, took)
	a.sign(s, report, append(j.beside(), j.output)...)
	return report, nil
}

// mergeSweep puts the pieces of a sweep together.
func (a *app) mergeSweep(ctx context.Context, s *store.Store, output string, as format) error {
	job, m := new(sweepPieces), s.Manifest()
	damaged := fmt.Errorf("the manifest of %s does not say how its runs are cut: %w", m.Target, store.ErrDamaged)
	if err := json.Unmarshal(m.Job, job); err != nil || job.Most < 1 || job.Meta.Check() != nil || len(job.Over) != len(job.Meta.Over) {
		return damaged
	}
	sweep := cpu.Sweep{Base: job.Meta.Run.Run}
	for i, text := range job.Over {
		p, err := cpu.ParseParam(text)
		if err != nil {
			return damaged
		}
		p.Log = job.Meta.Over[i].Log
		sweep.Over = append(sweep.Over, p)
		if _, err := sweep.Count(); err != nil { // before there is memory for more values
			return damaged
		}
	}
	if _, err := sweep.Count(); err != nil {
		return damaged
	}
	if job.cut = sweep.Blocks(job.Most); job.cut.Len() != m.Pieces {
		return damaged
	}
	j := &sweepJob{sweep: sweep, output: output, format: table.Format(as.ending)}
	n, _ := sweep.Count()
	j.count = int(min(n, math.MaxInt))
	report, err := a.assembleSweep(ctx, s, job, j, job.paramName)
	if err != nil {
		return err
	}
	return a.endSweep(report, sweep, job.paramName)
}

// paramName returns what a swept parameter is called, as scenes.Scene.ParamName has it.
func (job *sweepPieces) paramName(param string) string {
	for _, a := range job.Meta.Over {
		if a.Param == param {
			if name, ok := strings.CutPrefix(a.Column, "start_"); ok {
				return name
			}
		}
	}
	return param
}
