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
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/meta"
	"losscape/cmd/losscape/store"

	"github.com/spf13/cobra"
)

// pieceFlags are the flags of verbs that keep finished pieces of their work.
type pieceFlags struct {
	resume bool
	shard  string
	shards int

	index, of int    // of the shard, 0/0 for all of the work
	from      string // what names the shard, if no flag does
}

// shardFlags are their names.
var shardFlags = []string{"resume", "shard", "shards"}

// partFlags says of each whether a value follows. They say nothing of what is computed.
var partFlags = map[string]bool{"resume": false, "shard": true, "shards": true}

func (f *pieceFlags) add(c *cobra.Command) {
	fl := c.Flags()
	fl.BoolVar(&f.resume, "resume", false, "go on with the finished pieces in FILE.part, if there are some, or with nothing where FILE is finished; keep pieces where that would not pay, too")
	fl.StringVar(&f.shard, "shard", "", "compute part `I/N` of the work only, I from 0, into FILE.part (default that of a Slurm array, or of an indexed job with --shards): losscape merge FILE puts the parts together")
	fl.IntVar(&f.shards, "shards", 0, "`number` of the parts, where SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX says which one")
}

// check finds out which shard is asked for, by a flag or by what runs the process.
func (f *pieceFlags) check(c *cobra.Command) error {
	if f.shard != "" {
		i, n, ok := strings.Cut(f.shard, "/")
		index, err := strconv.Atoi(i)
		of, err2 := strconv.Atoi(n)
		if !ok || err != nil || err2 != nil || index < 0 || index >= of {
			return usagef("--shard %q, want I/N with a part I of 0 to N-1, such as 0/8", f.shard)
		}
		if c.Flags().Changed("shards") && f.shards != of {
			return usagef("--shard %s and --shards %d contradict each other: leave --shards out", f.shard, f.shards)
		}
		f.index, f.of = index, of
		return nil
	}
	if c.Flags().Changed("shards") && f.shards < 1 {
		return usagef("--shards %d, want at least 1", f.shards)
	}
	number := func(name string) (n int, there bool, err error) {
		text, there := os.LookupEnv(name)
		if !there {
			return 0, false, nil
		}
		if n, err = strconv.Atoi(text); err != nil || n < 0 {
			return 0, true, usagef("%s is %q, want a whole number: --shard I/N says which part this is", name, text)
		}
		return n, true, nil
	}
	var err error
	var there, counted bool
	f.of = f.shards
	// The tasks of an array may be numbered from any number on, in any steps.
	const slurm = "SLURM_ARRAY_TASK_"
	if f.index, there, err = number(slurm + "ID"); err != nil {
		return err
	}
	if there {
		f.from = slurm + "ID"
		count, ok, err := number(slurm + "COUNT")
		if err != nil {
			return err
		}
		if f.of == 0 && ok {
			first, _, err := number(slurm + "MIN")
			if err != nil {
				return err
			}
			step, stepped, err := number(slurm + "STEP")
			if err != nil {
				return err
			}
			if stepped && step > 1 {
				f.index = (f.index - first) / step
			} else {
				f.index -= first
			}
			f.of = count
		}
		counted = ok || f.shards > 0
	} else if f.shards > 0 {
		if f.index, counted, err = number("JOB_COMPLETION_INDEX"); err != nil {
			return err
		}
		f.from = "JOB_COMPLETION_INDEX"
		if !counted {
			return usagef("--shards %d needs the number of this part: --shard I/%d, or SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX in the environment", f.shards, f.shards)
		}
	}
	if !counted {
		f.index, f.of, f.from = 0, 0, ""
		return nil
	}
	if f.index < 0 || f.index >= f.of {
		return usagef("%s says part %d of %d, want 0 to %d: --shards says how many parts there are", f.from, f.index, f.of, f.of-1)
	}
	return nil
}

// sharded reports whether a part of the work is asked for.
func (f *pieceFlags) sharded() bool { return f.of > 0 }

// asked reports whether pieces are to be kept wherever there are some.
func (f *pieceFlags) asked() bool { return f.resume || f.sharded() }

// needFile returns an error if pieces are asked for beside a target that has no place for them.
func (f *pieceFlags) needFile(path string) error {
	if f.asked() && (path == standardOutput || path == "") {
		flag := "--resume"
		if f.sharded() {
			flag = "--shard"
		}
		return usagef("%s keeps pieces beside a file: name one with -o", flag)
	}
	return nil
}

