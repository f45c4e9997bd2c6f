package draw

import (
	"fmt"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"
)

// TestLook writes pictures to look at: LOOK="one-mode,1800,600,0,10,49".
func TestLook(t *testing.T) {
	spec := os.Getenv("LOOK")
	if spec == "" {
		t.Skip("LOOK is not set")
	}
	part := strings.Split(spec, ",")
	var w, h int
	fmt.Sscan(part[1], &w)
	fmt.Sscan(part[2], &h)
	d := device(t)
	s := builtin(t, part[0])
	if p := os.Getenv("LOOK_PATH"); p != "" {
		s.Camera.Path = p
	}
	if p := os.Getenv("LOOK_PANELS"); p != "" {
		s.Film.Panels = strings.Split(p, ",")
	}
	if p := os.Getenv("LOOK_FRAMES"); p != "" {
		fmt.Sscan(p, &s.Film.Frames)
	}
	if p := os.Getenv("LOOK_ELEV"); p != "" {
		fmt.Sscan(p, &s.Camera.Elev)
	}
	p := pictureOf(t, d, s, w, h, 400)
	t0 := time.Now()
	r := rendererOf(t, d, p, w, h)
	d.Do(func() error { d.Finish(); return nil })
	t.Log("New", time.Since(t0))
	for _, q := range part[3:] {
		var k int
		fmt.Sscan(q, &k)
		t0 := time.Now()
		_, ch, err := r.Frame(k)
		if err != nil {
			t.Fatal(err)
		}
		d.Do(func() error { d.Finish(); return nil })
		t.Log(k, time.Since(t0), len(r.dirty), len(ch))
		img, _ := shot(t, d, r, k)
		f, _ := os.Create(fmt.Sprintf("/tmp/look-%s-%d-%d.png", part[0], w, k))
		(&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, img)
		f.Close()
	}
}
