package draw

import (
	"losscape/gpu"
	"losscape/scenes/figure"
)

// cells are the colours of a map's runs, in a texture.
type cells struct {
	painted *figure.Cells
	texture *gpu.Texture
	made    int
}

// prepare brings the texture up to date; c may be nil.
func (s *cells) prepare(d *gpu.Device, c *figure.Cells) (err error) {
	if c == nil || c == s.painted && s.texture != nil {
		return nil
	}
	s.texture.Close()
	if s.texture, err = d.NewTexture("map", c.NX, c.NY, 1, gpu.RGBA8); err != nil {
		return err
	}
	s.painted = c
	s.made++
	return s.texture.Write(0, 0, c.NX, c.NY, c.Pix)
}

func (s *cells) close() {
	s.texture.Close()
	*s = cells{made: s.made}
}
