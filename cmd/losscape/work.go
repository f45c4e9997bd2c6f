package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

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
	merge  []string // flags of losscape merge that write what else the command does
	files  []string // all that is written, the target first
	load   loader   // of what it computes
}

// describe has w know a command that has passed all checks.
func (w *work) describe(c *cobra.Command, load loader, scene, output string, more ...string) {
	w.verb, w.load, w.scene, w.output = c.Name(), load, scene, output
	for _, f := range append([]string{output}, more...) {
		if f != "" {
			w.files = append(w.files, f)
		}
	}
}

// named returns the files that the command names: its scene, unless that is built in, and what it
// writes.
func (w *work) named() []string {
	if slices.Contains(scenes.Names(), w.scene) {
		return w.files
	}
	return append([]string{w.scene}, w.files...)
}

// divided returns what the command behind -- of a verb's command line computes, which is checked
// as the first of so many shards, or as all of the work if these are 0.
func (a *app) divided(c *cobra.Command, args []string, shards int) (*work, error) {
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
		return nil, usagef("losscape behind -- needs a verb: %s", example)
	}
	w := &work{args: args}
	// What the command says of itself, it says when it runs.
	inner := &app{stdin: a.stdin, stdout: io.Discard, stderr: io.Discard, quiet: true, work: w}
	root := inner.root()
	verb, _, err := root.Find(args)
	if err != nil {
		return nil, usageError{err}
	}
	if verb.Flags().Lookup("shard") == nil {
		var able []string
		for _, v := range root.Commands() {
			if v.Flags().Lookup("shard") != nil {
				able = append(able, v.Name())
			}
		}
		return nil, usagef("losscape %s is not computed in shards: want a command of %s", strings.Join(args, " "), listed(able, "or"))
	}
	switch {
	case slices.Contains(args, "--"):
		return nil, usagef("the command has -- in it, behind which no flag is one: leave it out, as flags are added for each shard")
	case len(withoutParts(args)) < len(args):
		return nil, usagef("--shard, --shards and --resume are added to the command for each shard: leave them out")
	}
	inner.args = slices.Clone(args)
	as := ""
	if shards > 0 {
		first := fmt.Sprintf("0/%d", shards)
		inner.args, as = append(inner.args, "--shard", first), ", with --shard "+first
	}
	root.SetArgs(inner.args)
	if err := root.ExecuteContext(c.Context()); err != nil {
		err = fmt.Errorf("the command%s: %w", as, err)
		if !inner.started {
			err = usageError{err}
		}
		return nil, err
	}
	switch w.output {
	case "":
		if w.verb == "" { // help was asked for
			return nil, usagef("the command asks for help: leave that out")
		}
		return nil, usagef("the command needs -o FILE: what the shards are put together into")
	case standardOutput:
		return nil, usagef("shards are put together into a file, not into standard output: name one with -o")
	}
	return w, nil
}
