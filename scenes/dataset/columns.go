package dataset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu/quote"
)

// Columns says which columns of a table are what, and what becomes of their values.
//
// A column is named by the header of a text file, by the field of a NumPy record or by
// the column of a Parquet file. Where none has that name, a whole number is the index of
// a column, "0" being the first and "-1" the last; the columns of a plain NPY array have
// no names but that. In an NPZ file an array of one dimension is a column, and one of two,
// X, is the columns X[0], X[1], ..., all of which X means. Spaces around names and
// classes do not count.
type Columns struct {
	Label    string   // column of the class; in an NPY array the last unless named
	Positive string   // class of label 1 by its text, all others being 0; if empty, classes must be 0 and 1, or false and true
	Negative string   // class of label 0 by its text, rows of all others being left out; if empty, all but the positive one
	Features []string // columns of the features, in this order; if nil, all but the label's
	Exclude  []string // columns that are no features

	// Categorical are feature columns of texts, or of numbers that stand for classes.
	// Each becomes a feature of 0 and 1 for each of its levels but the first, in the
	// order of numbers if all are numbers, and else of texts: species=virginica.
	Categorical []string

	Missing     string // what becomes of rows with missing values, one of Missings; if empty, MissingError
	Standardize bool   // features get mean 0 and population standard deviation 1

	// Sample is how many rows to draw, without putting any back, from those that are
	// left; 0 is all. The rows stay in their order.
	Sample     int
	SampleSeed uint32 // of NewNumPy
}

// What becomes of a row that lacks a value in a column that is used. Missing are an empty
// text, NaN, and what programs write for it: NA, N/A, #N/A, <NA>, null, None, nil, NaT, ?
// and a single dot; a null of Parquet. What Positive or Negative names is not missing.
const (
	MissingError = "error" // the row is an error
	MissingDrop  = "drop"  // it is left out
	MissingMean  = "mean"  // it gets the mean of the feature over the rows that are used; without a class it is left out
)

// Missings are the values of Columns.Missing.
var Missings = []string{MissingError, MissingDrop, MissingMean}

// trimmed returns the columns without spaces around their texts: those of a file
// are read without, too.
func (c Columns) trimmed() Columns {
	c.Label, c.Positive, c.Negative = strings.TrimSpace(c.Label), strings.TrimSpace(c.Positive), strings.TrimSpace(c.Negative)
	for _, list := range []*[]string{&c.Features, &c.Exclude, &c.Categorical} {
		*list = slices.Clone(*list)
		for i, text := range *list {
			(*list)[i] = strings.TrimSpace(text)
		}
	}
	return c
}

// heads are the columns of a table by their names.
type heads struct {
	names  []string         // of all columns; "" for one without; nil if no column has a name
	groups map[string][]int // names that mean several columns
	n      int              // number of columns
}

// find returns the columns that a text means, nil if it means none.
func (h *heads) find(text string) []int {
	if text == "" {
		return nil
	}
	var found []int
	for i, name := range h.names {
		if name == text {
			found = append(found, i)
		}
	}
	if len(found) > 1 {
		return found[:1] // choose complains of the second
	}
	if found != nil {
		return found
	}
	if g := h.groups[text]; g != nil {
		return g
	}
	if i, err := strconv.Atoi(text); err == nil && i >= -h.n && i < h.n {
		return []int{(i + h.n) % h.n}
	}
	return nil
}

// second returns the index of the second column of that name, and -1 if there is none.
func (h *heads) second(i int) int {
	if h.names == nil || h.names[i] == "" {
		return -1
	}
	if j := slices.Index(h.names[i+1:], h.names[i]); j >= 0 {
		return i + 1 + j
	}
	return -1
}

// title calls a column in errors.
func (h *heads) title(i int) string {
	if h.names == nil {
		return fmt.Sprintf("column %d", i)
	}
	if h.names[i] == "" {
		return fmt.Sprintf("column %d", i+1)
	}
	return "column " + quote.Text(h.names[i])
}

// known says which columns there are.
func (h *heads) known() string {
	if h.names == nil {
		return fmt.Sprintf("an index from 0 to %d", h.n-1)
	}
	return "one of: " + quote.List(h.names)
}

// chosen are the columns that are used.
type chosen struct {
	label    int
	features []feature
	plain    bool // the features are all that there are, for want of a list
}

// feature is a column that is a feature.
type feature struct {
	column int
	levels map[string]int // codes of the levels of a categorical column by their texts; nil of numbers
	order  []level        // of a categorical column, those that are used
}

