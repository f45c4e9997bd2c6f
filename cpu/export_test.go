package cpu

// PeriodOf is the period of a run of two weights whose state after k updates is w(k).
func PeriodOf(steps int, w func(k int) []float64) int {
	set, _ := Settings{}.WithDefaults()
	var last tail
	last.start(set, &Run{Steps: steps}, 2)
	for k := range steps + 1 {
		last.see(k, w(k))
	}
	return last.period()
}
