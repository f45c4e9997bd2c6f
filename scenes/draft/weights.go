package draft

import (
	"fmt"
	"slices"

	"losscape/cpu/quote"
	"losscape/scenes/dataset"
)

// weightNames are what people call the column that says how often a row counts, in lower
// case, letters only. A column called weight is as often a feature, that of a body.
var weightNames = []string{"count", "counts", "freq", "freqs", "frequency", "frequencies", "weights", "sampleweight", "sampleweights", "caseweight", "caseweights"}

// chooseWeights finds the weights of the rows: the column that --weights names, or the only
// one that is called like weights and may be them, unless it is to be something else.
func (d *drafter) chooseWeights() error {
	if d.o.Weights != "" {
		j := d.find(d.o.Weights)
		if j < 0 {
			return fmt.Errorf("no column %s for the weights, want one of: %s", quote.Text(d.o.Weights), quote.List(d.refs()))
		}
		d.cols.Weights = d.survey.Columns[j].Ref
		d.note("weights", "%s, as asked for", word(&d.survey.Columns[j]))
		return nil
	}
	asked := slices.Concat(d.o.Features, d.o.Exclude)
	var found []*dataset.Column
	for j := range d.survey.Columns {
		c := &d.survey.Columns[j]
		if j != d.label && mayWeigh(c) && !slices.ContainsFunc(asked, func(name string) bool { return d.find(name) == j }) {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		return nil
	}
	d.cols.Weights = found[0].Ref
	d.note("weights", "%s, its name says so: a row counts so often; listed in features or exclude it does not", word(found[0]))
	return nil
}

// mayWeigh reports whether a column is called like weights, and holds what weights may be.
func mayWeigh(c *dataset.Column) bool {
	return slices.Contains(weightNames, letters(c.Name)) && c.Bad == "" && !c.Twice &&
		c.Numbers > 0 && c.Texts == 0 && c.Infinite == 0 && c.Missing == 0 && c.Min >= 0 && c.Max > 0
}
