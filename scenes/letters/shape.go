package letters

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// shapedEm is the size at which writing is shaped: any coordinate of a font fits into
// HarfBuzz' 32 bits.
const shapedEm = 64000

// setting is a line as it is laid out.
type setting struct {
	line   string
	weight Weight
	size   float64
	pixels bool
}

// laid is a line that has been laid out.
type laid struct {
	letters []Letter
	width   float64
}

// lines are those that were shaped. They need mu.
var lines = map[setting]laid{}

// maxLines is how many shaped lines are kept: a picture has fewer.
const maxLines = 256

// shaped does what Layout does, for any line. It needs mu.
func shaped(dst []Letter, line string, w Weight, size float64, pixels bool) ([]Letter, float64) {
	key := setting{line, w, size, pixels}
	l, ok := lines[key]
	if !ok {
		if len(lines) >= maxLines {
			clear(lines)
		}
		s := newShaping(line, w, size, pixels)
		for _, r := range s.runs() {
			s.run(r)
		}
		l = laid{s.letters, s.pen.x}
		lines[key] = l
	}
	return append(dst, l.letters...), l.width
}

// shaping lays out one line.
type shaping struct {
	text    []rune // in normal form C
	bytes   []span // of the line, for each
	weight  Weight
	fonts   map[language.Script]*Font // has all letters of a script in the line
	pen     pen
	letters []Letter
}

// span is a part of the line, from first up to last.
type span struct{ first, last int }

// newShaping brings a line to normal form C.
func newShaping(line string, w Weight, size float64, pixels bool) *shaping {
	s := &shaping{weight: w, pen: newPen(w, size, pixels)}
	var it norm.Iter
	it.InitString(norm.NFC, line)
	for !it.Done() {
		first := it.Pos()
		part := string(it.Next())
		whole := span{first, it.Pos()}
		same := part == line[whole.first:whole.last]
		for len(part) > 0 {
			r, n := utf8.DecodeRuneInString(part)
			b := whole
			if same {
				b = span{first, first + n}
			}
			s.text, s.bytes = append(s.text, r), append(s.bytes, b)
			first, part = first+n, part[n:]
		}
	}
	s.chooseFonts()
	return s
}

// chooseFonts finds a font for each script: a line looks better if one letter that the
// typeface lacks does not stand among others of another design.
func (s *shaping) chooseFonts() {
	texts := map[language.Script][]rune{}
	var script language.Script
	for _, r := range s.text {
		if own := language.LookupScript(r); own.Strong() {
			script = own
		} else if !unicode.Is(unicode.M, r) {
			script = language.Common
		}
		if script.Strong() && !lookup(r, s.weight).missing {
			texts[script] = append(texts[script], r)
		}
	}
	s.fonts = map[language.Script]*Font{}
	for script, text := range texts {
		s.fonts[script] = covering(text, s.weight)
	}
}

// run is a part of the text of one direction.
type run struct {
	start, end int
	level      int // of embedding: odd ones are written from right to left
}

// runs returns the runs of the text as they are seen from left to right, by Unicode's
// bidirectional algorithm (https://www.unicode.org/reports/tr9/). The library resolves
// directions, and keeps the levels for itself; without explicit embeddings they follow.
func (s *shaping) runs() []run {
	classes := make([]bidi.Class, len(s.text))
	leftward, base := false, -1
	for i, r := range s.text {
		p, _ := bidi.LookupRune(r)
		classes[i] = p.Class()
		switch classes[i] {
		case bidi.R, bidi.AL:
			leftward = true
			if base < 0 {
				base = 1
			}
		case bidi.AN, bidi.RLE, bidi.RLO, bidi.RLI:
			leftward = true
		case bidi.L:
			if base < 0 {
				base = 0
			}
		}
	}
	whole := []run{{0, len(s.text), 0}}
	if !leftward {
		return whole
	}
	var p bidi.Paragraph
	if n, err := p.SetString(string(s.text)); err != nil || n < len(string(s.text)) {
		return whole // more than one paragraph: not a line
	}
	o, err := p.Order()
	if err != nil {
		return whole
	}
	levels := make([]int, len(s.text))
	for i := range o.NumRuns() {
		r := o.Run(i)
		first, last := r.Pos()
		for k := first; k <= last; k++ {
			switch {
			case r.Direction() == bidi.RightToLeft:
				levels[k] = 1
			case base == 1:
				levels[k] = 2
			}
		}
	}
	if base < 1 {
		numberLevels(levels, classes)
	}
	return visual(levels)
}

// numberLevels gives numbers among writing from right to left, in a line from left to
// right, their level 2: Arabic numbers, and European ones after a letter from right to
// left (rules W2 to W7 and I1).
func numberLevels(levels []int, classes []bidi.Class) {
	leftward := false // the last letter is from right to left
	for i, c := range classes {
		switch c {
		case bidi.R, bidi.AL:
			leftward = true
		case bidi.L:
			leftward = false
		case bidi.AN:
			levels[i] = 2
		case bidi.EN:
			if leftward {
				levels[i] = 2
			}
		}
	}
	number := func(i int) bool { return i >= 0 && i < len(levels) && levels[i] == 2 }
	for i, c := range classes {
		if (c == bidi.ES || c == bidi.CS) && levels[i] == 0 && number(i-1) && number(i+1) ||
			c == bidi.ET && levels[i] == 0 && number(i-1) {
			levels[i] = 2
		}
	}
	for i := len(classes) - 1; i >= 0; i-- {
		if classes[i] == bidi.ET && levels[i] == 0 && number(i+1) {
			levels[i] = 2
		}
	}
}

