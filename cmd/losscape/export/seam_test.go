package export

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"losscape/scenes/display"
)

// slope is a ground that rises from the left to the right, and a little upwards, in
// bands that get lighter.
type slope struct{ slots }

func (s *slope) Ground(int) (*Ground, error) {
	const n = 33
	g := &Ground{NX: n, NY: n, Hole: color.NRGBA{R: 255, A: 255}}
	for j := range n {
		for i := range n {
			g.Heights = append(g.Heights, (float64(i)+0.37*float64(j))/(n-1)/1.37)
		}
	}
	const bands = 50
	for i := range bands {
		if i > 0 {
			g.Levels = append(g.Levels, float64(i)/bands)
		}
		v := uint8(20 + 220*i/bands)
		g.Bands = append(g.Bands, color.NRGBA{v, v, v, 255})
	}
	return g, nil
}

// TestNoSeam looks for lighter or darker lines between bands, at the densities of
// screens and of printers: the page gets lighter from the left to the right.
func TestNoSeam(t *testing.T) {
	l := &display.List{}
	l.Reset(display.Rect(0, 0, 50, 50))
	l.Slot(display.KindGround, display.Rect(0, 0, 50, 50), 0)
	p := &Page{List: l, W: 50, H: 50, Paper: color.NRGBA{G: 255, A: 255}, Slots: &slope{}}
	dir := t.TempDir()
	pdf, svg := filepath.Join(dir, "a.pdf"), filepath.Join(dir, "a.svg")
	for path, data := range map[string][]byte{pdf: printed(t, ".pdf", p), svg: printed(t, ".svg", p)} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, dpi := range []int{72, 110, 1200} {
		p.DPI = float64(dpi)
		rises(t, fmt.Sprintf("PNG at %d dpi", dpi), printed(t, ".png", p))
		readers := [][]string{
			{"pdftoppm", "-r", fmt.Sprint(dpi), "-png", "-singlefile", pdf, filepath.Join(dir, "out")},
			{"rsvg-convert", "-z", fmt.Sprint(float64(dpi) / 96), svg, "-o", filepath.Join(dir, "out.png")},
		}
		for _, c := range readers {
			if _, err := exec.LookPath(c[0]); err != nil {
				t.Logf("%s is not here", c[0])
				continue
			}
			if out, err := exec.Command(c[0], c[1:]...).CombinedOutput(); err != nil {
				t.Errorf("%s: %v, %s", c[0], err, out)
				continue
			}
			data, err := os.ReadFile(filepath.Join(dir, "out.png"))
			if err != nil {
				t.Fatal(err)
			}
			rises(t, fmt.Sprintf("%s at %d dpi", c[0], dpi), data)
		}
	}
}

// rises wants each row of a picture to get lighter to the right, its edges aside.
func rises(t *testing.T, what string, data []byte) {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	b := m.Bounds().Inset(2)
	for y := b.Min.Y; y < b.Max.Y; y += max(1, b.Dy()/200) {
		for x := b.Min.X + 1; x < b.Max.X; x++ {
			left, right := nrgba(m, x-1, y), nrgba(m, x, y)
			if int(right.R) < int(left.R)-1 || right.R != right.G || right.R != right.B {
				t.Errorf("%s: %v left of %v at %v", what, left, right, image.Pt(x, y))
				return
			}
		}
	}
}
