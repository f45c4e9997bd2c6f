package verify

import (
	"fmt"

	"losscape/cpu"
	"losscape/gpu/compute"
)

// core names the cases of Core, as their rows do, with the reason for each.
var core = []struct{ op, shape, data, why string }{
	{OpLandscape, "n=1365 D=1 31x17 ±10", "ordinary", "as many samples as a uniform block of 64 KiB holds"},
	{OpLandscape, "n=1366 D=1 31x17 ±10", "ordinary", "one more, so that they are in a storage buffer"},
	{OpLandscape, "n=100000 D=1 13x3 ±3", "ordinary", "samples in several dispatches, each adding to what the one before has left"},
	{OpLandscape, "n=50 D=1 1x1 ±0.5", "ordinary", "a grid of one point"},
	{OpLandscape, "n=100 D=1 97x70 ±0.3", "l2=0.1", "the expansion, with an L2 term"},
	{OpRows, "n=61 D=3 199x67 ±0.3 by 13", "separable eps=1e-15", "the expansion with eps, its tiles cut by those of rows"},
	{OpRows, "n=53 D=1 97x61 ±10 by 10", "separable", "two buffers in turn, the last tile not full; the excess form"},
	{OpRows, "n=61 D=3 199x67 ±3 by 13", "one class", "the product form, on a tilted plane"},
	{OpRows, "n=61 D=3 199x67 ±30 by 13", "eps=1e-15", "samples that go directly, and the second pass of eps"},
	{OpRows, "n=61 D=3 199x67 ±3 by 13", "eps=1e-3 l2=0.01", "eps that is felt at every point"},
	{OpRows, "n=61 D=3 199x67 ±10000 by 13", "l2=0.1", "columns so far apart that none follows from its neighbour"},
	{OpGradient, "n=61 D=3 67x31 ±3", "l2=10", "gradients and accuracies"},
	{OpRows, "n=61 D=1 67x67 ±3 by 13", "counts l2=0.1 but the bias", "samples with weights; directions that are in line without the bias"},
	{OpWeights, "n=100 D=1 37 runs of 200", "counts eps=1e-3 l2=0.01", "runs on samples with weights"},
	{OpSweep, "n=101 D=2 37 runs of 60, adamw", "counts l2=0.1 but the bias", "weights, and a decay that leaves the bias out"},
	{OpWeights, "n=33 D=1 5 runs of 200", "ordinary", "few runs; one sample more than is summed without compensation"},
	{OpWeights, "n=50 D=1 257 runs of 60", "ordinary", "several runs to an invocation; some end early and the rest is packed"},
	{OpWeights, "n=100000 D=1 2 runs of 5", "ordinary", "invocations that share their samples"},
	{OpWeights, "n=61 D=31 40 runs of 100", "l2=0.1", "as many weights as descend.comp has"},
	{OpWeights, "n=61 D=33 3 runs of 12", "l2=0.1", "weights in two blocks"},
	{OpSweep, "n=4099 D=40 9 runs of 3, gd batch 1001", "ordinary", "mini-batches, and samples in several windows and slabs"},
	{OpWeights, "n=100 D=1 37 runs of 200", "eps=1e-15", "eps below float32's resolution"},
	{OpWeights, "n=100 D=1 37 runs of 200", "eps=1e-3 l2=0.01", "eps above it"},
	{OpSweep, "n=64 D=1 37 runs of 300, gd", "l2=0.1", "runs that converge"},
	{OpSweep, "n=100 D=1 12 runs of 40, gd", "ordinary", "runs that diverge"},
	{OpSweep, "n=100 D=1 48 runs of 40, gd", "ordinary", "several kernels in turn, by batch size, and several seeds"},
	{OpSweep, "n=4099 D=1 5 runs of 8, adam batch 1500", "ordinary", "invocations that share their batches"},
}

// Core returns a part of Cases that takes a few seconds and has each kind of kernel, of
// buffer and of way through the host's code once: for checks that make everything
// slow, such as the race detector.
func Core() []Case {
	all := map[string]Case{}
	for _, c := range Cases() {
		if key := c.Op + c.Shape + c.Data + c.Precision.String(); all[key].check == nil {
			all[key] = c // of several alike, the first
		}
	}
	var cases []Case
	in := compute.Single
	add := func(op, shape, data string) {
		c, ok := all[op+shape+data+in.String()]
		if !ok {
			panic(fmt.Sprintf("verify: there is no case %s, %s, %s", op, shape, data))
		}
		cases = append(cases, c)
	}
	for _, c := range core {
		add(c.op, c.shape, c.data)
	}
	for _, name := range cpu.Optimizers() { // each is a kernel, and one by mini-batches
		add(OpSweep, fmt.Sprintf("n=100 D=1 74 runs of 60, %s", name), "ordinary")
		add(OpSweep, fmt.Sprintf("n=101 D=1 74 runs of 60, %s batch 13", name), "ordinary")
	}
	turned := func(name string) { add(OpSweep, fmt.Sprintf("n=53 D=2 37 runs of 60, %s exponent", name), "l2=0.1") }
	turned("gd")
	turned("adam")
	in = compute.Double
	turned("gd")
	add(OpRows, "n=61 D=3 31x13 ±3", "eps=1e-3 l2=0.01")
	add(OpRows, "n=100003 D=1 13x3 ±3", "ordinary")
	for _, c := range core {
		if c.op == OpWeights || c.op == OpSweep {
			add(c.op, c.shape, c.data)
		}
	}
	return cases
}
