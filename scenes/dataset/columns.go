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
	Weights  string   // column of the samples' weights, such as counts: how often a row counts; if empty, each counts once

	// Categorical are feature columns of texts, or of numbers that stand for classes.
	// Each becomes a feature of 0 and 1 for each of its levels but the first, in the
	// order of numbers if all are numbers, and else of texts: species=virginica.
	Categorical []string

	Missing     string // what becomes of rows with missing values, one of Missings; if empty, MissingError
	Standardize bool   // features get mean 0 and population standard deviation 1

	// Sample is how many rows to draw, without putting any back, from those that are
	// left; 0 is all. The rows stay in their order. Each row is as likely as another whatever its
	// weight, which it keeps.
	Sample     int
	SampleSeed uint32 // of NewNumPy
}

// What becomes of a row that lacks a value in a column that is used. Missing are an empty
// text, NaN, and what programs write for it: NA, N/A, #N/A, <NA>, null, None, nil, NaT, ?
// and a single dot; a null of Parquet. What Positive or Negative names is not missing.
const (
	MissingError = "error" // the row is an error
	MissingDrop  = "drop"  // it is left out
	MissingMean  = "mean"  // it gets the mean of the feature over the rows that are used, by their weights; without a class or a weight it is left out
)

// Missings are the values of Columns.Missing.
var Missings = []string{MissingError, MissingDrop, MissingMean}

