package draft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"losscape/cpu/quote"
	"losscape/scenes/dataset"
)

// labelNames are what people call the column of the class, in lower case, letters only.
var labelNames = []string{
	"label", "labels", "class", "classes", "target", "targets", "y", "outcome", "response", "result",
	"survived", "diagnosis", "species", "category", "variety", "kind", "churn", "churned", "exited", "default", "defaulted",
	"spam", "isspam", "fraud", "isfraud", "died", "dead", "death", "deceased", "alive", "income", "purchased", "subscribed", "admitted", "passed",
}

// maxGuess is among how many columns that could be the label one is chosen for its place
// alone. Of more, a guess is worth nothing.
const maxGuess = 3

// candidate is a column that could be the label.
type candidate struct {
	column int
	called bool // as labels are
	two    bool // it has two classes
}

// candidates returns the columns that could be the label.
func (d *drafter) candidates() (list []candidate) {
	for j := range d.survey.Columns {
		c := &d.survey.Columns[j]
		if slices.Contains(d.o.Features, c.Ref) || slices.Contains(d.o.Exclude, c.Ref) || c.Bad != "" || c.Twice {
			continue
		}
		k := candidate{j, called(c.Name), len(c.Levels) == 2}
		texts := c.Texts > 0 && c.Numbers == 0
		switch n := len(c.Levels); {
		case n < 2 || 2*c.Missing > d.survey.Rows:
		case n == 2, texts && n <= maxCategories, k.called && n <= maxCategories && whole(c):
			list = append(list, k)
		}
	}
	return list
}

// called reports whether a name is one that labels have.
func called(name string) bool { return slices.Contains(labelNames, letters(name)) }

// letters returns the letters of a name, in lower case.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// whole reports whether all levels are whole numbers.
func whole(c *dataset.Column) bool {
	for _, l := range c.Levels {
		if _, err := strconv.ParseInt(strings.TrimSuffix(l.Text, ".0"), 10, 64); err != nil {
			return false
		}
	}
	return true
}

// chooseLabel finds the label: the column that --label names, or the only one that is
// called like one and has classes, two rather than more; else the last column if it has
// classes, or the only one that has. Of a few it takes the last, and says so.
func (d *drafter) chooseLabel() error {
	if d.o.Label != "" {
		return d.statedLabel()
	}
	all := d.candidates()
	for j := range d.survey.Columns {
		if c := &d.survey.Columns[j]; called(c.Name) && len(c.Levels) == 1 && !slices.ContainsFunc(all, func(k candidate) bool { return k.called }) {
			return oneClass(c)
		}
	}
	last := len(d.survey.Columns) - 1
	for _, rank := range []struct {
		why  string
		fits func(c candidate) bool
	}{
		{"its name says so, and it has two classes", func(c candidate) bool { return c.called && c.two }},
		{"its name says so", func(c candidate) bool { return c.called }},
		{"it is the last column, and has two classes", func(c candidate) bool { return c.column == last && c.two }},
		{"the only column with two classes", func(c candidate) bool { return c.two }},
		{"it is the last column, and has classes", func(c candidate) bool { return c.column == last }},
		{"the only column with a few texts", func(candidate) bool { return true }},
	} {
		var fit []int
		for _, c := range all {
			if rank.fits(c) && !slices.ContainsFunc(fit, func(j int) bool { return d.survey.Same(j, c.column) }) {
				fit = append(fit, c.column)
			}
		}
		if len(fit) == 0 {
			continue
		}
		d.label = fit[len(fit)-1]
		why := rank.why
		if len(fit) > 1 && d.label != last {
			if len(fit) > maxGuess || strings.HasPrefix(why, "its name") {
				return choice("label", "which column holds the classes? %s could", d.titles(fit))
			}
			why = fmt.Sprintf("the last of %d columns that could be it: not sure", len(fit))
		}
		d.noteLabel(why, all)
		return nil
	}
	if d.survey.LastIsLabel {
		return choice("label", "which column holds the classes? The last one, %s, has more than %d values: want the index of another", d.survey.Columns[last].Title(), maxCategories)
	}
	return choice("label", "which column holds the classes? None has two values, or is called like a label and has a few: want one of: %s", quote.List(d.refs()))
}

// noteLabel says which column is the label, and which others could be.
func (d *drafter) noteLabel(why string, all []candidate) {
	c := &d.survey.Columns[d.label]
	var others []int
	for _, k := range all {
		if k.column != d.label && !d.survey.Same(k.column, d.label) {
			others = append(others, k.column)
		}
	}
	text := word(c) + ", " + why
	if len(others) > 0 {
		text += fmt.Sprintf("; %s could be it, too", d.titles(others))
	}
	d.note("label", "%s", text)
}

