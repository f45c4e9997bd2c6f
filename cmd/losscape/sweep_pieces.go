package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/meta"
	"losscape/cmd/losscape/store"
	"losscape/cmd/losscape/table"
	"losscape/cpu"
	"losscape/cpu/quote"
	"losscape/scenes"

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

// sweepNotes are what the manifest of a sweep says of how it was asked for, which its pieces do not
// depend on. It names no file to write.
type sweepNotes struct {
	Scene string   `json:"scene_file"`    // absolute path, or the name of a built-in scene with its ending
	Map   *drawing `json:"map,omitempty"` // nil if there is none
}

// notes returns those of a sweep.
func (j *sweepJob) notes() (*sweepNotes, error) {
	n, err := &sweepNotes{Scene: j.named + ".toml"}, error(nil)
	if !slices.Contains(scenes.Names(), j.named) {
		n.Scene, err = filepath.Abs(j.named)
	}
	n.Map = j.drawing()
	return n, err
}

// drawing returns how the map of a sweep is drawn, nil if there is none.
func (j *sweepJob) drawing() *drawing {
	if j.picture == "" {
		return nil
	}
	m := &j.scene.Map
	return &drawing{m.Of, m.Scale, m.Colormap, m.Stability}
}

// sweepReceipt is the note of the receipts of a sweep's files.
type sweepReceipt struct {
	sweepReport
	Drawn *drawing `json:"drawn,omitempty"`
}

// asDrawn reports whether a finished file, with that note, is as the sweep would write it: the work of a map
// drawn in another way is the same.
func (j *sweepJob) asDrawn(file string, note json.RawMessage) bool {
	if file != j.picture {
		return true
	}
	was := new(sweepReceipt)
	return json.Unmarshal(note, was) == nil && was.Drawn != nil && *was.Drawn == *j.drawing()
}

// notesOf returns what a manifest notes of a sweep, as far as it can be read.
func notesOf(m *store.Manifest) (n sweepNotes) {
	if m.Verb != "sweep" || json.Unmarshal(m.Notes, &n) != nil {
		return sweepNotes{}
	}
	return n
}

// isPicture reports whether a target is a sweep's picture, not a table.
func isPicture(target string) bool {
	_, err := formatOf("sweep", "map", "", target)
	return err == nil
}

