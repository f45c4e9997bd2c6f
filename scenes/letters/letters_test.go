package letters

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"losscape/scenes/scale"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// withFonts has a test find the system's fonts in some directories alone.
func withFonts(t *testing.T, list ...string) {
	t.Helper()
	reset := func(find func() []string) {
		mu.Lock()
		defer mu.Unlock()
		directories, system = find, nil
		clear(characters[Regular])
		clear(characters[Medium])
		clear(lines)
		clear(missed)
	}
	reset(func() []string { return list })
	t.Cleanup(func() { reset(systemDirectories) })
}

// set lays out a line, and fails if a character is missing.
func set(t *testing.T, line string, w Weight) []Letter {
	t.Helper()
	letters, width := Layout(nil, line, w, 20, false)
	for _, l := range letters {
		if l.Glyph == 0 {
			t.Errorf("%q: %q is missing", line, line[l.First:l.Last])
		}
		if l.First < 0 || l.First >= l.Last || l.Last > len(line) {
			t.Errorf("%q: a letter stands for bytes %d to %d", line, l.First, l.Last)
		}
	}
	if width <= 0 {
		t.Errorf("%q has width %v", line, width)
	}
	return letters
}

func TestMathematics(t *testing.T) {
	withFonts(t)
	line := "∇ ∈ ℝ ‖ ⌊ ⌋ ⟨ ⟩ ≤ ∂ Σ η λ₀₁₂₃₄₅₆₇₈₉₊₋ ⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ − ± × → ∞"
	if m := Missing(line); m != nil {
		t.Errorf("%q: missing are %q", line, m)
	}
	for _, w := range []Weight{Regular, Medium} {
		if l := set(t, line, w); len(l) != utf8.RuneCountInString(line) || !Simple(l) {
			t.Errorf("%q has %d letters, simple: %v", line, len(l), Simple(l))
		}
	}
}

// TestSmall wants exponents and indices to be drawn by digits of the line's font.
func TestSmall(t *testing.T) {
	for _, line := range []string{scale.Superscripts, scale.Subscript("0123456789")} {
		for _, l := range set(t, line, Regular) {
			if l.Font != embedded()[Regular][0] || math.Abs(l.Size-0.68*20) > 1e-9 || l.Up == 0 || !strings.ContainsRune("0123456789"+scale.Minus, l.Rune) {
				t.Errorf("%q is %+v", line[l.First:l.Last], l)
			}
		}
	}
	size := 17.0
	if l, _ := Layout(nil, "x₂²", Regular, size, true); l[1].Size != 11.5 || l[1].Up != -0.2*size || l[2].Up != 0.38*size {
		t.Errorf("on pixels, small digits are %+v", l[1:])
	}
}

func TestVietnamese(t *testing.T) {
	withFonts(t)
	composed, decomposed := "Tiếng Việt", "Tie\u0302\u0301ng Vie\u0323\u0302t"
	for _, w := range []Weight{Regular, Medium} {
		a, b := set(t, composed, w), set(t, decomposed, w)
		if len(a) != 10 || !Simple(a) || !Simple(b) {
			t.Errorf("%d letters, simple: %v and %v", len(a), Simple(a), Simple(b))
		}
		if got, want := pick(a, func(l Letter) any { return text(composed, l) }), "[T i ế n g   V i ệ t]"; fmt.Sprint(got) != want {
			t.Errorf("the letters stand for %v, want %v", got, want)
		}
		if got, want := pick(b, func(l Letter) any { return len(text(decomposed, l)) }), "[1 1 5 1 1 1 1 1 5 1]"; fmt.Sprint(got) != want {
			t.Errorf("decomposed, the letters stand for so many bytes: %v, want %v", got, want)
		}
		look := func(l Letter) any { l.First, l.Last = 0, 0; return l }
		if !slices.Equal(pick(a, look), pick(b, look)) {
			t.Errorf("composed and decomposed differ:\n%+v\n%+v", a, b)
		}
	}
}

// TestOneFont wants a line to look like one, whatever letter the typeface lacks.
func TestOneFont(t *testing.T) {
	withFonts(t)
	for w := range weights {
		typeface, wide := embedded()[w][0], embedded()[w][1]
		for line, want := range map[string]*Font{
			"bước η = 0,5 · 10⁻³": wide, "x\u0302 (w₁)": wide, "ƀ漢": wide, // 漢 is missing
			"loss λ": typeface, "wᵀ": typeface, "ℝ w": typeface, "a שלום": typeface,
		} {
			letters, _ := Layout(nil, line, w, 20, false)
			for _, l := range letters {
				if c := text(line, l); l.Font != want && c != "漢" && strings.ContainsAny(c, "abcdelosληwx0₁⁻(,=") {
					t.Errorf("%q: %s is of %s, want %s", line, c, l.Font.Name, want.Name)
				}
			}
		}
	}
}

