package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"losscape/cpu/quote"

	"gonum.org/v1/gonum/mat"
)

// table is a table that is read row by row.
type table interface {
	heads() *heads
	bad(j int) string              // why a column can be neither a feature nor the label
	lastIsLabel() bool             // the label is the last column unless one is named
	rows() int                     // how many there are, 0 if that shows at the end
	use(cols, numbers []int) error // says which columns will be asked for, the label first, and of which the numbers
	next() error                   // goes to the next row; io.EOF behind the last
	number(j int) (float64, cell)
	text(j int) []byte                                 // without spaces around it; valid until the next call
	spell(j int, class string) string                  // a class as the column writes it
	fault(j int, format string, args ...any) error     // what is wrong with a column in this row
	headFault(j int, format string, args ...any) error // what is wrong with a column, or with none if j is -1
}

// cell is what a value is.
type cell int

const (
	isNumber cell = iota // infinite ones, too
	isMissing
	isText
	isOther // what is neither, such as a date
)

// missingTexts are what programs write for a missing value, in lower case.
var missingTexts = []string{"", "na", "n/a", "nan", "null", "none", "nil", "nat", "#n/a", "<na>", "?", "."}

// isMissingText reports whether a text stands for a missing value.
func isMissingText(b []byte) bool {
	if len(b) > 4 {
		return false
	}
	for _, m := range missingTexts {
		if len(m) == len(b) && bytes.EqualFold(b, []byte(m)) {
			return true
		}
	}
	return false
}

// parseCell returns the number that a text is; false and true are 0 and 1.
func parseCell(b []byte) (float64, cell) {
	if len(b) == 0 {
		return math.NaN(), isMissing
	}
	if v, ok := parseDecimal(b); ok {
		return v, isNumber
	}
	v, err := strconv.ParseFloat(string(b), 64)
	switch {
	case err == nil && v == v, errors.Is(err, strconv.ErrRange):
		return v, isNumber
	case isMissingText(b):
		return math.NaN(), isMissing
	case bytes.EqualFold(b, []byte("true")):
		return 1, isNumber
	case bytes.EqualFold(b, []byte("false")):
		return 0, isNumber
	}
	return 0, isText
}

// maxLevels is the greatest number of levels of a categorical column: beyond, it is
// rather a name or a number, and each level would be a feature.
const maxLevels = 1000

// maxText is how many bytes the text of a class, or of a level, may have: it is kept, and is a name in results. A text in a
// file may have megabytes.
const maxText = 1 << 16

// taker turns the rows of a table into a set.
type taker struct {
	t       table
	c       Columns
	file    string
	cols    *chosen
	classes classes
	store   *store

	serial []int // features that are row numbers as far as has been seen
	offset []float64

	read, other, empty, dropped, unlabelled, filled int // rows, and values; empty are those of weight 0
}

// take reads a set from a table. The name is that of the file.
func take(t table, name string, c Columns) (*Set, error) {
	cols, bad := t.heads().choose(c, t.lastIsLabel())
	if bad != nil {
		return nil, t.headFault(bad.column, "%s", bad.msg)
	}
	if c.Missing != "" && !slices.Contains(Missings, c.Missing) {
		return nil, fmt.Errorf("missing values %s, want one of: %s", quote.Text(c.Missing), strings.Join(Missings, ", "))
	}
	used, numbers := []int{cols.label}, []int(nil)
	for _, f := range cols.features {
		used = append(used, f.column)
		if f.levels == nil {
			numbers = append(numbers, f.column)
		}
	}
	if w := cols.weights; w >= 0 {
		used, numbers = append(used, w), append(numbers, w)
	}
	if err := t.use(used, numbers); err != nil {
		return nil, err
	}
	k := &taker{t: t, c: c, file: name, cols: cols}
	k.classes = classes{positive: t.spell(cols.label, c.Positive), negative: t.spell(cols.label, c.Negative)}
	k.store = newStore(len(cols.features), t.rows(), cols.weights >= 0, c.Sample, c.SampleSeed)
	if cols.plain && len(cols.features) > 1 { // one that is all there is was meant
		for i, f := range cols.features {
			if f.levels == nil {
				k.serial = append(k.serial, i)
				k.offset = append(k.offset, math.NaN())
			}
		}
	}
	row := make([]float64, len(cols.features))
	for ; ; k.read++ {
		err := t.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		y, ok, err := k.label()
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		weight, ok, err := k.weight()
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if ok, err = k.features(row); err != nil {
			return nil, err
		}
		if !ok {
			k.dropped++
			continue
		}
		if !k.store.add(row, y, weight) {
			return nil, t.fault(-1, "more than %d values: take a sample, or fewer features", MaxValues)
		}
	}
	return k.set()
}

