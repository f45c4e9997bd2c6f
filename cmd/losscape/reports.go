package main

// The reports that --json prints. Each begins with its version and its name. A number
// that there is not, or that is not finite, is null. losscape help json is made of these
// types.

// reportVersion is the version of all reports. It grows when a field goes or changes its
// meaning, and not when one is added.
const reportVersion = 1

// reportHead begins every report.
type reportHead struct {
	Version int    `json:"version" about:"1"`
	Report  string `json:"report" about:"the name of the report"`
}

func (h *reportHead) begin(name string) { h.Version, h.Report = reportVersion, name }

// report is what writeReport prints.
type report interface{ begin(name string) }

// reportShape is a report, and how it is asked for.
type reportShape struct {
	name, command, about string
	of                   report // an empty one
}

// reports are all of them, in the order in which help describes them.
var reports = []reportShape{
	{"fit", "losscape fit SCENE --json", "the minimum, or the proof that there is none", &fitReport{}},
	{"train", "losscape train SCENE --json [--report]", "the runs, and how they end", &trainReport{}},
	{"sweep", "losscape sweep SCENE --over ... -o FILE --json", "what a sweep came to", &sweepReport{}},
	{"plan", "losscape plan --json -- COMMAND ...", "what the shards of a command cost", &planReport{}},
	{"status", "losscape status FILE --json", "how far long work has come", &statusReport{}},
	{"init", "losscape init DATA --json", "the scene that was written, and what it chooses", &initReport{}},
	{"scenes", "losscape scenes --json", "the scenes that are built in", &scenesReport{}},
	{"verify", "losscape verify [SCENE] --json", "the device held against the reference", &verifyReport{}},
	{"verify-known", "losscape verify --known --json", "minima that are known, and found", &knownReport{}},
	{"bench", "losscape bench --json", "what the machine does in a second; rates that were not measured are left out", &benchReport{}},
	{"doctor", "losscape doctor --json", "what the machine has and lacks", &health{}},
}

// number is a float64 that is null in JSON if it is not finite.
type number float64

// fitReport is what fit finds.
type fitReport struct {
	reportHead
	Scene    string    `json:"scene" about:"its name"`
	Samples  int       `json:"samples" about:"how many rows there are"`
	Classes  [2]string `json:"classes" about:"names of those with label 1 and label 0"`
	Counts   [2]number `json:"class_sizes" about:"samples of these, by their weights where they have some"`
	Weighted bool      `json:"weighted" about:"samples have weights"`
	Total    number    `json:"total" about:"samples in all, by their weights"`
	L2       number    `json:"l2" about:"weight of the L2 term"`
	Penalize string    `json:"penalize" about:"what that term takes in: all, or weights"`

	StandardizedFeatures bool `json:"standardized_features" about:"values and errors are in the data's own units, and all else is of the standardized features that the scene descends on"`

	Minimum   bool        `json:"minimum" about:"there is one, and it was found"`
	Weights   []fitWeight `json:"weights" about:"the bias last"`
	Loss      number      `json:"loss" about:"without eps"`
	LogL      number      `json:"log_likelihood"`
	Accuracy  number      `json:"accuracy" about:"from 0 to 1"`
	Confusion *confusion  `json:"confusion" about:"samples by what they are and are predicted to be"`
	Gradient  number      `json:"gradient_norm"`

	LambdaMax   number         `json:"lambda_max" about:"greatest eigenvalue of the Hessian"`
	LambdaMin   number         `json:"lambda_min" about:"least eigenvalue of what the samples determine"`
	Condition   number         `json:"condition" about:"lambda_max over lambda_min"`
	OneOver     number         `json:"one_over_lambda" about:"below this learning rate gradient descent does not overshoot"`
	StableBelow fitStable      `json:"stable_below" about:"learning rates below which optimizers are stable"`
	Rank        int            `json:"rank" about:"weights that the samples determine"`
	Redundant   []fitRedundant `json:"redundant" about:"features that say nothing new"`

	Separable   string         `json:"separable" about:"no, complete, quasi-complete or undecided"`
	Certificate fitCertificate `json:"certificate" about:"what proves that"`
}

