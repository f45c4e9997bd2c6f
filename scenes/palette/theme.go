// Package palette has the colours of pictures: colour maps, themes, and those of how
// runs end.
package palette

import "image/color"

// Theme is the colours of everything but the landscape.
type Theme struct {
	Paper    color.NRGBA // the ground
	Ink      color.NRGBA // text and axes
	Grid     color.NRGBA
	Pane     [3]color.NRGBA // of the axis box
	PaneLine color.NRGBA
	Plate    color.NRGBA    // ground of legends
	Rim      color.NRGBA    // of legends
	Casing   color.NRGBA    // around paths and points
	Positive color.NRGBA    // samples of label 1
	Negative color.NRGBA    // samples of label 0
	Curves   [2]color.NRGBA // probabilities of the labels 1 and 0
	Masked   color.NRGBA    // where the loss is not finite
	Runs     []color.NRGBA  // trajectories, in order
}

// ThemeOf returns the theme of a name, "light" or "dark"; nil if there is none of it.
func ThemeOf(name string) *Theme { return themes[name] }

// themes are what a scene can ask for. The colours of runs stand out on the
// colour maps and on the theme's ground, and differ for people who are colour blind.
var themes = map[string]*Theme{
	"light": {
		Paper:    color.NRGBA{255, 255, 255, 255},
		Ink:      color.NRGBA{26, 26, 26, 255},
		Grid:     color.NRGBA{205, 205, 205, 255},
		Pane:     [3]color.NRGBA{{242, 242, 243, 255}, {236, 236, 238, 255}, {229, 229, 232, 255}},
		PaneLine: color.NRGBA{196, 196, 200, 255},
		Plate:    color.NRGBA{255, 255, 255, 255},
		Rim:      color.NRGBA{190, 190, 190, 255},
		Casing:   color.NRGBA{255, 255, 255, 255},
		Positive: color.NRGBA{31, 119, 180, 255},
		Negative: color.NRGBA{255, 127, 14, 255},
		Curves:   [2]color.NRGBA{{255, 0, 0, 255}, {0, 0, 255, 255}},
		Masked:   color.NRGBA{158, 158, 158, 255},
		Runs: []color.NRGBA{
			{255, 0, 0, 255},
			{255, 179, 0, 255},
			{214, 0, 214, 255},
			{0, 150, 60, 255},
			{0, 0, 0, 255},
			{0, 190, 210, 255},
			{116, 69, 35, 255},
			{111, 138, 159, 255},
		},
	},
	"dark": {
		Paper:    color.NRGBA{17, 19, 24, 255},
		Ink:      color.NRGBA{226, 228, 233, 255},
		Grid:     color.NRGBA{52, 56, 66, 255},
		Pane:     [3]color.NRGBA{{30, 33, 41, 255}, {34, 38, 47, 255}, {26, 29, 36, 255}},
		PaneLine: color.NRGBA{66, 71, 84, 255},
		Plate:    color.NRGBA{24, 27, 33, 255},
		Rim:      color.NRGBA{82, 87, 99, 255},
		Casing:   color.NRGBA{17, 19, 24, 255},
		Positive: color.NRGBA{88, 166, 235, 255},
		Negative: color.NRGBA{255, 150, 60, 255},
		Curves:   [2]color.NRGBA{{255, 92, 84, 255}, {104, 150, 255, 255}},
		Masked:   color.NRGBA{96, 98, 106, 255},
		Runs: []color.NRGBA{
			{255, 64, 58, 255},
			{255, 196, 40, 255},
			{240, 90, 240, 255},
			{64, 214, 120, 255},
			{255, 255, 255, 255},
			{26, 243, 255, 255},
			{176, 137, 105, 255},
			{139, 163, 187, 255},
		},
	},
}

// Run returns the colour of run i: one of own, the scene's colours of its runs, in
// turn, or of the theme's where it has none.
func (t *Theme) Run(own []color.NRGBA, i int) color.NRGBA {
	if len(own) > 0 {
		return own[i%len(own)]
	}
	return t.Runs[i%len(t.Runs)]
}

// WithAlpha returns c with its alpha multiplied by a.
func WithAlpha(c color.NRGBA, a float64) color.NRGBA {
	c.A = byte(min(max(float64(c.A)*a, 0), 255) + 0.5)
	return c
}
