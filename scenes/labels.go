package scenes

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"losscape/cpu"
	"losscape/cpu/quote"
)

// Labels are the words in a scene's pictures. A decoded scene has all of them: those
// that it states, and the defaults of the others, which DefaultLabels returns. A word
// whose default is empty here depends on the rest of the scene, which the method that
// is named beside it knows. A word of one space writes nothing.
//
// Some have places for what differs from picture to picture, such as "period {n}":
// see Fill.
type Labels struct {
	// Mark stands between the whole part of a number and its fraction, "." or ",";
	// default ".". Decimal, List and Whole write numbers with it.
	Mark string

	Counter string // before the counter's number; default empty: see Scene.CounterText
	Start   string // in its place before the first update, as the notebook counts; default "Start"
	Loss    string // before the loss of a run, and in an ensemble's key; default "Loss"
	Off     string // before the distance of a run from the plane; default "Off the plane"
	Plane   string // before the loss of the plane's nearest point to such a run; default "On the plane"

	Title     map[string]string // above a panel, by its kind; default PanelKind.Title: see Scene.PanelTitle
	Quantity  map[string]string // of a quantity, by its name; default cpu.Quantity.Title
	Parameter map[string]string // of a swept parameter, by its name; default cpu.HyperParameter.Title: see Scene.ParamTitle
	Status    map[string]string // by the status's name, and RunningStatus; default the name: see StatusText

	Axis   AxisLabels
	Legend LegendLabels
	Sweep  SweepLabels
}

// AxisLabels are the words beside axes.
type AxisLabels struct {
	Feature    string // of the curve panel, to the right; default empty: see Scene.FeatureName
	Prediction string // of the curve panel, upwards; default "Prediction"
	Alpha      string // of the plane's first direction; default empty: see Scene.PlaneNames
	Beta       string // of its second direction; default empty: see Scene.PlaneNames
	Loss       string // of losses, and beside colour bars of them; default "Loss"
	Updates    string // of the loss panel, to the right; default "Updates"
	Runs       string // of the status panel, upwards; default "Runs"
	Weight     string // a weight by the name of its feature; default "weight of {feature}"
	Bias       string // the last weight, where the others have names; default "bias"
	Start      string // a swept start weight; default "Start {weight}"

	// Of the plane's directions, by its name.
	Component   string // of "pca"; default "PC {n} ({share} %)"
	Eigenvector string // of "hessian"; default "e{n} (λ = {value})"
	Random      string // of "random"; default "random direction {n}"

	Odds string // of the curve panel of more than one feature, to the right; default "Log-odds"

	Off string // of the loss panel, on the right; default "Off the plane (thin)"

	Stability string // in its place: see Film.Stability; default "lr λ (thin), limit dashed"
}

// LegendLabels are the words of legends and read-outs.
type LegendLabels struct {
	Positive    string // the curve of a single run; default "p(y=1|x; w)"
	Negative    string // the probability of the other class; default empty: see Scene.NegativeText
	Probability string // before the names of several runs with a curve each; default "p(y=1|x)"
	Run         string // a run without a name; default "run {n}"
	Rate        string // what tells runs apart; default "lr {rate}"
	From        string // the same; default "from ({start})"
	Batch       string // the same; default "batches of {n}"
	All         string // the same, of runs whose steps take all samples; default "all samples"
	More        string // what a list has no room for; default "and {n} more"
	Period      string // of a periodic run; default "period {n}"
	Others      string // periods without a colour of their own; default "others"
	NotFinite   string // runs whose value is not finite; default "not finite"
	Share       string // of a colour: how many of a run's states lie there; default "Share of {n} states"
	Stable      string // the line up to which runs are stable at their minimum; default empty: see Labels.Edge
}

// SweepLabels are the words of the pictures of losscape sweep.
type SweepLabels struct {
	Runs    string // default "{n} runs of {optimizer}"
	Steps   string // default "{n} steps"
	Samples string // default "{n} samples"
	Log     string // of a colour bar; default "{quantity}, by log"
	Rank    string // of a colour bar; default "{quantity}, by rank"
	Low     string // runs that a logarithmic scale has no place for; default "0 or less, at the low end"
	Beyond  string // runs beyond the lower end of a scale to either side of 0; default "below {n}, at the low end"
	Top     string // of a plot; default "at the top: runs that diverged or have no finite value"
}

