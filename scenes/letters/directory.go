package letters

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype/tables"
)

// errBroken says that a file is none of fonts, or one cut short.
var errBroken = errors.New("no font, or a broken one")

// maxFonts is how many fonts a collection may have.
const maxFonts = 1024

// directory says where the tables of a font lie in its file
// (https://learn.microsoft.com/en-us/typography/opentype/spec/otff).
type directory struct {
	file   io.ReaderAt
	kind   uint32 // of outlines: the file's first four bytes
	tables []table
}

// table is a table of a font: where it lies in the file.
type table struct {
	tag              string
	checksum         uint32
	offset, byteSize int64
}

// fontOffsets returns where the fonts of a file begin: a collection (.ttc) has several.
func fontOffsets(file io.ReaderAt) ([]int64, error) {
	var head [12]byte
	if _, err := file.ReadAt(head[:], 0); err != nil {
		return nil, errBroken
	}
	if string(head[:4]) != "ttcf" {
		return []int64{0}, nil
	}
	n := binary.BigEndian.Uint32(head[8:])
	if n > maxFonts {
		return nil, errBroken
	}
	list := make([]byte, 4*n)
	if _, err := file.ReadAt(list, 12); err != nil {
		return nil, errBroken
	}
	var offsets []int64
	for ; len(list) > 0; list = list[4:] {
		offsets = append(offsets, int64(binary.BigEndian.Uint32(list)))
	}
	return offsets, nil
}

// readDirectory reads the directory at an offset of a file of so many bytes. It makes sure
// that all tables lie in the file.
func readDirectory(file io.ReaderAt, offset, byteSize int64) (*directory, error) {
	var head [12]byte
	if _, err := file.ReadAt(head[:], offset); err != nil {
		return nil, errBroken
	}
	d := &directory{file: file, kind: binary.BigEndian.Uint32(head[:])}
	switch d.kind {
	case 0x00010000, 0x74727565, 0x4f54544f: // TrueType, "true", "OTTO"
	default:
		return nil, errBroken
	}
	list := make([]byte, 16*int(binary.BigEndian.Uint16(head[4:])))
	if _, err := file.ReadAt(list, offset+12); err != nil {
		return nil, errBroken
	}
	for ; len(list) > 0; list = list[16:] {
		t := table{
			string(list[:4]), binary.BigEndian.Uint32(list[4:]),
			int64(binary.BigEndian.Uint32(list[8:])), int64(binary.BigEndian.Uint32(list[12:])),
		}
		if t.offset+t.byteSize > byteSize {
			return nil, errBroken
		}
		d.tables = append(d.tables, t)
	}
	return d, nil
}

func (d *directory) has(tag string) bool {
	return slices.ContainsFunc(d.tables, func(t table) bool { return t.tag == tag })
}

// read returns the bytes of a table.
func (d *directory) read(tag string) ([]byte, error) {
	for _, t := range d.tables {
		if t.tag != tag {
			continue
		}
		b := make([]byte, t.byteSize)
		if _, err := d.file.ReadAt(b, t.offset); err != nil {
			return nil, err
		}
		return b, nil
	}
	return nil, fmt.Errorf("no table %q", tag)
}

// restricted reports whether the licence bits of a font keep a part of it from being
// embedded: bit 1 without a milder one forbids all, bit 8 parts, bit 9 outlines
// (https://learn.microsoft.com/en-us/typography/opentype/spec/os2#fstype).
func (d *directory) restricted() bool {
	b, err := d.read("OS/2")
	if err != nil || len(b) < 10 {
		return false
	}
	kind := binary.BigEndian.Uint16(b[8:])
	return kind&0xf == 2 || kind&0x300 != 0
}

// Bits of OS/2's fsSelection, and of head's macStyle.
const (
	selectItalic, selectOblique = 1 << 0, 1 << 9
	macBold, macItalic          = 1 << 0, 1 << 1
)

// style returns how a font looks: how heavy it is (400 is regular, 700 bold), whether it
// is slanted, and whether it is of normal width.
func (d *directory) style() (weight int, slanted, normal bool) {
	weight, normal = 400, true
	if b, err := d.read("OS/2"); err == nil {
		if t, _, err := tables.ParseOs2(b); err == nil {
			return int(t.USWeightClass), t.FsSelection&(selectItalic|selectOblique) != 0, t.USWidthClass == 5
		}
	}
	if b, err := d.read("head"); err == nil {
		if t, _, err := tables.ParseHead(b); err == nil {
			slanted = t.MacStyle&macItalic != 0
			if t.MacStyle&macBold != 0 {
				weight = 700
			}
		}
	}
	return weight, slanted, normal
}

// characters returns the characters of a font as ranges, first and last, in ascending
// order. A glyph may still be missing.
func (d *directory) characters() ([][2]rune, error) {
	b, err := d.read("cmap")
	if err != nil {
		return nil, err
	}
	t, _, err := tables.ParseCmap(b)
	if err != nil {
		return nil, err
	}
	cmap, _, err := font.ProcessCmap(t, 0)
	if err != nil {
		return nil, err
	}
	var ranges [][2]rune
	if r, ok := cmap.(font.CmapRuneRanger); ok {
		ranges = r.RuneRanges(nil)
	} else {
		for it := cmap.Iter(); it.Next(); {
			r, _ := it.Char()
			ranges = append(ranges, [2]rune{r, r})
		}
	}
	slices.SortFunc(ranges, func(a, b [2]rune) int { return int(a[0]) - int(b[0]) })
	return ranges, nil
}

// alone returns a file of the font alone.
func (d *directory) alone() ([]byte, error) {
	n := len(d.tables)
	entries := 1 // the largest power of 2 that is not above n
	selector := 0
	for 2*entries <= n {
		entries, selector = 2*entries, selector+1
	}
	var head, body bytes.Buffer
	write := func(v any) { binary.Write(&head, binary.BigEndian, v) } // to memory: no error
	write(d.kind)
	write([]uint16{uint16(n), uint16(16 * entries), uint16(selector), uint16(16 * (n - entries))})
	start := 12 + 16*n
	for _, t := range d.tables {
		b, err := d.read(t.tag)
		if err != nil {
			return nil, err
		}
		head.WriteString(t.tag)
		write([]uint32{t.checksum, uint32(start + body.Len()), uint32(len(b))})
		body.Write(b)
		body.Write(make([]byte, -len(b)&3)) // tables begin at multiples of 4
	}
	return append(head.Bytes(), body.Bytes()...), nil
}