// visual puts runs of one level in the order in which they are seen (rule L2).
func visual(levels []int) []run {
	var runs []run
	most := 0
	for i, l := range levels {
		if n := len(runs); n > 0 && runs[n-1].level == l {
			runs[n-1].end = i + 1
		} else {
			runs = append(runs, run{i, i + 1, l})
		}
		most = max(most, l)
	}
	for l := most; l >= 1; l-- {
		for i := 0; i < len(runs); i++ {
			k := i
			for k < len(runs) && runs[k].level >= l {
				k++
			}
			slices.Reverse(runs[i:k])
			i = max(i, k-1)
		}
	}
	return runs
}

// piece is a part of a run of one font and script. One without a font is a plain letter.
type piece struct {
	start, end int
	font       *Font
	script     language.Script
}

// run lays out a run.
func (s *shaping) run(r run) {
	leftward := r.level%2 == 1
	pieces := s.pieces(r, leftward)
	if leftward {
		slices.Reverse(pieces)
	}
	for _, p := range pieces {
		if p.font == nil || !s.shape(p, leftward) {
			for i := p.start; i < p.end; i++ {
				s.plain(i)
			}
		}
	}
}

// plain puts a letter that needs no shaping, or cannot have it.
func (s *shaping) plain(i int) {
	s.letters = s.pen.put(s.letters, s.text[i], lookup(s.text[i], s.weight), s.bytes[i].first, s.bytes[i].last)
}

// pieces cuts a run where the font or the script changes. Accents stay with their base if
// a font has both.
func (s *shaping) pieces(r run, leftward bool) []piece {
	var list []piece
	add := func(start, end int, f *Font, script language.Script) {
		if n := len(list); n > 0 && f != nil && list[n-1].font == f {
			p := &list[n-1]
			if !p.script.Strong() {
				p.script = script
			}
			if !script.Strong() || script == p.script {
				p.end = end
				return
			}
		}
		list = append(list, piece{start, end, f, script})
	}
	for start := r.start; start < r.end; {
		end := s.cluster(start, r.end)
		script := scriptOf(s.text[start:end])
		var before *Font
		if n := len(list); n > 0 {
			before = list[n-1].font
		}
		switch f := s.font(start, end, leftward, script, before); {
		case f != nil:
			add(start, end, f, script)
		default: // one by one, each in a font that has it
			for i := start; i < end; i++ {
				add(i, i+1, s.font(i, i+1, leftward, script, before), script)
			}
		}
		start = end
	}
	return list
}

// font returns the font in which a cluster is shaped, nil if there is none or its letter
// is plain.
func (s *shaping) font(start, end int, leftward bool, script language.Script, before *Font) *Font {
	text := s.text[start:end]
	k := lookup(s.text[start], s.weight)
	if len(text) == 1 && (k.missing || k.raised != 0) {
		return nil
	}
	f := s.fonts[script]
	if f == nil && leftward {
		f = before // brackets and spaces do not change the font
	}
	if f == nil || !f.covers(text) {
		f = covering(text, s.weight)
	}
	if len(text) == 1 && k.plain && !leftward && f == k.font {
		return nil
	}
	return f
}

// cluster returns where the character at start ends with the accents on it.
func (s *shaping) cluster(start, end int) int {
	i := start + 1
	for i < end && (unicode.Is(unicode.M, s.text[i]) || harfbuzz.IsDefaultIgnorable(s.text[i])) {
		i++
	}
	return i
}

// scriptOf returns the script of a cluster: that of the first character that has one.
func scriptOf(text []rune) language.Script {
	for _, r := range text {
		if s := language.LookupScript(r); s.Strong() {
			return s
		}
	}
	return language.Common
}

// shape puts the letters of a piece, and reports whether that was possible.
func (s *shaping) shape(p piece, leftward bool) bool {
	font := p.font.harfbuzz()
	if font == nil {
		return false
	}
	b := harfbuzz.NewBuffer()
	b.AddRunes(s.text, p.start, p.end-p.start)
	b.Props = harfbuzz.SegmentProperties{Script: p.script, Direction: harfbuzz.LeftToRight}
	if leftward {
		b.Props.Direction = harfbuzz.RightToLeft
	}
	var err error
	func() {
		defer recovered(&err)
		b.Shape(font, nil)
	}()
	if err != nil {
		return false
	}
	var starts []int // of the clusters
	for _, g := range b.Info {
		if g.Glyph > 0xffff {
			return false
		}
		starts = append(starts, g.Cluster)
	}
	slices.Sort(starts)
	starts = append(slices.Compact(starts), p.end)
	em := s.pen.size / shapedEm
	for i, g := range b.Info {
		at := b.Pos[i]
		next, _ := slices.BinarySearch(starts, g.Cluster)
		s.letters = append(s.letters, s.letter(p.font, sfnt.GlyphIndex(g.Glyph), g.Cluster, starts[next+1],
			s.pen.x+float64(at.XOffset)*em, float64(at.YOffset)*em))
		s.pen.x += float64(at.XAdvance) * em
	}
	s.pen.previous = nil
	return true
}

// letter makes the letter of a glyph, which stands for a cluster of the text.
func (s *shaping) letter(f *Font, g sfnt.GlyphIndex, start, end int, x, up float64) Letter {
	l := Letter{Font: f, Glyph: g, X: x, Up: up, Size: s.pen.size, First: s.bytes[start].first, Last: s.bytes[start].last}
	for _, b := range s.bytes[start:end] {
		l.First, l.Last = min(l.First, b.first), max(l.Last, b.last)
	}
	if end == start+1 && f.glyphOf(s.text[start]) == g && g != 0 {
		l.Rune = s.text[start]
	}
	return l
}