// RunningStatus is the name in Labels.Status of runs that have not ended yet.
const RunningStatus = "running"

// MaxLabel is how many characters a label may have.
const MaxLabel = 200

var decimalMarks = []string{".", ","}

// label is a key of [labels] or of a table in it.
type label struct {
	table, key string // table is empty for the keys of [labels] itself
	text       string // the default
	// Where Labels keeps it: a field, or an element of a map.
	field func(l *Labels) *string
	in    func(l *Labels) map[string]string
}

// labels are all keys, in the order of the documentation.
var labels = func() []label {
	list := []label{
		{key: "decimal", text: ".", field: func(l *Labels) *string { return &l.Mark }},
		{key: "iter", field: func(l *Labels) *string { return &l.Counter }},
		{key: "start", text: "Start", field: func(l *Labels) *string { return &l.Start }},
		{key: "loss", text: "Loss", field: func(l *Labels) *string { return &l.Loss }},
		{key: "off", text: "Off the plane", field: func(l *Labels) *string { return &l.Off }},
		{key: "plane", text: "On the plane", field: func(l *Labels) *string { return &l.Plane }},
	}
	for _, k := range PanelKinds {
		list = append(list, label{table: "title", key: k.Name, text: k.Title, in: func(l *Labels) map[string]string { return l.Title }})
	}
	list = append(list, []label{
		{"axis", "x", "", func(l *Labels) *string { return &l.Axis.Feature }, nil},
		{"axis", "prediction", "Prediction", func(l *Labels) *string { return &l.Axis.Prediction }, nil},
		{"axis", "alpha", "", func(l *Labels) *string { return &l.Axis.Alpha }, nil},
		{"axis", "beta", "", func(l *Labels) *string { return &l.Axis.Beta }, nil},
		{"axis", "loss", "Loss", func(l *Labels) *string { return &l.Axis.Loss }, nil},
		{"axis", "updates", "Updates", func(l *Labels) *string { return &l.Axis.Updates }, nil},
		{"axis", "runs", "Runs", func(l *Labels) *string { return &l.Axis.Runs }, nil},
		{"axis", "weight", "weight of {feature}", func(l *Labels) *string { return &l.Axis.Weight }, nil},
		{"axis", "bias", "bias", func(l *Labels) *string { return &l.Axis.Bias }, nil},
		{"axis", "start", "Start {weight}", func(l *Labels) *string { return &l.Axis.Start }, nil},
		{"axis", "component", "PC {n} ({share} %)", func(l *Labels) *string { return &l.Axis.Component }, nil},
		{"axis", "eigenvector", "e{n} (λ = {value})", func(l *Labels) *string { return &l.Axis.Eigenvector }, nil},
		{"axis", "odds", "Log-odds", func(l *Labels) *string { return &l.Axis.Odds }, nil},
		{"axis", "off", "Off the plane (thin)", func(l *Labels) *string { return &l.Axis.Off }, nil},
		{"axis", "stability", "lr λ (thin), limit dashed", func(l *Labels) *string { return &l.Axis.Stability }, nil},
		{"axis", "random", "random direction {n}", func(l *Labels) *string { return &l.Axis.Random }, nil},

		{"legend", "positive", "p(y=1|x; w)", func(l *Labels) *string { return &l.Legend.Positive }, nil},
		{"legend", "negative", "", func(l *Labels) *string { return &l.Legend.Negative }, nil},
		{"legend", "probability", "p(y=1|x)", func(l *Labels) *string { return &l.Legend.Probability }, nil},
		{"legend", "run", "run {n}", func(l *Labels) *string { return &l.Legend.Run }, nil},
		{"legend", "lr", "lr {rate}", func(l *Labels) *string { return &l.Legend.Rate }, nil},
		{"legend", "from", "from ({start})", func(l *Labels) *string { return &l.Legend.From }, nil},
		{"legend", "batch", "batches of {n}", func(l *Labels) *string { return &l.Legend.Batch }, nil},
		{"legend", "all", "all samples", func(l *Labels) *string { return &l.Legend.All }, nil},
		{"legend", "more", "and {n} more", func(l *Labels) *string { return &l.Legend.More }, nil},
		{"legend", "period", "period {n}", func(l *Labels) *string { return &l.Legend.Period }, nil},
		{"legend", "others", "others", func(l *Labels) *string { return &l.Legend.Others }, nil},
		{"legend", "not_finite", "not finite", func(l *Labels) *string { return &l.Legend.NotFinite }, nil},
		{"legend", "share", "Share of {n} states", func(l *Labels) *string { return &l.Legend.Share }, nil},
		{"legend", "stable", "", func(l *Labels) *string { return &l.Legend.Stable }, nil},
	}...)
	status := func(name, text string) label {
		return label{table: "status", key: name, text: text, in: func(l *Labels) map[string]string { return l.Status }}
	}
	list = append(list, status(RunningStatus, "under way"))
	for i := range cpu.StatusCount {
		name := cpu.Status(i).String()
		list = append(list, status(name, name))
	}
	for _, q := range cpu.Quantities() {
		list = append(list, label{table: "quantity", key: q.Name, text: q.Title, in: func(l *Labels) map[string]string { return l.Quantity }})
	}
	for _, h := range cpu.HyperParameters() {
		list = append(list, label{table: "parameter", key: h.Name, text: h.Title, in: func(l *Labels) map[string]string { return l.Parameter }})
	}
	return append(list, []label{
		{"sweep", "runs", "{n} runs of {optimizer}", func(l *Labels) *string { return &l.Sweep.Runs }, nil},
		{"sweep", "steps", "{n} steps", func(l *Labels) *string { return &l.Sweep.Steps }, nil},
		{"sweep", "samples", "{n} samples", func(l *Labels) *string { return &l.Sweep.Samples }, nil},
		{"sweep", "log", "{quantity}, by log", func(l *Labels) *string { return &l.Sweep.Log }, nil},
		{"sweep", "rank", "{quantity}, by rank", func(l *Labels) *string { return &l.Sweep.Rank }, nil},
		{"sweep", "low", "0 or less, at the low end", func(l *Labels) *string { return &l.Sweep.Low }, nil},
		{"sweep", "beyond", "below {n}, at the low end", func(l *Labels) *string { return &l.Sweep.Beyond }, nil},
		{"sweep", "top", "at the top: runs that diverged or have no finite value", func(l *Labels) *string { return &l.Sweep.Top }, nil},
	}...)
}()

