package figure

import (
	"strings"

	"losscape/scenes/display"
	"losscape/scenes/letters"
)

// leastLetters is how much smaller a line becomes before it is cut.
const leastLetters = 0.85

// titleStyle returns the style of panels' titles.
func (l *Layout) titleStyle() display.Style {
	return display.Style{Weight: letters.Medium, Size: l.Px(TitleSize), Color: l.Theme.Ink}
}

// fitLine makes a line fit between two places: it stands around the middle if it can,
// else it is moved, then set in smaller letters, then cut. It returns its text, its
// style and its own middle.
func (l *Layout) fitLine(s string, st display.Style, middle, lo, hi float64) (string, display.Style, float64) {
	w := l.Width(s, st)
	if w > hi-lo {
		st = l.smaller(st)
		s = l.cut(s, st, hi-lo)
		w = l.Width(s, st)
	}
	return s, st, max(min(middle, hi-w/2), lo+w/2)
}

// smaller returns a style with letters that are as small as those of a line that has to
// fit.
func (l *Layout) smaller(st display.Style) display.Style {
	st.Size = l.quarter(max(st.Size*leastLetters, min(st.Size, l.Medium.Text)))
	return st
}

// line writes a line with its baseline at y, that fits between lo and hi.
func line(l *display.List, ly *Layout, s string, st display.Style, x, y, lo, hi float64) {
	s, st, x = ly.fitLine(s, st, x, lo, hi)
	l.Text(s, st, x, y, display.Centre, false)
}

// cut shortens a line of text to a width.
func (l *Layout) cut(s string, st display.Style, width float64) string {
	if l.Width(s, st) <= width {
		return s
	}
	all := []rune(s)
	// The width grows with the number of letters, but for kerning.
	lo, hi := 0, len(all)
	for lo+1 < hi {
		mid := (lo + hi) / 2
		if l.Width(shortened(all[:mid]), st) <= width {
			lo = mid
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return ""
	}
	return shortened(all[:lo])
}

// shortened returns the beginning of a line with a sign that it goes on.
func shortened(begin []rune) string { return strings.TrimRight(string(begin), " ,.:;(") + "…" }
