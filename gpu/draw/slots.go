package draw

import (
	"losscape/scenes/display"
	"losscape/scenes/figure"
)

// fill turns a list that a figure has made into one that tiles are drawn from: letters get
// their places in the atlas, and slots the pictures that fill them, as frame k has them.
// Commands of which nothing is seen go.
func (r *Renderer) fill(l *display.List, k int) error {
	kept := l.Cmds[:0]
	for i := range l.Cmds {
		c := l.Cmds[i]
		seen, err := true, error(nil)
		switch kind, panel := c.What(); kind {
		case display.KindGlyph:
			seen = r.text.resolve(l, &c)
		case display.KindGround:
			seen = r.contours[panel].put(&c)
		case display.KindMap:
			r.cells.put(&c, r.figure.Panels[panel].Kind)
		case display.KindLayer:
			seen, err = r.fillLayer(&c, panel, k)
		case display.KindEnsemble:
			seen, err = r.ensemble.draw(r, &c, panel, k)
		}
		if err != nil {
			return err
		}
		if seen {
			kept = append(kept, c)
		}
	}
	l.Cmds = kept
	return nil
}

// fillLayer draws the surface of a panel.
func (r *Renderer) fillLayer(c *display.Command, panel, k int) (seen bool, err error) {
	s := r.surfaces[panel]
	if err := s.draw(r, r.camera(panel, k)); err != nil {
		return false, err
	}
	c.A, c.B[0] = f32(s.reach), float32(s.made)
	return clip(c, c.A), nil
}

// clip cuts the bounds of a command to r, and reports whether something is left.
func clip(c *display.Command, r [4]float32) bool {
	b := &c.Bounds
	b[0], b[1], b[2], b[3] = max(b[0], r[0]), max(b[1], r[1]), min(b[2], r[2]), min(b[3], r[3])
	return b[0] < b[2] && b[1] < b[3]
}

func f(x float64) float32 { return float32(x) }

func f32(r display.Rectangle) [4]float32 { return [4]float32{f(r.X0), f(r.Y0), f(r.X1), f(r.Y1)} }

// Pick returns what the frame drawn last has at (x, y), in pixels from the top left
// corner, y down. On the surface it is the point that is seen there.
func (r *Renderer) Pick(x, y float64) figure.Hit {
	if h, ok := r.p.Controls.Pick(r.figure, x, y); ok {
		return h
	}
	return r.figure.Pick(x, y)
}

// Texts returns the lines of text in frame k, those of the static layer included.
func (r *Renderer) Texts(k int) []display.Text {
	var l display.List
	l.Reset(display.RectOf(r.part))
	r.figure.Static(&l)
	r.figure.Frame(&l, k)
	return l.Texts
}
