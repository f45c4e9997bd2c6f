package scenes

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"losscape/cpu"
	"losscape/cpu/quote"
)

// biasName is the name of the last weight where the others have names.
const biasName = "bias"

// named reports whether the data file names the features.
func (s *Scene) named() bool {
	return len(s.Features) > 0 && !slices.Equal(s.Features, defaultFeatures(len(s.Features)))
}

// WeightNames returns the names of the D+1 weights in tables, JSON and parameters of
// sweeps: those of their features, and "bias", where the data file names the features,
// else w1, w2, ... No two are alike. A weight is called w1, w2, ... still, if
// the name of its feature means something else in such places: a hyper-parameter, a
// quantity, another weight, or a column that all tables have.
func (s *Scene) WeightNames() []string {
	names := make([]string, len(s.Features)+1)
	for j := range names {
		names[j] = fmt.Sprintf("w%d", j+1)
	}
	if !s.named() {
		return names
	}
	full := append(slices.Clone(s.Features), biasName)
	for j, name := range full {
		at, weight := weightOf(name)
		alike := slices.Index(full, name) != j || slices.Contains(full[j+1:], name)
		if !reserved(name) && !alike && (!weight || at == j) {
			names[j] = name
		}
	}
	return names
}

// reserved reports whether a name means something else than a weight: to us, to a terminal, or as a formula to a
// program of sheets that opens a CSV.
func reserved(name string) bool {
	if name != "" && strings.ContainsRune("=+-@", rune(name[0])) || strings.ContainsFunc(name, unicode.IsControl) {
		return true
	}
	if _, ok := cpu.LookupHyperParameter(name); ok {
		_, weight := weightOf(name)
		return !weight
	}
	for _, q := range cpu.Quantities() {
		if name == q.Name || name == q.Column {
			return true
		}
	}
	return slices.Contains([]string{"", "run", "iter", "max_steps", "precision"}, name) || strings.HasPrefix(name, "start_")
}

// ParamName returns what a swept parameter, by its name as cpu.Param has it, is called in
// texts: a weight by its name.
func (s *Scene) ParamName(name string) string {
	if j, ok := weightOf(name); ok && j <= len(s.Features) {
		return s.WeightNames()[j]
	}
	return name
}

// ParamNames returns the names of what a sweep of the scene's problem can vary,
// whatever its optimizer: the hyper-parameters and the weights. Of more than most
// weights it names so many, and the last one behind three points.
func (s *Scene) ParamNames(most int) []string {
	weights := s.WeightNames()
	if n := len(weights); n > most {
		weights = append(weights[:most], "... "+weights[n-1])
	}
	return append(cpu.ParamNames(0), weights...)
}

// NamedWeights is how many weights errors list by their names.
const NamedWeights = 4

// ParseParam is cpu.ParseParam where a start weight may be called by its name, too:
// see WeightNames. The result calls it w1, w2, ... A name that a hyper-parameter has
// means that one; one that means two weights is an error.
func (s *Scene) ParseParam(text string) (cpu.Param, error) {
	text, err := s.weightsByNumber(text)
	if err != nil {
		return cpu.Param{}, err
	}
	p, err := cpu.ParseParam(text)
	if unknown := (*cpu.UnknownParamError)(nil); errors.As(err, &unknown) {
		unknown.Known = s.ParamNames(NamedWeights)
	}
	return p, err
}

// weightsByNumber returns the text of a parameter with the name of a weight, if it has
// one, replaced by w1, w2, ...
func (s *Scene) weightsByNumber(text string) (string, error) {
	name, _, found := strings.Cut(text, "=")
	if _, known := cpu.LookupHyperParameter(strings.TrimSpace(name)); known || !found || !s.named() {
		return text, nil
	}
	// A name may have an equals sign in it. The longest one counts.
	best, values := -1, ""
	for j, feature := range append(slices.Clone(s.Features), biasName) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(text), feature)
		rest, equals := strings.CutPrefix(strings.TrimSpace(rest), "=")
		switch {
		case !ok || !equals || feature == "":
		case best >= 0 && len(rest) == len(values):
			return "", fmt.Errorf("%s is the name of a feature and of the bias, want w%d or w%d", quote.Text(feature), best+1, j+1)
		case best < 0 || len(rest) < len(values):
			best, values = j, rest
		}
	}
	if best < 0 {
		return text, nil
	}
	return fmt.Sprintf("w%d=%s", best+1, values), nil
}