// mapHint returns the flags of merge that a map needs, if the work has one.
func mapHint(m *store.Manifest, target string) []string {
	if notesOf(m).Map == nil || isPicture(target) {
		return nil
	}
	return []string{"--map", "FILE.png"}
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

// target returns the file beside which a sweep's pieces are kept, its table or else its picture; "" if
// there is none: a picture of orbits needs all states in memory.
func (j *sweepJob) target() string {
	target := cmp.Or(j.output, j.picture)
	if j.orbit || target == standardOutput {
		return ""
	}
	return target
}

// otherOutputs returns the outputs that are not the target.
func (j *sweepJob) otherOutputs() (files []string) {
	for _, f := range []string{j.output, j.picture} {
		if f != j.target() {
			files = append(files, f)
		}
	}
	return files
}

// merging returns the flags by which losscape merge draws the sweep's picture.
func (j *sweepJob) merging() []string {
	if j.picture == "" {
		return nil
	}
	if j.picture == j.target() {
		return j.say
	}
	return append([]string{"--map", j.picture}, j.say...)
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
	notes, err := j.notes()
	if err != nil {
		return err
	}
	more := besides{notes, j.beside(), j.asDrawn}
	p, err := a.openPieces(ctx, "sweep", j.target(), &j.parts, &source, job, more, job.cut.Len(), func(k int) float64 { return blockCost(job.cut.At(k)) })
	if finished := (*finishedError)(nil); errors.As(err, &finished) && !j.parts.sharded() {
		was := new(sweepReceipt)
		if err := json.Unmarshal(finished.note, was); err != nil {
			return err
		}
		a.logf("%s", finished)
		return a.endSweep(&was.sweepReport, j.sweep, j.scene.ParamName)
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
		p.reportShard(j.merging()...)
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

// sweepFits returns an error if the pieces that are missing, and what is made of them, do not fit onto the disk.
func (a *app) sweepFits(j *sweepJob, job *sweepPieces, p *pieces) error {
	dim := j.scene.Problem.Dim()
	var least, most uint64
	if p.shard.Of == 0 {
		least, most = j.outputBytes(dim)
	}
	for _, k := range p.Missing(p.shard) {
		b := job.cut.At(k)
		size := b.Bytes(dim, j.set.In(b))
		least, most = least+min(size, math.MaxUint64-least), most+min(size, math.MaxUint64-most)
	}
	return a.fitsDisk(j.target(), least, most)
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
	set := job.Meta.Settings.Sweep()
	set.Recorded = job.Meta.Settings.Recorded
	blocks, err := table.OpenBlocks(job.cut, set, func(k int) (table.BlockFile, error) {
		if err := ctx.Err(); err != nil { // a picture takes passes over all of them
			return nil, err
		}
		p, err := s.Get(k)
		if err != nil {
			return nil, err
		}
		return p, nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Dir(), err)
	}
	defer blocks.Close()
	sum := blocks.Summary()
	job.Meta.Counts, job.Meta.Command = sum.Counts, s.Manifest().Command
	t := &table.Table{Blocks: blocks, Meta: job.Meta}
	if err := a.writeSweep(ctx, j, t); err != nil {
		return nil, err
	}
	took, _ := s.Took()
	report := newSweepReport(job.Meta.Scene, j, sum, name, took)
	a.sign(s, &sweepReceipt{*report, j.drawing()}, append(j.beside(), j.output)...)
	return report, nil
}

// mergeSweep puts the pieces of a sweep together.
func (a *app) mergeSweep(ctx context.Context, s *store.Store, how *merging) (keep string, err error) {
	m := s.Manifest()
	j := &sweepJob{output: cmp.Or(how.output, how.target), picture: how.picture}
	if isPicture(how.target) { // there was no table
		j.output, j.picture = how.output, cmp.Or(how.picture, how.target)
		if isPicture(how.output) && how.picture == "" {
			j.output, j.picture = "", how.output
		}
	}
	if err := cmp.Or(j.notBoth(a), j.chooseTable(a, ""), j.choosePicture(a, "")); err != nil {
		return "", err
	}
	job, err := readSweep(&m, j)
	if err != nil {
		return "", err
	}
	notes := notesOf(&m)
	if j.picture != "" {
		if err := a.mergePicture(ctx, s, job, j, how, &notes); err != nil {
			return "", err
		}
	} else if how.said != nil {
		return "", usagef("%s says how to draw: name the picture too, with --map FILE.png", how.said[0])
	}
	report, err := a.assembleSweep(ctx, s, job, j, job.paramName)
	if err != nil {
		return "", err
	}
	if j.picture == "" && notes.Map != nil {
		keep = hint("merge", how.target, mapHint(&m, how.target)...) + " draws the map of its runs"
	}
	return keep, a.endSweep(report, j.sweep, job.paramName)
}

// mergePicture has a sweep's job draw its map: by the scene as the pieces were computed from it, with
// its data where they were.
func (a *app) mergePicture(ctx context.Context, s *store.Store, job *sweepPieces, j *sweepJob, how *merging, notes *sweepNotes) (err error) {
	m, text := s.Manifest(), []byte(job.Meta.SceneTOML)
	if sum := sha256.Sum256(text); hex.EncodeToString(sum[:]) != m.Scene || notes.Scene == "" {
		return fmt.Errorf("the manifest of %s does not say of which scene it is: %w", m.Target, store.ErrDamaged)
	}
	if j.scene, err = await(ctx, func() (*scenes.Scene, error) { return scenes.Decode(notes.Scene, text) }); err != nil {
		return fmt.Errorf("a map needs the scene with its data: %w; merge where they are, or without --map", err)
	}
	if meta.DataHash(j.scene.Problem) != m.Data {
		return fmt.Errorf("%s has pieces of %w: the data of %s, which a map needs, have changed; put the old ones back, or merge without --map", s.Dir(), store.ErrDiffers, quote.Text(notes.Scene))
	}
	if err := j.sweep.Validate(j.scene.Problem); err != nil {
		return fmt.Errorf("the manifest of %s has a sweep that its scene has not (%v): %w", m.Target, err, store.ErrDamaged)
	}
	if how.said == nil && notes.Map != nil {
		how.drawing = *notes.Map
	}
	q, err := cpu.LookupQuantity(how.Of)
	switch {
	case err != nil:
		return usagef("--map-of: %s", err)
	case !job.Meta.Settings.Sweep().Has(q):
		return usagef("--map-of %s: the pieces in %s have none, as the sweep was not asked for it with --with", q.Name, s.Dir())
	}
	if err := j.show(&how.pictureFlags, slices.ContainsFunc(how.said, func(f string) bool { return strings.HasPrefix(f, "--colormap=") })); err != nil {
		return err
	}
	return fitsMemory(j.pictureBytes(), fmt.Sprintf("the map of %d runs and its page", j.count), "merge where there is more, or without --map")
}

// readSweep reads how a sweep was cut, and has j be the job of it.
func readSweep(m *store.Manifest, j *sweepJob) (*sweepPieces, error) {
	job := new(sweepPieces)
	damaged := fmt.Errorf("the manifest of %s does not say how its runs are cut: %w", m.Target, store.ErrDamaged)
	if err := json.Unmarshal(m.Job, job); err != nil || job.Most < 1 || job.Meta.Check() != nil || len(job.Over) != len(job.Meta.Over) {
		return nil, damaged
	}
	sweep := cpu.Sweep{Base: job.Meta.Run.Run}
	for i, text := range job.Over {
		p, err := cpu.ParseParam(text)
		if err != nil {
			return nil, damaged
		}
		p.Log = job.Meta.Over[i].Log
		sweep.Over = append(sweep.Over, p)
		if _, err := sweep.Count(); err != nil { // before there is memory for more values
			return nil, damaged
		}
	}
	n, err := sweep.Count()
	if err != nil {
		return nil, damaged
	}
	if job.cut = sweep.Blocks(job.Most); job.cut.Len() != m.Pieces {
		return nil, damaged
	}
	j.sweep, j.count = sweep, int(min(n, math.MaxInt))
	return job, nil
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
