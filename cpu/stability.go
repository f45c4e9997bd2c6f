package cpu

// StableBelow returns the learning rate below which the run's optimizer is stable at a
// minimum where the Hessian's largest eigenvalue is lambda, above 0, l2 included as
// Optimizer says. Above it the steps leave every neighbourhood of the minimum. Times
// lambda it is a constant of the optimizer, StableBelow(1), where lr λ has its edge. A
// step of a direction with eigenvalue h ≤ λ is a linear map then, whose eigenvalues lie
// within the unit circle if and only if, with β Momentum or Beta1 and ε Epsilon,
//
//	gd              lr < 2/h
//	momentum        lr < (2 + 2β)/h
//	nesterov        lr < (2 + 2β)/((1 + 2β) h)
//	rmsprop         lr < 2 ε/h
//	adam            lr < (2 + 2β)/(1 − β) ε/h
//
// by the criterion of Jury for z² − (1 + β − lr h) z + β, and of nesterov for
// z² − (1 + β)(1 − lr h) z + β (1 − lr h). A momentum of 1 or more, of nesterov above 1,
// is stable nowhere, or not where h is small: 0 is returned.
//
// Where gradients are far below ε, rmsprop and adam divide by ε: a step is gd's or
// momentum's with lr/ε or lr (1 − β)/ε (Cohen and others, Adaptive gradient methods at
// the edge of stability, 2022). At the usual ε this is far below all learning rates in
// use: such runs come near a minimum and do not stay there.
//
// ok is false where no such learning rate is known: for adagrad, which divides by what
// its run has felt; for adamw with L2, whose decay ends away from a minimum; for
// mini-batches, whose noise adds to it; and if lambda is not above 0.
func (r *Run) StableBelow(lambda float64) (lr float64, ok bool) {
	if r.Batch > 0 || !(lambda > 0) {
		return 0, false
	}
	switch r.Optimizer {
	case "gd":
		return 2 / lambda, true
	case "momentum":
		if r.Momentum >= 1 {
			return 0, true
		}
		return heavyBall(r.Momentum) / lambda, true
	case "nesterov":
		if r.Momentum > 1 {
			return 0, true
		}
		return heavyBall(r.Momentum) / (1 + 2*r.Momentum) / lambda, true
	case "rmsprop":
		return 2 * r.Epsilon / lambda, true
	case "adam", "adamw":
		if r.Optimizer == "adamw" && r.L2 != 0 {
			return 0, false
		}
		return heavyBall(r.Beta1) / (1 - r.Beta1) * r.Epsilon / lambda, true
	}
	return 0, false
}

// heavyBall is lr h at the edge of stability of momentum beta.
func heavyBall(beta float64) float64 { return 2 + 2*beta }

// MinimumSharpness returns the largest eigenvalue of the Hessian at the minimum of the
// problem with another L2 weight. ok is false where no minimum is proved to exist: see
// Minimum.
func (p *Problem) MinimumSharpness(l2 float64) (lambda float64, ok bool) {
	q := *p
	q.L2 = l2
	w, ok := q.Minimum()
	if !ok {
		return 0, false
	}
	lambda = q.Sharpness(w)
	return lambda, lambda > 0
}