// label returns the label of the row, and whether the row is used.
func (k *taker) label() (y float64, ok bool, err error) {
	j := k.cols.label
	text := k.t.text(j)
	if len(text) > maxText {
		return 0, false, k.t.fault(j, "holds a text of %d bytes, want a class of at most %d", len(text), maxText)
	}
	y, what := k.classes.label(text)
	switch what {
	case isClass:
		return y, true, nil
	case isOtherClass:
		k.other++
		return 0, false, nil
	case noClass:
		if k.c.Missing == MissingDrop || k.c.Missing == MissingMean {
			k.unlabelled++
			return 0, false, nil
		}
		if len(text) == 0 {
			return 0, false, k.t.fault(j, "is empty, want a class (or have rows with missing values dropped)")
		}
		return 0, false, k.t.fault(j, "holds %s, a missing value, want a class (or have rows with missing values dropped)", text)
	}
	return 0, false, k.t.fault(j, "holds %s, want 0 or 1 (or say which class is positive)", quote.Text(string(text)))
}

// weight returns the weight of the row, 1 if rows have none, and whether the row is used: one of
// weight 0 is not.
func (k *taker) weight() (w float64, ok bool, err error) {
	j := k.cols.weights
	if j < 0 {
		return 1, true, nil
	}
	w, what := k.t.number(j)
	switch {
	case what == isMissing && (k.c.Missing == MissingDrop || k.c.Missing == MissingMean):
		k.dropped++
		return 0, false, nil
	case what == isMissing:
		return 0, false, k.t.fault(j, "has a missing value, want a weight of at least 0 (or have rows with missing values dropped)")
	case what != isNumber || math.IsInf(w, 0) || w < 0:
		return 0, false, k.t.fault(j, "holds %s, want a weight: a finite number of at least 0", quote.Text(string(k.t.text(j))))
	case w == 0:
		k.empty++
		return 0, false, nil
	}
	return w, true, nil
}

// features fills in the features of the row and reports whether the row is used.
func (k *taker) features(row []float64) (bool, error) {
	for i := range k.cols.features {
		f := &k.cols.features[i]
		v, what := 0.0, isNumber
		if f.levels == nil {
			v, what = k.t.number(f.column)
		} else if text := k.t.text(f.column); isMissingText(text) {
			what = isMissing
		} else if code, ok := f.levels[string(text)]; ok {
			v = float64(code)
		} else {
			if !utf8.Valid(text) {
				return false, k.t.fault(f.column, "holds %s, which is not UTF-8: save the file as UTF-8", quote.Text(string(text)))
			}
			if len(text) > maxText {
				return false, k.t.fault(f.column, "holds a text of %d bytes, want at most %d: exclude it", len(text), maxText)
			}
			if len(f.levels) == maxLevels {
				return false, k.t.fault(f.column, "has more than %d levels, exclude it", maxLevels)
			}
			v = float64(len(f.levels))
			f.levels[string(text)] = len(f.levels)
		}
		switch {
		case what == isMissing && k.c.Missing == MissingDrop:
			return false, nil
		case what == isMissing && k.c.Missing == MissingMean && f.levels == nil:
			v = math.NaN()
			k.filled++
		case what != isNumber, math.IsInf(v, 0):
			return false, k.refuse(f, what)
		}
		row[i] = v
	}
	k.count(row)
	return true, nil
}

// refuse is the error of a feature's value that is no number.
func (k *taker) refuse(f *feature, what cell) error {
	text := k.t.text(f.column)
	shown := quote.Text(string(text))
	switch {
	case what == isMissing && len(text) == 0 && f.levels == nil:
		return k.t.fault(f.column, "is empty, want a number (or have rows with missing values dropped, or means in their place)")
	case what == isMissing && f.levels == nil:
		return k.t.fault(f.column, "holds %s, a missing value, want a finite number (or have rows with missing values dropped, or means in their place)", text)
	case what == isMissing && k.c.Missing == MissingMean:
		return k.t.fault(f.column, "has a missing value, and texts have no mean: have rows with missing values dropped")
	case what == isMissing:
		return k.t.fault(f.column, "has a missing value, want a text (or have rows with missing values dropped)")
	case what == isOther:
		return k.t.fault(f.column, "holds %s, want a number: exclude it, or list the columns to use as features", shown)
	case what == isNumber:
		return k.t.fault(f.column, "holds %s, want a finite number", shown)
	case looksCut(text):
		return k.t.fault(f.column, "holds %s, want a number without commas, such as 1.5", shown)
	}
	return k.t.fault(f.column, "holds %s, want a number (or name the column as categorical, exclude it, or list the columns to use as features)", shown)
}

