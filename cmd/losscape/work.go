package main

import (
	"context"
	"io"
	"slices"

	"losscape/cpu/quote"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

// work is what a command would compute, as plan and submit want to know: they parse the
// command as it is parsed when it runs, and compute nothing of it.
type work struct {
	args   []string // of the command, its verb first
	verb   string   // empty until a verb has said what it would do
	scene  string   // as it was named
	output string   // the target; empty for none
	files  []string // all that is written, the target first
}

// describe has w know a command that has passed all checks.
func (w *work) describe(c *cobra.Command, scene, output string, more ...string) {
	w.verb, w.scene, w.output = c.Name(), scene, output
	for _, f := range append([]string{output}, more...) {
		if f != "" {
			w.files = append(w.files, f)
		}
	}
}

// dividedVerbs are the verbs that compute in shards.
var dividedVerbs = []string{"grid", "sweep", "render"}

// shardFlags are the flags with which a shard is asked for, and goes on: who divides the work gives them.
var shardFlags = []string{"shard", "shards", "resume"}

// named returns the files that the command names: its scene, unless that is built in, and what it
// writes.
func (w *work) named() []string {
	if slices.Contains(scenes.Names(), w.scene) {
		return w.files
	}
	return append([]string{w.scene}, w.files...)
}

// check returns an error if a command is not one that is computed in shards, or is one shard.
func (w *work) check(c *cobra.Command) error {
	if w == nil {
		return nil
	}
	if !slices.Contains(dividedVerbs, c.Name()) {
		return usagef("%s is not computed in shards, want one of: %s", c.Name(), quote.Words(dividedVerbs))
	}
	for _, flag := range shardFlags {
		if c.Flags().Changed(flag) {
			return usagef("--%s is added to the command for each shard: leave it out", flag)
		}
	}
	return nil
}

// divided returns what the command behind -- of a verb's command line computes.
func (a *app) divided(c *cobra.Command, args []string) (*work, error) {
	example := c.CommandPath() + " ... -- sweep one-mode --over lr=0.1:40:4096 -o runs.npz"
	switch at := c.ArgsLenAtDash(); {
	case len(args) == 0:
		return nil, usagef("%s needs a command behind --, such as %s", c.Name(), example)
	case at != 0:
		return nil, usagef("%s takes a command behind --, and here is %s before: %s", c.Name(), quote.Text(args[0]), example)
	}
	for _, flag := range []string{"backend", "precision", "device"} {
		if c.Flags().Changed(flag) {
			return nil, usagef("--%s is for the command, and belongs behind --", flag)
		}
	}
	if args[0] == "losscape" {
		args = args[1:]
	}
	if len(args) == 0 {
		return nil, usagef("losscape behind -- needs a verb, one of: %s", quote.Words(dividedVerbs))
	}
	w := &work{args: args}
	// What the command says of itself, it says when it runs.
	inner := &app{args: args, stdin: a.stdin, stdout: io.Discard, stderr: io.Discard, quiet: true, work: w}
	if err := inner.parse(c.Context()); err != nil {
		if !inner.started {
			err = usageError{err}
		}
		return nil, err
	}
	if w.verb == "" {
		return nil, usagef("%s is not computed in shards, want one of: %s", quote.Text(args[0]), quote.Words(dividedVerbs))
	}
	switch w.output {
	case "":
		return nil, usagef("the command needs -o FILE: what the shards are put together into")
	case standardOutput:
		return nil, usagef("shards are put together into a file, not into standard output: name one with -o")
	}
	return w, nil
}

// parse runs a command line as far as its verb says what it would do.
func (a *app) parse(ctx context.Context) error {
	root := a.root()
	root.SetArgs(a.args)
	return root.ExecuteContext(ctx)
}
