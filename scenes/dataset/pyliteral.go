package dataset

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"losscape/cpu/quote"
)

// The literals of Python that pyLiteral tells apart, besides string, int64 and
// bool.
type (
	pyTuple []any
	pyList  []any
	pyDict  map[any]any
	// pyOther is a literal that is none of them: bytes, a fraction, None, a set
	// and so on.
	pyOther struct{}
)

// pyLiteral returns the value of the one Python literal in s, as Python's
// ast.literal_eval does. With python2, an L behind a number is left out, as
// NumPy's _filter_header does for the headers that Python 2 wrote.
//
// It knows the language of NPY headers: all that ast.literal_eval takes but
// sums (complex numbers) and named characters.
func pyLiteral(s string, python2 bool) (any, error) {
	p := pyReader{s: strings.TrimLeft(s, " \t"), python2: python2}
	lines := p.s
	p.space()
	if skipped := strings.TrimSuffix(lines, p.s); strings.TrimRight(skipped, " \t") != skipped {
		return nil, errors.New("its line is indented")
	}
	v, err := p.value()
	if err != nil {
		return nil, err
	}
	if p.space(); p.s != "" {
		return nil, p.fail()
	}
	return v, nil
}

// pyReader reads literals from the front of s.
type pyReader struct {
	s       string
	python2 bool
}

// fail is the error of what s begins with.
func (p *pyReader) fail() error {
	if p.s == "" {
		return errors.New("it ends too early")
	}
	return fmt.Errorf("it cannot be read from %s on", quote.Text(strings.TrimRight(p.s, " \n")))
}

// space skips blanks, line ends, joined lines and comments.
func (p *pyReader) space() {
	for {
		p.s = strings.TrimLeft(p.s, " \t\f\r\n")
		switch {
		case len(p.s) > 2 && strings.HasPrefix(p.s, "\\\n"):
			p.s = p.s[2:]
		case strings.HasPrefix(p.s, "#"):
			p.s = p.s[len(p.s)-len(strings.TrimLeftFunc(p.s, func(r rune) bool { return r != '\n' && r != '\r' })):]
		default:
			return
		}
	}
}

// skip skips text if it comes next.
func (p *pyReader) skip(text string) bool {
	p.space()
	rest, ok := strings.CutPrefix(p.s, text)
	p.s = rest
	return ok
}

// The tokens of Python's lexical analysis, "String and Bytes literals" and
// "Numeric literals".
var (
	pyString  = regexp.MustCompile(`^((?i:[rub]|br|rb)?)('''|"""|'|")`)
	pyNumber  = regexp.MustCompile(`^(?i:0x(_?[0-9a-f])+|0o(_?[0-7])+|0b(_?[01])+|(\d(_?\d)*\.?(\d(_?\d)*)?|\.\d(_?\d)*)(e[+-]?\d(_?\d)*)?j?)`)
	pyInteger = regexp.MustCompile(`^(?i:0[xob].*|[1-9][\d_]*|[0_]+)$`)
	pyOctal   = regexp.MustCompile(`^0[\d_]*$`) // 04, which Python 3 does not take
	pyName    = regexp.MustCompile(`^[\pL\pN_]+`)
)

// value reads a value and what is before it.
func (p *pyReader) value() (any, error) {
	p.space()
	switch {
	case p.skip("("):
		items, comma, err := p.items(")")
		if err != nil || comma || len(items) != 1 {
			return pyTuple(items), err
		}
		return items[0], nil // in brackets
	case p.skip("["):
		items, _, err := p.items("]")
		return pyList(items), err
	case p.skip("{"):
		return p.dict()
	case p.skip("..."):
		return pyOther{}, nil
	case pyString.MatchString(p.s):
		return p.text()
	case pyNumber.MatchString(p.s):
		return p.number(1)
	case p.skip("+"):
		return p.number(1)
	case p.skip("-"):
		return p.number(-1)
	}
	name := pyName.FindString(p.s)
	switch name {
	case "True", "False":
		p.s = p.s[len(name):]
		return name == "True", nil
	case "None":
		p.s = p.s[len(name):]
		return pyOther{}, nil
	}
	return nil, p.fail()
}