// count looks whether features go on counting the rows, from 0 or from 1.
func (k *taker) count(row []float64) {
	at := 0
	for i, f := range k.serial {
		start := row[f] - float64(k.read)
		if (start == 0 || start == 1) && (math.IsNaN(k.offset[i]) || start == k.offset[i]) {
			k.serial[at], k.offset[at] = f, start
			at++
		}
	}
	k.serial, k.offset = k.serial[:at], k.offset[:at]
}

// serialRows is from how many rows on a column that counts them is no coincidence.
const serialRows = 3

// set returns the set of what was read.
func (k *taker) set() (*Set, error) {
	h := k.t.heads()
	fail := func(format string, args ...any) (*Set, error) {
		return nil, &Error{File: k.file, Msg: fmt.Sprintf(format, args...)}
	}
	n := k.store.n
	if k.read-k.unlabelled >= 2 {
		if err := k.classes.check(); err != nil {
			return fail("%s: %v", h.title(k.cols.label), err)
		}
	}
	if w := k.cols.weights; w >= 0 && k.empty > 0 && k.empty == k.read-k.other-k.unlabelled-k.dropped {
		return nil, k.t.headFault(w, "%s has the weight 0 in all rows: want one above 0 in some", h.title(w))
	}
	if n < 2 {
		why := ""
		if k.read > n {
			why = fmt.Sprintf(" (%s)", k.leftOut())
		}
		return fail("%v%s", tooFew(n), why)
	}
	if len(k.serial) > 0 && k.read >= serialRows {
		i := k.cols.features[k.serial[0]].column
		ref := strconv.Itoa(i)
		if h.names != nil {
			ref = strconv.Quote(quote.Cut(h.names[i], quote.Chars))
		}
		return nil, k.t.headFault(i, "%s counts the rows and looks like a row number: exclude it (exclude = [%s]), or list the columns to use as features", h.title(i), ref)
	}
	s := &Set{Features: k.names(), Classes: k.classes.names(k.labelName())}
	for _, f := range k.cols.features {
		if f.levels != nil && len(f.order) < 2 {
			return fail("%s has one level only, %s: exclude it", h.title(f.column), quote.Text(f.order[0].text))
		}
	}
	if len(s.Features) > MaxValues/n {
		return fail("more than %d values: take a sample, or fewer features", MaxValues)
	}
	s.X, s.Y, s.Weights = k.store.matrix(k.cols.features)
	if k.filled > 0 {
		if name, ok := fillMeans(s.X, s.Weights, s.Features); !ok {
			return fail("column %s has no value to take the mean of, exclude it", quote.Text(name))
		}
	}
	if k.c.Standardize {
		var err error
		if s.Means, s.Deviations, err = standardize(s.X, s.Weights, s.Features); err != nil {
			return fail("%v", err)
		}
	}
	s.Taken = k.taken(s)
	if h.names == nil && !k.categorical() {
		s.Features = nil
	}
	return s, nil
}

func (k *taker) categorical() bool {
	return slices.ContainsFunc(k.cols.features, func(f feature) bool { return f.levels != nil })
}

func (k *taker) labelName() string {
	if h := k.t.heads(); h.names != nil {
		return h.names[k.cols.label]
	}
	return ""
}

// names returns the names of the features. It sets the order of the levels of
// categorical ones.
func (k *taker) names() []string {
	var names []string
	for i := range k.cols.features {
		f := &k.cols.features[i]
		name := fmt.Sprintf("x%d", i+1)
		if h := k.t.heads(); h.names != nil {
			name = h.names[f.column]
		}
		if f.levels == nil {
			names = append(names, name)
			continue
		}
		f.order = k.store.levels(i, f.levels)
		for _, level := range f.order[1:] {
			names = append(names, name+"="+level.text)
		}
	}
	return names
}

// leftOut says which rows were left out.
func (k *taker) leftOut() string {
	var words []string
	for _, w := range []struct {
		n    int
		what string
	}{{k.other, "of other classes left out"}, {k.empty, "of weight 0 left out"}, {k.dropped, "with missing values dropped"}, {k.unlabelled, "without a class dropped"}} {
		if w.n > 0 {
			words = append(words, fmt.Sprintf("%d %s", w.n, w.what))
		}
	}
	if k.store.sample > 0 && k.store.seen > k.store.n {
		words = append(words, fmt.Sprintf("a sample of %d of %d", k.store.n, k.store.seen))
	}
	return strings.Join(words, ", ")
}

