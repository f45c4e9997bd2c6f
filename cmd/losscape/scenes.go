package main

import (
	"fmt"
	"text/tabwriter"

	"losscape/scenes"

	"github.com/spf13/cobra"
)

func (a *app) scenesCommand() *cobra.Command {
	schema := false
	c := &cobra.Command{
		Use:   "scenes [NAME]",
		Short: "List the built-in scenes, or print one as TOML to start from",
		Long: `scenes lists the built-in scenes, or prints one as TOML to start from.

--schema prints the JSON Schema of scene files, draft 2020-12: every key with its type,
default, values and a description. Editors complete, explain and check scenes by it:
Taplo, and VS Code with Even Better TOML, take it from a first line

  #:schema ./losscape.schema.json`,
		Example: `  losscape scenes
  losscape scenes one-mode > mine.toml
  losscape scenes --schema > losscape.schema.json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("scenes prints one scene, here are %d", len(args))
			}
			return nil
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return scenes.Names(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if schema {
				if len(args) > 0 || a.json {
					return usagef("--schema prints the schema of all scenes: leave the rest out")
				}
				text, err := scenes.JSONSchema()
				if err != nil {
					return err
				}
				_, err = a.stdout.Write(text)
				return err
			}
			if len(args) == 0 {
				return a.listScenes()
			}
			if a.json {
				return usagef("--json lists the scenes; a scene is printed as TOML")
			}
			src, err := scenes.Source(args[0])
			if err != nil {
				return usageError{err}
			}
			_, err = a.stdout.Write(src)
			return err
		},
	}
	c.Flags().BoolVar(&schema, "schema", false, "print the JSON Schema of scene files, for editors")
	a.jsonFlag(c)
	return c
}

func (a *app) listScenes() error {
	var list scenesReport
	for _, name := range scenes.Names() {
		s, err := scenes.Load(name)
		if err != nil {
			return err
		}
		list.Scenes = append(list.Scenes, sceneLine{name, s.Title})
	}
	if a.json {
		return a.writeReport("scenes", &list)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, l := range list.Scenes {
		fmt.Fprintf(w, "%s\t%s\n", l.Name, l.Title)
	}
	return w.Flush()
}
