package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"losscape/cpu/quote"
)

// Ways to show progress, of --progress.
const (
	progressAuto  = "auto"  // a bar on a terminal, else lines
	progressBar   = "bar"   // a line that changes
	progressLines = "lines" // a line now and then
	progressJSON  = "json"  // an object a line, and so all else on standard error
	progressNone  = "none"
)

var progressKinds = []string{progressAuto, progressBar, progressLines, progressJSON, progressNone}

// eventVersion is the version of the objects of --progress json. It grows when a field
// goes or changes its meaning, and not when one is added.
const eventVersion = 1

// phaseEvent says how far a phase of the work is: "begin" when it starts, "progress" as it
// goes on, "end" when it is over.
type phaseEvent struct {
	Version int     `json:"version" about:"1"`
	Event   string  `json:"event" about:"begin, progress or end"`
	Phase   string  `json:"phase" about:"what is done, such as landscape, sweep, table or frames"`
	Part    string  `json:"part,omitempty" about:"what of the phase is under way, where it has parts"`
	Unit    string  `json:"unit" about:"what is counted, such as points, runs, rows or frames"`
	Done    int     `json:"done" about:"units done; it never falls between a begin and its end"`
	Total   *int    `json:"total" about:"units in all, as far as is known: it may change; null until there is a first count"`
	Rate    *number `json:"rate" about:"units a second since the phase began; null where none is done"`
	ETA     *number `json:"eta_s" about:"seconds that are left at that rate; null where it is not known"`
	Elapsed number  `json:"elapsed_s" about:"seconds since the phase began"`
	OK      *bool   `json:"ok,omitempty" about:"of an end: whether the phase was completed; done is total then"`
}

// textEvent is something to read.
type textEvent struct {
	Version  int    `json:"version" about:"1"`
	Event    string `json:"event" about:"note, warning or error"`
	Text     string `json:"text" about:"what a person would read"`
	ExitCode *int   `json:"exit_code,omitempty" about:"of an error: what the command exits with"`
}

// progressOf returns the kind of progress that --progress asks for; it is --progress that
// was asked for where the command line was not read to its end.
func (a *app) progressOf() string {
	switch {
	case a.progress != "" && a.progress != progressAuto:
		return a.progress
	case isTerminal(a.stderr) && !dumb():
		return progressBar
	}
	return progressLines
}

// asksJSON reports whether a command line asks for --progress json: it is looked for in
// words where flags could not be read.
func asksJSON(args []string) bool {
	at := slices.Index(args, "--progress")
	return slices.Contains(args, "--progress="+progressJSON) || at >= 0 && at+1 < len(args) && args[at+1] == progressJSON
}

// checkProgress finds what is wrong with --progress.
func (a *app) checkProgress() error {
	if !slices.Contains(progressKinds, a.progress) {
		return usagef("--progress %q, want one of: %s", a.progress, strings.Join(progressKinds, ", "))
	}
	return nil
}

// emit writes an object as one line of standard error, by one call.
func (a *app) emit(event any) {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(event); err != nil {
		panic(err) // of types that are ours
	}
	a.stderr.Write(line.Bytes())
}

// say writes a text to standard error: as it is, or as an event. What a terminal would act on is quoted: names in
// it may be those that a file has.
func (a *app) say(event, text string) {
	text = quote.Controls(text)
	if a.progress == progressJSON {
		a.emit(textEvent{Version: eventVersion, Event: event, Text: text})
		return
	}
	fmt.Fprintln(a.stderr, text)
}

// logf tells the user something on stderr, unless --quiet.
func (a *app) logf(format string, args ...any) {
	if !a.quiet {
		a.say("note", fmt.Sprintf(format, args...))
	}
}

// warnf is logf for what may be other than the user thinks.
func (a *app) warnf(format string, args ...any) {
	if !a.quiet {
		a.say("warning", fmt.Sprintf(format, args...))
	}
}

// fail says on stderr why the command fails, and returns its exit code.
func (a *app) fail(code int, text string) int {
	text = quote.Controls(text)
	if a.progress == progressJSON {
		a.emit(textEvent{Version: eventVersion, Event: "error", Text: text, ExitCode: &code})
	} else {
		fmt.Fprintf(a.stderr, "losscape: %s\n", text)
	}
	return code
}

// event writes how far a stage is; ok is that of its end.
func (s *stage) event(kind string, now time.Time, ok *bool) {
	e := phaseEvent{Version: eventVersion, Event: kind, Phase: s.phase, Unit: s.unit, Done: s.done, Elapsed: number(now.Sub(s.start).Seconds()), OK: ok}
	if s.name != s.phase {
		e.Part = s.name
	}
	if s.total > 0 {
		e.Total = &s.total
	}
	if s.done > 0 && e.Elapsed > 0 {
		e.Rate = asNumber(float64(s.done) / float64(e.Elapsed))
		e.ETA = asNumber(float64(s.total-s.done) / float64(*e.Rate))
	}
	s.emit(e)
}
