package letters

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
	"golang.org/x/image/font/sfnt"
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
		for _, r := range visual(s.text) {
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
			if unicode.IsControl(r) {
				r = ' ' // a line is one line
			}
			s.text, s.bytes = append(s.text, r), append(s.bytes, b)
			first, part = first+n, part[n:]
		}
	}
	s.chooseFonts()
	return s
}

// alphabets are the scripts of the typeface. In a line, they and what is of no script are
// of one font.
var alphabets = []language.Script{language.Latin, language.Greek, language.Cyrillic}

// chooseFonts finds a font for each script: a line looks better if one letter that the
// typeface lacks does not stand among others of another design.
func (s *shaping) chooseFonts() {
	texts := map[language.Script][]rune{}
	script := language.Common // of the base of an accent
	for _, r := range s.text {
		accent := unicode.Is(unicode.M, r)
		switch own := language.LookupScript(r); {
		case own.Strong():
			script = own
		case !accent:
			script = language.Common
		}
		if !accent && !isLetter(r) || !script.Strong() || lookup(r, s.weight).missing {
			continue
		}
		group := script
		if slices.Contains(alphabets, script) {
			group = language.Common
		}
		texts[group] = append(texts[group], r)
	}
	s.fonts = map[language.Script]*Font{}
	for script, text := range texts {
		s.fonts[script] = covering(text, s.weight)
	}
	for _, script := range alphabets {
		s.fonts[script] = s.fonts[language.Common]
	}
}

// known returns how a character is set in this line: in the font of its script if that has
// it.
func (s *shaping) known(r rune) known {
	k := lookup(r, s.weight)
	f := s.fonts[language.LookupScript(r)]
	if f == nil || f == k.font || k.ignored || k.as == 0 {
		return k
	}
	if g := f.glyphOf(k.as); g != 0 && f.drawsAll([]rune{k.as}) {
		k.font, k.glyph, k.advance = f, g, f.advance(g)
	}
	return k
}

// piece is a part of a run of one font and script. One without a font is a plain letter.
type piece struct {
	start, end int
	font       *Font
	script     language.Script
}

// run lays out a run.
func (s *shaping) run(r run) {
	pieces := s.pieces(r)
	if r.leftward {
		slices.Reverse(pieces)
	}
	for _, p := range pieces {
		if p.font == nil || !s.shape(p, r.leftward) {
			for i := p.start; i < p.end; i++ {
				s.plain(i)
			}
		}
	}
}

// plain puts a letter that needs no shaping, or cannot have it.
func (s *shaping) plain(i int) {
	s.letters = s.pen.put(s.letters, s.text[i], s.known(s.text[i]), s.bytes[i].first, s.bytes[i].last)
}

// pieces cuts a run where the font or the script changes. Accents stay with their base if
// a font has both.
func (s *shaping) pieces(r run) []piece {
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
		switch f := s.font(start, end, r.leftward, script, before); {
		case f != nil:
			add(start, end, f, script)
		default: // one by one, each in a font that has it
			for i := start; i < end; i++ {
				add(i, i+1, s.font(i, i+1, r.leftward, script, before), script)
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
	if k := s.known(text[0]); len(text) == 1 && (k.missing || k.raised != 0 || k.plain && !leftward) {
		return nil
	}
	f := s.fonts[script]
	if leftward && !script.Strong() && before != nil {
		f = before // brackets and spaces do not change the font
	}
	if f == nil || !f.covers(text) {
		f = covering(text, s.weight)
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