// path returns the key as errors name it.
func (k *label) path() string {
	if k.table == "" {
		return "labels." + k.key
	}
	return "labels." + k.table + "." + k.key
}

func (k *label) get(l *Labels) string {
	if k.in != nil {
		return k.in(l)[k.key]
	}
	return *k.field(l)
}

func (k *label) set(l *Labels, text string) {
	if k.in != nil {
		k.in(l)[k.key] = text
	} else {
		*k.field(l) = text
	}
}

// DefaultLabels returns the labels of a scene that states none.
func DefaultLabels() Labels {
	l := Labels{Title: map[string]string{}, Quantity: map[string]string{}, Parameter: map[string]string{}, Status: map[string]string{}}
	for i := range labels {
		labels[i].set(&l, labels[i].text)
	}
	return l
}

// labels fills in s.Labels.
func (d *decoder) labels(s *Scene) error {
	s.Labels = DefaultLabels()
	for i := range labels {
		k := &labels[i]
		from := d.text.Labels
		if k.table != "" {
			from, _ = from[k.table].(map[string]any)
		}
		text, given := from[k.key].(string)
		if !given {
			continue
		}
		if text == "" { // which is the default of some
			return d.failAt(k.path(), `empty, want a word, or " " to write nothing`)
		}
		k.set(&s.Labels, text)
	}
	return nil
}

// text returns what the labels differ in from the defaults, as file.Labels has it.
func (l *Labels) text() map[string]any {
	out := map[string]any{}
	for i := range labels {
		k := &labels[i]
		text := k.get(l)
		if text == k.text {
			continue
		}
		to := out
		if k.table != "" {
			if out[k.table] == nil {
				out[k.table] = map[string]any{}
			}
			to = out[k.table].(map[string]any)
		}
		to[k.key] = text
	}
	return out
}

