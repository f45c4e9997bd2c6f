package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"losscape/cmd/losscape/backend"
	"losscape/cpu"
	"losscape/cpu/quote"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

// backendOptions are what --backend and --device ask for.
func (a *app) backendOptions() backend.Options {
	return backend.Options{Kind: a.backend, Precision: a.precision, Exact: a.exact, Device: a.device, Fallback: func(part string, why error) {
		a.warnf("%s", fallbackText(part, why))
	}}
}

// exactFlag adds --exact to a verb that computes landscapes or sweeps.
func (a *app) exactFlag(c *cobra.Command) {
	c.Flags().BoolVar(&a.exact, "exact", false, "take every sample one by one, none by the moments of its neighbours")
}

// measuresBoth are the verbs that compute in either precision by themselves.
var measuresBoth = []string{"verify", "bench"}

// checkPrecision finds what is wrong with --precision.
func (a *app) checkPrecision(c *cobra.Command) error {
	if !a.precise {
		return nil
	}
	if slices.Contains(measuresBoth, c.Name()) {
		return usagef("--precision has no meaning for %s, which computes in both; leave it out", c.Name())
	}
	if !slices.Contains(backend.Precisions, string(a.precision)) {
		return usagef("--precision %s, want one of: %s", quote.Text(string(a.precision)), strings.Join(backend.Precisions, ", "))
	}
	if a.precision == backend.Single && a.backend == backend.CPU {
		return usagef("--precision single has no meaning with --backend cpu, which computes in float64; leave one of them out")
	}
	return nil
}

// follow takes the precision that a scene states, unless one is on the command line, which
// the scene then states.
func (a *app) follow(s *scenes.Scene) {
	if a.precise {
		s.Precision = string(a.precision)
	} else {
		a.precision = backend.Precision(s.Precision)
	}
}

// fallbackText says that, and why, the CPU does a part of the work, or all of it.
func fallbackText(part string, why error) string {
	text := reason(why)
	switch {
	case errors.Is(why, backend.ErrNotBuilt):
		text = "this program was built without OpenGL"
	case errors.Is(why, backend.ErrNoDevice):
		text = "no OpenGL device opens (losscape doctor says why)"
	}
	if part != "" {
		text = part + ": " + text
	}
	return text + ": computing in float64 on the CPU"
}

// reason is why a device does not compute something, without what to do about it.
func reason(err error) string { return message(errors.New(backend.Reason(err))) }

// open opens what --backend asks for, and says which computer it is that does the part
// of the work that can checks, unless it is nil: all of it, if the part is "".
func (a *app) open(part string, can func(c backend.Computer) error) (*backend.Backend, backend.Computer, error) {
	if a.backend == backend.CPU && a.device != backend.AnyDevice {
		return nil, nil, usagef("--device %d has no meaning with --backend cpu; leave one of them out", a.device)
	}
	b, err := backend.Open(a.backendOptions())
	if errors.Is(err, backend.ErrNotBuilt) {
		err = fmt.Errorf("%w, or use --backend cpu", err)
	}
	if err != nil {
		return nil, nil, err
	}
	if can == nil {
		can = func(backend.Computer) error { return nil }
	}
	c, err := b.Try(part, can)
	if err != nil {
		b.Close()
		return nil, nil, err
	}
	if a.backend != backend.Auto || c.Info().Kind == backend.GPU {
		a.logf("computing in %s", c.Info())
	}
	return b, seam(c), nil
}

// sayLost says that work in pieces goes on with a new device, for which time it does.
func (a *app) sayLost(time int) {
	a.warnf("the device was lost: going on from the last finished piece with a new context (%d of %d times)", time, mostLosses)
}

// seam stands between the verbs and what computes for them; tests have devices fail there.
var seam = func(c backend.Computer) backend.Computer { return c }

// mostLosses is how often work in pieces goes on after its device was lost.
const mostLosses = 2

// overLosses has work in pieces done by c, which b has opened and can lets pass. When the device is
// lost, do is called again with a new one, for the pieces that are still missing, mostLosses times; then
// the error is returned. A device that is another one than c's is such an error, too: pieces agree
// in what computed them.
func (a *app) overLosses(ctx context.Context, b *backend.Backend, c backend.Computer, can, do func(c backend.Computer) error) error {
	was := c.Info()
	for losses := 0; ; losses++ {
		lost := do(c)
		if !deviceLost(lost) || losses == mostLosses || ctx.Err() != nil {
			return lost
		}
		a.sayLost(losses + 1)
		b.Close()
		var err error
		if b, c, err = a.open("", can); err != nil {
			return fmt.Errorf("%w; it does not open again: %w", lost, err)
		}
		defer b.Close()
		if is := c.Info(); is != was {
			return fmt.Errorf("%w; %s took its place, which the pieces are not of", lost, is)
		}
	}
}

// tryRuns is b.Try for a scene's runs. They are the reference's, in float64, unless
// --backend is given.
func (a *app) tryRuns(b *backend.Backend, do func(c backend.Computer) error) (backend.Computer, error) {
	if !a.backendGiven {
		return backend.Reference, do(backend.Reference)
	}
	return b.Try("runs", do)
}

// canDescend checks that a scene's runs can be computed.
func (a *app) canDescend(b *backend.Backend, s *scenes.Scene) error {
	_, err := a.tryRuns(b, func(c backend.Computer) error { return c.CanDescend(s.Problem, s.Runs) })
	return err
}

// descend computes a scene's runs. set is by what a sweep says how they end that is
// computed where they are.
func (a *app) descend(ctx context.Context, b *backend.Backend, s *scenes.Scene) (runs []*cpu.Trajectory, set cpu.Settings, err error) {
	if !a.backendGiven && s.Descended() {
		return s.Paths, cpu.Settings{PeriodTol: backend.Reference.Info().PeriodTol}, nil
	}
	c, err := a.tryRuns(b, func(c backend.Computer) (err error) {
		st := a.stage("runs", c.Info().Unit)
		defer func() { st.end(err) }()
		runs, err = c.Descend(ctx, s.Problem, s.Runs, st.update)
		return err
	})
	return runs, cpu.Settings{PeriodTol: c.Info().PeriodTol}, err
}

// descendToDraw is descend for a picture, with how the runs end where one of its panels
// or legends says so.
func (a *app) descendToDraw(ctx context.Context, b *backend.Backend, s *scenes.Scene) ([]*cpu.Trajectory, []cpu.Ending, error) {
	runs, set, err := a.descend(ctx, b, s)
	if err != nil || len(runs) < 2 && !countsRuns(s) {
		return runs, nil, err
	}
	endings, err := s.Problem.Endings(ctx, runs, set)
	return runs, endings, err
}

// countsRuns reports whether a panel of a scene shows how its runs end.
func countsRuns(s *scenes.Scene) bool {
	return slices.ContainsFunc(s.Film.Panels, func(p scenes.Panel) bool { k, _ := scenes.PanelKindOf(p.Kind); return k.Endings })
}
