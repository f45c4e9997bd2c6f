package draw

import (
	"encoding/hex"
	"image/color"
)

// colormap returns the 256 entries of a colour map, RGBA; nil if there is none
// of that name.
func colormap(name string) []byte {
	if name == "RdBu_r" {
		return rdbuReversed()
	}
	rgb, err := hex.DecodeString(colormapTables[name])
	if err != nil {
		panic(err)
	}
	var out []byte
	for i := 0; i < len(rgb); i += 3 {
		out = append(out, rgb[i], rgb[i+1], rgb[i+2], 255)
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

// rdbuReversed returns the 256 entries of RdBu_r, RGBA: the anchors evenly
// spaced over 0..255 and joined by straight lines.
func rdbuReversed() []byte {
	out := make([]byte, 0, 256*4)
	for i := range 256 {
		t := float64(i) / 255 * 10
		k := min(int(t), 9)
		f := t - float64(k)
		for c := range 3 {
			a, b := rdbuAnchors[k][c], rdbuAnchors[k+1][c]
			out = append(out, byte(a+(b-a)*f+0.5))
		}
		out = append(out, 255)
	}
	return out
}

// bandColors returns the colours of n bands of a colour map of 256 entries: band
// i has the colour of its middle, all bands together spanning the map.
func bandColors(table []byte, n int) []byte {
	out := make([]byte, 0, 4*n)
	for i := range n {
		k := min(int((float64(i)+0.5)/float64(n)*256), 255)
		out = append(out, table[4*k:4*k+4]...)
	}
	return out
}

// white is the colour of what has its own, such as a picture.
var white = color.NRGBA{255, 255, 255, 255}

// theme is the colours of everything but the landscape.
type theme struct {
	paper    color.NRGBA // the ground
	ink      color.NRGBA // text and axes
	grid     color.NRGBA
	pane     [3]color.NRGBA // of the axis box
	paneLine color.NRGBA
	plate    color.NRGBA    // ground of legends
	rim      color.NRGBA    // of legends
	casing   color.NRGBA    // around paths and points
	positive color.NRGBA    // samples of label 1
	negative color.NRGBA    // samples of label 0
	curves   [2]color.NRGBA // probabilities of the labels 1 and 0
	masked   color.NRGBA    // where the loss is not finite
	runs     []color.NRGBA  // trajectories, in order
}

// themes are what a scene can ask for. The colours of runs stand out on the
// colour maps and on the theme's ground.
var themes = map[string]*theme{
	"light": {
		paper:    white,
		ink:      color.NRGBA{26, 26, 26, 255},
		grid:     color.NRGBA{205, 205, 205, 255},
		pane:     [3]color.NRGBA{{242, 242, 243, 255}, {236, 236, 238, 255}, {229, 229, 232, 255}},
		paneLine: color.NRGBA{196, 196, 200, 255},
		plate:    white,
		rim:      color.NRGBA{190, 190, 190, 255},
		casing:   white,
		positive: color.NRGBA{31, 119, 180, 255},
		negative: color.NRGBA{255, 127, 14, 255},
		curves:   [2]color.NRGBA{{255, 0, 0, 255}, {0, 0, 255, 255}},
		masked:   color.NRGBA{158, 158, 158, 255},
		runs: []color.NRGBA{
			{255, 0, 0, 255},
			{255, 179, 0, 255},
			{214, 0, 214, 255},
			{0, 150, 60, 255},
			{0, 0, 0, 255},
			{0, 190, 210, 255},
			{140, 80, 20, 255},
			{120, 110, 255, 255},
		},
	},
	"dark": {
		paper:    color.NRGBA{17, 19, 24, 255},
		ink:      color.NRGBA{226, 228, 233, 255},
		grid:     color.NRGBA{52, 56, 66, 255},
		pane:     [3]color.NRGBA{{30, 33, 41, 255}, {34, 38, 47, 255}, {26, 29, 36, 255}},
		paneLine: color.NRGBA{66, 71, 84, 255},
		plate:    color.NRGBA{24, 27, 33, 255},
		rim:      color.NRGBA{82, 87, 99, 255},
		casing:   color.NRGBA{17, 19, 24, 255},
		positive: color.NRGBA{88, 166, 235, 255},
		negative: color.NRGBA{255, 150, 60, 255},
		curves:   [2]color.NRGBA{{255, 92, 84, 255}, {104, 150, 255, 255}},
		masked:   color.NRGBA{96, 98, 106, 255},
		runs: []color.NRGBA{
			{255, 64, 58, 255},
			{255, 196, 40, 255},
			{240, 90, 240, 255},
			{64, 214, 120, 255},
			{255, 255, 255, 255},
			{60, 210, 235, 255},
			{214, 150, 90, 255},
			{150, 146, 255, 255},
		},
	},
}

func (t *theme) run(i int) color.NRGBA { return t.runs[i%len(t.runs)] }

// withAlpha returns c with its alpha multiplied by a.
func withAlpha(c color.NRGBA, a float64) color.NRGBA {
	c.A = byte(min(max(float64(c.A)*a, 0), 255) + 0.5)
	return c
}