// withoutParts returns a command line without the flags that do not change what is computed, so that
// results have the same bytes however they came about.
func withoutParts(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		name, value, _ := strings.Cut(args[i], "=")
		flag, long := strings.CutPrefix(name, "--")
		follows, ours := partFlags[flag]
		switch {
		case args[i] == "--":
			return append(out, args[i:]...)
		case !long || !ours:
			out = append(out, args[i])
		case follows && value == "" && !strings.Contains(args[i], "="):
			i++ // its value
		}
	}
	return out
}

// pieces is long work whose finished pieces are kept beside its target.
type pieces struct {
	*store.Store
	a      *app
	target string
	shard  store.Shard
	began  time.Time
	there  int // pieces that were there
}

// besides is what else work is, which its pieces do not depend on. The zero value is nothing.
type besides struct {
	notes any      // of the manifest
	files []string // that are written with the target, "" for none
	// same reports whether a finished file is as it is asked for, by the note of its receipt; nil
	// where there is one way.
	same func(file string, note json.RawMessage) bool
}

// openPieces opens the store of work for a target. job is what the pieces are put together by; cost
// is what a piece costs, in any unit.
func (a *app) openPieces(ctx context.Context, verb, target string, f *pieceFlags, source *meta.Source, job any, more besides, count int, cost func(piece int) float64) (*pieces, error) {
	if count > store.MaxPieces {
		return nil, usagef("%s of work, at most %s are kept: compute it in several files", countOf(count, "piece"), grouped(store.MaxPieces))
	}
	text, err := json.Marshal(job)
	if err != nil {
		return nil, err
	}
	var noted json.RawMessage
	if more.notes != nil {
		if noted, err = json.Marshal(more.notes); err != nil {
			return nil, err
		}
	}
	program, err := programHash()
	if err != nil {
		return nil, err
	}
	scene := sha256.Sum256([]byte(source.SceneTOML))
	m := store.Manifest{
		Verb: verb, Target: filepath.Base(target), Command: commandLine(withoutParts(a.args)), Pieces: count,
		Scene: hex.EncodeToString(scene[:]), Data: source.DataHash, Program: program,
		Losscape: source.Losscape, Backend: source.Backend, Device: source.Device, Driver: source.Driver, Precision: source.Precision,
		Job: text, Notes: noted,
	}
	p := &pieces{a: a, target: target, began: time.Now()}
	if f.sharded() {
		p.shard = store.Split(f.index, f.of, count, cost)
	}
	if f.asked() && !store.Exists(store.Dir(target)) {
		if note, ok := signed(m, target, f.sharded(), &more); ok {
			return nil, &finishedError{target, note}
		}
		if _, err := os.Stat(target); err == nil {
			a.logf("%s is there, and does not say that it is of this work: computing anew", target)
		}
	}
	o := a.checking()
	o.Resume, o.Shard = f.resume, p.shard
	p.Store, err = store.Open(ctx, store.Dir(target), m, o.Options)
	o.end(err)
	if err != nil {
		return nil, err
	}
	if f.sharded() {
		of := ""
		if f.from != "" {
			of = ", as " + f.from + " has it"
		}
		a.logf("part %v%s: %s of %s", p.shard, of, countOf(p.shard.End-p.shard.First, "piece"), grouped(count))
	}
	p.there = p.total() - len(p.Missing(p.shard))
	if p.there > 0 {
		a.logf("%s of %s are there, and are not computed again", grouped(p.there), countOf(p.total(), "piece"))
	}
	return p, nil
}

// finishedError is openPieces' error where the target is there already, as the same work has written it.
type finishedError struct {
	target string
	note   json.RawMessage // what the work came to, if its verb reports that
}

func (e *finishedError) Error() string {
	return e.target + " is there, as this work has written it: nothing is left to do"
}

// signed reports whether a target is finished, with the files beside it, which are no part's.
func signed(m store.Manifest, target string, part bool, more *besides) (note json.RawMessage, ok bool) {
	note, ok = store.Signed(target, m)
	if part || !ok {
		return note, ok
	}
	for _, f := range append([]string{target}, more.files...) {
		if f == "" {
			continue
		}
		if n, ok := store.Signed(f, m); !ok || more.same != nil && !more.same(f, n) {
			return nil, false
		}
	}
	return note, true
}