// taken says what was taken.
func (k *taker) taken(s *Set) string {
	n, d := s.X.Dims()
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d", k.file, n)
	if k.read > n {
		fmt.Fprintf(&b, " of %d rows (%s)", k.read, k.leftOut())
	} else {
		b.WriteString(" rows")
	}
	features := "features"
	if d == 1 {
		features = "feature"
	}
	fmt.Fprintf(&b, ", %d %s", d, features)
	if k.t.heads().names != nil {
		b.WriteString(" " + quote.Words(s.Features))
	}
	if k.filled > 0 {
		fmt.Fprintf(&b, ", %d missing values replaced by means", k.filled)
	}
	if k.c.Standardize {
		b.WriteString(", standardized")
	}
	if w := k.cols.weights; w >= 0 {
		var total summer
		for _, v := range s.Weights {
			total.add(v)
		}
		fmt.Fprintf(&b, "; weights of %s, %s in all", k.t.heads().title(w), quantity(total.total()))
	}
	var sizes [2]summer
	ones := 0
	for i, y := range s.Y {
		ones += int(y)
		sizes[int(y)].add(weightOf(s.Weights, i))
	}
	names := s.Classes
	if names[0] == "" {
		names = [2]string{"class 1", "class 0"}
	}
	fmt.Fprintf(&b, "; %s: %s, %s: %s", quote.Cut(names[0], quote.Chars), quantity(sizes[1].total()), quote.Cut(names[1], quote.Chars), quantity(sizes[0].total()))
	if same := constants(s); len(same) > 0 && !k.c.Standardize {
		b.WriteString("; constant: " + quote.Words(same))
	}
	if ones == 0 || ones == n {
		b.WriteString("; all rows are of one class")
	}
	return strings.Join(strings.Fields(b.String()), " ") // names may have line ends in them
}

// quantity writes how many samples there are: a whole number, or six digits of another one.
func quantity(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}

// weightOf returns the weight of row i, 1 if there are none.
func weightOf(weights []float64, i int) float64 {
	if weights == nil {
		return 1
	}
	return weights[i]
}

// constants returns the names of the features that are the same in all samples.
func constants(s *Set) []string {
	n, _ := s.X.Dims()
	var same []string
	for j, name := range s.Features {
		first, i := s.X.At(0, j), 1
		for i < n && s.X.At(i, j) == first {
			i++
		}
		if i == n {
			same = append(same, name)
		}
	}
	return same
}

// fillMeans puts the mean of the others, by their weights, in the place of each NaN. It returns the name of
// a feature that has no other.
func fillMeans(x *mat.Dense, weights []float64, names []string) (name string, ok bool) {
	n, d := x.Dims()
	for j := range d {
		var sum, have summer
		for i := range n {
			if v := x.At(i, j); v == v {
				w := weightOf(weights, i)
				sum.add(w * v)
				have.add(w)
			}
		}
		if have.total() == 0 {
			return names[j], false
		}
		for i := range n {
			if v := x.At(i, j); v != v {
				x.Set(i, j, sum.total()/have.total())
			}
		}
	}
	return "", true
}

// standardize gives each feature mean 0 and population standard deviation 1, each row counting by its
// weight, and returns what they were.
func standardize(x *mat.Dense, weights []float64, names []string) (means, deviations []float64, err error) {
	n, d := x.Dims()
	var all summer
	for i := range n {
		all.add(weightOf(weights, i))
	}
	total := all.total()
	for j := range d {
		var sum summer
		lo, hi := math.Inf(1), math.Inf(-1)
		for i := range n {
			v := x.At(i, j)
			lo, hi = min(lo, v), max(hi, v)
			sum.add(weightOf(weights, i) * v)
		}
		if lo == hi {
			return nil, nil, fmt.Errorf("column %s is constant, it is %v in all rows, and has no deviation to divide by: exclude it", quote.Text(names[j]), lo)
		}
		// Deviations by the greatest of them, whose squares neither overflow nor vanish.
		mean := sum.total() / total
		largest := max(hi-mean, mean-lo)
		var squares summer
		for i := range n {
			r := (x.At(i, j) - mean) / largest
			squares.add(weightOf(weights, i) * (r * r))
		}
		deviation := largest * math.Sqrt(squares.total()/total)
		if !finite(mean) || !finite(deviation) || deviation == 0 {
			return nil, nil, fmt.Errorf("column %s has values from %v to %v, beyond what can be standardized", quote.Text(names[j]), lo, hi)
		}
		for i := range n {
			x.Set(i, j, (x.At(i, j)-mean)/deviation)
		}
		means, deviations = append(means, mean), append(deviations, deviation)
	}
	return means, deviations, nil
}

// summer is a sum with Neumaier's compensation (1974): its error is some ULP of the
// result, however many the terms, where these do not cancel.
type summer struct{ sum, rest float64 }

func (s *summer) add(v float64) {
	t := s.sum + v
	if math.Abs(s.sum) >= math.Abs(v) {
		s.rest += (s.sum - t) + v
	} else {
		s.rest += (v - t) + s.sum
	}
	s.sum = t
}

func (s *summer) total() float64 { return s.sum + s.rest }