type fitWeight struct {
	Name         string `json:"name" about:"its feature, or bias"`
	Value        number `json:"value"`
	Standardized number `json:"standardized" about:"the value for features of mean 0 and standard deviation 1"`
	StdError     number `json:"std_error" about:"null with an L2 term"`
	Z            number `json:"z" about:"value over std_error"`
	P            number `json:"p" about:"of a two-sided test that the weight is 0"`
	Diverges     int    `json:"diverges,omitempty" about:"-1 or 1 for a weight that goes to that infinity where there is no minimum"`
}

type confusion struct {
	TruePositive  number `json:"true_positive"`
	FalseNegative number `json:"false_negative"`
	FalsePositive number `json:"false_positive"`
	TrueNegative  number `json:"true_negative"`
}

type fitStable struct {
	GD       number `json:"gd"`
	Momentum number `json:"momentum" about:"of 0.9"`
	Nesterov number `json:"nesterov" about:"of momentum 0.9"`
}

type fitRedundant struct {
	Feature string   `json:"feature"`
	Of      []string `json:"of" about:"features that it is made up of, with a constant; none of a constant"`
}

// fitCertificate is what proves whether the classes are separable.
type fitCertificate struct {
	Proof     string   `json:"proof" about:"in words"`
	Exact     bool     `json:"exact" about:"in whole numbers"`
	Direction []number `json:"direction,omitempty" about:"of length 1, the bias last: along it samples are won for ever"`
	Margin    number   `json:"margin" about:"the least one along the direction of the samples that are won"`
	Greatest  bool     `json:"greatest_margin" about:"no direction has a greater one"`
	Won       []int    `json:"won,omitempty" about:"samples that are won, by their rows from 0"`
	Border    []int    `json:"border,omitempty" about:"samples that stay on the border"`
}

// trainReport is what train computes.
type trainReport struct {
	reportHead
	Scene   string        `json:"scene" about:"its name"`
	Weights []string      `json:"weights" about:"names of the elements of w"`
	Classes [2]string     `json:"classes" about:"names of those with label 1 and label 0"`
	Margin  *marginReport `json:"margin,omitempty" about:"the greatest margin: with --report, if the samples are separable"`
	Runs    []trainRun    `json:"runs"`
}

// marginReport is the greatest margin of separable samples: see cpu.Margin.
type marginReport struct {
	Weights   []number `json:"w" about:"of length 1"`
	Gamma     number   `json:"gamma" about:"the margin"`
	LossLimit number   `json:"lr_t_loss_limit" about:"1/gamma², to which lr t loss of gradient descent without L2 term goes"`
}

type trainRun struct {
	Run        int         `json:"run" about:"its number from 0"`
	Name       string      `json:"name,omitempty" about:"if the scene names it"`
	Optimizer  string      `json:"optimizer"`
	LR         number      `json:"lr" about:"learning rate"`
	L2         number      `json:"l2" about:"weight of the L2 term"`
	Start      []number    `json:"start" about:"weights before the first step"`
	Steps      int         `json:"steps" about:"that the run was to take"`
	Status     string      `json:"status" about:"how it ends, as in losscape sweep"`
	Taken      int         `json:"steps_taken" about:"until the run converged or diverged, or all"`
	Period     int         `json:"period,omitempty" about:"of a periodic run"`
	Precision  string      `json:"precision" about:"single or double: what the run was computed in"`
	Exponent   *number     `json:"exponent,omitempty" about:"largest Lyapunov exponent, with --exponent"`
	Report     *runReport  `json:"report,omitempty" about:"with --report"`
	Iterations []iteration `json:"iterations" about:"those that the film shows, or with --all all"`
}

// runReport is what a run has come to.
type runReport struct {
	W        []number `json:"w" about:"the last weights"`
	Loss     number   `json:"loss" about:"there"`
	GradNorm number   `json:"grad_norm" about:"there"`

	Lambda      *number `json:"lambda_max" about:"greatest eigenvalue of the Hessian at the minimum of what the run goes down; null where no minimum is proved to exist"`
	StableBelow *number `json:"stable_below" about:"learning rate below which the optimizer is stable there; null where no rule is known"`

	MarginCosine *number `json:"margin_cosine,omitempty" about:"of the last weights and the margin's, on separable samples without an L2 term"`
	LRTLoss      *number `json:"lr_t_loss,omitempty" about:"of gradient descent on such samples: learning rate, steps and loss multiplied"`

	steps int // after which this is
}

