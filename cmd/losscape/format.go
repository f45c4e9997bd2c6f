package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"losscape/cmd/losscape/export"
	"losscape/cmd/losscape/gridfile"
	"losscape/cmd/losscape/table"
	"losscape/gpu/film"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

// format is a kind of file that a flag of a verb names, known by the ending of its
// name.
type format struct {
	verb, flag string
	ending     string   // with its dot
	what       string   // a file of it is
	heeds      []string // flags of render that change such a file, of those that do not change all

	sequence bool                         // for names of sequences, and for no others
	name     func(string) (string, error) // what a name means; nil if it is as it stands

	// write writes a scene, of render.
	write func(a *app, ctx context.Context, s *scenes.Scene, f *renderFlags) error
}

// formats are all of them, in the order in which help lists them.
var formats = slices.Concat(filmFormats(), []format{
	{verb: "render", flag: "output", ending: ".png", what: "a still", heeds: []string{"size", "frame", "panel", "dpi"}, name: film.StillName, write: (*app).renderStill},
	{verb: "render", flag: "output", ending: ".png", what: "a sequence of all frames", heeds: append([]string{"size", "panel"}, shardFlags...), sequence: true, write: (*app).renderFilm},
	{verb: "render", flag: "output", ending: ".glb", what: "a model", heeds: []string{"frame", "axes"}, write: (*app).exportModel},
	{verb: "render", flag: "output", ending: ".html", what: "a page", heeds: []string{"panel"}, write: (*app).exportPage},
}, figureFormats(), []format{
	{verb: "bench", flag: "output", ending: ".json", what: "a report"},
}, mapFormats(), tableFormats(), gridFormats())

// heed reports whether a flag of render changes such a file.
func (f format) heed(flag string) bool { return slices.Contains(f.heeds, flag) }

// filmFormats returns those that package film writes.
func filmFormats() (all []format) {
	for _, ending := range film.Extensions() {
		heeds := append([]string{"size", "fps", "panel"}, shardFlags...)
		if film.Encoded(ending) {
			heeds = append(heeds, "codec", "preset", "crf")
		}
		all = append(all, format{verb: "render", flag: "output", ending: ending, what: "a film", heeds: heeds, write: (*app).renderFilm})
	}
	return all
}

// figureFormats returns those of pages that package export writes.
func figureFormats() (all []format) {
	for _, ending := range export.Extensions() {
		if ending == ".png" {
			continue // it is a still
		}
		all = append(all, format{verb: "render", flag: "output", ending: ending, what: "a figure", heeds: []string{"size", "frame", "panel", "dpi", "text"}, write: (*app).exportFigure})
	}
	return all
}

// tableFormats returns those that package table writes.
func tableFormats() (all []format) {
	for _, ending := range table.Extensions() {
		all = append(all, format{verb: "sweep", flag: "output", ending: ending, what: "a table"})
	}
	return all
}

// gridFormats returns those that package gridfile writes.
func gridFormats() (all []format) {
	for _, f := range gridfile.Formats() {
		all = append(all, format{verb: "grid", flag: "output", ending: f.Ending, what: f.What})
	}
	return all
}

// formatsOf returns the formats of a flag.
func formatsOf(verb, flag string) (all []format) {
	for _, f := range formats {
		if f.verb == verb && f.flag == flag {
			all = append(all, f)
		}
	}
	return all
}

// endings returns the endings of formats, each once.
func endings(all []format) (list []string) {
	for _, f := range all {
		if !slices.Contains(list, f.ending) {
			list = append(list, f.ending)
		}
	}
	return list
}

// listed writes words as in "a, b or c".
func listed(words []string, last string) string {
	n := len(words)
	if n < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n-1], ", ") + " " + last + " " + words[n-1]
}

// anyEnding returns the endings that a flag takes, for people.
func anyEnding(verb, flag string) string { return listed(endings(formatsOf(verb, flag)), "or") }

// formatOf returns the format that a file's name asks for. The error names the flag
// as it was typed, such as -o.
func formatOf(verb, flag, typed, path string) (format, error) {
	all := formatsOf(verb, flag)
	sequence := slices.ContainsFunc(all, func(f format) bool { return f.sequence }) && film.IsSequence(path)
	for _, f := range all {
		if f.sequence == sequence && (sequence || strings.EqualFold(f.ending, filepath.Ext(path))) {
			return f, nil
		}
	}
	return format{}, usagef("%s %q, want a name that ends in %s", typed, path, anyEnding(verb, flag))
}

// completeFiles has the shell complete a flag by the names of files of its formats.
func completeFiles(c *cobra.Command, flag string) { markFiles(c, flag, formatsOf(c.Name(), flag)) }

// markFiles has it complete a flag by those of files of some formats.
func markFiles(c *cobra.Command, flag string, formats []format) {
	var bare []string
	for _, e := range endings(formats) {
		bare = append(bare, strings.TrimPrefix(e, "."))
	}
	c.MarkFlagFilename(flag, bare...)
}

// refuse returns an error if a flag was given that does not change a file of the
// format, of which path is one.
func (f format) refuse(c *cobra.Command, path string) error {
	var other []string
	for _, g := range formatsOf(f.verb, f.flag) {
		for _, flag := range g.heeds {
			if !slices.Contains(f.heeds, flag) {
				other = append(other, flag)
			}
		}
	}
	flag := firstGiven(c, other...)
	if flag == "" {
		return nil
	}
	var takers []format
	for _, g := range formatsOf(f.verb, f.flag) {
		if slices.Contains(g.heeds, flag) {
			takers = append(takers, g)
		}
	}
	return usagef("--%s is for %s, and %s is %s", flag, listed(endings(takers), "and"), path, f.what)
}

// heeding returns the endings of the formats of render that a flag changes, for
// people.
func heeding(flag string) string {
	all := slices.DeleteFunc(formatsOf("render", "output"), func(f format) bool { return !slices.Contains(f.heeds, flag) })
	return listed(endings(all), "or")
}
