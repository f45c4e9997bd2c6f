package cpu

import (
	"errors"
	"fmt"
	"math"
)

// Weigh gives every sample a weight: how often it counts. With whole numbers the problem is, to
// rounding, the one in which each sample is there that many times. The weights are N numbers above 0, in any
// unit; SampleWeight has them with a mean of 1, and SampleTotal their sum. nil takes all weights away.
func (p *Problem) Weigh(weights []float64) error {
	p.frozen = nil
	p.SampleWeight, p.SampleTotal = nil, 0
	if weights == nil {
		return nil
	}
	if len(weights) != len(p.Y) {
		return fmt.Errorf("problem has %d samples but %d weights of samples", len(p.Y), len(weights))
	}
	var total float64
	for i, w := range weights {
		if !finite(w) || w <= 0 {
			return fmt.Errorf("weight of sample %d is %v, want a finite number above 0", i, w)
		}
		total += w
	}
	if !finite(total) {
		return errors.New("weights of samples have a sum beyond float64: divide all of them by a number")
	}
	relative := make([]float64, len(weights))
	mean := total / float64(len(weights))
	for i, w := range weights {
		if relative[i] = w / mean; relative[i] < 0x1p-1022 {
			return fmt.Errorf("weight of sample %d is %v, %.3g of the mean: too small for float64, leave the sample out", i, w, relative[i])
		}
	}
	p.SampleWeight, p.SampleTotal = relative, total
	return nil
}

// validateSampleWeight returns an error unless the weights are what Weigh makes.
func (p *Problem) validateSampleWeight() error {
	if p.SampleWeight == nil {
		return nil
	}
	if len(p.SampleWeight) != len(p.Y) {
		return fmt.Errorf("problem has %d samples but %d weights of samples", len(p.Y), len(p.SampleWeight))
	}
	var sum float64
	for i, w := range p.SampleWeight {
		if !finite(w) || w <= 0 {
			return fmt.Errorf("weight of sample %d is %v, want a finite number above 0", i, w)
		}
		sum += w
	}
	// A sum of n numbers above 0 is off by n units of rounding at most.
	if n := float64(len(p.Y)); !(math.Abs(sum-n) <= 4*n*n*0x1p-53+1e-12*n) {
		return fmt.Errorf("weights of samples have the mean %v, want 1: see Weigh", sum/n)
	}
	if !finite(p.SampleTotal) || p.SampleTotal <= 0 {
		return fmt.Errorf("the total of the samples' weights is %v, want a finite number above 0", p.SampleTotal)
	}
	return nil
}

// weightOf returns the weight of a sample, 1 if samples have none.
func (p *Problem) weightOf(i int) float64 {
	if p.SampleWeight == nil {
		return 1
	}
	return p.SampleWeight[i]
}

// Total returns how many samples there are, each counted by its weight as Weigh was given it.
func (p *Problem) Total() float64 {
	if p.SampleWeight == nil {
		return float64(p.N())
	}
	return p.SampleTotal
}

// Count returns the weight of a sample as Weigh was given it, and 1 if samples have none.
func (p *Problem) Count(i int) float64 {
	if p.SampleWeight == nil {
		return 1
	}
	count := p.SampleWeight[i] * (p.SampleTotal / float64(len(p.Y)))
	// Four roundings on the way and back, of half a unit each: a whole number comes back as one.
	if whole := math.Round(count); math.Abs(count-whole) <= 0x1p-50*count {
		return whole
	}
	return count
}