func text(line string, l Letter) string { return line[l.First:l.Last] }

func pick[T any](list []Letter, f func(Letter) T) (out []T) {
	for _, l := range list {
		out = append(out, f(l))
	}
	return out
}

// TestAccents puts an accent that has no letter of its own onto its base.
func TestAccents(t *testing.T) {
	withFonts(t)
	l := set(t, "x\u0302", Regular)
	if len(l) != 2 || l[0].Font != l[1].Font || Simple(l) {
		t.Fatalf("x̂ is %+v", l)
	}
	left, right := extent(l[0])
	accentLeft, accentRight := extent(l[1])
	if middle, want := (accentLeft+accentRight)/2, (left+right)/2; math.Abs(middle-want) > 0.05*20 {
		t.Errorf("the accent's middle is at %v, that of its base at %v", middle, want)
	}
	if l[0].First != 0 || l[0].Last != 3 || l[1].First != 0 || l[1].Last != 3 {
		t.Errorf("its letters stand for bytes %d to %d and %d to %d, want 0 to 3", l[0].First, l[0].Last, l[1].First, l[1].Last)
	}
}

// extent returns where a letter's ink begins and ends on its line.
func extent(l Letter) (left, right float64) {
	left, right = math.Inf(1), math.Inf(-1)
	for _, s := range l.Font.Outline(l.Glyph) {
		x := l.X + s.Args[0].X*l.Size
		left, right = min(left, x), max(right, x)
	}
	return left, right
}

// TestLeftward shapes Hebrew and Arabic and lays them out from right to left.
func TestLeftward(t *testing.T) {
	withFonts(t)
	hebrew := "w שלום (5)"
	l := set(t, hebrew, Regular)
	if got, want := fmt.Sprint(pick(l, func(l Letter) any { return text(hebrew, l) })), "[w   ( 5 )   ם ו ל ש]"; got != want && got != "[w   ) 5 (   ם ו ל ש]" {
		t.Errorf("%q is seen as %v, want %v", hebrew, got, want)
	}
	for i := range l[1:] {
		if l[i+1].X <= l[i].X {
			t.Errorf("letter %d is not right of letter %d", i+1, i)
		}
	}
	if Simple(l) {
		t.Error("a line from right to left is said to be simple")
	}
	arabic := "سلام"
	l = set(t, arabic, Regular)
	if len(l) != 3 { // lam and alef are one letter
		t.Fatalf("%q has %d letters, want 3: %+v", arabic, len(l), l)
	}
	if got := fmt.Sprint(pick(l, func(l Letter) any { return text(arabic, l) })); got != "[م لا س]" {
		t.Errorf("%q is seen as %v", arabic, got)
	}
	if f := l[2].Font; l[2].Glyph == f.glyphOf('س') {
		t.Error("seen has the form that it has alone")
	}
}

// TestWidths holds lines in the typeface against golang.org/x/image/font/opentype.
func TestWidths(t *testing.T) {
	ascii := ""
	for c := ' '; c <= '~'; c++ {
		ascii += string(c)
	}
	lines := []string{ascii, "Iter: 128   Loss: 0.6931", "1.5e−7", "AVATAR To", "größer, naïve", "Потери", "η = 0.1"}
	for w, ttf := range [][]byte{goregular.TTF, gomedium.TTF} {
		parsed, err := opentype.Parse(ttf)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []float64{6.25, 11, 13.75, 20, 57.3} {
			face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range lines {
				letters, width := Layout(nil, line, Weight(w), size, true)
				var x float64
				before := rune(-1)
				for i, r := range []rune(line) {
					if before >= 0 {
						x += float64(face.Kern(before, r)) / 64
					}
					if letters[i].X != x || letters[i].Size != size {
						t.Fatalf("%q: letter %d is at %v with size %v, want %v and %v", line, i, letters[i].X, letters[i].Size, x, size)
					}
					a, _ := face.GlyphAdvance(r)
					x += float64(a) / 64
					before = r
				}
				if width != x || Width(line, Weight(w), size, true) != x {
					t.Errorf("%q has width %v, want %v", line, width, x)
				}
				if exact := Width(line, Weight(w), size, false); math.Abs(exact-x) > float64(len(letters))/64 {
					t.Errorf("%q has width %v without rounding, %v with it", line, exact, x)
				}
			}
		}
	}
}