// sign has finished files say of which work they are, and what it came to. Where they cannot, --resume
// computes them again.
func (a *app) sign(s *store.Store, report any, files ...string) {
	note, err := json.Marshal(report)
	for _, f := range files {
		if f != "" && f != standardOutput && err == nil {
			s.Sign(f, note)
		}
	}
}

// total returns how many pieces this process is to compute.
func (p *pieces) total() int {
	if p.shard.Of > 0 {
		return p.shard.End - p.shard.First
	}
	return p.Manifest().Pieces
}

// interrupted says what is kept where work ends early.
func (p *pieces) interrupted(err error) {
	if have := p.total() - len(p.Missing(p.shard)); err != nil && have > 0 {
		p.a.warnf("%s of %s are kept in %s: --resume goes on with them", grouped(have), countOf(p.total(), "piece"), store.Dir(p.target))
	}
}

// reportShard says that the part is done, and how merge is called.
func (p *pieces) reportShard(flags ...string) {
	p.a.logf("part %v is done in %s: %s writes the file when all parts are", p.shard, seconds(time.Since(p.began)), hint("merge", p.target, flags...))
}

// drop removes the store, whose work is in its target.
func (p *pieces) drop() {
	if err := p.Remove(); err != nil { // the work is done all the same
		p.a.warnf("%s", message(err))
	}
}

// checking is how a store's pieces are checked: with progress, and what cannot be used is said.
type checking struct {
	store.Options
	st *stage
}

func (a *app) checking() *checking {
	c := &checking{}
	c.Warn = func(err error) { a.warnf("%s", message(err)) }
	c.Progress = func(done, total int) {
		if c.st == nil {
			c.st = a.stage("pieces", "bytes")
		}
		c.st.update(done, total)
	}
	return c
}

func (c *checking) end(err error) {
	if c.st != nil {
		c.st.end(err)
	}
}

// countOf writes a number of things.
func countOf(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return grouped(n) + " " + thing
}

