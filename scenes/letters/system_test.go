package letters

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/go-fonts/dejavu/dejavusans"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// made returns a font that has but one character, drawn as another font draws an H.
func made(t *testing.T, ttf []byte, r rune) []byte {
	t.Helper()
	f, err := newFont(ttf)
	if err != nil {
		t.Fatal(err)
	}
	d, err := readDirectory(bytes.NewReader(ttf), 0, int64(len(ttf)))
	if err != nil {
		t.Fatal(err)
	}
	// One encoding (Windows, Unicode) of format 12, segmented coverage, with one group.
	var cmap bytes.Buffer
	binary.Write(&cmap, binary.BigEndian, []uint16{0, 1, 3, 10, 0, 12, 12, 0})
	binary.Write(&cmap, binary.BigEndian, []uint32{28, 0, 1, uint32(r), uint32(r), uint32(f.glyphOf('H'))})
	i := slices.IndexFunc(d.tables, func(t table) bool { return t.tag == "cmap" })
	d.tables[i].offset, d.tables[i].byteSize = int64(len(ttf)), int64(cmap.Len())
	d.file = bytes.NewReader(append(slices.Clone(ttf), cmap.Bytes()...))
	out, err := d.alone()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// collection returns a file of several fonts.
func collection(fonts ...[]byte) []byte {
	start := 12 + 4*len(fonts)
	head := append([]byte("ttcf"), 0, 1, 0, 0, 0, 0, 0, byte(len(fonts)))
	var body []byte
	for _, f := range fonts {
		f = slices.Clone(f)
		at := start + len(body)
		head = binary.BigEndian.AppendUint32(head, uint32(at))
		for i := range int(binary.BigEndian.Uint16(f[4:])) {
			offset := f[12+16*i+8:]
			binary.BigEndian.PutUint32(offset, binary.BigEndian.Uint32(offset)+uint32(at))
		}
		body = append(body, f...)
	}
	return append(head, body...)
}

func write(t *testing.T, data []byte, path ...string) {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestSystem takes a character from a font in the user's data directory.
func TestSystem(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_DATA_HOME", home)
	fonts := filepath.Join(home, "fonts")
	write(t, made(t, goregular.TTF, '漢'), fonts, "deep", "han.TTF")
	if runtime.GOOS == "linux" && !slices.Contains(systemDirectories(), fonts) {
		t.Errorf("%s is not among %q", fonts, systemDirectories())
	}
	withFonts(t, fonts)
	for _, w := range []Weight{Regular, Medium} {
		l := set(t, "a漢2", w)
		if len(l) != 3 || l[1].Rune != '漢' || slices.Contains(embedded()[w], l[1].Font) || !Simple(l) {
			t.Fatalf("the letters are %+v", l)
		}
		if m, _ := l[1].Font.Coverage(l[1].Glyph, 20, 0, 0, false); m == nil {
			t.Error("it shows nothing")
		}
	}
	if got := Missing("漢字"); string(got) != "字" {
		t.Errorf("missing are %q", got)
	}
}

// TestBestFont prefers upright fonts of the weight that is wanted, then the first name.
func TestBestFont(t *testing.T) {
	dir := t.TempDir()
	write(t, made(t, goitalic.TTF, '漢'), dir, "a.ttf")
	write(t, made(t, gobold.TTF, '漢'), dir, "b.ttf")
	write(t, made(t, goregular.TTF, '漢'), dir, "c", "d.ttf")
	write(t, made(t, goregular.TTF, '漢'), dir, "e.ttf")
	withFonts(t, dir)
	for w, want := range []string{"Go Regular", "Go Bold"} {
		if l := set(t, "漢", Weight(w)); l[0].Font.Name != want {
			t.Errorf("weight %d is of %s, want %s", w, l[0].Font.Name, want)
		}
	}
	var paths []string
	for _, a := range systemFonts().faces[Regular] {
		paths = append(paths, filepath.Base(a.path))
	}
	if fmt.Sprint(paths) != "[d.ttf e.ttf b.ttf a.ttf]" {
		t.Errorf("the order is %v", paths)
	}
}

// TestCollection takes a font out of a collection.
func TestCollection(t *testing.T) {
	dir := t.TempDir()
	write(t, collection(made(t, goregular.TTF, '一'), made(t, dejavusans.TTF, '二'), made(t, gobold.TTF, '三')), dir, "three.ttc")
	withFonts(t, dir)
	l := set(t, "一 二 三", Regular)
	if got := fmt.Sprint(pick(l, func(l Letter) string { return l.Font.Name })); got != "[Go Regular Go Regular DejaVu Sans Go Regular Go Bold]" {
		t.Errorf("the fonts are %v", got)
	}
	// What a printer embeds is a file of this font alone.
	f, err := newFont(l[2].Font.Data)
	if err != nil {
		t.Fatal(err)
	}
	if f.glyphOf('二') != l[2].Glyph || f.glyphOf('一') != 0 || len(f.Data) > len(dejavusans.TTF)+100 {
		t.Errorf("the font alone has %d bytes, 二 is its glyph %d", len(f.Data), f.glyphOf('二'))
	}
}

// TestLicence reads the bits that say whether a font may be embedded.
func TestLicence(t *testing.T) {
	for bits, want := range map[uint16]bool{0: false, 2: true, 4: false, 8: false, 0x100: true, 0x208: true} {
		ttf := slices.Clone(goregular.TTF)
		d, err := readDirectory(bytes.NewReader(ttf), 0, int64(len(ttf)))
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range d.tables {
			if table.tag == "OS/2" {
				binary.BigEndian.PutUint16(ttf[table.offset+8:], bits)
			}
		}
		f, err := newFont(ttf)
		if err != nil {
			t.Fatal(err)
		}
		if f.Restricted != want || f.PostScript {
			t.Errorf("bits %x: restricted %v, want %v; PostScript %v", bits, f.Restricted, want, f.PostScript)
		}
	}
}

// TestBrokenFonts has files that are cut short, changed at random, or no fonts at all.
func TestBrokenFonts(t *testing.T) {
	dir := t.TempDir()
	good := made(t, goregular.TTF, '漢')
	write(t, nil, dir, "empty.ttf")
	write(t, []byte("This is no font, but it says so."), dir, "text.otf")
	write(t, good[:len(good)/2], dir, "half.ttf")
	write(t, good[:20], dir, "head.ttf")
	write(t, append([]byte("ttcf"), 0, 1, 0, 0, 0xff, 0xff, 0xff, 0xff), dir, "many.ttc")
	write(t, append([]byte("ttcf"), 0, 1, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0), dir, "far.ttc")
	if err := os.Symlink(dir, filepath.Join(dir, "again")); err != nil {
		t.Log(err) // not every system lets us
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "dead.ttf")); err != nil {
		t.Log(err)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for i := range 60 {
		bad := slices.Clone(good)
		from := 0
		if i%2 == 1 { // mostly in the tables that are read at once
			from = len(bad) - 40
		}
		for range 1 + i*i {
			bad[from+rnd.IntN(len(bad)-from)] = byte(rnd.Uint32())
		}
		write(t, bad, dir, fmt.Sprintf("a%02d.ttf", i))
	}
	write(t, made(t, goregular.TTF, '字'), dir, "z.ttf")
	withFonts(t, dir, filepath.Join(dir, "nothing"))
	set(t, "字", Regular)
	for _, line := range []string{"漢", "x\u0302漢\u0302", "語"} {
		for _, l := range first(Layout(nil, line, Medium, 20, true)) {
			l.Font.Outline(l.Glyph)
			l.Font.Coverage(l.Glyph, 20, 0, 0, false)
		}
	}
	for _, a := range systemFonts().faces[Regular] { // also those that would not be used
		if a.load() {
			for g := range 40 {
				a.font.Coverage(sfnt.GlyphIndex(g), 20, 0, 0, false)
				a.font.advance(sfnt.GlyphIndex(g))
				a.font.kern(sfnt.GlyphIndex(g), sfnt.GlyphIndex(g+1))
			}
			s := newShaping("漢\u0302", Regular, 20, false)
			s.shape(piece{0, 2, a.font, scriptOf(s.text)}, false)
		}
	}
}

func first[A, B any](a A, _ B) A { return a }
