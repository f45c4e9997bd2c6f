package draw

import "image/color"

// Viridis returns the colour map of surfaces, from the least value to the
// greatest.
func Viridis() [256]color.RGBA {
	var out [256]color.RGBA
	table := viridis()
	for i := range out {
		out[i] = color.RGBA{table[4*i], table[4*i+1], table[4*i+2], 255}
	}
	return out
}

// Ticks returns the ticks of an axis from lo to hi, at most bins+1 round
// numbers, as the axes of a picture have them.
func Ticks(lo, hi float64, bins int) []float64 { return axisTicks(lo, hi, bins) }

// TickLabels writes ticks with as many decimals as tell them apart, all alike,
// and with a typographic minus sign.
func TickLabels(ticks []float64) []string { return tickLabels(ticks) }