// statedLabel finds the column that --label names.
func (d *drafter) statedLabel() error {
	j := d.find(d.o.Label)
	if j < 0 {
		return fmt.Errorf("no column %s for the label, want one of: %s", quote.Text(d.o.Label), quote.List(d.refs()))
	}
	d.label = j
	c := &d.survey.Columns[j]
	switch {
	case c.Bad != "":
		return fmt.Errorf("%s cannot be the label: %s", word(c), c.Bad)
	case c.Twice:
		return fmt.Errorf("%s comes twice, rename one", word(c))
	case slices.Contains(d.o.Features, c.Ref):
		return fmt.Errorf("%s is the label and cannot be a feature, too", word(c))
	case slices.Contains(d.o.Exclude, c.Ref):
		return fmt.Errorf("%s is the label and cannot be excluded", word(c))
	}
	d.note("label", "%s, as asked for", word(c))
	return nil
}

// find returns the index of the column that a text names, as dataset.Columns does; −1 if
// there is none.
func (d *drafter) find(text string) int {
	text = strings.TrimSpace(text)
	for j := range d.survey.Columns {
		if c := &d.survey.Columns[j]; c.Name != "" && c.Name == text {
			return j
		}
	}
	n := len(d.survey.Columns)
	if i, err := strconv.Atoi(text); err == nil && i >= -n && i < n {
		return (i + n) % n
	}
	return -1
}

// refs returns what the columns are called.
func (d *drafter) refs() []string {
	var out []string
	for i := range d.survey.Columns {
		out = append(out, d.survey.Columns[i].Ref)
	}
	return out
}

// titles lists columns with the number of their classes.
func (d *drafter) titles(list []int) string {
	var out []string
	for i, j := range list {
		if i == quote.Items {
			out = append(out, fmt.Sprintf("%d more", len(list)-i))
			break
		}
		c := &d.survey.Columns[j]
		out = append(out, fmt.Sprintf("%s (%d classes)", quote.Text(c.Title()), len(c.Levels)))
	}
	return and(out)
}

// chooseClasses finds the class with label 1: the one that --positive names; 1 or true; of
// two texts the last in their order; of more the commonest one, of several the last.
func (d *drafter) chooseClasses() error {
	c := &d.survey.Columns[d.label]
	d.cols.Label = c.Ref
	if d.o.Positive != "" {
		d.cols.Positive = strings.TrimSpace(d.o.Positive)
		d.note("classes", "%s is class 1 as asked for, all else is class 0", quote.Text(d.cols.Positive))
		return nil
	}
	levels := c.Levels
	switch {
	case c.Missing == d.survey.Rows:
		return fmt.Errorf("%s has no values, so that it cannot be the label", word(c))
	case len(levels) == 0 || len(levels) > maxCategories:
		return choice("positive", "%s has more than %d values: which is the class with label 1?", word(c), maxCategories)
	case len(levels) == 1:
		return oneClass(c)
	case c.Binary():
		d.note("classes", "%s holds 0 and 1, or false and true, which are the labels", word(c))
		return nil
	}
	positive := levels[len(levels)-1]
	if len(levels) == 2 {
		negative, why := levels[0], "the last of two in their order"
		if slices.Contains(negatives, strings.ToLower(positive.Text)) {
			positive, negative, why = negative, positive, "as the other one sounds negative"
		}
		d.cols.Positive = positive.Text
		d.note("classes", "%s (%d rows) is class 1, %s, and %s (%d rows) class 0; positive = %s turns them round",
			quote.Text(positive.Text), positive.Rows, why, quote.Text(negative.Text), negative.Rows, quote.Text(negative.Text))
		return nil
	}
	for _, l := range slices.Backward(levels) {
		if l.Rows > positive.Rows {
			positive = l
		}
	}
	var others []string
	for _, l := range levels {
		if l.Text != positive.Text {
			others = append(others, fmt.Sprintf("%s (%d)", quote.Text(l.Text), l.Rows))
		}
	}
	d.cols.Positive = positive.Text
	d.note("classes", "%s (%d rows) is class 1, the commonest of %d, or the last of those, and the others together class 0: %s; with a key negative one of them is class 0, and the rest left out",
		quote.Text(positive.Text), positive.Rows, len(levels), quote.Words(others))
	return nil
}

// word calls a column in texts.
func word(c *dataset.Column) string {
	if c.Name == "" {
		return "column " + c.Ref
	}
	return "column " + quote.Text(c.Title())
}

// oneClass is the error of a label with one class.
func oneClass(c *dataset.Column) error {
	return choice("label", "%s holds one class only, %s, want two to tell apart: want another column", word(c), quote.Text(c.Levels[0].Text))
}

// negatives are what people call the class of label 0, in lower case.
var negatives = []string{"no", "n", "non", "nein", "nej", "não", "nao", "false", "negative", "neg", "absent", "healthy", "normal", "control", "benign", "ham"}

// and lists words.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
