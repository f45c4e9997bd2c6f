package palette

import "image/color"

// The colours of Lyapunov exponents, after the pictures that Mario Markus and Benno Hess
// made of them: "Lyapunov exponents of the logistic map with periodic forcing", Computers
// & Graphics 13(4), 1989. Order, below 0, goes from black to yellow, chaos, above 0, from
// black to blue, and 0 is white.
//
// Yellow and blue are what people without red or green cones tell apart best. The two
// blacks are a dark brown and a dark blue, as far apart as other colours of maps: a little
// chaos is not deep order. Dark red would be one of the yellows for these people, so that
// runs that diverged are rose here.
var (
	markusOrder = [2]color.RGBA{{26, 18, 0, 255}, {255, 225, 0, 255}} // from the least exponent to 0
	markusChaos = [2]color.RGBA{{0, 0, 60, 255}, {60, 140, 255, 255}} // from 0 to the greatest
	MarkusZero  = color.RGBA{255, 255, 255, 255}
	markusGone  = color.RGBA{210, 75, 120, 255}
)

// markus returns the colours from the least exponent to the greatest, 0 in the middle.
func markus() *Colors {
	c := new(Colors)
	half := len(c) / 2
	for i := range half {
		t := float64(i) / float64(half-1)
		c[i], c[half+i] = mixed(markusOrder, t), mixed(markusChaos, t)
	}
	return c
}

// mixed returns the colour at t of the way from one to another, 0 to 1.
func mixed(ends [2]color.RGBA, t float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + t*(float64(b)-float64(a)) + 0.5) }
	a, b := ends[0], ends[1]
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// NoValue returns the colours, on a map in some colours, of runs that diverged and of those
// whose value is not finite.
func NoValue(colormap string) (diverged, notFinite color.RGBA) {
	if colormap == "markus" {
		return markusGone, NotFiniteColor
	}
	return DivergedColor, NotFiniteColor
}