// TestAppend wants Layout to keep what is there.
func TestAppend(t *testing.T) {
	dst := []Letter{{First: 7}}
	for _, line := range []string{"ab", "a\u0302b", "שלום"} {
		l, _ := Layout(dst, line, Regular, 10, false)
		alone, _ := Layout(nil, line, Regular, 10, false)
		if l[0] != dst[0] || !slices.Equal(l[1:], alone) {
			t.Errorf("%q: appended %+v, want %+v", line, l[1:], alone)
		}
	}
	if l, width := Layout(nil, "", Regular, 10, true); len(l) != 0 || width != 0 {
		t.Errorf("an empty line has %d letters and width %v", len(l), width)
	}
}

func TestAllocations(t *testing.T) {
	var dst []Letter
	lines := []string{"Iter: 128   Loss: 0.6931", "∇L ∈ 10⁻³", "Độ dốc", "x\u0302 שלום"}
	all := func() {
		for _, l := range lines {
			dst, _ = Layout(dst[:0], l, Regular, 13.75, true)
			Width(l, Medium, 20, true)
		}
	}
	all()
	if n := testing.AllocsPerRun(100, all); n != 0 {
		t.Errorf("known lines allocate %v times", n)
	}
	// Digits change every frame.
	numbers := make([]string, 300)
	for i := range numbers {
		numbers[i] = fmt.Sprintf("Loss: %.4f", float64(i)*0.731)
	}
	i := 0
	if n := testing.AllocsPerRun(len(numbers)-1, func() {
		dst, _ = Layout(dst[:0], numbers[i], Regular, 13.75, true)
		i++
	}); n != 0 {
		t.Errorf("a line of digits allocates %v times", n)
	}
}

func TestMissing(t *testing.T) {
	withFonts(t)
	line := "loss of 漢字, 漢 \U000F1234"
	if got := Missing(line); string(got) != "漢字\U000F1234" {
		t.Errorf("missing are %q", got)
	}
	if got := Missed(); got != nil {
		t.Errorf("nothing is laid out, but missed are %q", got)
	}
	letters, _ := Layout(nil, line, Medium, 20, true)
	if len(letters) != utf8.RuneCountInString(line) || Simple(letters) {
		t.Errorf("%d letters, simple: %v", len(letters), Simple(letters))
	}
	if box := letters[8]; box.Glyph != 0 || len(box.Font.Outline(0)) == 0 {
		t.Errorf("a missing character is %+v, want a box", box)
	}
	if got := Missed(); string(got) != "字漢\U000F1234" {
		t.Errorf("missed are %q", got)
	}
	if got, want := Warning(Missed()), "no font here has: 字 (U+5B57), 漢 (U+6F22), U+F1234; install one that has"; got != want {
		t.Errorf("the warning is %q, want %q", got, want)
	}
	if got := Warning([]rune("一二三四五六七八九十")); !strings.Contains(got, "八 (U+516B) and 2 more;") {
		t.Errorf("the warning of ten characters is %q", got)
	}
	if got := Warning(nil); got != "" {
		t.Errorf("the warning of none is %q", got)
	}
	if got := Missing("a\u200bb\u00ad\ufe0f\tc\n"); got != nil {
		t.Errorf("characters that show nothing are missing: %q", got)
	}
}

