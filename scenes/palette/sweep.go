package palette

import (
	"image/color"

	"losscape/cpu"
)

// The colours of the results of a run of a sweep; no colour map has them.
var (
	DivergedColor  = color.RGBA{196, 20, 60, 255}
	NotFiniteColor = color.RGBA{158, 158, 158, 255}

	StatusColors = [4]color.RGBA{
		cpu.StepLimit: {168, 168, 174, 255},
		cpu.Diverged:  DivergedColor,
		cpu.Converged: {0, 105, 180, 255},
		cpu.Periodic:  {245, 170, 0, 255},
	}

	// PeriodColors are of the periods that period doubling and its windows show
	// most.
	PeriodColors = map[int32]color.RGBA{
		2: {245, 170, 0, 255}, 3: {148, 80, 190, 255}, 4: {40, 160, 70, 255}, 5: {140, 86, 75, 255},
		6: {231, 110, 190, 255}, 7: {23, 190, 207, 255}, 8: {0, 92, 84, 255}, 9: {160, 160, 20, 255},
		10: {30, 40, 120, 255}, 12: {255, 150, 130, 255}, 16: {20, 20, 20, 255}, 32: {96, 0, 120, 255}, 64: {120, 84, 0, 255},
	}
	OtherPeriodColor = color.RGBA{206, 186, 236, 255}
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
