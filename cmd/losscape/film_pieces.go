package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"losscape/cmd/losscape/store"
	"losscape/gpu/film"
	"losscape/scenes"
)

// filmJob is what the pieces of a film are put together by. A piece is a segment, as package film has
// it.
type filmJob struct {
	Format  string   `json:"format"`           // ending of the file, without a sequence's
	Folder  bool     `json:"folder,omitempty"` // a sequence of files with numbers as names
	Width   int      `json:"width"`
	Height  int      `json:"height"`
	FPS     float64  `json:"fps"`
	Frames  int      `json:"frames"`
	Segment int      `json:"segment"`         // frames of one
	Panels  []string `json:"panels"`          // as --panel has them
	Encoder string   `json:"encoder"`         // as ffmpeg names it
	FFmpeg  string   `json:"ffmpeg"`          // version
	Preset  string   `json:"preset"`          // of the encoder
	CRF     int      `json:"crf"`             // 0 is the default
	Backend string   `json:"backend"`         // --backend, with what it computes in
	Exact   bool     `json:"exact,omitempty"` // every sample was taken
}

// options are those of the film at a path.
func (j *filmJob) options(path string) film.Options {
	return film.Options{Path: path, Format: j.Format, Width: j.Width, Height: j.Height, FPS: j.FPS, Frames: j.Frames, Segment: j.Segment,
		Codec: j.Encoder, Preset: j.Preset, CRF: j.CRF}
}

// filmTarget returns the path beside which a film's pieces are kept.
func filmTarget(output string) string { return strings.TrimRight(output, string(os.PathSeparator)) }

// filmSegment returns how many frames a segment of a film has, 0 if the film is made in one piece.
func filmSegment(o film.Options, f *renderFlags) int {
	if o.To != nil || !f.to.heed("shard") {
		return 0
	}
	n := cuts.segment
	if n == 0 {
		n = o.SegmentFrames()
	}
	if o.Frames <= n && !f.parts.sharded() && !store.Exists(store.Dir(filmTarget(f.output))) {
		return 0
	}
	return n
}

// newFilmJob returns the job of a film that encoder is to encode.
func (a *app) newFilmJob(ctx context.Context, s *scenes.Scene, f *renderFlags, o film.Options, encoder string) (*filmJob, error) {
	j := &filmJob{Format: o.Format, Folder: filmTarget(f.output) != f.output, Width: o.Width, Height: o.Height, FPS: o.FPS, Frames: o.Frames, Segment: o.Segment,
		Panels: f.panels, Encoder: encoder, Preset: o.Preset, CRF: o.CRF, Backend: string(a.backend) + " " + string(a.backendOptions().Precision), Exact: a.exact}
	if encoder == "" {
		return j, nil
	}
	path, err := film.FindFFmpeg()
	if err == nil {
		j.FFmpeg, err = film.FFmpegVersion(ctx, path)
	}
	return j, err
}

// openSegments returns what opens the segments that a store has.
func openSegments(s *store.Store) func(segment int) (film.Source, error) {
	return func(segment int) (film.Source, error) {
		p, err := s.Get(segment)
		if err != nil {
			return nil, err
		}
		return p, nil
	}
}

// joinFilm writes a film from its segments.
func (a *app) joinFilm(ctx context.Context, s *store.Store, o film.Options) error {
	err := film.Join(ctx, o, openSegments(s))
	if err == nil {
		a.sign(s, nil, o.Path) // not a folder of frames, any of which may be changed
	}
	return err
}

// mergeFilm puts the segments of a film together.
func (a *app) mergeFilm(ctx context.Context, s *store.Store, output string, as format) error {
	j, m := new(filmJob), s.Manifest()
	if err := json.Unmarshal(m.Job, j); err != nil || j.Segment < 1 || j.Frames < 1 || j.options(output).Segments() != m.Pieces {
		return fmt.Errorf("the manifest of %s does not say how its film is cut: %w", m.Target, store.ErrDamaged)
	}
	if !as.sequence && as.ending != j.Format {
		return usagef("%s is %s that ends in %s, and what was made is a %s: name such a file with -o", outputName(output), as.what, as.ending, j.Format)
	}
	if err := a.joinFilm(ctx, s, j.options(output)); err != nil {
		return err
	}
	a.logf("%s: %d frames of %dx%d", outputName(output), j.Frames, j.Width, j.Height)
	return nil
}

// mergedName returns the name of what a store's pieces become at a target: that of a folder of frames
// ends in a slash.
func mergedName(m store.Manifest, target string) string {
	j := new(filmJob)
	if m.Verb == "render" && json.Unmarshal(m.Job, j) == nil && j.Folder && filmTarget(target) == target {
		return target + string(os.PathSeparator)
	}
	return target
}