// check returns the first fault of the labels.
func (l *Labels) check() *fault {
	for i := range labels {
		k := &labels[i]
		text := k.get(l)
		if text == k.text {
			continue
		}
		if bad := checkLabel(k.path(), text); bad != nil {
			return bad
		}
		for _, hole := range holes(k.text) {
			if !strings.Contains(text, hole) {
				return faultf(k.path(), "%s has no %s, which stands for what differs, want it as in %q", quote.Text(text), hole, k.text)
			}
		}
	}
	if bad := (choice{"labels.decimal", "decimal mark", l.Mark, decimalMarks}).check(); bad != nil {
		return bad
	}
	return nil
}

// checkLabel checks a text that a picture has in one line.
func checkLabel(key, text string) *fault {
	switch {
	case text == "":
		return faultf(key, `empty, want a word, or " " to write nothing`)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl):
		return faultf(key, "%s has a character that cannot be written, such as a line break: want one line of text", quote.Text(text))
	}
	if n := utf8.RuneCountInString(text); n > MaxLabel {
		return faultf(key, "%d characters, want at most %d", n, MaxLabel)
	}
	return nil
}

// holes returns the places of a label for what differs, such as "{n}".
func holes(text string) (out []string) {
	for {
		_, after, found := strings.Cut(text, "{")
		if !found {
			return out
		}
		name, rest, found := strings.Cut(after, "}")
		if !found {
			return out
		}
		out, text = append(out, "{"+name+"}"), rest
	}
}

// Fill returns a label with what its places stand for, pairs of a name and a text:
//
//	Fill("period {n}", "n", "2") // period 2
func Fill(label string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		label = strings.ReplaceAll(label, "{"+pairs[i]+"}", pairs[i+1])
	}
	return label
}

// Decimal returns the text of a number, or of several, with the decimal mark in place
// of each point between two digits, so that 0.25 is 0,25 where the mark is a comma.
func (l *Labels) Decimal(text string) string {
	if l.Mark != "," || !strings.Contains(text, ".") {
		return text
	}
	out := []byte(text)
	digit := func(i int) bool { return i >= 0 && i < len(out) && out[i] >= '0' && out[i] <= '9' }
	for i, c := range out {
		if c == '.' && digit(i-1) && digit(i+1) {
			out[i] = ','
		}
	}
	return string(out)
}

// List joins the texts of numbers, by semicolons where commas are in them.
func (l *Labels) List(numbers []string) string {
	if l.Mark == "," {
		return strings.Join(numbers, "; ")
	}
	return strings.Join(numbers, ", ")
}

// Whole writes a whole number with its digits in groups of three, as in 65,536;
// where the decimal mark is a comma, with no-break spaces between them.
func (l *Labels) Whole(n int) string {
	group := ","
	if l.Mark == "," {
		group = "\u00a0"
	}
	s := strconv.Itoa(n)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + group + s[i:]
	}
	return s
}

// StatusText returns the word for how a run ended.
func (l *Labels) StatusText(s cpu.Status) string { return l.Status[s.String()] }

// Running returns the word for runs that have not ended yet.
func (l *Labels) Running() string { return l.Status[RunningStatus] }

// edges are the learning rates below which optimizers are stable at a minimum, λ being
// the largest eigenvalue of the Hessian: see cpu.Run.StableBelow.
var edges = map[string]string{
	"gd":       "2/λ",
	"momentum": "(2 + 2β)/λ",
	"nesterov": "(2 + 2β)/((1 + 2β) λ)",
	"rmsprop":  "2ε/λ",
	"adam":     "(2 + 2β₁)ε/((1 − β₁) λ)",
	"adamw":    "(2 + 2β₁)ε/((1 − β₁) λ)",
}

// Edge returns what is written beside the learning rates below which an optimizer is
// stable at a minimum.
func (l *Labels) Edge(optimizer string) string {
	if l.Legend.Stable != "" {
		return l.Legend.Stable
	}
	return edges[optimizer]
}

// PanelTitle returns what stands above a panel of the scene: its own title, or that of
// its kind; of a map, the title of its quantity.
func (s *Scene) PanelTitle(p Panel) string {
	switch {
	case p.Title != "":
		return p.Title
	case s.Labels.Title[p.Kind] == "" && p.Kind == MapPanel:
		return s.Labels.Quantity[s.Map.Of]
	}
	return s.Labels.Title[p.Kind]
}

