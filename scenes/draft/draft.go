// Package draft writes a scene for a data file: it chooses the label, the classes, the
// weights of rows, the features, the plane, the learning rates and the panels, and says why. A choice is said
// or refused, never silent.
package draft

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"losscape/scenes"
	"losscape/scenes/dataset"
)

// Options overrule choices. Columns are called as in dataset.Columns.
type Options struct {
	Label    string
	Positive string   // the class with label 1, by its text
	Features []string // nil leaves the choice open
	Exclude  []string // besides those that are chosen
	Weights  string   // of the rows, as counts are; "" leaves the choice open
}

// ChoiceError is a choice that is left to who asks for the scene.
type ChoiceError struct {
	Option string // which of Options makes it: "label", "positive" or "features"
	Msg    string
}

func (e *ChoiceError) Error() string { return e.Msg }

func choice(option, format string, args ...any) error {
	return &ChoiceError{option, fmt.Sprintf(format, args...)}
}

// Draft is a scene for a data file.
type Draft struct {
	Text  []byte // TOML, its choices in comments
	Notes []Note
	Taken string // what was taken of the file, as in scenes.Data
}

// Note says what was chosen, and why.
type Note struct {
	About string // what it is of, such as "label"
	Text  string
}

func (n Note) String() string { return n.About + ": " + n.Text }

// drafter is the work of New.
type drafter struct {
	ctx    context.Context
	o      Options
	data   string // path of the data file
	survey *dataset.Survey
	notes  []Note

	label   int // index of the label's column
	cols    dataset.Columns
	loaded  *dataset.Set
	problem *problem
	runs    []run
	plan    plan

	straight bool // runs move along a line, or not at all
}

// New returns a scene for the data file at a path, or for a built-in set, that is to be
// at scenePath: the file is named relative to that. The errors are those of reading the
// file, ctx's, and what cannot be chosen.
func New(ctx context.Context, data, scenePath string, o Options) (*Draft, error) {
	d := &drafter{ctx: ctx, o: o, data: data}
	var err error
	if d.survey, err = dataset.Examine(data); err != nil {
		return nil, err
	}
	if d.survey.Rows == 0 {
		return nil, fmt.Errorf("%s: no samples, want at least two", data)
	}
	for _, step := range []func() error{d.chooseLabel, d.chooseClasses, d.chooseWeights, d.chooseFeatures, d.load, d.fit, d.chooseRuns} {
		if err := step(); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	d.choosePlane()
	d.choosePanels()
	file := named(data, scenePath)
	s, err := scenes.Decode(scenePath, []byte(d.text(scenePath, file)))
	if err != nil {
		return nil, err
	}
	if err := d.chooseView(s); err != nil {
		return nil, err
	}
	return &Draft{Text: []byte(d.text(scenePath, file)), Notes: d.notes, Taken: s.Data.Taken}, nil
}

// named returns what a scene at a path calls its data file.
func named(data, scenePath string) string {
	if filepath.IsAbs(data) || strings.HasPrefix(data, dataset.Builtin) {
		return data
	}
	if rel, err := filepath.Rel(filepath.Dir(scenePath), data); err == nil {
		return filepath.ToSlash(rel)
	}
	if abs, err := filepath.Abs(data); err == nil { // the scene's path is absolute
		return filepath.ToSlash(abs)
	}
	return data
}

// note says what was chosen, and why.
func (d *drafter) note(about, format string, args ...any) {
	d.notes = append(d.notes, Note{about, oneLine(fmt.Sprintf(format, args...))})
}

// oneLine returns a text without line ends and other control characters.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
