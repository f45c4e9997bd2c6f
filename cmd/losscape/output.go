package main

import (
	"bufio"
	"io"
	"slices"
	"strings"

	"losscape/gpu/film/atomicfile"

	"github.com/spf13/cobra"
)

// standardOutput is the name of standard output, where the name of a file may stand. A
// file of that name is ./-.
const standardOutput = "-"

// outputName is what messages call an output.
func outputName(path string) string {
	if path == standardOutput {
		return "standard output"
	}
	return path
}

// output is where the result of a verb goes: a file, which appears whole or not at all, or
// standard output.
type output interface {
	io.Writer
	Commit() error  // ends it
	Discard() error // gives it up; after Commit it does nothing
}

// create begins an output. The errors are atomicfile's.
func (a *app) create(path string) (output, error) {
	if path == standardOutput {
		return &stream{w: bufio.NewWriterSize(a.stdout, pipeBuffer), to: a.stdout}, nil
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return nil, err // no output that is a nil file
	}
	return f, nil
}

// checkOutput returns nil if create would now begin an output. It leaves nothing behind.
func (a *app) checkOutput(path string) error {
	if path == standardOutput {
		return nil
	}
	return atomicfile.Check(path)
}

// pipeBuffer is how many bytes of a result are held back before the first of them goes to
// standard output: an error until then leaves it empty.
const pipeBuffer = 1 << 16

// stream is standard output as an output.
type stream struct {
	w  *bufio.Writer
	to io.Writer
}

func (s *stream) Write(b []byte) (int, error) { return s.w.Write(b) }

// Commit writes what is left, so that what is said afterwards is true.
func (s *stream) Commit() error {
	err := s.w.Flush()
	if to, ok := s.to.(*bufio.Writer); ok && err == nil {
		err = to.Flush()
	}
	return err
}

// Discard drops what has not been written yet.
func (s *stream) Discard() error {
	s.w.Reset(io.Discard)
	return nil
}

// pipedByDefault are the formats that standard output has where --format names none, by
// verb and flag. render has none of its own: a film is as likely as a figure.
var pipedByDefault = map[[2]string]string{
	{"grid", "output"}:  ".npy",
	{"sweep", "output"}: ".csv",
	{"sweep", "map"}:    ".png",
	{"bench", "output"}: ".json",
}

// short returns what --format calls a format, such as mp4.
func (f format) short() string { return strings.TrimPrefix(f.ending, ".") }

// textEndings are those of formats that a terminal shows.
var textEndings = []string{".csv", ".json", ".svg", ".html"}

// piped returns the formats of a flag that standard output takes: all but sequences of
// files.
func piped(verb, flag string) []format {
	return slices.DeleteFunc(formatsOf(verb, flag), func(f format) bool { return f.sequence })
}

// formatNames returns what --format can say for some flags of a verb.
func formatNames(verb string, flags ...string) (names []string) {
	for _, flag := range flags {
		for _, f := range piped(verb, flag) {
			if !slices.Contains(names, f.short()) {
				names = append(names, f.short())
			}
		}
	}
	return names
}

// formatFor returns the format of an output: that of named, which --format says, or else by
// path. The error names the flag as it was typed, such as -o. It says what is wrong if the
// two contradict each other, and if standard output is a terminal, which shows no bytes.
func (a *app) formatFor(verb, flag, typed, path, named string) (format, error) {
	byName := slices.IndexFunc(piped(verb, flag), func(f format) bool { return strings.EqualFold(f.short(), named) })
	if named != "" && byName < 0 {
		return format{}, usagef("--format %q, want for %s one of: %s", named, typed, strings.Join(formatNames(verb, flag), ", "))
	}
	if path != standardOutput {
		byPath, err := formatOf(verb, flag, typed, path)
		if byName < 0 || err == nil && byPath.short() == strings.ToLower(named) {
			return byPath, err
		}
		if err == nil {
			return format{}, usagef("--format %s and %s %s contradict each other: leave --format out", named, typed, path)
		}
		return piped(verb, flag)[byName], nil // the name says nothing
	}
	if byName < 0 {
		ending := pipedByDefault[[2]string{verb, flag}]
		if byName = slices.IndexFunc(piped(verb, flag), func(f format) bool { return f.ending == ending }); byName < 0 {
			return format{}, usagef("%s - needs --format, what standard output is to be: %s", typed, listed(formatNames(verb, flag), "or"))
		}
	}
	f := piped(verb, flag)[byName]
	if a.terminal && !slices.Contains(textEndings, f.ending) {
		return format{}, usagef("%s is not for a terminal: redirect it (> FILE%s), pipe it into a program, or name a file with %s", f.short(), f.ending, typed)
	}
	return f, nil
}

// formatFlag adds --format to a verb, for its flags that name outputs.
func formatFlag(c *cobra.Command, to *string, flags ...string) {
	names := formatNames(c.Name(), flags...)
	about := "`what` standard output is, with -o -: " + listed(names, "or")
	if slices.Contains(flags, "map") {
		about = "`what` standard output is, with -o - or --map -: " + listed(names, "or")
	}
	if d := pipedByDefault[[2]string{c.Name(), "output"}]; d != "" {
		about += " (default " + strings.TrimPrefix(d, ".") + ")"
	}
	c.Flags().StringVar(to, "format", "", about)
	c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
}
