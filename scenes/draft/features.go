package draft

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"losscape/cpu/quote"
	"losscape/scenes/dataset"
)

// maxCategories is how many levels a column of texts has at most to be a feature: each but
// the first is one.
const maxCategories = 12

// maxMissing is the share of its values that a feature may lack: rows that lack one are
// dropped, and with them what they say of the other features.
const maxMissing = 0.25

// reasons groups columns by why they are no features, in the order in which they come.
type reasons struct {
	order []string
	of    map[string][]string
}

func (r *reasons) add(why, column string) {
	if r.of == nil {
		r.of = map[string][]string{}
	}
	if r.of[why] == nil {
		r.order = append(r.order, why)
	}
	r.of[why] = append(r.of[why], column)
}

func (r *reasons) String() string {
	var parts []string
	for _, why := range r.order {
		var titles []string
		for _, c := range r.of[why] {
			titles = append(titles, quote.Text(c))
		}
		parts = append(parts, quote.Words(titles)+": "+why)
	}
	return strings.Join(parts, "; ")
}

// chooseFeatures finds the features: those that --features names, or all columns but those
// that say nothing, or what the label says.
func (d *drafter) chooseFeatures() error {
	if err := d.checkNames(); err != nil {
		return err
	}
	if d.o.Features != nil {
		d.cols.Features = d.o.Features
		for _, name := range d.o.Features {
			if j := d.find(name); j >= 0 {
				d.category(j)
			}
		}
		d.note("features", "%s, as asked for", quote.Words(d.o.Features))
		return d.chooseMissing()
	}
	var why reasons
	taken := []int{}
	for j := range d.survey.Columns {
		c := &d.survey.Columns[j]
		if j == d.label || c.Ref == d.cols.Weights {
			continue
		}
		reason := d.useless(j, taken)
		if reason == "" {
			taken = append(taken, j)
			d.category(j)
			continue
		}
		why.add(reason, c.Title())
		d.cols.Exclude = append(d.cols.Exclude, c.Ref)
	}
	if len(taken) == 0 {
		return choice("features", "no column is left to be a feature (%s)", why.String())
	}
	var names []string
	for _, j := range taken {
		names = append(names, d.survey.Columns[j].Title())
	}
	if len(taken) == 1 {
		d.note("features", "%s", names[0])
	} else {
		d.note("features", "%d columns, all that are left: %s", len(taken), quote.Words(names))
	}
	if len(d.cols.Exclude) > 0 {
		d.note("exclude", "%s", why.String())
	}
	if len(d.cols.Categorical) > 0 {
		d.note("categorical", "%s: texts, a feature of 0 and 1 for each but the first", quote.Words(d.cols.Categorical))
	}
	return d.chooseMissing()
}

// checkNames checks that what the options name is there.
func (d *drafter) checkNames() error {
	for _, list := range []struct {
		names []string
		of    string
	}{{d.o.Features, "the features"}, {d.o.Exclude, "those to exclude"}} {
		for _, name := range list.names {
			if d.find(name) < 0 {
				return fmt.Errorf("no column %s for %s, want some of: %s", quote.Text(name), list.of, quote.List(d.refs()))
			}
		}
	}
	return nil
}

// useless returns why a column is no feature beside those that are taken; "" if it is one.
func (d *drafter) useless(j int, taken []int) string {
	c := &d.survey.Columns[j]
	rows := d.survey.Rows
	switch {
	case slices.ContainsFunc(d.o.Exclude, func(name string) bool { return d.find(name) == j }):
		return "as asked for"
	case c.Bad != "":
		return c.Bad
	case c.Twice:
		return "" // which the reader refuses, with its place
	case c.Name == "" && !d.survey.LastIsLabel:
		return "it has no name, as columns of row names"
	case c.Missing == rows:
		return "it has no values"
	case c.Counts && rows > 2:
		return "it counts the rows"
	case identifier(c.Name) && (c.Rises || c.Levels == nil && (c.Texts > 0 || whole64(c))):
		return "its name is that of row numbers"
	case len(c.Levels) == 1:
		return "it is constant"
	case d.survey.Same(j, d.label):
		return "it says the same as the label"
	case c.Texts > 0 && c.Numbers >= c.Texts:
		return fmt.Sprintf("%d of %d values are texts, the others numbers", c.Texts, rows-c.Missing)
	case c.Texts > 0 && (c.Levels == nil || len(c.Levels) > maxCategories):
		return fmt.Sprintf("texts of more than %d kinds", maxCategories)
	case float64(c.Missing) > maxMissing*float64(rows):
		return fmt.Sprintf("%d of %d values are missing", c.Missing, rows)
	}
	for _, k := range taken {
		if d.survey.Same(j, k) {
			return "it says the same as " + quote.Text(d.survey.Columns[k].Title())
		}
	}
	return ""
}

