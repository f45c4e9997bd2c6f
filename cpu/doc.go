// Package cpu is the mathematics of losscape in float64: binary
// cross-entropy of a linear classifier, its gradient, planes of weights, dense
// landscapes, training runs by seven optimizers, and sweeps over their
// parameters. It is the specification: what the GPU computes is measured
// against it, so it stays plain.
//
// Samples i = 1..N have features x_i in R^D and labels y_i in {0, 1}, with
// s_i = 2 y_i − 1. The bias is the last weight, so w has D+1 entries and
// z_i = w · [x_i, 1]. That is Linear; a Model of another kind has a number of weights
// of its own, and what is said of D+1 holds for it.
package cpu
