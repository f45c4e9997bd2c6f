package figure

import (
	"image/color"

	"losscape/scenes/display"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// shades are the colours of the values on a scale.
type shades struct {
	*scale.Scale
	colors   *palette.Colors
	from, to float64 // places in colors of the ends of the scale
}

// newShades returns the colours of a scale, of a colour map that there is.
func newShades(s *scale.Scale, colormap string) shades {
	return shades{s, palette.Colormap(colormap), 0, 1}
}

// at returns the colour at a coordinate of the scale; of a scale without a width it is the
// middle one.
func (s shades) at(x float64) color.RGBA {
	u := 0.5
	switch {
	case s.Kind == scale.Signed:
		u = (x + 1) / 2
	case s.B > s.A:
		u = s.Fraction(x)
	}
	return s.colors.At(s.from + (s.to-s.from)*u)
}

// bar draws beside a plot which value has which colour: see colorbar.
func (s shades) bar(l *display.List, ly *Layout, plot display.Rectangle, name string) {
	const bands = 256
	b := Levels{First: s.A, Step: (s.B - s.A) / bands, N: bands}
	colors := make([]color.RGBA, bands)
	for i := range colors {
		colors[i] = s.at(b.First + (float64(i)+0.5)*b.Step)
	}
	drawBar(l, ly, plot, s.Scale, b, colors, name)
}
