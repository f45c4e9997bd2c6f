package export

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"io"
	"math"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"losscape/scenes/display"
	"losscape/scenes/letters"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// wide are lines that no single font has, the last one from right to left.
var wide = []string{"∇L ∈ ℝ², ‖w‖ ≤ ⌊x⌋", "Tiếng Việt: tốc độ học", "Скорость обучения, ρυθμός μάθησης", "שלום"}

func widePage(outlines bool) *Page {
	l := &display.List{}
	l.Reset(display.Rect(0, 0, 200, 80))
	for i, line := range wide {
		l.Text(line, display.Style{Weight: letters.Weight(i % 2), Size: 10, Color: ink0}, 10, 15+18*float64(i), display.Align{}, false)
	}
	return &Page{List: l, W: 200, H: 80, Paper: veil, Outlines: outlines}
}

// TestWideText wants lines in several fonts to be text, and what only outlines show as
// it is to be outlines.
func TestWideText(t *testing.T) {
	var got []string
	paths := 0
	for _, e := range elements(t, printed(t, ".svg", widePage(false))) {
		switch e.name {
		case "text":
			got = append(got, e.text)
		case "path":
			paths++
		}
	}
	want := slices.Clone(wide[:3])
	want[0] = strings.Replace(want[0], "²", "2", 1)
	if !slices.Equal(got, want) || paths != 1 {
		t.Errorf("text %q and %d paths, want %q and the last line", got, paths, want)
	}
	pdf := printed(t, ".pdf", widePage(false))
	printed(t, ".pdf", widePage(true))
	printed(t, ".png", widePage(false))
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext is not here")
	}
	c := exec.Command("pdftotext", "-layout", "-", "-")
	c.Stdin = strings.NewReader(string(pdf))
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range want {
		for _, word := range strings.Fields(line) {
			if !strings.Contains(string(out), word) {
				t.Errorf("%q cannot be found in %q", word, out)
			}
		}
	}
}

// TestSubset checks that a cut font has the outlines of its glyphs, with the parts that
// they are made of, and no others, and that its sums are right.
func TestSubset(t *testing.T) {
	line, _ := letters.Layout(nil, "Wé∇", letters.Regular, 10, false)
	for _, text := range []string{"Wé", "∇ế"} {
		var glyphs []uint16
		line, _ = letters.Layout(line[:0], text, letters.Regular, 10, false)
		f := line[0].Font
		for _, l := range line {
			if l.Font == f {
				glyphs = append(glyphs, uint16(l.Glyph))
			}
		}
		cut, err := subset(f.Data, glyphs)
		if err != nil {
			t.Fatal(err)
		}
		if sum := checksum(cut); sum != 0xB1B0AFBA || len(cut) > len(f.Data)/4 {
			t.Errorf("%s: %d of %d bytes, which add up to %x", f.Name, len(cut), len(f.Data), sum)
		}
		whole, err := sfnt.Parse(f.Data)
		if err != nil {
			t.Fatal(err)
		}
		part, err := sfnt.Parse(cut)
		if err != nil {
			t.Fatal(err)
		}
		var buf, other sfnt.Buffer
		seen := 0
		for g := range whole.NumGlyphs() {
			want, err := whole.LoadGlyph(&buf, sfnt.GlyphIndex(g), fixed.I(1000), nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := part.LoadGlyph(&other, sfnt.GlyphIndex(g), fixed.I(1000), nil)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(glyphs, uint16(g)) && !slices.Equal(got, want) {
				t.Errorf("%s: glyph %d is another", f.Name, g)
			}
			if len(got) > 0 {
				seen++
			}
		}
		if seen < len(glyphs) || seen > 4*len(glyphs) {
			t.Errorf("%s: %d glyphs have outlines, want %d and their parts", f.Name, seen, len(glyphs))
		}
		for n := range len(f.Data) / 977 { // whatever is wrong with it, an error
			broken := slices.Clone(f.Data)
			binary.BigEndian.PutUint32(broken[977*n%1200:], 0xFFFFFFF0)
			subset(broken, glyphs)
		}
	}
	for _, data := range [][]byte{nil, []byte("OTTO"), make([]byte, 100), []byte("\x00\x01\x00\x00\x00\x09\x00\x00\x00\x00\x00\x00\x00")} {
		if _, err := subset(data, nil); err == nil {
			t.Errorf("%q is no font, and no error", data)
		}
	}
}

// The fonts in an SVG are small, and what they hold is a font's tables.
func TestEmbeddedFonts(t *testing.T) {
	text := string(printed(t, ".svg", widePage(false)))
	fonts := strings.Split(text, "data:font/woff;base64,")[1:]
	if len(fonts) != 3 {
		t.Errorf("%d fonts", len(fonts))
	}
	for _, part := range fonts {
		data, _, _ := strings.Cut(part, ")")
		font, err := base64.StdEncoding.DecodeString(data)
		if err != nil {
			t.Fatal(err)
		}
		if len(font) > 40<<10 || int(binary.BigEndian.Uint32(font[8:])) != len(font) {
			t.Errorf("a font of %d bytes, which says %d", len(font), binary.BigEndian.Uint32(font[8:]))
		}
		for i := range int(binary.BigEndian.Uint16(font[12:])) {
			r := font[44+20*i:]
			at, size, whole := binary.BigEndian.Uint32(r[4:]), binary.BigEndian.Uint32(r[8:]), binary.BigEndian.Uint32(r[12:])
			table := font[at:][:size]
			if size < whole {
				z, err := zlib.NewReader(bytes.NewReader(table))
				if err != nil {
					t.Fatal(err)
				}
				if table, err = io.ReadAll(z); err != nil {
					t.Fatal(err)
				}
			}
			table = append(table[:len(table):len(table)], make([]byte, -len(table)&3)...)
			// The sum of head is that without its bytes 8 to 11.
			if string(r[:4]) == "head" {
				copy(table[8:], []byte{0, 0, 0, 0})
			}
			if sum := binary.BigEndian.Uint32(r[16:]); sum != checksum(table) || len(table) < int(whole) {
				t.Errorf("table %s of %d bytes adds up to %x, want %x", r[:4], len(table), checksum(table), sum)
			}
		}
	}
}

// Runs end where letters are not where the font puts them.
func TestRuns(t *testing.T) {
	var all faces
	of := func(f *letters.Font) *face { return all.of(f, func(f *letters.Font) string { return f.Name }) }
	line, width := letters.Layout(nil, "10⁻⁷ w₁x", letters.Regular, 10, false)
	var got []string
	end := 0.0
	for _, r := range runsOf(line, of) {
		got = append(got, r.text)
		if math.Abs(r.x-end) > 0.2 {
			t.Errorf("%q begins at %v, the run before ends at %v", r.text, r.x, end)
		}
		end = r.end
	}
	if !slices.Equal(got, []string{"10", "−7", " w", "1", "x"}) || math.Abs(end-width) > 0.2 {
		t.Errorf("runs %q up to %v, want %v", got, end, width)
	}
	line[1].X += 3
	if n := len(runsOf(line, of)); n != 6 {
		t.Errorf("%d runs with a gap, want 6", n)
	}
	line[2].Rune = 0
	if runsOf(line, of) != nil {
		t.Error("a letter without a character is text")
	}
}