// iteration i is the state after i+1 updates.
type iteration struct {
	Iter int      `json:"iter" about:"from 0: the state after iter+1 updates"`
	W    []number `json:"w"`
	Loss number   `json:"loss"`
}

// sweepReport is what a sweep came to.
type sweepReport struct {
	reportHead
	Scene    string         `json:"scene" about:"its name"`
	Output   string         `json:"output,omitempty" about:"the table that was written"`
	Map      string         `json:"map,omitempty" about:"the picture that was written"`
	Runs     int            `json:"runs"`
	Seconds  number         `json:"seconds" about:"that the runs took"`
	Rate     number         `json:"runs_per_s"`
	Statuses map[string]int `json:"runs_by_status" about:"how many runs end in which way"`
	Best     *bestRun       `json:"best" about:"the run of the least final loss, of those that do not diverge if there are some; null where no loss is finite"`
	InDouble map[string]int `json:"runs_in_double" about:"runs that were computed in float64 because float32 could not tell how they end, by the reason"`
	InDoubt  map[string]int `json:"runs_in_doubt" about:"runs that may end otherwise in float64, by the reason"`
	Unsure   int            `json:"unsure_best" about:"runs whose best loss is beyond what the device's numbers tell apart"`
}

// planReport is what the shards of a command cost.
type planReport struct {
	reportHead
	Command     string     `json:"command" about:"that is divided"`
	By          string     `json:"by" about:"what computes it"`
	Measured    string     `json:"measured" about:"what the times were found out by"`
	Unit        string     `json:"unit" about:"what is computed: runs, rows or frames"`
	Total       uint64     `json:"total" about:"how many of them"`
	Pieces      int        `json:"pieces" about:"that they are cut into, whatever the shards are"`
	Shards      int        `json:"shards"`
	Machines    int        `json:"machines" about:"each of which computes a shard at a time"`
	Parts       []planPart `json:"parts" about:"the shards, neighbouring ones together that cost the same"`
	OneMachine  number     `json:"seconds_one_machine" about:"without shards"`
	AllMachines number     `json:"seconds_machines" about:"until all shards are there"`
	Memory      *uint64    `json:"memory_bytes" about:"of a process; null where it was not measured"`
	HeldBytes   uint64     `json:"held_bytes" about:"of that, the results of a piece"`
	PiecesBytes uint64     `json:"pieces_bytes" about:"on disk, of all pieces until they are merged"`
	LeastBytes  uint64     `json:"file_bytes_min" about:"of the file, at least"`
	MostBytes   uint64     `json:"file_bytes_max" about:"and at most"`
}

// planPart is some shards that cost the same.
type planPart struct {
	First   int    `json:"first" about:"shard, from 0"`
	Last    int    `json:"last" about:"shard"`
	Pieces  int    `json:"pieces" about:"of each of them"`
	Units   uint64 `json:"units" about:"runs, rows or frames of each of them"`
	Seconds number `json:"seconds" about:"that each of them takes"`
	Bytes   uint64 `json:"bytes" about:"on disk, of the pieces of each of them"`
}

// statusReport is how far long work has come.
type statusReport struct {
	reportHead
	Target   string   `json:"target" about:"the file that the work is for"`
	Finished bool     `json:"finished" about:"it is there, and no pieces are"`
	Folder   string   `json:"folder,omitempty" about:"where the pieces are"`
	Verb     string   `json:"verb,omitempty" about:"that computes them"`
	Command  string   `json:"command,omitempty" about:"that began"`
	Pieces   int      `json:"pieces" about:"of the work"`
	Done     int      `json:"done" about:"pieces that are there"`
	Missing  []int    `json:"missing" about:"pieces that are not, by their numbers from 0"`
	Damaged  []int    `json:"damaged" about:"those of them that are there and cannot be used"`
	Bytes    int64    `json:"bytes" about:"of the pieces that are there"`
	Seconds  number   `json:"seconds" about:"that these took, one after another"`
	Left     *number  `json:"eta_s" about:"seconds that the missing ones take, shared out among the processes that work on it; null where it is not known"`
	Running  []string `json:"running" about:"processes that work on it; one that does not say who it is is empty"`
}

