package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"losscape/gpu/film/atomicfile"
	"losscape/scenes/dataset"
	"losscape/scenes/draft"

	"github.com/spf13/cobra"
)

// initFlags are the flags of init.
type initFlags struct {
	draft.Options
	output string
	force  bool
}

func (a *app) initCommand() *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use:   "init DATA",
		Short: "Write a scene for a data file, and say what it chooses and why",
		Long: `init writes a scene for a data file: CSV and its kin, NPY, NPZ or Parquet, or a
built-in set such as builtin:penguins.csv. It chooses the label and its classes, the
features, what becomes of texts, row numbers and missing values, whether features are
standardized, the plane and its range, three learning rates from 1/λ and 2/λ of the
minimum, how many steps, the panels and the camera, and says each choice with its reason,
on standard error and in the scene, and with --json on standard output. It asks nothing, and what it cannot choose is an error
that names the flag.

The scene renders as it is: losscape render, train, fit and view take it.`,
		Example: `  losscape init patients.csv
  losscape init penguins.csv --label sex --exclude year -o penguins-sex.toml
  losscape init builtin:iris.csv --positive virginica --features petal_length,petal_width -o - | less`,
		Args: func(_ *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return usagef("init needs DATA: the path of a .csv, .tsv, .txt, .npy, .npz or .parquet file, or one of %s", strings.Join(builtinSets(), ", "))
			case 1:
				return nil
			}
			return usagef("init takes one data file, here are %d", len(args))
		},
		ValidArgsFunction: completeData,
		RunE: func(c *cobra.Command, args []string) error {
			if f.Features != nil && f.Exclude != nil {
				return usagef("--features and --exclude contradict each other: those that are not listed are excluded")
			}
			if a.json && f.output == standardOutput {
				return usagef("--json prints the report on standard output, where the scene goes: name a file for it, with -o")
			}
			return a.draftScene(c.Context(), args[0], &f)
		},
	}
	fl := c.Flags()
	fl.StringVarP(&f.output, "output", "o", "", "the `scene` to write, a .toml file, or - for standard output (default the data file's name in the current folder)")
	fl.BoolVar(&f.force, "force", false, "replace a scene that is there")
	fl.StringVar(&f.Label, "label", "", "`column` of the class, by its name or its index from 0")
	fl.StringVar(&f.Positive, "positive", "", "the `class` with label 1, by its text; all others are class 0")
	fl.StringSliceVar(&f.Features, "features", nil, "`columns` that are features, with commas between them")
	fl.StringVar(&f.Weights, "weights", "", "`column` of how often a row counts, by its name or its index from 0")
	fl.StringSliceVar(&f.Exclude, "exclude", nil, "`columns` that are no features")
	a.jsonFlag(c)
	c.MarkFlagFilename("output", "toml")
	return c
}

// completeData offers the data sets that are built in, or data files.
func completeData(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	switch {
	case len(args) > 0:
		return nil, cobra.ShellCompDirectiveNoFileComp
	case typed != "" && strings.HasPrefix(dataset.Builtin, typed) || strings.HasPrefix(typed, dataset.Builtin):
		return builtinSets(), cobra.ShellCompDirectiveNoFileComp
	}
	return []string{"csv", "tsv", "txt", "gz", "npy", "npz", "parquet"}, cobra.ShellCompDirectiveFilterFileExt
}

// builtinSets returns what scenes call the data sets that are built in.
func builtinSets() []string {
	var names []string
	for _, n := range dataset.BuiltinNames() {
		names = append(names, dataset.Builtin+n)
	}
	return names
}

// draftScene writes a scene for a data file.
func (a *app) draftScene(ctx context.Context, data string, f *initFlags) error {
	if strings.HasSuffix(data, ".toml") {
		return usagef("%s looks like a scene: init takes a data file and writes the scene", data)
	}
	output := f.output
	if output == "" {
		output = sceneFor(data)
	}
	path := output // of the scene, from which the data file is named
	if output == standardOutput {
		path = sceneFor(data)
	} else if err := checkScene(output, f.force); err != nil {
		return err
	}
	if info, err := os.Stat(data); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return usagef("%s is no file that can be read twice: init reads it to choose, and the scene reads it again; save it as a file", data)
	}
	d, err := await(ctx, func() (*draft.Draft, error) { return draft.New(ctx, data, path, f.Options) })
	if open := (*draft.ChoiceError)(nil); errors.As(err, &open) {
		return fmt.Errorf("%w. Say it with --%s", err, open.Option)
	}
	if err != nil {
		return err
	}
	a.logf("%s", d.Taken)
	for _, n := range d.Notes {
		a.logf("%s", n)
	}
	out, err := a.create(output)
	if err != nil {
		return err
	}
	defer out.Discard()
	if _, err := out.Write(d.Text); err != nil {
		return err
	}
	if err := out.Commit(); err != nil || output == standardOutput {
		return err
	}
	film := strings.TrimSuffix(filepath.Base(output), ".toml") + ".mp4"
	a.logf("%s is written. Next: %s, %s, %s", output, hint("render", output, "-o", film), hint("fit", output), hint("view", output))
	if a.json {
		r := &initReport{Scene: output, Data: data, Taken: d.Taken, Choices: []initChoice{}}
		for _, n := range d.Notes {
			r.Choices = append(r.Choices, initChoice{n.About, n.Text})
		}
		return a.writeReport("init", r)
	}
	return nil
}

// sceneFor returns the name of the scene of a data file, in the current folder.
func sceneFor(data string) string {
	name := filepath.Base(strings.TrimPrefix(data, dataset.Builtin))
	if ext := filepath.Ext(name); strings.EqualFold(ext, ".gz") {
		name = strings.TrimSuffix(name, ext)
	}
	return strings.TrimSuffix(name, filepath.Ext(name)) + ".toml"
}

// checkScene finds what is wrong with the file that a scene is to be written to.
func checkScene(output string, force bool) error {
	if !strings.HasSuffix(output, ".toml") {
		return usagef("--output %s, want a name that ends in .toml, or %s for standard output", output, standardOutput)
	}
	_, err := os.Lstat(output)
	if err == nil && !force {
		return fmt.Errorf("%s is there already: --force replaces it, --output takes another name", output)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return atomicfile.Check(output)
}
