package letters

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/go-text/typesetting/harfbuzz"
	"github.com/go-text/typesetting/language"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/unicode/norm"
)

// known is how a character is set in a weight.
type known struct {
	font    *Font
	glyph   sfnt.GlyphIndex
	advance int     // in units of font
	as      rune    // by which font has glyph, 0 if the character is missing
	raised  float64 // of small digits: above the baseline, in ems of the line
	plain   bool    // side by side with its neighbours, without shaping
	strange bool    // a letter that the typeface lacks: those beside it are to be of its font
	ignored bool    // shows nothing and has no width
	missing bool    // no font has it
}

// characters are those that were looked for. They need mu.
var characters [weights]map[rune]known

func lookup(r rune, w Weight) known {
	k, ok := characters[w][r]
	if !ok {
		if characters[w] == nil {
			characters[w] = map[rune]known{}
		}
		k = resolve(r, w)
		characters[w][r] = k
	}
	return k
}

// Small digits and signs, and what they are drawn by: fonts that have them have them in
// other sizes, and Go has not all.
const (
	superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾"
	subscripts   = "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎"
	onTheLine    = "0123456789+−=()"
)

// small returns what a small digit or sign is drawn by, and how far above the baseline.
func small(r rune) (as rune, raised float64) {
	line := []rune(onTheLine)
	if i := slices.Index([]rune(superscripts), r); i >= 0 {
		return line[i], superscript
	}
	if i := slices.Index([]rune(subscripts), r); i >= 0 {
		return line[i], subscript
	}
	return r, 0
}

// resolve finds out how a character is set.
func resolve(r rune, w Weight) known {
	k := known{plain: isPlain(r)}
	if harfbuzz.IsDefaultIgnorable(r) {
		k.ignored = true
		return k
	}
	k.as, k.raised = small(r)
	if unicode.IsControl(r) {
		k.as = ' ' // a line is one line
	}
	k.font = covering([]rune{k.as}, w)
	if k.font == nil {
		k.font, k.as, k.missing = embedded()[w][0], 0, true
		k.advance = k.font.advance(0)
		return k
	}
	k.glyph = k.font.glyphOf(k.as)
	if k.glyph == 0 { // only in parts, which are to be put together
		k.as, k.plain = 0, false
	}
	k.strange = k.font != embedded()[w][0] && isLetter(r)
	k.advance = k.font.advance(k.glyph)
	return k
}

// isLetter reports whether a character is a letter of writing. One such as ᵀ is none.
func isLetter(r rune) bool {
	return language.LookupScript(r).Strong() && unicode.IsLetter(r) && !unicode.Is(unicode.Lm, r)
}

// Scripts whose letters stand side by side, each on its own.
var sideBySide = []language.Script{
	language.Common, language.Latin, language.Greek, language.Cyrillic, language.Armenian, language.Georgian,
	language.Han, language.Hiragana, language.Katakana, language.Bopomofo, language.Hangul, language.Yi,
	language.Ethiopic, language.Cherokee, language.Canadian_Aboriginal, language.Unknown,
}

// isPlain reports whether a character needs no shaping, no other order, and is in normal
// form C whatever stands beside it.
func isPlain(r rune) bool {
	p, _ := bidi.LookupRune(r)
	switch p.Class() {
	case bidi.L, bidi.EN, bidi.ES, bidi.ET, bidi.CS, bidi.ON, bidi.WS, bidi.S, bidi.B, bidi.BN:
	default:
		return false
	}
	if s := language.LookupScript(r); !slices.Contains(sideBySide, s) && !(s == language.Inherited && harfbuzz.IsDefaultIgnorable(r)) {
		return false
	}
	n := norm.NFC.PropertiesString(string(r))
	return !unicode.Is(unicode.M, r) && n.BoundaryBefore() && norm.NFC.IsNormalString(string(r))
}

// covering returns the first font that has all of some characters, which belong together,
// or nil.
func covering(text []rune, w Weight) *Font {
	for _, f := range embedded()[w] {
		if f.covers(text) {
			return f
		}
	}
	return systemFonts().covering(text, w)
}

// covers reports whether a font has all of some characters, whole or in parts.
func (f *Font) covers(text []rune) bool {
	for _, r := range text {
		if f.glyphOf(r) != 0 || harfbuzz.IsDefaultIgnorable(r) {
			continue
		}
		parts := norm.NFD.String(string(r))
		if parts == string(r) {
			return false
		}
		for _, p := range parts {
			if f.glyphOf(p) == 0 {
				return false
			}
		}
	}
	return true
}

// missed are the characters of lines so far that no font has. It needs mu.
var missed = map[rune]bool{}

// Missing returns the characters of a line that no font has, each once, in the order of
// the line.
func Missing(line string) (missing []rune) {
	mu.Lock()
	defer mu.Unlock()
	for _, r := range norm.NFC.String(line) {
		if lookup(r, Regular).missing && !slices.Contains(missing, r) {
			missing = append(missing, r)
		}
	}
	return missing
}

// Missed returns the characters that no font has, of all lines that were laid out so far,
// in ascending order.
func Missed() []rune {
	mu.Lock()
	defer mu.Unlock()
	var list []rune
	for r := range missed {
		list = append(list, r)
	}
	slices.Sort(list)
	return list
}

// maxNamed is how many characters a warning names.
const maxNamed = 8

// Warning says that no font has some characters, and what helps; it is empty if there are
// none. It is one line without a full stop.
func Warning(missing []rune) string {
	if len(missing) == 0 {
		return ""
	}
	var names []string
	for _, r := range missing[:min(len(missing), maxNamed)] {
		name := fmt.Sprintf("U+%04X", r)
		if unicode.IsGraphic(r) && !unicode.Is(unicode.M, r) {
			name = fmt.Sprintf("%c (%s)", r, name)
		}
		names = append(names, name)
	}
	list := strings.Join(names, ", ")
	if more := len(missing) - maxNamed; more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return "no font here has: " + list + "; install one that has"
}
