package main

import (
	"context"
	"errors"
	"os"
	"slices"

	"losscape/scenes"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// loadScene loads a scene by its name or path.
func loadScene(ctx context.Context, name string) (*scenes.Scene, error) {
	s, err := await(ctx, func() (*scenes.Scene, error) { return scenes.Load(name) })
	var bad *scenes.Error
	if err != nil && !errors.As(err, &bad) && ctx.Err() == nil {
		return nil, usageError{err} // no such scene
	}
	return s, err
}

// loadScene loads a scene named on the command line, and says what was taken of its data
// file.
func (a *app) loadScene(ctx context.Context, name string) (*scenes.Scene, error) {
	s, err := loadScene(ctx, name)
	if err == nil {
		a.logTaken(s)
	}
	return s, err
}

// logTaken says what was taken of a scene's data file, if it has one.
func (a *app) logTaken(s *scenes.Scene) {
	if s.Data.Taken != "" {
		a.logf("%s", s.Data.Taken)
	}
}

// resolve resolves a scene's landscape, after the flags of the command line are in it.
func resolve(ctx context.Context, s *scenes.Scene) error {
	_, err := await(ctx, func() (struct{}, error) { return struct{}{}, s.Resolve(ctx) })
	return err
}

// sceneToComplete loads the scene among the arguments of a command line that is
// being typed, and nil if there is none. It leaves pipes to the command: what is
// read from one is gone.
func sceneToComplete(c *cobra.Command, args []string) *scenes.Scene {
	if len(args) != 1 {
		return nil
	}
	if !slices.Contains(scenes.Names(), args[0]) {
		if info, err := os.Stat(args[0]); err != nil || !info.Mode().IsRegular() {
			return nil
		}
	}
	s, err := loadScene(c.Context(), args[0])
	if err != nil {
		return nil
	}
	return s
}

// await returns what read returns, or the context's error once that is done:
// reading may wait for ever, for a pipe that nobody writes to, and cannot be
// told to stop.
func await[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		v   T
		err error
	}
	done := make(chan result, 1)
	go func() {
		v, err := read()
		done <- result{v, err}
	}()
	var none T
	select {
	case r := <-done:
		if err := ctx.Err(); err != nil { // both are ready, and one of them is to win
			return none, err
		}
		return r.v, r.err
	case <-ctx.Done():
		return none, ctx.Err()
	}
}

// givenFlags returns the names of the flags that were given, in the order of the
// command line.
func givenFlags(c *cobra.Command) []string {
	var names []string
	fl := c.Flags()
	sorted := fl.SortFlags
	fl.SortFlags = false
	fl.Visit(func(f *pflag.Flag) { names = append(names, f.Name) })
	fl.SortFlags = sorted
	return names
}

// firstGiven returns the first of the named flags on the command line, and ""
// if none was given.
func firstGiven(c *cobra.Command, names ...string) string {
	for _, name := range givenFlags(c) {
		if slices.Contains(names, name) {
			return name
		}
	}
	return ""
}

// checkFlags returns the error of the first flag on the command line that has
// one. The checks are by the names of their flags.
func checkFlags(c *cobra.Command, checks map[string]func() error) error {
	for _, name := range givenFlags(c) {
		if check := checks[name]; check != nil {
			if err := check(); err != nil {
				return err
			}
		}
	}
	return nil
}
