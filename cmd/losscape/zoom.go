package main

import (
	"context"
	"fmt"
	"math"

	"losscape/cmd/losscape/backend"
	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// frameSpan is the first and the last frame that are drawn.
type frameSpan struct{ first, last int }

// zooms reports whether a scene's film zooms into its map.
func zooms(s *scenes.Scene) bool { return hasMap(s) && len(s.Map.Keys) > 0 }

// planZoom plans the map of a film that zooms into it, and checks that what some frames need
// fits into memory.
func planZoom(s *scenes.Scene, frames frameSpan) (*figure.Zoom, error) {
	z, err := figure.NewZoom(s, s.Film.Width, s.Film.Height)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.Name, err)
	}
	need := z.Bytes(z.Frames(frames.first, frames.last))
	if have, known := memoryLeft(); known && need > have {
		return nil, fmt.Errorf("the levels of the zoom take %s of memory, there are %s: choose a smaller --size", bytesText(need), bytesText(have))
	}
	return z, nil
}

// computeZoom computes what some frames of a film that zooms show of its map. All levels are
// computed in one precision: where two meet, a run is the same in both. It is float64 if
// float32 does not tell all runs apart, and what the device computes in by itself else. open opens what
// computes.
func (a *app) computeZoom(ctx context.Context, s *scenes.Scene, z *figure.Zoom, frames frameSpan, open func(backend.Options) (*backend.Backend, error)) (err error) {
	o := a.backendOptions()
	if apart, size := z.Apart(); !toldBySingle(apart[0], size[0]) || !toldBySingle(apart[1], size[1]) {
		if a.precise && o.Precision == backend.Single {
			return fmt.Errorf("%s: float32 does not tell apart the runs of the map at its deepest, which are %.2g and %.2g apart: leave --precision single out, or zoom less", s.Name, apart[0], apart[1])
		}
		o.Precision = backend.Double
	}
	b, err := open(o)
	if err != nil {
		return err
	}
	defer b.Close()
	levels := z.Frames(frames.first, frames.last)
	probe := z.Probe()
	total := z.Runs(levels)
	for _, w := range probe {
		n, err := w.Count()
		if err != nil {
			return err
		}
		total += int(n)
	}
	st := a.stage("map", "runs")
	defer func() { st.end(err) }()
	done, set := 0, mapSettings(s)
	if q, err := cpu.LookupQuantity(s.Map.Of); err == nil && q.Spread != cpu.Apart {
		set.MaxPeriod = 1 // how runs end is not seen, but for those that diverge, and to look for periods takes a quarter of the time
	}
	sweep := func(w cpu.Sweep) (r *cpu.Result, err error) {
		_, err = b.Try("map", func(c backend.Computer) (err error) {
			r, err = c.Sweep(ctx, s.Problem, w, set, func(now, _ int) { st.update(done+now, total) })
			return err
		})
		if err == nil {
			done += r.N()
		}
		return r, err
	}
	st.rename(fmt.Sprintf("map, the colours of %d levels", z.Levels()))
	looks := make([]*cpu.Result, len(probe))
	for i, w := range probe {
		if looks[i], err = sweep(w); err != nil {
			return err
		}
	}
	if err := z.Learn(looks); err != nil {
		return err
	}
	for i, level := range levels {
		st.rename(fmt.Sprintf("map, level %d of %d", i+1, len(levels)))
		for part, w := range z.Parts(level) {
			r, err := sweep(w)
			if err != nil {
				return err
			}
			if err := z.Put(level, part, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// toldBySingle reports whether float32 tells values apart well that are some distance from
// each other: 8 units in the last place of the largest, as a sweep asks for.
func toldBySingle(apart, largest float64) bool {
	return apart >= 8*0x1p-23*math.Max(largest, 0x1p-126)
}