// trimmed returns the columns without spaces around their texts: those of a file
// are read without, too.
func (c Columns) trimmed() Columns {
	for _, text := range []*string{&c.Label, &c.Positive, &c.Negative, &c.Weights} {
		*text = strings.TrimSpace(*text)
	}
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
	last   map[string]int   // the last column of a name; made by second
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
	if h.last == nil {
		h.last = map[string]int{}
		for j, name := range h.names {
			h.last[name] = j
		}
	}
	if h.last[h.names[i]] <= i {
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
	weights  int // −1 if there are none
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

// chooser finds the columns that a Columns means.
type chooser struct {
	*heads
	c           Columns
	out         chosen
	excluded    map[int]bool
	categorical map[int]bool
	order       []int // categorical columns as they are listed
	used        map[int]bool
}

// choose returns the columns that c means.
func (h *heads) choose(c Columns, lastIsLabel bool) (*chosen, *columnFault) {
	k := &chooser{heads: h, c: c, excluded: map[int]bool{}, categorical: map[int]bool{}, used: map[int]bool{}}
	k.out = chosen{label: h.n - 1, weights: -1, plain: c.Features == nil}
	if c.Label == "" && !lastIsLabel {
		return nil, faultOf(-1, "which column holds the classes? name it as the label, %s", h.known())
	}
	for _, step := range []func() *columnFault{k.label, k.weights, k.exclude, k.categories, k.others, k.features} {
		if bad := step(); bad != nil {
			return nil, bad
		}
	}
	for _, i := range k.order {
		if !k.used[i] {
			k.add(i)
		}
	}
	if len(k.out.features) == 0 {
		return nil, faultOf(-1, "no feature columns, want at least one")
	}
	return &k.out, nil
}

func faultOf(column int, format string, args ...any) *columnFault {
	return &columnFault{column, fmt.Sprintf(format, args...)}
}

// named returns the columns that a text means, which no other has the name of.
func (k *chooser) named(text, role string) ([]int, *columnFault) {
	found := k.find(text)
	switch {
	case text == "":
		return nil, faultOf(-1, "a column without a name for the %s, want %s", role, k.known())
	case found == nil:
		return nil, faultOf(-1, "no column %s for the %s, want %s", quote.Text(text), role, k.known())
	}
	for _, i := range found {
		if j := k.second(i); j >= 0 {
			return nil, faultOf(j, "%s comes twice, rename one", k.title(i))
		}
	}
	return found, nil
}

// one returns the one column that a text means.
func (k *chooser) one(text, role string) (int, *columnFault) {
	found, bad := k.named(text, role)
	if bad != nil {
		return 0, bad
	}
	if len(found) > 1 {
		return 0, faultOf(-1, "%s is %d columns, want one for the %s, such as %s", quote.Text(text), len(found), role, quote.Text(k.names[found[0]]))
	}
	return found[0], nil
}

func (k *chooser) label() (bad *columnFault) {
	if k.c.Label != "" {
		k.out.label, bad = k.one(k.c.Label, "label")
	}
	return bad
}

func (k *chooser) weights() (bad *columnFault) {
	if k.c.Weights == "" {
		return nil
	}
	if k.out.weights, bad = k.one(k.c.Weights, "weights"); bad == nil && k.out.weights == k.out.label {
		return faultOf(k.out.label, "%s is the label and cannot be the weights too", k.title(k.out.label))
	}
	return bad
}

// exclude notes the columns that are no features: all of a name, if several have it.
func (k *chooser) exclude() *columnFault {
	for _, text := range k.c.Exclude {
		found := k.find(text)
		for i, name := range k.names {
			if name == text {
				found = append(found, i)
			}
		}
		if found == nil {
			return faultOf(-1, "no column %s to exclude, want %s", quote.Text(text), k.known())
		}
		for _, i := range found {
			k.excluded[i] = true
		}
	}
	if k.excluded[k.out.label] {
		return faultOf(k.out.label, "%s is the label and cannot be excluded", k.title(k.out.label))
	}
	return nil
}

// other is the fault of a column that is to be what the label and the weights cannot be.
func (k *chooser) other(i int, what string) *columnFault {
	switch i {
	case k.out.label:
		return faultOf(i, "%s is the label and cannot be %s too", k.title(i), what)
	case k.out.weights:
		return faultOf(i, "%s is the weights of the samples and cannot be %s too", k.title(i), what)
	}
	return nil
}

// categories notes the categorical columns.
func (k *chooser) categories() *columnFault {
	for _, text := range k.c.Categorical {
		found, bad := k.named(text, "categorical columns")
		if bad != nil {
			return bad
		}
		for _, i := range found {
			if bad := k.other(i, "a categorical feature"); bad != nil {
				return bad
			}
			switch {
			case k.excluded[i]:
				return faultOf(i, "%s is excluded and cannot be a categorical feature too", k.title(i))
			case k.categorical[i]:
				return faultOf(i, "%s is listed twice as categorical", k.title(i))
			}
			k.categorical[i] = true
			k.order = append(k.order, i)
		}
	}
	return nil
}

func (k *chooser) add(i int) {
	k.used[i] = true
	f := feature{column: i}
	if k.categorical[i] {
		f.levels = map[string]int{}
	}
	k.out.features = append(k.out.features, f)
}

// others adds all columns but the label's, where no features are listed.
func (k *chooser) others() *columnFault {
	if k.c.Features != nil {
		return nil
	}
	for i := range k.n {
		if i == k.out.label || i == k.out.weights || k.excluded[i] {
			continue
		}
		if k.names != nil && k.names[i] == "" {
			return faultOf(i, "column %d has no name (an index that pandas wrote?): exclude it (exclude = [%d]), name it, or list the columns to use as features", i+1, i)
		}
		if j := k.second(i); j >= 0 && !k.excluded[j] {
			return faultOf(j, "%s comes twice, rename one", k.title(i))
		}
		k.add(i)
	}
	return nil
}

// features adds the columns that are listed. Of one name for several, some may be
// excluded.
func (k *chooser) features() *columnFault {
	for _, text := range k.c.Features {
		found, bad := k.named(text, "features")
		if bad != nil {
			return bad
		}
		for _, i := range found {
			if bad := k.other(i, "a feature"); bad != nil {
				return bad
			}
			switch {
			case k.excluded[i] && len(found) > 1:
			case k.excluded[i]:
				return faultOf(i, "%s is excluded and cannot be a feature too", k.title(i))
			case k.used[i]:
				return faultOf(i, "%s is listed twice as a feature", k.title(i))
			default:
				k.add(i)
			}
		}
	}
	return nil
}