// width returns how many features of the set the column is.
func (f *feature) width() int {
	if f.levels == nil {
		return 1
	}
	return len(f.order) - 1
}

// columnFault is what is wrong with a column, which is -1 if it is none in particular.
type columnFault struct {
	column int
	msg    string
}

// choose returns the columns that c means.
func (h *heads) choose(c Columns, lastIsLabel bool) (*chosen, *columnFault) {
	fault := func(column int, format string, args ...any) (*chosen, *columnFault) {
		return nil, &columnFault{column, fmt.Sprintf(format, args...)}
	}
	one := func(text, role string) ([]int, *columnFault) {
		found := h.find(text)
		if text == "" {
			return nil, &columnFault{-1, fmt.Sprintf("a column without a name for the %s, want %s", role, h.known())}
		}
		if found == nil {
			return nil, &columnFault{-1, fmt.Sprintf("no column %s for the %s, want %s", quote.Text(text), role, h.known())}
		}
		for _, i := range found {
			if j := h.second(i); j >= 0 {
				return nil, &columnFault{j, fmt.Sprintf("%s comes twice, rename one", h.title(i))}
			}
		}
		return found, nil
	}

	if c.Label == "" && !lastIsLabel {
		return fault(-1, "which column holds the classes? name it as the label, %s", h.known())
	}
	out := &chosen{label: h.n - 1, plain: c.Features == nil}
	if c.Label != "" {
		found, bad := one(c.Label, "label")
		switch {
		case bad != nil:
			return nil, bad
		case len(found) > 1:
			return fault(-1, "%s is %d columns, want one for the label, such as %s", quote.Text(c.Label), len(found), quote.Text(h.names[found[0]]))
		}
		out.label = found[0]
	}

	excluded := map[int]bool{}
	for _, text := range c.Exclude {
		found := h.find(text)
		if text == "" && h.names != nil { // all that have no name
			for i, name := range h.names {
				if name == "" {
					found = append(found, i)
				}
			}
		}
		if found == nil {
			return fault(-1, "no column %s to exclude, want %s", quote.Text(text), h.known())
		}
		for i := range h.n {
			if slices.Contains(found, i) || h.names != nil && text != "" && h.names[i] == text {
				excluded[i] = true
			}
		}
		if excluded[out.label] {
			return fault(out.label, "%s is the label and cannot be excluded", h.title(out.label))
		}
	}

	categorical := map[int]bool{}
	var order []int
	for _, text := range c.Categorical {
		found, bad := one(text, "categorical columns")
		if bad != nil {
			return nil, bad
		}
		for _, i := range found {
			switch {
			case i == out.label:
				return fault(i, "%s is the label and cannot be a categorical feature too", h.title(i))
			case excluded[i]:
				return fault(i, "%s is excluded and cannot be a categorical feature too", h.title(i))
			case categorical[i]:
				return fault(i, "%s is listed twice as categorical", h.title(i))
			}
			categorical[i] = true
			order = append(order, i)
		}
	}

	used := map[int]bool{}
	add := func(i int) {
		used[i] = true
		f := feature{column: i}
		if categorical[i] {
			f.levels = map[string]int{}
		}
		out.features = append(out.features, f)
	}
	if c.Features == nil {
		for i := range h.n {
			if i == out.label || excluded[i] {
				continue
			}
			if h.names != nil && h.names[i] == "" {
				return fault(i, "column %d has no name (an index that pandas wrote?): exclude it (exclude = [%d]), name it, or list the columns to use as features", i+1, i)
			}
			if j := h.second(i); j >= 0 && !excluded[j] {
				return fault(j, "%s comes twice, rename one", h.title(i))
			}
			add(i)
		}
	}
	for _, text := range c.Features {
		found, bad := one(text, "features")
		if bad != nil {
			return nil, bad
		}
		for _, i := range found {
			switch {
			case i == out.label:
				return fault(i, "%s is the label and cannot be a feature too", h.title(i))
			case excluded[i] && len(found) == 1:
				return fault(i, "%s is excluded and cannot be a feature too", h.title(i))
			case excluded[i]:
			case used[i]:
				return fault(i, "%s is listed twice as a feature", h.title(i))
			default:
				add(i)
			}
		}
	}
	for _, i := range order {
		if !used[i] {
			add(i)
		}
	}
	if len(out.features) == 0 {
		return fault(-1, "no feature columns, want at least one")
	}
	return out, nil
}