// bestRun is the run of a sweep with the least final loss.
type bestRun struct {
	Run    int               `json:"run" about:"its row in the table, from 0"`
	Loss   number            `json:"loss"`
	Status string            `json:"status"`
	At     map[string]number `json:"at" about:"its values of the swept parameters"`
}

// initReport is the scene that init has written.
type initReport struct {
	reportHead
	Scene   string       `json:"scene" about:"the file that was written"`
	Data    string       `json:"data" about:"the data file"`
	Taken   string       `json:"taken" about:"what was taken of it"`
	Choices []initChoice `json:"choices"`
}

type initChoice struct {
	About string `json:"about" about:"what is chosen, such as label"`
	Text  string `json:"text" about:"the choice, and why"`
}

// scenesReport lists the scenes that are built in.
type scenesReport struct {
	reportHead
	Scenes []sceneLine `json:"scenes"`
}

type sceneLine struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

// verifyReport is the device held against the reference.
type verifyReport struct {
	reportHead
	Device  string      `json:"device"`
	OK      bool        `json:"ok" about:"there was something to compare, and all agrees"`
	Refused int         `json:"not_on_this_device" about:"rows that the device cannot compute; they are not ok"`
	Rows    []verifyRow `json:"rows"`

	bad int // rows that do not agree
}

// verifyRow is a comparison: see agree.Report.
type verifyRow struct {
	Op        string `json:"op" about:"what was computed"`
	Shape     string `json:"shape"`
	Data      string `json:"data" about:"the kind of samples, or the scene"`
	Precision string `json:"precision" about:"single or double"`
	Kernel    string `json:"kernel" about:"the variant that the device took"`
	OK        bool   `json:"ok"`
	Error     string `json:"error,omitempty" about:"what is wrong, or why it is not on the device"`
	N         int    `json:"n" about:"values that were compared"`
	NaN       int    `json:"nan" about:"of them not a number, on either side"`
	Inf       int    `json:"inf" about:"of them infinite, on either side"`
	Over      int    `json:"over" about:"of them beyond the tolerance"`
	MaxAbs    number `json:"max_abs" about:"greatest absolute error"`
	MaxRel    number `json:"max_rel" about:"greatest relative error"`
	MaxULP    number `json:"max_ulp" about:"greatest error in units of the last place"`
	NMSE      number `json:"nmse" about:"mean squared error over the mean square"`
	Ratio     number `json:"ratio" about:"greatest error over its tolerance, at most 1 if ok; null where a value is not finite and should be"`
	Worst     int    `json:"worst" about:"index of the value with that error"`
	Got       number `json:"got" about:"that value"`
	Ref       number `json:"ref" about:"what the reference has there"`
	Tolerance string `json:"tolerance" about:"as a formula"`
	Why       string `json:"why" about:"where the tolerance comes from"`
	Seconds   number `json:"seconds" about:"that the device took"`
	Reference number `json:"reference_seconds" about:"that the CPU took"`
}

// knownReport is what verify --known --json prints.
type knownReport struct {
	reportHead
	Device  string     `json:"device"`
	OK      bool       `json:"ok" about:"all that was computed reaches the minima"`
	Refused int        `json:"not_on_this_device" about:"rows that the device cannot compute"`
	Rows    []knownRow `json:"rows"`
}

// knownRow is a minimum that is known, found in one way.
type knownRow struct {
	OK     bool   `json:"ok"`
	What   string `json:"what" about:"fit, or descend"`
	Shape  string `json:"shape"`
	Data   string `json:"data"`
	By     string `json:"by" about:"CPU or GPU"`
	MaxRel number `json:"max_rel" about:"greatest relative error"`
	Ratio  number `json:"of_tolerance" about:"at most 1 if ok"`
	Time   number `json:"seconds"`
	Why    string `json:"tolerance" about:"what it is, and where it comes from"`
	Error  string `json:"error,omitempty" about:"what is wrong, or why it is not on the device"`

	refused bool
}

