package film_test

import (
	"slices"
	"testing"

	"losscape/gpu/film"
)

// TestSegmentSpans wants segments to cover a film, each frame once, by what the film is alone.
func TestSegmentSpans(t *testing.T) {
	for _, test := range []struct {
		o    film.Options
		want int // frames of a segment
	}{
		{film.Options{Path: "a.mp4", Width: 5400, Height: 1800, FPS: 30}, 250},
		{film.Options{Path: "a.mp4", Width: 1280, Height: 720, FPS: 30}, 1000},
		{film.Options{Path: "a.mp4", Width: 64, Height: 48, FPS: 30}, 1000},
		{film.Options{Path: "a.gif", Width: 1920, Height: 1080, FPS: 30}, 750},
		{film.Options{Path: "a.webm", Width: 5400, Height: 1800, FPS: 30}, 256},
		{film.Options{Path: "a.mp4", Width: 5400, Height: 1800, FPS: 30, Codec: "av1"}, 500},
		{film.Options{Path: "a.mp4", Width: 5400, Height: 1800, FPS: 30, Codec: "libaom-av1"}, 1000},
		{film.Options{Path: "a%04d.png", Width: 5400, Height: 1800}, 250},
	} {
		o := test.o
		if got := o.SegmentFrames(); got != test.want {
			t.Errorf("%+v: %d frames a segment, want %d", o, got, test.want)
		}
		for _, frames := range []int{1, test.want - 1, test.want, test.want + 1, 10 * test.want} {
			o.Frames, o.Segment = frames, o.SegmentFrames()
			var all []int
			for k := range o.Segments() {
				first, end := o.SegmentSpan(k)
				for i := first; i < end; i++ {
					all = append(all, i)
				}
			}
			if len(all) != frames || !slices.IsSorted(all) || all[0] != 0 || all[frames-1] != frames-1 {
				t.Errorf("%d frames: %d of them in segments", frames, len(all))
			}
		}
	}
}
