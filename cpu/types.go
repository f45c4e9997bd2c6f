package cpu

import "gonum.org/v1/gonum/mat"

// Problem is a binary classification problem and its loss,
//
//	loss(w) = −(1/N) Σ c_i log(σ(s_i z_i) + Eps) + (L2/2) |w|²
//
// where c_i are the samples' weights, of mean 1, all 1 unless there are others (binary cross-entropy; the notebook's eps is 1e-15, and its L2 term
// includes the bias, see Penalize).
type Problem struct {
	Model Model      // of the margins z; nil is Linear
	X     *mat.Dense // features, N x D, without the column of ones
	Y     []float64  // labels, N values of 0 or 1
	Eps   float64    // added to every probability before the log; 0 is exact cross-entropy
	L2    float64    // weight of the L2 term, of landscapes and of runs that state none

	// SampleWeight are the weights of the samples in the loss and all that follows from it, N numbers
	// above 0 with a mean of 1; nil is all 1. SampleTotal is their sum as the data have them, the
	// number of samples if they are counts. Weigh sets both.
	SampleWeight []float64
	SampleTotal  float64

	// Penalize says which weights the L2 term takes in, of the problem and of all runs.
	Penalize Penalty

	frozen *frozen // see Freeze
}

// Axis is a closed interval sampled at N evenly spaced values, ends included.
type Axis struct {
	Min, Max float64
	N        int
}

// Plane is a plane in weight space: w(α, β) = Origin + α D1 + β D2, each a
// vector of D+1 weights.
type Plane struct {
	Origin, D1, D2 []float64
}

// Grid is the dense set of plane coordinates of a landscape: α along X, β
// along Y.
type Grid struct {
	X, Y Axis
}

// Rows are the rows First to End−1 of a grid, 0 ≤ First < End ≤ Grid.Y.N.
type Rows struct {
	First, End int
}

// Landscape is the loss over a grid of a plane.
type Landscape struct {
	Grid Grid
	// Loss has Grid.Y.N rows of Grid.X.N values, in C order: Loss[j*Grid.X.N+i]
	// is the loss at α = X.At(i), β = Y.At(j).
	Loss []float64
}

// Run is one training run from Start. DefaultRun fills in an optimizer's
// default parameters; here 0 is 0. A parameter that the optimizer does not
// have must be 0.
type Run struct {
	Name      string    // shown in legends and tables; may be empty
	Optimizer string    // one of Optimizers()
	LR        float64   // learning rate, above 0
	L2        float64   // weight of the L2 term in this run's loss and gradient; of adamw, the decoupled weight decay
	Momentum  float64   // of momentum and nesterov: fraction of the velocity that a step keeps, ≥ 0
	Beta1     float64   // of adam and adamw: decay of the mean gradient, in [0, 1)
	Beta2     float64   // of rmsprop, adam and adamw: decay of the mean squared gradient, in [0, 1)
	Epsilon   float64   // of adagrad, rmsprop, adam and adamw: added to the root of the squared gradients, above 0
	Batch     int       // samples drawn for a step, with replacement, see Batch; 0 takes all samples once, the full batch
	Seed      uint64    // of the batches; unused with a Batch of 0
	Start     []float64 // D+1 weights
	Steps     int       // number of updates, 0 to 2³¹−1
}

// Trajectory is what a run went through. Index 0 is the start point, index k
// the state after k updates; the notebook's "iteration i" is index i+1.
type Trajectory struct {
	Run     Run
	Dim     int       // number of weights, D+1
	Weights []float64 // (Steps+1) x Dim, row-major
	Loss    []float64 // Steps+1 values, of the run's own loss (eps and L2 included)
	Status  Status    // why the run ended

	Precision Precision // that it was computed in
}

// Status says why a run ended. It is data, not an error.
type Status uint8

// The ways a run can end. Descend knows the first two only: it takes all
// steps that it can.
const (
	StepLimit     Status = iota // all steps were taken, and nothing more is known
	Diverged                    // a weight became non-finite, or, in a sweep, |w| passed Settings.Limit
	Converged                   // the gradient norm over all samples fell to Settings.GradTol
	Periodic                    // all steps were taken, and the last states repeat
	QuasiPeriodic               // all steps were taken, the states come back but never repeat, and the exponent is 0
	Chaotic                     // all steps were taken, and the exponent is above 0
	Drifting                    // all steps were taken, there is no minimum, and the loss falls

	statusCount
)

// StatusCount is how many there are: their codes are below it.
const StatusCount = int(statusCount)