// benchReport is what bench measures.
type benchReport struct {
	reportHead
	Losscape string     `json:"losscape" about:"the version of the program"`
	Device   string     `json:"device,omitempty" about:"if there is one"`
	CPU      string     `json:"cpu"`
	Peak     number     `json:"peak_multiply_adds_per_s,omitempty" about:"of the device, in float32, measured"`
	Rows     []benchRow `json:"rows"`
}

type benchRow struct {
	What      string `json:"what" about:"what is measured, such as landscape"`
	Shape     string `json:"shape"`
	Samples   int    `json:"samples,omitempty"`
	Unit      string `json:"unit" about:"of gpu and cpu"`
	Optimizer string `json:"optimizer,omitempty" about:"of a sweep"`
	Precision string `json:"precision,omitempty" about:"of the device, where it is not single, or what matters"`

	GPU      number `json:"gpu,omitempty" about:"units a second on the device"`
	CPU      number `json:"cpu,omitempty" about:"units a second on the CPU"`
	Ratio    number `json:"gpu_over_cpu,omitempty"`
	CPUShape string `json:"cpu_shape,omitempty" about:"of the CPU, where it is another"`
	Runs     number `json:"gpu_runs_per_s,omitempty" about:"of a sweep"`
	Kernel   string `json:"kernel,omitempty" about:"of a landscape or a sweep"`
	Ops      number `json:"multiply_adds,omitempty" about:"that an evaluation is counted as"`
	Share    number `json:"share_of_limit,omitempty" about:"of the device's multiply-adds"`
	Measured int    `json:"gpu_measurements,omitempty" about:"of which the rate is the median"`
}

// health is what doctor found.
type health struct {
	reportHead
	Losscape string         `json:"losscape" about:"the version of the program"`
	Ready    bool           `json:"ready" about:"render can do its work"`
	System   string         `json:"system" about:"operating system and processor"`
	Devices  []deviceHealth `json:"devices"`
	Auto     *deviceHealth  `json:"auto" about:"the device that is taken where none is named"`
	FFmpeg   ffmpegHealth   `json:"ffmpeg"`
	Display  string         `json:"display,omitempty" about:"the variable that names it, if there is one"`
	Missing  []missingPiece `json:"missing"`
}

type deviceHealth struct {
	Index    int     `json:"index" about:"that --device takes; -1: not one of EGL's devices"`
	Name     string  `json:"name,omitempty"`
	Renderer string  `json:"renderer,omitempty"`
	OpenGL   string  `json:"opengl,omitempty" about:"version"`
	GLSL     string  `json:"glsl,omitempty" about:"version"`
	Software bool    `json:"software"`
	Limits   *limits `json:"limits,omitempty"`
	Error    string  `json:"error,omitempty" about:"why it does not open"`
}

type limits struct {
	BufferBytes  int   `json:"buffer_bytes"`
	TextureSize  int   `json:"texture_size"`
	Samples      int   `json:"samples" about:"of a pixel"`
	Invocations  int   `json:"group_invocations"`
	SharedBytes  int   `json:"shared_bytes" about:"of a group"`
	MemoryBytes  int64 `json:"memory_bytes,omitempty" about:"if it is known"`
	WorkGroupsX  int   `json:"work_groups_x"`
	ShaderDouble bool  `json:"shader_double" about:"shaders have float64"`
	Resets       bool  `json:"reset_notification" about:"the driver tells when it has reset the device"`
}

type ffmpegHealth struct {
	Path     string          `json:"path,omitempty"`
	Version  string          `json:"version,omitempty"`
	Encoders []encoderHealth `json:"encoders"`
	Error    string          `json:"error,omitempty"`
}

type encoderHealth struct {
	Name       string   `json:"name" about:"as ffmpeg names it"`
	Codec      string   `json:"codec"`
	Extensions []string `json:"extensions" about:"of the films that have it"`
	Hardware   bool     `json:"hardware"`
	Error      string   `json:"error,omitempty" about:"why it does not work"`
}

type missingPiece struct {
	What    string `json:"what"`
	Install string `json:"install" about:"how to get it"`
}