// items reads values with commas between them up to the end, and whether a
// comma came.
func (p *pyReader) items(end string) (items []any, comma bool, err error) {
	for !p.skip(end) {
		v, err := p.value()
		if err != nil {
			return nil, false, err
		}
		items = append(items, v)
		if p.skip(",") {
			comma = true
		} else if p.skip(end) {
			break
		} else {
			return nil, false, p.fail()
		}
	}
	return items, comma, nil
}

// dict reads a dictionary, or a set, behind its bracket. Of a key that comes
// twice the last counts.
func (p *pyReader) dict() (any, error) {
	d, set := pyDict{}, false
	for n := 0; !p.skip("}"); n++ {
		k, err := p.value()
		if err != nil {
			return nil, err
		}
		if n == 0 {
			set = !p.skip(":")
		} else if !set && !p.skip(":") {
			return nil, p.fail()
		}
		if !set {
			v, err := p.value()
			if err != nil {
				return nil, err
			}
			switch k.(type) {
			case string, int64, bool:
				d[k] = v
			default:
				d[pyOther{}] = v
			}
		}
		if !p.skip(",") {
			if !p.skip("}") {
				return nil, p.fail()
			}
			break
		}
	}
	if set {
		return pyOther{}, nil
	}
	return d, nil
}

// number reads a number behind its sign.
func (p *pyReader) number(sign int64) (any, error) {
	p.space()
	text := pyNumber.FindString(p.s)
	rest := p.s[len(text):]
	for p.python2 {
		after := strings.TrimLeft(rest, " \t\f")
		if pyName.FindString(after) != "L" {
			break
		}
		rest = after[1:]
	}
	whole := pyInteger.MatchString(text)
	if text == "" || pyName.MatchString(rest) || strings.HasPrefix(rest, ".") || !whole && pyOctal.MatchString(text) {
		return nil, p.fail()
	}
	p.s = rest
	if !whole {
		return pyOther{}, nil
	}
	base := 10 // 00 is no octal number
	if len(text) > 1 && unicode.IsLetter(rune(text[1])) {
		base = 0
	}
	v, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), base, 64)
	if err != nil {
		return pyOther{}, nil // beyond int64
	}
	return sign * v, nil
}

// text reads strings; those with nothing but space between them are one.
func (p *pyReader) text() (any, error) {
	var all strings.Builder
	kind := "" // "b" of bytes
	for n := 0; ; n++ {
		p.space()
		m := pyString.FindStringSubmatch(p.s)
		if m == nil {
			break
		}
		prefix, quotes := strings.ToLower(m[1]), m[2]
		bytes := strings.Trim(prefix, "ru")
		if n > 0 && bytes != kind {
			return nil, p.fail()
		}
		kind = bytes
		s := p.s[len(m[0]):]
		for !strings.HasPrefix(s, quotes) {
			size := 1
			switch {
			case s == "" || len(quotes) == 1 && (s[0] == '\n' || s[0] == '\r'):
				return nil, p.fail()
			case s[0] != '\\':
				all.WriteByte(s[0])
			case len(s) > 1 && strings.Contains(prefix, "r"):
				all.WriteString(s[:2])
				size = 2
			case len(s) > 1 && s[1] == '\n':
				size = 2
			case len(s) > 1 && (s[1] == '\'' || s[1] == '"'):
				all.WriteByte(s[1])
				size = 2
			default:
				if r, _, tail, err := strconv.UnquoteChar(s, 0); err == nil {
					all.WriteRune(r)
					size = len(s) - len(tail)
				} else {
					all.WriteByte('\\') // Python leaves what it does not know
				}
			}
			s = s[size:]
		}
		p.s = s[len(quotes):]
	}
	if kind == "b" {
		return pyOther{}, nil
	}
	return all.String(), nil
}
