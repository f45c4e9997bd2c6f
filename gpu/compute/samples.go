package compute

import "losscape/cpu"

// vectors is the number of vec4s of a sample of so many words.
func vectors(words int) int { return (words + 3) / 4 }

// sampleWords is the number of words of a sample for runs: one for each weight of the model, and
// one for its own weight if samples have weights.
func sampleWords(p *cpu.Problem) int {
	if p.SampleWeight != nil {
		return p.Dim() + 1
	}
	return p.Dim()
}

// checkWeights returns an error unless the format holds the samples' weights, so that what a sum of
// terms with weights loses below leastNormal is a rounding error of the sum of all weights.
func (f *format) checkWeights(p *cpu.Problem) error {
	for i, w := range p.SampleWeight {
		if w < f.leastScale {
			return unsupported("weight of sample %d, %.3g of the mean weight, %s computes with %.2g at least", i, w, f.name, f.leastScale)
		}
	}
	return nil
}

// grouped is the order of samples in which groups of label 1 come first, then
// those of label 0, then what is left over, with the number of samples of a group
// and of groups.
func grouped(y []float64) (order []int, size, positives, groups int) {
	var of [2][]int
	for i, label := range y {
		k := 0
		if label == 1 {
			k = 1
		}
		of[k] = append(of[k], i)
	}
	size = groupSize(len(of[1]), len(of[0]))
	positives, negatives := len(of[1])/size, len(of[0])/size
	order = append(order, of[1][:size*positives]...)
	order = append(order, of[0][:size*negatives]...)
	order = append(order, of[1][size*positives:]...)
	order = append(order, of[0][size*negatives:]...)
	return order, size, positives, positives + negatives
}

// groupSize is the size of groups, 4 to 6, that leaves the fewest samples over.
func groupSize(ones, zeros int) int {
	best := 4
	for _, size := range []int{5, 6} {
		if ones%size+zeros%size < ones%best+zeros%best {
			best = size
		}
	}
	return best
}

// blocks divides m groups of so many samples of an invocation into blocks for the
// sums and chunks of blocks, of maxLog samples or a few more, for the log.
func blocks(m, group, maxLog int) (block, perChunk int) {
	m = max(m, 1)
	atMost := func(most int) int { return (m + most - 1) / most }
	chunks := atMost(maxLog / group)
	m = (m + chunks - 1) / chunks
	perChunk = atMost(maxBlock / group)
	return (m + perChunk - 1) / perChunk, perChunk
}