// programHash returns the SHA-256 of this program's file.
func programHash() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("the file of this program is not known: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("the file of this program cannot be read: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("the file of this program cannot be read: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Rates that decide into how many pieces work is cut: nanoseconds that a sample of a point or a step
// takes, at the high end of what was measured on small machines. They are no measured times, so that the
// pieces are the same in every run and on every machine.
const (
	nsExpanded = 0.06 // of landscapes in float32
	nsSingle   = 0.7  // of gradients and accuracies in float32
	nsStep     = 0.3  // of runs in float32
	nsDouble   = 2    // on the device in float64
	nsCPU      = 10   // on the CPU

	// momentPoints is about how many points stand for more samples of one feature.
	momentPoints = 512
	fewSamples   = 1000 // from which on they do

	// keepCost is how long a byte of a piece has to take to compute, in nanoseconds, that keeping
	// it costs little: it is written, summed up, read and summed up again in some 3.
	keepCost = 175
)

// cutting is how work is cut.
type cutting struct {
	pieceSeconds float64 // that a piece of a grid takes about
	pieceBytes   float64 // that it has at most

	blockSeconds float64 // that a block of a sweep takes about
	leastBlock   float64 // runs of it at least, on a device: neighbours in different blocks do not put one another in doubt
	longBlock    float64 // seconds that are too long for that
	fewRuns      float64 // that a device computes at a time at least, for it has many processors
	fewRunsCPU   float64 // and the CPU, where no run is in doubt
	mostBlock    float64 // runs of a block at most
	blockBytes   float64 // of memory that it takes at most

	segment int // frames of a segment of a film, 0 for what suits it
}

// cuts is how work is cut; tests change it.
var cuts = defaultCuts

var defaultCuts = cutting{
	pieceSeconds: 4, pieceBytes: 256 << 20,
	blockSeconds: 10, leastBlock: 1 << 16, longBlock: 300, fewRuns: 1 << 14, fewRunsCPU: 1 << 8, mostBlock: 1 << 20, blockBytes: 512 << 20,
}

// samplesOf returns about how many samples a device takes of so many.
func samplesOf(by backend.Info, samples, features int, all bool) float64 {
	if by.Kind == backend.GPU && features == 1 && samples >= fewSamples && !all {
		return momentPoints
	}
	return float64(samples)
}

// merging is what merge is asked for.
type merging struct {
	target string
	output string // to write in its place; empty for the target
	pictureFlags
	said []string // flags of the drawing that were given
}

// mergers put the pieces of a verb's work together, by verb. keep is why they are still needed, empty if they are not.
var mergers = map[string]func(a *app, ctx context.Context, s *store.Store, m *merging) (keep string, err error){
	"grid":   toOneFile("grid", (*app).mergeGrid),
	"render": toOneFile("render", (*app).mergeFilm),
	"sweep":  (*app).mergeSweep,
}

// toOneFile is the merger of a verb that writes one file.
func toOneFile(verb string, merge func(a *app, ctx context.Context, s *store.Store, output string, as format) error) func(a *app, ctx context.Context, s *store.Store, m *merging) (string, error) {
	return func(a *app, ctx context.Context, s *store.Store, m *merging) (string, error) {
		if m.picture != "" || m.said != nil {
			return "", usagef("--map and the flags of its drawing are for sweeps, and %s has pieces of losscape %s", s.Dir(), verb)
		}
		output := cmp.Or(m.output, mergedName(s.Manifest(), m.target))
		f, err := a.formatFor(verb, "output", "-o", output, "")
		if err != nil {
			return "", err
		}
		return "", merge(a, ctx, s, output, f)
	}
}

func (a *app) mergeCommand() *cobra.Command {
	var m merging
	c := &cobra.Command{
		Use:   "merge FILE",
		Short: "Put the parts of long work together",
		Long: `merge writes FILE from the finished pieces in FILE.part, which processes with --shard
or interrupted ones have left there, and removes them. Every piece is checked first. The
bytes are those that one process would have written on the same device.

It fails if pieces are missing, and names them. The folder of pieces may be named instead of
FILE, and -o names the file to write.

--map draws the map of a sweep: as the sweep that began the pieces was asked to, or, if one of
--map-of, --map-scale, --colormap and --stability is given, as these say. The scene's text is with
the pieces, its data file has to be where it was. If --map is left out and the sweep had one, the
pieces are kept for it. No file is written but those that this command line names.`,
		Example: `  losscape grid one-mode -o loss.npy --size 65536 --shard 0/2
  losscape grid one-mode -o loss.npy --size 65536 --shard 1/2
  losscape merge loss.npy
  losscape merge runs.parquet --map map.png`,
		Args: func(c *cobra.Command, args []string) error { return oneTarget(c, args) },
		RunE: func(c *cobra.Command, args []string) error {
			m.target, m.said = targetOf(args[0]), m.pictureFlags.said(c)
			return a.merge(c.Context(), &m)
		},
	}
	c.Flags().StringVarP(&m.output, "output", "o", "", "the `file` to write, if it is another")
	m.add(c)
	return c
}

// oneTarget is the check of the arguments of a verb that takes a target.
func oneTarget(c *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return usagef("%s needs a FILE, beside which the pieces of its work are in FILE.part", c.Name())
	case 1:
		return nil
	}
	return usagef("%s takes one FILE, here are %d", c.Name(), len(args))
}

// targetOf returns the target that a person names, or whose folder of pieces.
func targetOf(path string) string {
	clean := filepath.Clean(path)
	if target, ok := strings.CutSuffix(clean, store.Dir("")); ok {
		if info, err := os.Stat(clean); err == nil && info.IsDir() {
			return target
		}
	}
	return filmTarget(path)
}

// merge puts a store's pieces together.
func (a *app) merge(ctx context.Context, how *merging) error {
	dir := store.Dir(how.target)
	o := a.checking()
	s, err := store.Join(ctx, dir, o.Options)
	o.end(err)
	if errors.Is(err, store.ErrNone) && store.Finished(cmp.Or(how.output, how.target)) && (how.picture == "" || store.Finished(how.picture)) {
		return &finishedError{target: cmp.Or(how.output, how.target)} // a job that starts again
	}
	if err != nil {
		return err
	}
	defer s.Close()
	m := s.Manifest()
	merge, ok := mergers[m.Verb]
	if !ok {
		return fmt.Errorf("%s has pieces of losscape %s, which this program cannot put together", dir, m.Verb)
	}
	if missing := s.Missing(store.Shard{}); len(missing) > 0 {
		return fmt.Errorf("%s lacks %d of %s: %s; compute them (%s --resume), then merge", dir, len(missing), countOf(m.Pieces, "piece"), spans(missing), m.Command)
	}
	keep, err := merge(a, ctx, s, how)
	if err != nil {
		return err
	}
	if keep != "" {
		a.warnf("%s is kept: %s", dir, keep)
		return nil
	}
	if err := s.Remove(); err != nil { // the work is done all the same
		a.warnf("%s", message(err))
	}
	return nil
}

// spans writes ascending numbers as in 0, 3 to 7.
func spans(numbers []int) string {
	var words []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if len(words) == 8 {
			words = append(words, "...")
			break
		}
		if word := strconv.Itoa(numbers[i]); j == i {
			words = append(words, word)
		} else {
			words = append(words, word+" to "+strconv.Itoa(numbers[j]))
		}
		i = j + 1
	}
	return strings.Join(words, ", ")
}

