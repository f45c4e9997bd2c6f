package draw

import (
	"syscall"
	"testing"
	"time"
)

func cpuNow() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(0, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
func TestProf(t *testing.T) {
	d := device(t)
	s := builtin(t, "one-mode")
	s.Camera.Path = "orbit"
	p := pictureOf(t, d, s, 1920, 1080, 700)
	r := rendererOf(t, d, p, 1920, 1080)
	for i := 0; i < 3; i++ {
		r.Frame(i)
		d.Do(func() error {
			d.Finish()
			t0, c0 := time.Now(), cpuNow()
			s := r.solid
			r.surface.draw(s.cam)
			d.Finish()
			t.Log("surface", time.Since(t0), cpuNow()-c0)
			t0, c0 = time.Now(), cpuNow()
			r.tiles.draw(r.frame, r.still.Color, r.text.tex, r.layer(), &r.list, r.bins, r.bins.touched)
			d.Finish()
			t.Log("tiles", time.Since(t0), cpuNow()-c0, len(r.bins.touched))
			return nil
		})
	}
}