// CounterText returns what the counter says of a number that Film.Counter returns,
// such as "Updates: 12", or "Iter: 12" and "Start" as the notebook counts.
func (s *Scene) CounterText(n int) string {
	if n < 0 {
		return s.Labels.Start
	}
	word := s.Labels.Counter
	switch {
	case word != "":
	case s.Film.Count == CountNotebook:
		word = "Iter"
	default:
		word = s.Labels.Axis.Updates
	}
	return word + ": " + strconv.Itoa(n)
}

// FeatureName returns the name of the only feature of a problem that has one.
func (s *Scene) FeatureName() string {
	switch {
	case s.Labels.Axis.Feature != "":
		return s.Labels.Axis.Feature
	case len(s.Features) > 0 && s.Features[0] != "":
		return s.Features[0]
	}
	return "x"
}

// FeatureTitle returns the name of feature j, from 0, beside an axis.
func (s *Scene) FeatureTitle(j int) string {
	if s.named() {
		return s.Features[j]
	}
	return "x" + subscript(j+1)
}

// PlaneWeights returns which weights the plane's coordinates count, by their indices: a
// direction is along a weight if the other direction leaves that as it is. It is −1 for
// other directions.
func (s *Scene) PlaneWeights() (alpha, beta int) {
	along := func(d, other []float64) int {
		j := cpu.CoordinateOf(d)
		if j >= 0 && other[j] != 0 {
			return -1
		}
		return j
	}
	return along(s.Plane.D1, s.Plane.D2), along(s.Plane.D2, s.Plane.D1)
}

// PlaneNames returns the names of the plane's directions: of the weight where a
// direction is along one, of a principal component with the share of the variance that it
// explains, of an eigenvector with its eigenvalue, else α and β.
func (s *Scene) PlaneNames() (alpha, beta string) {
	name := func(stated string, i, j int, other string) string {
		switch {
		case stated != "":
			return stated
		case j >= 0:
			return s.WeightTitle(j)
		}
		l, n := &s.Labels, strconv.Itoa(i+1)
		switch s.Landscape.Plane {
		case PlanePCA:
			return Fill(l.Axis.Component, "n", n, "share", l.Decimal(strconv.FormatFloat(100*s.Measures[i], 'f', 1, 64)))
		case PlaneHessian:
			return Fill(l.Axis.Eigenvector, "n", subscript(i+1), "value", l.Decimal(strconv.FormatFloat(s.Measures[i], 'g', 3, 64)))
		case PlaneRandom:
			return Fill(l.Axis.Random, "n", n)
		}
		return other
	}
	a, b := s.PlaneWeights()
	return name(s.Labels.Axis.Alpha, 0, a, "α"), name(s.Labels.Axis.Beta, 1, b, "β")
}

// WeightTitle returns the name of weight j, from 0, in pictures: by its feature where
// the features have names, else w₁, w₂, ...
func (s *Scene) WeightTitle(j int) string {
	switch {
	case !s.named() || j > len(s.Features):
		return "w" + subscript(j+1)
	case j == len(s.Features):
		return s.Labels.Axis.Bias
	}
	return Fill(s.Labels.Axis.Weight, "feature", s.Features[j])
}

func subscript(n int) string {
	var b strings.Builder
	for _, c := range strconv.Itoa(n) {
		b.WriteRune(c - '0' + '₀')
	}
	return b.String()
}

// ParamTitle returns the words beside the axis of a swept parameter, by its name as
// cpu.Param has it.
func (s *Scene) ParamTitle(name string) string {
	if j, ok := weightOf(name); ok {
		return Fill(s.Labels.Axis.Start, "weight", s.WeightTitle(j))
	}
	return s.Labels.Parameter[name]
}

// NegativeText returns what the legend of the curve panel calls the probability of
// label 0, such as "p(y=0|x; w)".
func (s *Scene) NegativeText() string {
	if s.Labels.Legend.Negative != "" {
		return s.Labels.Legend.Negative
	}
	class := strings.ReplaceAll(strconv.FormatFloat(s.Curve.Negative, 'f', -1, 64), "-", "−")
	return fmt.Sprintf("p(y=%s|x; w)", class)
}

// weightOf returns the index of a weight from w1, w2, ...
func weightOf(name string) (j int, ok bool) {
	digits, ok := strings.CutPrefix(name, "w")
	if !ok || strings.HasPrefix(digits, "0") {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 31)
	return int(n) - 1, err == nil
}
