package palette

import (
	"encoding/hex"
	"image/color"
)

// Colors are a colour map's, from the least value to the greatest.
type Colors [256]color.RGBA

// Colormap returns a colour map, one of scenes.Colormaps or scenes.MarkusColormap; nil if
// there is none of that name.
func Colormap(name string) *Colors {
	switch name {
	case "RdBu_r":
		return rdbuReversed()
	case "markus":
		return markus()
	}
	rgb, err := hex.DecodeString(colormapTables[name])
	if err != nil {
		panic(err)
	}
	if len(rgb) == 0 {
		return nil
	}
	c := new(Colors)
	for i := range c {
		c[i] = color.RGBA{rgb[3*i], rgb[3*i+1], rgb[3*i+2], 255}
	}
	return c
}

// At returns the colour at u of the map's length, 0 to 1; beyond, that of the end.
func (c *Colors) At(u float64) color.RGBA { return c[min(max(int(u*256), 0), 255)] }

// Bands returns the colours of n bands: band i has the colour of its middle, all bands
// together spanning the map.
func (c *Colors) Bands(n int) []color.RGBA {
	out := make([]color.RGBA, n)
	for i := range out {
		out[i] = c.At((float64(i) + 0.5) / float64(n))
	}
	return out
}

// Bytes returns colours as the bytes of an image in RGBA.
func Bytes(colors []color.RGBA) []byte {
	out := make([]byte, 0, 4*len(colors))
	for _, c := range colors {
		out = append(out, c.R, c.G, c.B, c.A)
	}
	return out
}

// rdbuAnchors are the 11 classes of ColorBrewer's RdBu, from blue to red
// (Cynthia Brewer, Mark Harrower and The Pennsylvania State University,
// Apache 2.0).
var rdbuAnchors = [11][3]float64{
	{5, 48, 97}, {33, 102, 172}, {67, 147, 195}, {146, 197, 222}, {209, 229, 240}, {247, 247, 247},
	{253, 219, 199}, {244, 165, 130}, {214, 96, 77}, {178, 24, 43}, {103, 0, 31},
}

// rdbuReversed returns RdBu_r: the anchors evenly spaced over 0..255 and joined by
// straight lines.
func rdbuReversed() *Colors {
	c := new(Colors)
	for i := range c {
		t := float64(i) / 255 * 10
		k := min(int(t), 9)
		f := t - float64(k)
		mix := func(channel int) uint8 {
			a, b := rdbuAnchors[k][channel], rdbuAnchors[k+1][channel]
			return uint8(a + (b-a)*f + 0.5)
		}
		c[i] = color.RGBA{mix(0), mix(1), mix(2), 255}
	}
	return c
}
