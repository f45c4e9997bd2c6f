package draw

import (
	"losscape/gpu"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/figure"
)

// cells are the colours of a map's runs and of an orbit diagram, in a texture: these above
// those.
type cells struct {
	painted [2]*figure.Cells // either may be nil
	texture *gpu.Texture
	made    int
}

// prepare brings the texture up to date.
func (s *cells) prepare(d *gpu.Device, runs, orbit *figure.Cells) (err error) {
	painted := [2]*figure.Cells{runs, orbit}
	if painted == [2]*figure.Cells{} || painted == s.painted && s.texture != nil {
		return nil
	}
	s.texture.Close()
	w, h := 0, 0
	for _, c := range painted {
		if c != nil {
			w, h = max(w, c.NX), h+c.NY
		}
	}
	if s.texture, err = d.NewTexture("map", w, h, 1, gpu.RGBA8); err != nil {
		return err
	}
	s.painted = painted
	s.made++
	row := 0
	for _, c := range painted {
		if c == nil {
			continue
		}
		if err := s.texture.Write(0, row, c.NX, c.NY, c.Pix); err != nil {
			return err
		}
		row += c.NY
	}
	return nil
}

// put has a command draw what a panel of a kind shows: the version of the texture, and the
// first row, the rows and the columns there.
func (s *cells) put(c *display.Command, kind string) {
	of, first := s.painted[0], 0
	if kind == scenes.OrbitPanel {
		if of != nil {
			first = of.NY
		}
		of = s.painted[1]
	}
	c.B = [4]float32{float32(s.made), float32(first), float32(of.NY), float32(of.NX)}
}

func (s *cells) close() {
	s.texture.Close()
	*s = cells{made: s.made}
}