func (a *app) statusCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "status FILE",
		Short: "Say how far long work has come",
		Long: `status says how many pieces of the work for FILE are done, which are missing, who works on
them, and about how long the rest takes: as long as the pieces that are there took, shared
out among the processes that work on it. It reads the ends of the pieces only; losscape
merge and --resume check them whole.`,
		Example: `  losscape status loss.npy
  losscape status runs.parquet --json`,
		Args: func(c *cobra.Command, args []string) error { return oneTarget(c, args) },
		RunE: func(c *cobra.Command, args []string) error { return a.status(targetOf(args[0])) },
	}
	a.jsonFlag(c)
	return c
}

func (a *app) status(target string) error {
	st, err := store.Look(store.Dir(target))
	r := &statusReport{Target: target, Running: []string{}, Missing: []int{}, Damaged: []int{}}
	switch info, e := os.Stat(target); {
	case err == nil:
		r.Folder, r.Verb, r.Command = st.Dir, st.Manifest.Verb, st.Manifest.Command
		r.Pieces, r.Done, r.Bytes = st.Manifest.Pieces, len(st.Done), st.Bytes
		r.Missing, r.Damaged, r.Running = append(r.Missing, st.Missing...), append(r.Damaged, st.Damaged...), append(r.Running, st.Running...)
		r.Seconds = number(st.Took.Seconds())
		if left := number(st.Left().Seconds()); r.Done > 0 {
			r.Left = &left
		}
	case errors.Is(err, store.ErrNone) && e == nil && info.Mode().IsRegular():
		r.Finished = true
	default:
		return err
	}
	if a.json {
		return a.writeReport("status", r)
	}
	if r.Finished {
		_, err := fmt.Fprintf(a.stdout, "%s is finished\n", target)
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s of %s done, %s", target, grouped(r.Done), countOf(r.Pieces, "piece"), bytesText(uint64(r.Bytes)))
	if r.Done > 0 {
		fmt.Fprintf(&b, ", computed in %s", longer(st.Took))
	}
	b.WriteByte('\n')
	if len(r.Missing) > 0 {
		fmt.Fprintf(&b, "missing: %s\n", spans(r.Missing))
	}
	if len(r.Damaged) > 0 {
		fmt.Fprintf(&b, "damaged, and computed again: %s\n", spans(r.Damaged))
	}
	for _, who := range r.Running {
		if who == "" {
			who = "a process"
		}
		fmt.Fprintf(&b, "%s works on it\n", who)
	}
	switch {
	case len(r.Missing) == 0:
		fmt.Fprintf(&b, "%s writes it\n", hint("merge", target, mapHint(&st.Manifest, target)...))
	case r.Left != nil:
		by := ""
		if n := len(r.Running); n > 1 {
			by = fmt.Sprintf(" for %d processes", n)
		}
		fmt.Fprintf(&b, "about %s left%s\n", longer(st.Left()), by)
	}
	if len(r.Missing) > 0 && len(r.Running) == 0 {
		fmt.Fprintf(&b, "nobody works on it: %s --resume goes on\n", r.Command)
	}
	_, err = io.WriteString(a.stdout, b.String())
	return err
}

// longer writes a duration that may be long.
func longer(d time.Duration) string {
	if d < time.Minute {
		return seconds(d)
	}
	return d.Round(time.Second).String()
}
