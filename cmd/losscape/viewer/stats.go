package viewer

import (
	"fmt"
	"slices"
	"time"
)

// maxFrames is how many frames Stats holds at most.
const maxFrames = 100_000

// Stats are how long frames took, from the event that asked for one until it was
// presented.
type Stats struct {
	Frames []time.Duration // the last ones, in order
}

func (s *Stats) add(d time.Duration) {
	s.Frames = append(s.Frames, d)
	if len(s.Frames) > maxFrames {
		s.Frames = slices.Delete(s.Frames, 0, maxFrames/2)
	}
}

func (s Stats) String() string {
	if len(s.Frames) == 0 {
		return "no frames"
	}
	d := slices.Sorted(slices.Values(s.Frames))
	at := func(fraction float64) float64 { return 1e3 * d[int(fraction*float64(len(d)-1))].Seconds() }
	return fmt.Sprintf("%d frames: median %.1f ms, 95 %% within %.1f ms, the slowest %.1f ms", len(d), at(0.5), at(0.95), at(1))
}
