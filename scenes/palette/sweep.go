package palette

import (
	"image/color"

	"losscape/cpu"
)

// The colours of how runs end are told apart by people with any kind of colour vision: a
// test simulates protanopia, deuteranopia and tritanopia. They come from palettes that
// are made for it, some a little moved for the others' sake: OI is Masataka Okabe and Kei
// Ito, "Color Universal Design" (2008), https://jfly.uni-koeln.de/color/; PT is Paul Tol,
// "Colour Schemes", SRON/EPS/TN/09-002 (2021).
//
// Those of runs without a value are none of viridis, magma, inferno, plasma and cividis
// either. turbo and RdBu_r have the like of every colour.
var (
	DivergedColor  = color.RGBA{165, 0, 38, 255}    // PT sunset, dark red
	NotFiniteColor = color.RGBA{187, 187, 187, 255} // PT bright, grey

	StatusColors = [cpu.StatusCount]color.RGBA{
		cpu.StepLimit: {187, 187, 187, 255}, // PT bright, grey
		cpu.Diverged:  DivergedColor,
		cpu.Converged: {0, 114, 178, 255}, // OI blue
		cpu.Periodic:  {230, 159, 0, 255}, // OI orange

		// As far from these and from one another as a search has found. The pale one is
		// that of areas in maps.
		cpu.QuasiPeriodic: {205, 255, 187, 255}, // pale green
		cpu.Chaotic:       {23, 0, 69, 255},     // indigo, nearly black
		cpu.Drifting:      {107, 68, 89, 255},   // plum
	}

	// PeriodColors are of the periods that period doubling and its windows show
	// most.
	PeriodColors = map[int32]color.RGBA{
		2:  {230, 159, 0, 255},   // OI orange
		4:  {0, 158, 115, 255},   // OI bluish green
		8:  {204, 121, 167, 255}, // OI reddish purple
		16: {86, 180, 233, 255},  // OI sky blue
		32: {240, 228, 66, 255},  // OI yellow
		64: {80, 0, 0, 255},      // PT dark, dark red
		3:  {46, 30, 128, 255},   // PT muted, indigo
		6:  {163, 56, 133, 255},  // PT muted, purple
		12: {142, 206, 244, 255}, // PT muted, cyan
		5:  {213, 94, 0, 255},    // OI vermilion
		10: {24, 106, 69, 255},   // PT muted, green
		7:  {1, 198, 141, 255},   // PT light, mint
		9:  {155, 155, 66, 255},  // PT muted, olive
	}
	OtherPeriodColor = color.RGBA{84, 48, 72, 255} // the farthest from all others
)

// PeriodColor returns the colour of a run by its status and its period.
func PeriodColor(status cpu.Status, period int32) color.RGBA {
	if status != cpu.Periodic {
		return StatusColors[status]
	}
	if c, ok := PeriodColors[period]; ok {
		return c
	}
	return OtherPeriodColor
}
