package letters

import (
	"slices"

	"golang.org/x/text/unicode/bidi"
)

// run is a part of a text of one direction.
type run struct {
	start, end int
	leftward   bool
}

// visual returns the runs of a text in the order in which they are seen from left to
// right, by Unicode's bidirectional algorithm (https://www.unicode.org/reports/tr9/, whose
// rules are named here).
//
// The order that package bidi finds cannot be used: it does not say how deep a run is
// embedded, so that a number in Arabic is lost among Latin letters, and it never pairs
// brackets. Marks that embed and override are ignored: lines of a picture are short.
func visual(text []rune) []run {
	classes := make([]bidi.Class, len(text))
	leftward := false
	for i, r := range text {
		p, _ := bidi.LookupRune(r)
		classes[i] = p.Class()
		switch classes[i] {
		case bidi.R, bidi.AL, bidi.AN:
			leftward = true
		}
	}
	if !leftward {
		return []run{{0, len(text), false}}
	}
	return reorder(levels(text, classes))
}

// reorder makes runs of the levels of characters, odd ones being from right to left, and
// puts them in the order in which they are seen (L2).
func reorder(levels []int) []run {
	var runs []run
	var depth []int
	for i, l := range levels {
		if n := len(runs); n > 0 && depth[n-1] == l {
			runs[n-1].end = i + 1
		} else {
			runs, depth = append(runs, run{i, i + 1, l%2 == 1}), append(depth, l)
		}
	}
	for l := slices.Max(depth); l >= 1; l-- {
		for i := 0; i < len(runs); i++ {
			k := i
			for k < len(runs) && depth[k] >= l {
				k++
			}
			slices.Reverse(runs[i:k])
			slices.Reverse(depth[i:k])
			i = max(i, k-1)
		}
	}
	return runs
}

// levels returns how deep each character is embedded.
func levels(text []rune, classes []bidi.Class) []int {
	base := bidi.L // P2, P3
	if i := slices.IndexFunc(classes, func(c bidi.Class) bool { return c == bidi.L || c == bidi.R || c == bidi.AL }); i >= 0 && classes[i] != bidi.L {
		base = bidi.R
	}
	p := paragraph{base: base}
	for i, c := range classes {
		switch c {
		case bidi.BN, bidi.LRE, bidi.RLE, bidi.LRO, bidi.RLO, bidi.PDF: // X9
			continue
		case bidi.LRI, bidi.RLI, bidi.FSI, bidi.PDI:
			c = bidi.ON
		}
		p.text, p.at, p.types = append(p.text, text[i]), append(p.at, i), append(p.types, c)
	}
	p.original = slices.Clone(p.types)
	p.weak()
	p.brackets()
	p.neutral()
	return p.levels(classes)
}

// paragraph is a text while its levels are found.
type paragraph struct {
	base     bidi.Class // L or R
	text     []rune
	at       []int // where each is in the whole text
	types    []bidi.Class
	original []bidi.Class
}

// weak resolves numbers and what stands beside them (W1 to W7).
func (p *paragraph) weak() {
	t := p.types
	is := func(i int, c bidi.Class) bool { return i >= 0 && i < len(t) && t[i] == c }
	before, strong := p.base, p.base
	for i, c := range t {
		switch c {
		case bidi.NSM: // W1
			t[i] = before
		case bidi.L, bidi.R, bidi.AL:
			strong = c
		case bidi.EN: // W2
			if strong == bidi.AL {
				t[i] = bidi.AN
			}
		}
		before = t[i]
	}
	for i, c := range t {
		switch {
		case c == bidi.AL: // W3
			t[i] = bidi.R
		case (c == bidi.ES || c == bidi.CS) && is(i-1, bidi.EN) && is(i+1, bidi.EN): // W4
			t[i] = bidi.EN
		case c == bidi.CS && is(i-1, bidi.AN) && is(i+1, bidi.AN):
			t[i] = bidi.AN
		}
	}
	for i, c := range t { // W5
		if c == bidi.ET && is(i-1, bidi.EN) {
			t[i] = bidi.EN
		}
	}
	for i, c := range slices.Backward(t) {
		if c == bidi.ET && is(i+1, bidi.EN) {
			t[i] = bidi.EN
		}
	}
	strong = p.base
	for i, c := range t {
		switch c {
		case bidi.L, bidi.R:
			strong = c
		case bidi.ES, bidi.ET, bidi.CS: // W6
			t[i] = bidi.ON
		case bidi.EN: // W7
			if strong == bidi.L {
				t[i] = bidi.L
			}
		}
	}
}

