// Package compute computes landscapes and training runs on a device, with the
// same inputs and results as package cpu, which specifies them.
//
// # The landscape
//
// On a plane a sample is (a, u, v, s) whatever the number of features is; its
// margin at (α, β) is m = s (a + αu + βv), and the loss is the mean of
// softplus(−m) = max(−m, 0) + log(1 + e^−|m|). Along a row of a coarse grid (fine
// ones are below), h being the distance of its columns, m grows by s u h from column to column, so that
// e^−|m| is multiplied by a constant. An invocation computes K columns of a row:
// for each sample one exponential at the tile's middle column, the anchor, then
// one product per column for the next exponential and one for the product of
// 1 + e over the samples, whose log is taken once for all of them.
//
// Where the errors come from, with ε = 2⁻²⁴, the rounding error of float32:
//
//   - The margin. Single precision would leave ε times its largest term, 1e-3
//     where weights of 10⁴ cancel. α, β, a, u and v are split into two parts
//     such that sums and products of first parts are exact: they are small
//     multiples of one quantum (see split). What is rounded is at most 2⁻¹¹ of
//     the terms, so that m is off by some 2⁻³³ of its largest term, and by ε |m|
//     only where it is rounded at the end, which is relative.
//   - The exponential at the anchor: some 2 ε, relatively.
//   - The recurrence. Each of at most K/2 steps multiplies e by a rounded
//     factor, once more rounded: at most 2 ε a step, K ε relatively at the end
//     of the tile. An error made at one column stays relative to e, and the next
//     tile starts from an exponential again, so that no error travels further
//     than K/2 columns. Started at the tile's first column instead of the
//     middle one it would be twice that.
//   - The orientation. The sign of the exponent is that of the anchor, so that
//     e ≤ 1 there, and the linear parts add up to a value and a slope. Towards
//     the end of the tile a margin may have changed its sign; then softplus is
//     −m + log(1 + e^m) with m > 0, a difference whose terms are larger than it
//     by m/softplus(−m) ≤ B e^B if |m| ≤ B there. Samples with K/2 |u h| > B are
//     computed column by column instead (direct), and K is chosen with that in
//     mind. The same bound keeps products from overflowing: a chunk of samples
//     ends where the sum of log 2 + K/2 |u h| would exceed 80.
//   - The product P of 1 + e (the product form): ε for each sample, relatively,
//     so at most 2 ε absolutely in the loss, which is the mean of the logs. It
//     is used where the loss has a proven lower bound of productFloor = 0.02 on
//     the whole grid; being convex, it can be bounded by its tangents.
//   - Elsewhere q = P − 1 is carried (the excess form), q ← q + (e + q e). All
//     terms are positive, hence the error is relative, 2 ε for each sample of a
//     chunk of at most 32; then log1p(q), relative as well. So a loss of 1e-30
//     has as many correct digits as one of 1.
//   - Sums over chunks are compensated (Kahan), and so are those over the parts of the
//     samples, one of a dispatch each, so that nothing grows with the number of
//     samples.
//
// Eps c adds −log(1 + c (1 + e^−m)) to a sample's loss. This is −c up to a
// relative 1e-6 of the loss for m > log(c/1e-6); a tile with a margin below
// that takes a second pass, which computes it exactly.
//
// # Expansions
//
// Where a grid is fine, a sample's loss over a tile of points is its Taylor
// polynomial of degree 5 or 9 around a point of the tile, and the sum over the samples
// is one polynomial in two variables: its 21 or 55 coefficients cost some 90 or 170
// operations for each sample and tile, and a point costs five or nine multiply-adds whatever
// the number of samples is (expansion.comp). Of degree 5 there are tiles of 8² to 32²
// points; of degree 9, in which margins may change two and a half times as much, smaller and
// oblong ones, too, for planes along whose axes margins change unequally. The cheapest of
// those that fit is taken, or the recurrence if that is cheaper still; with an eps above
// smallEps there is the recurrence only. Where the errors come from:
//
//   - The remainder. With t = −m and p = σ(t), q = 1 − p, x = pq, the sixth
//     derivative of softplus is (1 − 24 x) x (q − p)² − 2 x² (1 − 12 x), whose
//     absolute value is below softplus(t) for every t: both tend to e^t for small
//     t, 0.25 stands against 0.69 at 0, and from there one falls and one grows.
//     Where margins change by h at most from the anchor, softplus grows by e^h at
//     most, so that the remainder is at most e^h h⁶/720 of the loss, sample by
//     sample and hence in the sum: 3e-6 at h = maxExpansion5, for the sample and
//     the corner where it is largest, and far less for all others. The tenth derivative is
//     at most 15.3 softplus(t): its largest value is 7.75, at t = 0, and 15.3 is the
//     maximum of the quotient, at t = −1.01. So after degree 9 the remainder is at most
//     15.3 e^h h¹⁰/10!, 3e-6 at h = maxExpansion9.
//   - The derivatives: a few ε relatively; the factor q − p and those like it are
//     differences of exact or correctly rounded numbers, absolutely good to ε, and
//     their terms are at most h³/6 of the loss.
//   - Sums over at most 32 samples in float32, compensated beyond, relatively
//     good since the first coefficient's terms are positive and the others' are
//     at most h times as large.
//   - Eps is a second softplus, L = log((1 + c)/c) apart: its derivatives
//     fall together with the loss, or stand against a loss of at least L > 20.
//
// # Moments of samples
//
// Samples of one feature lie on a line by class: their (a, u, v) are linear in s x. A cell is
// a stretch of such a line on which a margin changes by 2h at most, wherever on the grid it
// is taken; at a point of the grid the margins in it are t₀ + hτ, |τ| ≤ 1 being a sample's
// place in the cell. K points of the cell with weights that have the same first 2K moments
// of τ as the samples, those of Gauss's rule for them, stand for the samples
// (moments.go): the kernels then compute with a few hundred points, however many samples there
// are. A point is in the cell and its weight is positive, so that what is said of the
// rounding of sums above is true of points, too. (Rounding may have one past the cell's end by a
// hundredth of h, which the bounds count.)
//
// What is left is Gauss's remainder. With F the loss of a sample as a function of t = −m, the
// weighted sum is off, as a part of the number of samples in the cell, by
//
//	F⁽²ᴷ⁾(ξ) h²ᴷ/(2K)! · mean of π(τ)²
//
// where ξ is in the cell and π is the monic polynomial whose zeros are the points, of all
// monic polynomials of degree K that whose mean square over the samples is least. It is
// computed from the moments, and at most that of Chebyshev's, 2^(2−2K).
//
//   - F is the integral of σ up to t, or with eps, but for a constant −log(1 + c), from t − L
//     to t. Hence |F⁽ⁿ⁾| ≤ Cₙ F where Cₙ is the largest |σ⁽ⁿ⁾|/σ, a polynomial of σ: 1, 1, 1.23,
//     6.47 and 56.8 for n = 2, 4, 6, 8, 10, by their maxima; and F changes by e^2h in a
//     cell at most, since 0 ≤ F′ ≤ F. So the error is at most C e^2h h²ᴷ/(2K)! of the loss
//     times the mean square: whatever the weights, the samples and eps are.
//   - A cell takes as many points as it needs for 1.5e-6, its samples' mean square being what
//     it is; five are enough where h is 1.10, the width of cells.
//   - Samples count as being on a line if no margin on the grid is off it by more than 1e-7,
//     which changes a loss by as much, since F′ ≤ F. Where one is, all samples are taken
//     one by one, as they are where there are fewer than 1,000 of them, where the cells
//     have more points than half of their number, or where Choices say so.
//   - A gradient is the mean of σ(t) u, whose derivative of order 2K in τ is h²ᴷ σ⁽²ᴷ⁾ u +
//     2K h²ᴷ⁻¹ σ⁽²ᴷ⁻¹⁾ times the cell's half width in u. Evaluate takes the points if
//     this leaves 1.5e-6 of the mean size of u and v. An accuracy counts samples.
//
// Where the grid is too coarse for an expansion, or eps above smallEps, points are computed
// one by one, directly: a product has no weights. They are taken only if they are so few that
// it pays.
//
// # Weights of samples
//
// Samples may have weights, c with a mean of 1, which the kernels have as a number of each sample
// and multiply its terms by: off by ε of each more. What a product does for all samples of a chunk is
// done sample by sample then: in runs a logarithm each, summed like gradients, 32 ε relatively at
// most as all terms are positive; in landscapes all samples go directly where there is no
// expansion. Accuracies of runs are sums of whole numbers of 64 bits, which are exact. A weight
// below 2⁻¹⁰⁰ (2⁻⁹⁶⁰ in double precision) is refused: what its products lose below the least
// normal number is then at most 2⁻²⁶ of the weight.
//
// An L2 term that leaves the bias out is that of all in a plane without its bias. Directions that
// are in line without it, as all are of one feature, make the term one square, of a sum whose two
// terms may cancel: they are in two parts each (plan.axes).
//
// # Gradients and accuracies over a grid
//
// Evaluate computes them point by point, with margins as above and no
// recurrence; see its documentation for the errors.
//
// # Training runs
//
// Descend, Sweep and Ensemble are one kernel, descend.comp, specialised for the optimizer,
// the number of weights and what is asked for. An invocation carries several runs
// through many steps, or, where there are few runs, the invocations of a work
// group share their samples. All runs on the device are at the same step; one that
// has ended is left as it is, an invocation all of whose runs have ended leaves
// the kernel, and once half of the runs on the device have ended those under way
// are packed together. The state stays on the device from dispatch to dispatch, and
// that of an Ensemble, whose runs keep their places, until it is closed.
//
// A margin is off by ε times its terms here, since a run is compared step by step
// and its weights are float32 anyway. Where the errors of a step come from:
//
//   - Exponentials, 3e-7 relatively, and the quotients 1/(1 + e), ε.
//   - Gradients are summed over at most 32 samples in float32, by compensated
//     sums beyond: 32 ε of the mean size of the samples at most, some ε by chance.
//   - Losses: log1p of a product less one, q ← q (1 + e) + e, all terms positive,
//     over at most 112 samples: 2 ε for each at most, relatively, however small
//     the loss is.
//   - The weights are compensated from step to step, as are the products with the
//     decay of adamw, and the optimizers' vectors, of which a step may be a part
//     far below their last bit. Velocities and means are moved by g − (1 − μ) v and
//     (1 − β)(g − m), 1 − β rounded from float64, so that where g is constant they
//     tend to it and not to it times (1 − β)/(1 − β) of two roundings; 1 − β^k is
//     −expm1(k log β), with log β from float64, relatively good from the first
//     step on.
//   - Means and sums of squares are kept as their roots r. With m the larger of r
//     and |g|, a = r/m and b = |g|/m, a root moves by m x/(a + √(a² + x)), where x is
//     b² in a sum and (1 − β)(b − a)(b + a) in a mean: a few ε of the movement,
//     for gradients of any size. Norms are taken in units of the power of two at
//     their largest component.
//
// So a step is off by a few ε of the weights and 32 ε of the learning rate times
// the size of the samples; where gradient descent converges it forgets such
// errors, where it oscillates past the edge of stability they grow as any change
// of the start does, and two correct computations part. Package verify tells these apart.
//
// What is found out about a run besides its weights and losses are observers (layout.go).
// Periods: the kernel keeps the last states of each run, and period.comp measures how near
// they come back (cpu.Returns); the rule is the CPU's. Exponents: a pass takes the
// product of the Hessian with a direction, too, and an update its own derivative, for
// every optimizer; the logarithms of what that stretches the direction by are summed with
// compensation (cpu.Growth). A run that has converged goes on for its exponent, and in the
// end is as it was.
//
// # Moments in sweeps
//
// A run of one feature has the margins s (x w₁ + w₂), which change by |w₁| over a unit of x whatever
// w₂ is. In a sweep, points stand for the samples at every state with |w₁| at most W, cells having
// a width of 2h/W in x: what is said of moments above holds there, with a loss within 1e-7 of
// itself and a gradient within 1e-7 of the samples' mean size, h being 0.87. That moves a step by
// less than a twentieth of what the sums of 32 samples may be off by, 32 ε, and it is as the
// rounding of these is: where runs forget such errors they forget this. In double precision it is 4e-15,
// about 32 ε, with h = 0.18; the moments themselves are sums of a cell's samples by eighths, off by
// one ε for each sample of an eighth at most, as the reference's own sums are by 1024 of them.
//
//   - W is 8 over the feature's deviation at first. The kernel ends a run as soon as a state is
//     outside, before it takes a gradient or loss there. Such runs are computed from their starts
//     again, with a W of 8 times as much, and so on; with all samples once there are not four for a
//     point.
//   - Accuracies are of all samples, by bisection among those of each label in the order of x, with
//     margins rounded as the reference's are: exactly its count.
//   - Losses that are computed anew in float64 (below) are of all samples.
//   - Exponents take all samples, since a Hessian is not bounded by this, and so do mini-batches,
//     Descend, whose every state is recorded, and an Ensemble.
//
// # Runs of many weights
//
// Runs of more than 32 weights, of more samples than a buffer holds, and of more than 8 weights
// where the samples are no uniform block, take kernels that work in blocks (wide.glsl), up to
// MaxFeatures features and some 16 million samples. Weights and the optimizers' vectors are in
// buffers. A step is a row of dispatches: margins and gradients are matrix products of X, for
// many runs at once, by blocks of up to 32 columns and windows of the rows; between them
// residuals take the place of margins, slab by slab, so that no more of them are kept than a
// slab has; then norms, what ends, and the update, by blocks of weights. Optimizers are those of
// descend.comp. What is different in the errors:
//
//   - A margin is a sum by blocks of columns, of which each is a sum of at most 32 products:
//     off by 32 + D/32 ε of the products' sizes at most, some √32 ε by chance.
//   - A gradient is a sum of 32 samples, and of up to 256 of these sums in a window; on a
//     software device up to 16 for 32 columns. Windows are summed with compensation.
//   - A loss is log1p of a product less one over 16 samples; with eps or weights of samples
//     each sample has a log of its own. These are summed with compensation.
//   - A norm is a sum of squares by blocks of 32 weights, each in units of its largest.
//
// A mini-batch is drawn and gathered by the host, once for all runs of one seed. Exponents are
// those of descend.comp only.
//
// # Double precision
//
// Engine.In(Double) is an engine whose runs are computed by the same kernels with
// doubles, where the device has them (gpu.Device.HasDoubles). GLSL has no exponential or
// logarithm of a double: double.glsl has, each with its error. All that is said of runs
// above holds with ε = 2⁻⁵³, and differs in this:
//
//   - The exponential of a margin is a quotient of two polynomials of degree 5 in what is
//     left of the exponent, (Q + rP)/(Q − rP), which has as many operations as one of
//     degree 6, and is good to some 5 ε. Both parts go into the sums as they are: of a
//     sample one quotient is taken, that of σ.
//   - The product of 1 + e is the quotient of two products.
//   - Where there is an eps, what it takes off a loss is the logarithm of a product less
//     one, too, relatively good at every margin.
//
// Losses, gradients and accuracies over a grid are computed point by point
// (EvaluateDouble), without recurrence or expansion. Ensembles, which are drawn from where
// they are computed, are in single precision.
//
// # What a format holds
//
// This is about float32; float64 has the like at the ends of its own range (format.go).
//
// A kernel takes a number that is 0 or between 2⁻¹²⁶ and 3.4e38 in size; smaller ones
// may be 0 on a device. Inputs with others, and inputs in whose computation a number
// could leave that range and matter, are refused before any work as an
// ErrUnsupported (format.go has the bounds):
//
//   - Runs: parameters, start weights and tolerances; features whose largest value is
//     below 2⁻¹⁰⁰ or above 2¹²⁰, of which sums would lose or overflow; learning rates
//     whose steps would be lost, or so large that the gradients which are lost, of
//     samples with a loss below 2⁻¹²⁶, would move the weights; weights up to the limit
//     of |w| whose margins or gradients overflow. Without a limit the kernel watches
//     for that, and the run is refused where it happens.
//   - Landscapes: coordinates and samples' slopes above 2⁸⁶, since what either loses
//     below 2⁻¹²⁶ then changes a margin by 2⁻⁴⁰ at most; margins whose sum overflows;
//     l2 along directions whose square with it is not in range.
//
// A loss that is right but not in range is another matter: a landscape has infinity
// there, and 0 below; of a run the loss, the gradient's norm and the accuracy are
// computed anew in float64 at the weights that it has there.
//
// Mini-batches are drawn by Philox in the kernel, the same samples as cpu.Batch
// draws, bit by bit; runs of an invocation have the same seed and share them.
package compute
