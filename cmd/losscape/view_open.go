package main

import (
	"context"
	"fmt"
	"path/filepath"

	"losscape/cmd/losscape/meta"
	"losscape/cmd/losscape/table"
	"losscape/cmd/losscape/view"
	"losscape/scenes"
)

// openState returns the state of a window of the scene that the arguments name, or of
// the table of a sweep.
func openState(ctx context.Context, args []string, sweep string) (*view.State, error) {
	var s *scenes.Scene
	if len(args) > 0 {
		var err error
		if s, err = loadScene(ctx, args[0]); err != nil {
			return nil, err
		}
	}
	if sweep == "" {
		if err := resolve(ctx, s); err != nil {
			return nil, err
		}
		return view.New(s), nil
	}
	return await(ctx, func() (*view.State, error) { return openSweep(ctx, sweep, s) })
}

// openSweep returns the state of a window of the table of a sweep. Without a scene,
// which is nil then, it is the one that the table names.
func openSweep(ctx context.Context, path string, s *scenes.Scene) (*view.State, error) {
	t, err := table.Read(path)
	if err != nil {
		return nil, err
	}
	if s == nil {
		// A relative data file is looked for from where the table is.
		name := filepath.Join(filepath.Dir(path), t.Meta.Scene+".toml")
		if s, err = scenes.Decode(name, []byte(t.Meta.SceneTOML)); err != nil {
			return nil, fmt.Errorf("the scene in %s: %w; name the scene before --sweep", path, err)
		}
	}
	s.Problem.Eps = t.Meta.Eps
	if meta.DataHash(s.Problem) != t.Meta.DataHash {
		return nil, fmt.Errorf("%s is a sweep of other samples than those of the scene %s; name the scene that it is of", path, s.Name)
	}
	if err := s.Resolve(ctx); err != nil {
		return nil, err
	}
	st, err := view.NewSweep(s, t.Result)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	st.Settings = t.Meta.Settings.Sweep()
	return st, nil
}
