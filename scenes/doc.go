// Package scenes says what to compute and what to show, as data: a scene is
// TOML text, decoded strictly into a validated Scene. The built-in scenes are
// embedded files that double as templates.
//
// Only [data] is required. All keys and their defaults:
//
//	title = ""                 # default: the scene's name
//
//	[data]                     # either generate or file
//	generate = "gaussian"
//	seed = 0                   # of NumPy's legacy generator
//	classes = [                # drawn in this order; name is for legends, of a file's
//	                           # classes by default what the file calls them
//	  { label = 1, name = "Category 1", parts = [{ mean = 1.0, std = 1.0, n = 50 }] },
//	  { label = 0, name = "Category 2", parts = [{ mean = -1.0, std = 1.0, n = 50 }] },
//	]                          # mean = [0, 2] for two features; std is one number or as many
//	file = "points.csv"        # or .tsv, .txt, .npy (all of these also .gz), .npz, .parquet;
//	                           # relative to the scene file's folder (of a pipe from the
//	                           # shell, to the current one); builtin:iris.csv,
//	                           # builtin:breast_cancer.csv, builtin:penguins.csv and
//	                           # builtin:mtcars.csv are in the program
//	label = "species"          # column of the class; of a plain .npy array default the last
//	positive = "setosa"        # class of label 1, by its text, a number or true;
//	                           # default: the column holds 0 and 1, or false and true
//	negative = "virginica"     # class of label 0, rows of others being left out; default all others
//	features = ["length"]      # columns, by name or by index from 0; default all others
//	exclude = ["id"]           # columns that are no features
//	weights = "count"          # column of how often a row counts, no feature: counts, or other weights
//	categorical = ["island"]   # columns of texts: a feature of 0 and 1 for each level but the first
//	missing = "error"          # rows with missing values; or "drop" them, or take the column's "mean"
//	standardize = false        # features to mean 0 and population standard deviation 1
//	sample = 10000             # rows drawn from those; default all
//	sample_seed = 0            # of NumPy's legacy generator
//
//	[loss]
//	eps = 0.0                  # added to a probability before its log; 0 is exact
//	l2 = 0.0                   # weight of (1/2) |w|²
//	penalize = "all"           # what that takes in; or "weights", all of them but the bias
//	precision = "auto"         # of a device: float32, and float64 where that cannot tell; or single, double
//
//	[landscape]                # the plane origin + x d1 + y d2 of weights, bias last
//	x = { range = [-10, 10] }
//	y = { range = [-10, 10] }
//	size = [256, 256]          # points along x and y
//	range = "auto"             # of either that has no range of its own: all paths that are shown, and
//	                           # the minimum with its bowl; default where plane or origin are named
//	plane = "axes"             # or "pca" of a run, "hessian" (where the loss curves most at the origin), "random",
//	                           # "points" (through three); default by d1 and d2
//	axes = ["petal_length", "bias"] # of axes: two weights by name
//	seed = 0                   # of random, of NumPy's legacy generator
//	points = ["start 0", "end 1", "minimum"] # of points: weights, or places as of origin, with a run's number
//	run = 0                    # number of the [[run]] of pca, and of start and end
//	origin = [0, 0]            # or "minimum", "zero", "start", "end" (of run), "end 1"; default zero, of hessian
//	                           # the minimum, of pca and random the end
//	d1 = [1, 0]                # default the first weight
//	d2 = [0, 1]                # default the second: with one feature, the bias
//	minimum = false            # a star at the minimum, if there is one; default true where plane or origin are named
//	fixed = false              # pictures show more of it, for runs that leave it
//
//	[[run]]                    # any number of them; default one run
//	name = ""                  # for legends and tables
//	optimizer = "gd"           # or momentum, nesterov, adagrad, rmsprop, adam, adamw
//	lr = 0.5
//	l2 = 0.0                   # default loss.l2; of adamw, the decoupled weight decay
//	momentum = 0.9             # of momentum and nesterov
//	beta1 = 0.9                # of adam and adamw
//	beta2 = 0.999              # of adam and adamw; of rmsprop, 0.99
//	epsilon = 1e-8             # of rmsprop, adam and adamw; of adagrad, 1e-10
//	batch = 10                 # samples drawn for a step; default all, each once
//	seed = 0                   # of the batches; runs with the same see the same
//	start = [-1, -1]           # default -1 for every weight
//	steps = 100
//
//	[film]
//	size = [1800, 600]         # pixels
//	fps = 10
//	frames = 101               # default what the longest run fills, at most 600
//	count = "updates"          # frame 0 shows the start, and the counter how many updates were
//	                           # taken; "notebook": frame 0 shows the first, and the counter 0
//	iterations_per_frame = 1
//	frames_per_iteration = 1   # above 1, the runs move smoothly in between
//	ease_in = 0                # frames in which the clock comes up to its speed
//	hold = 0                   # frames at the end in which it stands
//	panels = ["curve", "surface", "contour"] # default these, curve of one feature; also "loss", "map", "orbit", "status", "data" of two
//	panels = ["curve",         # or some as tables, of which only panel is required:
//	  { panel = "contour", name = "left", title = "lr 0.5", runs = [0] }, # of the first [[run]];
//	  { panel = "contour", name = "right", title = "lr 15", runs = [1] }] # default all runs
//	layout = [["curve", "surface"],  # rows of cells, where one name may cover a
//	          ["loss", "surface"]]   # rectangle; without panels it says which there are
//	theme = "light"            # or "dark"
//	loss_scale = "linear"      # of the loss panel; or "log"
//	stability = false          # the loss panel shows, on the right, lr λ along runs of gd, momentum and nesterov
//	                           # by all samples, λ the largest eigenvalue of the Hessian where the run is, with
//	                           # its l2; dashed, the limit: 2, 2 + 2β, (2 + 2β)/(1 + 2β). Other runs have none.
//	                           # Distances from the plane then have no axis there
//
//	[path]                     # how runs are drawn on the surface and on the contours
//	width = 1.8                # points
//	trail = 0                  # updates that are seen, fading; 0 is all of them
//	markers = 1                # updates from mark to mark; 0 draws none
//	colors = ["#ff0000"]       # of the runs, in turn; default the theme's
//
//	[surface]
//	scale = "linear"           # of heights and colours; or log, asinh, rank, auto
//	colormap = "viridis"       # or magma, inferno, plasma, cividis, turbo, RdBu_r
//	contours = true            # lines of equal loss on the surface
//	grid = false               # lines on it at the ticks of both axes
//	wireframe = 0              # lines that part each side into as many
//	floor = false              # colours and lines on the box's floor, too
//
//	[contour]
//	scale = "linear"           # of colours, bands and lines; as of the surface
//	colormap = "RdBu_r"        # one of the same
//	bands = 50                 # about as many; 0 lets the colours flow
//	levels = [0.1, 0.5, 1]     # losses of the lines, ascending; default evenly spaced on the scale
//	labels = false             # the losses of the lines, written on them
//	aspect = "fill"            # or "equal": a unit is as long along both axes
//	colorbar = false           # which loss has which colour
//
//	[curve]
//	negative = 0               # where the samples of label 0 lie; or -1, as in the notebook
//
//	[camera]                   # of the surface panel, in matplotlib's terms
//	elev = 30                  # degrees
//	azim = -60
//	path = "still"             # or "orbit", "dolly", "keys"
//	projection = "perspective" # or "orthographic"
//	zoom = 1.0                 # how much nearer than usual; of a dolly at its end, default 2
//	pan = [0, 0]               # right and up, in shares of the panel's height
//
//	[[camera.key]]             # of the path "keys", two or more, joined smoothly
//	frame = 0                  # of the film
//	elev = 30                  # default that of the key before, as azim and zoom
//	azim = -60
//	zoom = 1.0                 # how much nearer than usual
//
//	[ensemble]                 # runs of a sweep that flow over surface and contours, in float32
//	over = ["w1=-10:10:316", "w2=-10:10:316"] # as of losscape sweep; at most 1048576 runs
//	run = 0                    # number of the [[run]] that they are like in all else
//	as = "points"              # or "density"
//	size = 1.5                 # diameter in points; of a density, 4
//	opacity = 0.7              # of a density, 1
//	color = "loss"             # or "status", an axis of over, "#ff7f0e"; of a density also, and by default, "density"
//	colormap = "plasma"        # of all but "status" and a single colour
//
//	[map]                      # a sweep over two parameters, of the panel "map"
//	over = ["lr=0.1:40:256:log", "l2=1e-4:1:256:log"] # to the right, and upwards
//	run = 0                    # number of the [[run]] that its runs are like in all else
//	steps = 100                # default those of that run
//	of = "loss"                # or best, gradient, steps, status, period, accuracy, distance, exponent
//	scale = "auto"             # or linear, log, rank; of status and period none
//	colormap = "auto"          # or viridis, ... as of the surface; auto is viridis, and of exponent
//	                           # "markus": order from black to yellow, chaos from black to blue, 0 white
//	grad_tol = 1e-6            # norm of the gradient at which a run has converged; below 0 none does
//	stability = true           # the line up to which runs are stable at their minimum, where lr is an axis:
//	                           # 2/λ of gd, (2 + 2β)/λ of momentum, ..., λ the largest curvature there
//
//	[[map.key]]                # of a film that zooms into the map, two or more, joined smoothly:
//	                           # evenly for the eye, from rest and to rest
//	frame = 0                  # of the film
//	centre = [1.5, 0.01]       # of the panel, in the parameters of over, to the last digit that
//	                           # float64 has; default that of the key before, at first of over
//	width = 1e-6               # of the panel along the first axis, of a logarithmic one the
//	                           # logarithm of the ratio of its ends; height in over's proportion;
//	                           # default that of the key before, at first all of over
//
//	[orbit]                    # a sweep over one parameter, of the panel "orbit": where runs stay
//	over = "lr=15:34:1200"     # to the right; 2 to 4096 values
//	run = 0                    # number of the [[run]] that its runs are like in all else
//	steps = 100                # default those of that run
//	last = 200                 # states of each run that are shown, the last ones
//	of = "w1"                  # upwards; or another weight, by its name, or "loss"
//	colormap = "magma"         # how many of a run's states are where
//	stability = true           # as of [map]
//
//	[labels]                   # the words in pictures
//	decimal = "."              # or ",": the mark between a number's whole part and its fraction
//	iter = "Updates"           # of the counter; default axis.updates, as the notebook counts "Iter"
//	start = "Start"            # in its place before the first update, as the notebook counts
//	loss = "Loss"              # before the loss of a run
//	off = "Off the plane"      # before a run's distance from the plane
//	plane = "On the plane"     # before the loss of the plane's nearest point
//
//	[labels.title]             # of panels by their kind
//	curve = "Probability Curve"
//	data = "Data"
//	surface = "Loss Function Landscape"
//	contour = "Loss Function"
//	loss = "Loss by Iteration"
//	map = "Final Loss"         # default that of its quantity
//	orbit = "Orbit Diagram"
//	status = "Runs by Status"
//
//	[labels.axis]
//	x = "x"                    # default the feature's name
//	prediction = "Prediction"
//	alpha = "w₁"               # of the landscape's d1; default the weight that it is, or α
//	beta = "w₂"                # of d2; default the weight that it is, or β
//	loss = "Loss"              # beside colour bars, too
//	updates = "Updates"
//	runs = "Runs"              # of the status panel
//	weight = "weight of {feature}" # of a file's features
//	bias = "bias"              # the last weight, beside such
//	start = "Start {weight}"   # of a sweep over start weights
//	component = "PC {n} ({share} %)"   # of the plane "pca", with the share of the variance
//	eigenvector = "e{n} (λ = {value})" # of "hessian", with the eigenvalue
//	random = "random direction {n}"    # of "random"
//	odds = "Log-odds"                  # of the curve panel of more than one feature
//	off = "Off the plane (thin)"       # of the loss panel, on the right
//	stability = "lr λ (thin), limit dashed" # in its place: see film.stability
//
//	[labels.legend]
//	positive = "p(y=1|x; w)"   # the curve of a single run
//	negative = "p(y=0|x; w)"   # and of the other class; default with curve.negative in place of 0
//	probability = "p(y=1|x)"   # before the names of several runs
//	run = "run {n}"            # a run without a name
//	lr = "lr {rate}"           # this and the next four tell runs apart
//	from = "from ({start})"
//	batch = "batches of {n}"
//	all = "all samples"
//	more = "and {n} more"
//	period = "period {n}"
//	others = "others"          # periods without a colour of their own
//	not_finite = "not finite"
//	share = "Share of {n} states" # of an orbit diagram's colours
//	stable = "2/λ"             # on the line up to which runs are stable; default by optimizer
//
//	[labels.status]            # how runs end, by the names that tables have
//	running = "under way"
//	step-limit = "step-limit"
//	diverged = "diverged"
//	converged = "converged"
//	periodic = "periodic"
//	quasi-periodic = "quasi-periodic"
//	chaotic = "chaotic"
//	drifting = "drifting"
//
//	[labels.quantity]          # titles of what [map] has of: all of these, by their names
//	loss = "Final Loss"
//
//	[labels.parameter]         # titles of what is swept over: all of these, by their names
//	lr = "Learning rate"
//
//	[labels.sweep]             # the pictures of losscape sweep
//	runs = "{n} runs of {optimizer}"
//	steps = "{n} steps"
//	samples = "{n} samples"
//	log = "{quantity}, by log" # a colour bar
//	rank = "{quantity}, by rank"
//	low = "0 or less, at the low end"
//	beyond = "below {n}, at the low end"
//	top = "at the top: runs that diverged or have no finite value"
//
// A label in braces is what differs from picture to picture: it has to stay. A label
// of one space writes nothing.
//
// The directions of a plane that has a name are orthonormal, so that distances in it are
// those of weights; those of d1 and d2 are as they are stated. Coordinates count from the origin, but an
// axis along a weight shows its values. What a plane, an origin or a range stands for is
// computed in float64 on the CPU, and is the same whatever asks for it; in the window it
// stays while the runs are changed.
//
// Where a data file names the features, their weights have these names, too, and the
// last one is called bias: over = ["petal_length=-1:1:20"] varies the start of that weight,
// and tables have a column petal_length. w1, w2, ... mean the same weights.
// The name of a hyper-parameter means that, whatever the features are called. See
// Scene.WeightNames.
//
// A text file has a first line that names the columns, each that is used once. What
// separates the values is found: commas, semicolons, tabs or bars, or what a first line
// sep=; names. Between semicolons numbers may have a decimal comma. Empty lines and lines
// that begin with # do not count, nor do spaces around names and values. The text is UTF-8,
// or UTF-16 with a byte order mark; lines end in LF, CRLF or CR. true and false are 1 and 0.
//
// A class is its text, so that 1 and 1.0 are two, and 007 and 7; where no
// class is named, they are the numbers 0 and 1, or false and true. Pictures call the classes
// what they are called in the file, such as setosa and not setosa, or spam = 1 and spam = 0.
//
// An .npy file holds a 2-D array of floats, integers, booleans or texts, in any form that
// numpy.load reads without pickles, or records, whose fields are the columns; a class of
// numbers there is the number's shortest text. In an .npz file an array of one dimension is
// a column, and one of two, X, is the columns X[0], X[1], ..., all of which X means. A Parquet
// file has columns of numbers, booleans or texts.
//
// Missing values are empty texts, NaN, nulls, and NA, N/A, #N/A, <NA>, null, None, nil, NaT, ?
// and a single dot, unless positive or negative names them. A row without a class is dropped
// with missing = "mean", too, as is one without a weight. Rows of other classes are left out first,
// then those of weight 0, then those with missing values, then the sample is drawn, in which rows
// are as likely whatever their weight; levels, means and deviations are of what is left. The
// levels of a categorical column are in the order of numbers if all are numbers, else of
// texts, and its features are called island=Dream, island=Torgersen.
//
// Weights of rows are finite numbers of at least 0. Losses, gradients, accuracies, means and deviations
// are means by weight, and all is, to rounding, as if each row were there as often as its weight
// says. A mini-batch draws rows alike, and takes each row's gradient times its weight over the mean
// weight: on average that is the gradient of all.
//
// Unless features are listed, a column that counts the rows from 0 or 1, or has no name, is
// an error: it is rather a row number. What was taken of a file is said when it is read.
//
// The parameters of an optimizer default to what PyTorch documents, except
// for lr, whose usual defaults are for networks. One that a run's optimizer
// does not have is an error. See cpu.Optimizer for the formulas.
package scenes