// TestCoverage holds rasterised glyphs against golang.org/x/image/font/opentype, turned
// ones too.
func TestCoverage(t *testing.T) {
	f := embedded()[Regular][0]
	for _, size := range []float64{7.25, 13.75, 40, 131} {
		face, err := opentype.NewFace(f.sfnt, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range "Ag0.−jQé" {
			for _, at := range [][2]float64{{0, 0}, {0.25, 0}, {0.5, 0.75}, {0.75, 0.5}} {
				for _, upwards := range []bool{false, true} {
					fx, fy := at[0], at[1]
					if upwards {
						fx, fy = -at[1], at[0]
					}
					dr, mask, mp, _, _ := face.Glyph(fixed.Point26_6{X: fixed.Int26_6(fx * 64), Y: fixed.Int26_6(fy * 64)}, r)
					want := image.NewAlpha(dr)
					if upwards {
						want = image.NewAlpha(image.Rect(dr.Min.Y, -dr.Max.X, dr.Max.Y, -dr.Min.X))
					}
					for y := range dr.Dy() {
						for x := range dr.Dx() {
							p := dr.Min.Add(image.Pt(x, y))
							if upwards {
								p = image.Pt(p.Y, -p.X-1)
							}
							want.Set(p.X, p.Y, mask.At(mp.X+x, mp.Y+y))
						}
					}
					got, min := f.Coverage(f.glyphOf(r), size, at[0], at[1], upwards)
					if got == nil || min != want.Rect.Min || got.Rect.Size() != want.Rect.Size() || !slices.Equal(got.Pix, want.Pix) {
						t.Fatalf("%c of size %v at %v, upwards %v: differs", r, size, at, upwards)
					}
				}
			}
		}
	}
	if m, _ := f.Coverage(f.glyphOf(' '), 20, 0, 0, false); m != nil {
		t.Error("a space covers something")
	}
}

func TestOutline(t *testing.T) {
	for w := range weights {
		f := embedded()[w][0]
		top, bottom := math.Inf(-1), math.Inf(1)
		for _, s := range f.Outline(f.glyphOf('H')) {
			top, bottom = max(top, s.Args[0].Y), min(bottom, s.Args[0].Y)
		}
		if math.Abs(top-CapHeight) > 0.001 || bottom != 0 {
			t.Errorf("%s: H goes from %v to %v, want 0 to %v", f.Name, bottom, top, CapHeight)
		}
		for _, s := range f.Outline(f.glyphOf('g')) {
			bottom = min(bottom, s.Args[0].Y)
		}
		if bottom < -Descender-0.005 {
			t.Errorf("%s: g goes down to %v, want at most %v", f.Name, bottom, -Descender)
		}
	}
	f := embedded()[Regular][0]
	if o := f.Outline(f.glyphOf('i')); o[0].Op != sfnt.SegmentOpMoveTo {
		t.Errorf("an outline begins with %v", o[0].Op)
	}
	if o := f.Outline(60000); o != nil {
		t.Errorf("a glyph that is not there has the outline %v", o)
	}
}

// TestAnyLine lays out lines of anything, also of bytes that are no characters.
func TestAnyLine(t *testing.T) {
	withFonts(t)
	rnd := rand.New(rand.NewPCG(5, 6))
	alphabets := [][2]rune{{0, 0x7f}, {0x80, 0x24f}, {0x300, 0x36f}, {0x590, 0x6ff}, {0x900, 0xdff}, {0x1100, 0x11ff}, {0x2000, 0x22ff}, {0xac00, 0xac20}, {0xfe00, 0xfe0f}, {0x1f300, 0x1f6ff}, {0, 0x10ffff}}
	for range 3000 {
		var line []byte
		for range rnd.IntN(10) {
			a := alphabets[rnd.IntN(len(alphabets))]
			line = utf8.AppendRune(line, a[0]+rnd.Int32N(a[1]-a[0]+1))
			if rnd.IntN(20) == 0 {
				line = append(line, byte(rnd.Uint32()))
			}
		}
		letters, width := Layout(nil, string(line), Regular, 10, rnd.IntN(2) == 0)
		if math.IsNaN(width) || width < 0 || width > 1000 {
			t.Fatalf("%q has width %v", line, width)
		}
		for _, l := range letters {
			if l.First < 0 || l.First >= l.Last || l.Last > len(line) || l.Font == nil {
				t.Fatalf("%q has the letter %+v", line, l)
			}
		}
	}
}

// TestTogether has several goroutines lay out lines at once.
func TestTogether(t *testing.T) {
	withFonts(t)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for k := range 20 {
				line := fmt.Sprintf("%d x\u0302 ∇ שלום %c", k, '一'+rune(i))
				l, width := Layout(nil, line, Weight(i%2), 20, true)
				if w := Width(line, Weight(i%2), 20, true); w != width {
					t.Errorf("%q has widths %v and %v", line, w, width)
				}
				l[0].Font.Coverage(l[0].Glyph, 20, 0, 0, false)
			}
			Missed()
		})
	}
	wait.Wait()
	if n := len(Missed()); n != 8 {
		t.Errorf("%d characters were missed, want 8", n)
	}
}

func BenchmarkLayout(b *testing.B) {
	var dst []Letter
	for b.Loop() {
		dst, _ = Layout(dst[:0], "Iter: 128   Loss: 0.6931", Regular, 13.75, true)
	}
}

func ExampleLayout() {
	letters, width := Layout(nil, "w₁ ∈ ℝ", Regular, 10, false)
	for _, l := range letters {
		fmt.Printf("%c of %s at %.1f, %.1f high\n", l.Rune, l.Font.Name, l.X, l.Up)
	}
	fmt.Printf("width %.1f\n", width)
	// Output:
	// w of Go Regular at 0.0, 0.0 high
	// 1 of Go Regular at 7.2, -2.0 high
	//   of Go Regular at 11.0, 0.0 high
	// ∈ of DejaVu Sans at 13.8, 0.0 high
	//   of Go Regular at 22.5, 0.0 high
	// ℝ of DejaVu Sans at 25.3, 0.0 high
	// width 33.2
}