// identifier reports whether a name is one of row numbers: id, index, patient_id, PassengerId.
func identifier(name string) bool {
	trimmed := strings.TrimFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
	lower := strings.ToLower(trimmed)
	return slices.Contains([]string{"id", "index", "idx", "rownames", "rowname", "row", "uuid", "rowid", "unnamed"}, lower) ||
		strings.HasSuffix(lower, "_id") || strings.HasSuffix(lower, " id") || strings.HasSuffix(trimmed, "Id") || strings.HasSuffix(trimmed, "ID")
}

// whole64 reports whether the ends of a column's numbers are whole, as those of row numbers
// are.
func whole64(c *dataset.Column) bool {
	return c.Min == float64(int64(c.Min)) && c.Max == float64(int64(c.Max))
}

// category notes a column of texts as categorical.
func (d *drafter) category(j int) {
	if c := &d.survey.Columns[j]; c.Texts > 0 {
		d.cols.Categorical = append(d.cols.Categorical, c.Ref)
	}
}

// chooseMissing has rows with missing values dropped, if there are any.
func (d *drafter) chooseMissing() error {
	var lacking []string
	for j := range d.survey.Columns {
		c := &d.survey.Columns[j]
		used := j == d.label || c.Ref == d.cols.Weights || d.o.Features == nil && !slices.Contains(d.cols.Exclude, c.Ref) ||
			slices.ContainsFunc(d.o.Features, func(name string) bool { return d.find(name) == j })
		if used && c.Missing > 0 {
			lacking = append(lacking, fmt.Sprintf("%s (%d)", quote.Text(c.Title()), c.Missing))
		}
	}
	if lacking == nil {
		return nil
	}
	d.cols.Missing = dataset.MissingDrop
	d.note("missing", "drop rows in which a value is missing, of %s", quote.Words(lacking))
	return nil
}

// load reads the samples: as they are, and then standardized if that makes a difference.
func (d *drafter) load() error {
	var err error
	for {
		if d.loaded, err = dataset.Load(d.data, d.cols); err != nil {
			return err
		}
		same := constants(d.loaded)
		if len(same) == 0 || d.o.Features != nil {
			break
		}
		again := false
		for j := range d.survey.Columns { // of the rows that are left
			if c := &d.survey.Columns[j]; slices.Contains(same, c.Name) && c.Name != "" && !slices.Contains(d.cols.Exclude, c.Ref) {
				d.cols.Exclude, again = append(d.cols.Exclude, c.Ref), true
				d.note("exclude", "%s, too: it is constant in the rows that are left", quote.Text(c.Title()))
			}
		}
		if !again {
			break
		}
	}
	n, _ := d.loaded.X.Dims()
	ones := 0
	for _, y := range d.loaded.Y {
		ones += int(y)
	}
	if ones == 0 || ones == n {
		return fmt.Errorf("all %d rows that are left are of one class: a loss has something to tell apart if there are two", n)
	}
	if d.cols.Missing != "" && 2*n < d.survey.Rows {
		d.note("missing", "%d of %d rows are left: exclude the columns that lack most, or take missing = \"mean\"", n, d.survey.Rows)
	}
	return d.chooseScale()
}

// constants returns the names of the features that are the same in all samples.
func constants(s *dataset.Set) (names []string) {
	n, d := s.X.Dims()
	for j := range d {
		i := 1
		for i < n && s.X.At(i, j) == s.X.At(0, j) {
			i++
		}
		if i == n && s.Features != nil {
			names = append(names, s.Features[j])
		}
	}
	return names
}