// direction returns the direction that a type gives to neutral ones beside it: L, R, or ON
// for none.
func direction(c bidi.Class) bidi.Class {
	switch c {
	case bidi.L:
		return bidi.L
	case bidi.R, bidi.EN, bidi.AN:
		return bidi.R
	}
	return bidi.ON
}

// maxBrackets is how many brackets may be open (BD16).
const maxBrackets = 63

// brackets gives both of a pair one direction (N0).
func (p *paragraph) brackets() {
	type open struct {
		bracket rune
		at      int
	}
	var stack []open
	var pairs [][2]int
	for i, r := range p.text {
		q, _ := bidi.LookupRune(r)
		switch {
		case p.types[i] != bidi.ON || !q.IsBracket():
		case q.IsOpeningBracket():
			if len(stack) == maxBrackets {
				return
			}
			stack = append(stack, open{r, i})
		default:
			opening := []rune(bidi.ReverseString(string(r)))[0]
			for k, o := range slices.Backward(stack) {
				if o.bracket == opening {
					pairs = append(pairs, [2]int{o.at, i})
					stack = stack[:k]
					break
				}
			}
		}
	}
	slices.SortFunc(pairs, func(a, b [2]int) int { return a[0] - b[0] })
	for _, b := range pairs {
		if d := p.pair(b[0], b[1]); d != bidi.ON {
			for _, i := range b {
				p.types[i] = d
				for i++; i < len(p.types) && p.original[i] == bidi.NSM; i++ {
					p.types[i] = d
				}
			}
		}
	}
}

// pair returns the direction of two brackets: that of the paragraph if anything in them
// has it, else that of what is in them if what is before has it too.
func (p *paragraph) pair(first, last int) bidi.Class {
	within := bidi.ON
	for _, c := range p.types[first+1 : last] {
		switch d := direction(c); d {
		case bidi.ON:
		case p.base:
			return d
		default:
			within = d
		}
	}
	if within == bidi.ON {
		return bidi.ON
	}
	for _, c := range slices.Backward(p.types[:first]) {
		if d := direction(c); d != bidi.ON {
			return d
		}
	}
	return p.base
}

// neutral gives what has no direction that of both its neighbours, or the paragraph's (N1,
// N2).
func (p *paragraph) neutral() {
	t := p.types
	before := p.base
	for i := 0; i < len(t); i++ {
		if d := direction(t[i]); d != bidi.ON {
			before = d
			continue
		}
		k := i
		for k < len(t) && direction(t[k]) == bidi.ON {
			k++
		}
		after := p.base
		if k < len(t) {
			after = direction(t[k])
		}
		d := p.base
		if before == after {
			d = before
		}
		for ; i < k; i++ {
			t[i] = d
		}
		i = k - 1
	}
}

// levels returns the levels of all characters (I1, I2, L1); classes are what they were at
// first.
func (p *paragraph) levels(classes []bidi.Class) []int {
	base := 0
	if p.base == bidi.R {
		base = 1
	}
	list := make([]int, len(classes))
	for i := range list {
		list[i] = -1
	}
	for i, c := range p.types {
		switch {
		case c == bidi.R:
			list[p.at[i]] = 1
		case base == 0 && c == bidi.L:
			list[p.at[i]] = 0
		default:
			list[p.at[i]] = 2
		}
	}
	last := base
	for i, l := range list {
		if l < 0 { // ignored: with what is before
			list[i] = last
		}
		last = list[i]
	}
	trailing := true
	for i, c := range slices.Backward(classes) {
		switch c {
		case bidi.S, bidi.B:
			trailing = true
		case bidi.WS, bidi.BN, bidi.LRI, bidi.RLI, bidi.FSI, bidi.PDI:
		default:
			trailing = false
		}
		if trailing {
			list[i] = base
		}
	}
	return list
}
