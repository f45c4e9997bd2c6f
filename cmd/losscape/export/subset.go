package export

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"slices"
)

// trueType reports whether a font file has TrueType outlines and is not a collection: one
// that can be cut down and embedded.
func trueType(data []byte) bool {
	return len(data) > 12 && (string(data[:4]) == "\x00\x01\x00\x00" || string(data[:4]) == "true")
}

var errFont = errors.New("the font file is damaged")

// table is a table of a font file.
type table struct {
	tag  string
	data []byte
}

// subset returns a TrueType font file with the outlines of some glyphs only, under their
// numbers, and with the tables that text needs in a browser. The tables are those of
// https://learn.microsoft.com/typography/opentype/spec.
func subset(data []byte, glyphs []uint16) (out []byte, err error) {
	defer func() {
		if recover() != nil { // a number in it leads out of it
			out, err = nil, errFont
		}
	}()
	if !trueType(data) {
		return nil, errFont
	}
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		r := data[12+16*i:]
		at, n := binary.BigEndian.Uint32(r[8:]), binary.BigEndian.Uint32(r[12:])
		tables[string(r[:4])] = data[at:][:n]
	}
	head := slices.Clone(tables["head"])
	old := offsets(tables["loca"], head[51] == 1)
	keep := map[uint16]bool{}
	for len(glyphs) > 0 {
		g := glyphs[0]
		glyphs = glyphs[1:]
		if int(g)+1 < len(old) && !keep[g] {
			keep[g] = true
			glyphs = append(glyphs[:len(glyphs):len(glyphs)], parts(tables["glyf"][old[g]:old[g+1]])...)
		}
	}
	var glyf, loca []byte
	for g := range old {
		loca = binary.BigEndian.AppendUint32(loca, uint32(len(glyf)))
		if g+1 < len(old) && keep[uint16(g)] {
			glyf = append(glyf, tables["glyf"][old[g]:old[g+1]]...)
			glyf = append(glyf, make([]byte, -len(glyf)&3)...)
		}
	}
	if len(glyf) == 0 {
		glyf = make([]byte, 4) // an empty table is an error to some
	}
	head[50], head[51] = 0, 1 // offsets of four bytes
	post := slices.Clone(tables["post"][:32])
	copy(post, []byte{0, 3, 0, 0}) // without names of glyphs
	return fontFile([]table{
		{"OS/2", tables["OS/2"]}, {"cmap", tables["cmap"]}, {"glyf", glyf}, {"head", head}, {"hhea", tables["hhea"]},
		{"hmtx", tables["hmtx"]}, {"loca", loca}, {"maxp", tables["maxp"]}, {"name", tables["name"]}, {"post", post},
	})
}

// offsets returns where the glyphs of a font begin, and the last one ends.
func offsets(loca []byte, long bool) (out []uint32) {
	for len(loca) > 1 {
		if long {
			out, loca = append(out, binary.BigEndian.Uint32(loca)), loca[4:]
		} else {
			out, loca = append(out, 2*uint32(binary.BigEndian.Uint16(loca))), loca[2:]
		}
	}
	return out
}

// parts returns the glyphs that a composite glyph is made of.
func parts(glyph []byte) (out []uint16) {
	if len(glyph) < 10 || int16(binary.BigEndian.Uint16(glyph)) >= 0 {
		return nil
	}
	const words, scale, more, scales, matrix = 1 << 0, 1 << 3, 1 << 5, 1 << 6, 1 << 7
	for at := glyph[10:]; ; {
		flags := binary.BigEndian.Uint16(at)
		out = append(out, binary.BigEndian.Uint16(at[2:]))
		n := 6
		if flags&words != 0 {
			n += 2
		}
		switch {
		case flags&scale != 0:
			n += 2
		case flags&scales != 0:
			n += 4
		case flags&matrix != 0:
			n += 8
		}
		if flags&more == 0 {
			return out
		}
		at = at[n:]
	}
}

// fontFile puts tables, ordered by tag, together.
func fontFile(tables []table) ([]byte, error) {
	n, log := len(tables), 0
	for 2<<log <= n {
		log++
	}
	out := []byte{0, 1, 0, 0}
	for _, v := range []int{n, 16 << log, log, 16*n - 16<<log} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	var body []byte
	adjustment := 0
	for _, t := range tables {
		if len(t.data) == 0 {
			return nil, errFont
		}
		at := 12 + 16*n + len(body)
		body = append(body, t.data...)
		body = append(body, make([]byte, -len(body)&3)...)
		if t.tag == "head" {
			adjustment = at + 8
			copy(body[len(body)-(len(t.data)+3)&^3+8:], []byte{0, 0, 0, 0})
		}
		out = append(out, t.tag...)
		out = binary.BigEndian.AppendUint32(out, checksum(body[at-12-16*n:]))
		out = binary.BigEndian.AppendUint32(out, uint32(at))
		out = binary.BigEndian.AppendUint32(out, uint32(len(t.data)))
	}
	out = append(out, body...)
	binary.BigEndian.PutUint32(out[adjustment:], 0xB1B0AFBA-checksum(out))
	return out, nil
}

// checksum adds up the words of a table.
func checksum(data []byte) (sum uint32) {
	for ; len(data) >= 4; data = data[4:] {
		sum += binary.BigEndian.Uint32(data)
	}
	return sum
}

// woff compresses a font file table by table, as https://www.w3.org/TR/WOFF/ says: most
// of a subset is zeros.
func woff(font []byte) ([]byte, error) {
	n := int(binary.BigEndian.Uint16(font[4:]))
	var directory, body []byte
	for i := range n {
		r := font[12+16*i:]
		at, size := binary.BigEndian.Uint32(r[8:]), binary.BigEndian.Uint32(r[12:])
		data := font[at:][:size]
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		if _, err := z.Write(data); err != nil {
			return nil, err
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
		if b.Len() < len(data) {
			data = b.Bytes()
		}
		directory = append(directory, r[:4]...)
		for _, v := range []uint32{uint32(44 + 20*n + len(body)), uint32(len(data)), size} {
			directory = binary.BigEndian.AppendUint32(directory, v)
		}
		directory = append(directory, r[4:8]...) // its checksum
		body = append(body, data...)
		body = append(body, make([]byte, -len(body)&3)...)
	}
	out := []byte("wOFF\x00\x01\x00\x00")
	out = binary.BigEndian.AppendUint32(out, uint32(44+len(directory)+len(body)))
	out = binary.BigEndian.AppendUint16(out, uint16(n))
	out = binary.BigEndian.AppendUint16(out, 0)
	out = binary.BigEndian.AppendUint32(out, uint32(len(font)))
	out = append(out, make([]byte, 24)...) // no version, no metadata, no private data
	return append(append(out, directory...), body...), nil
}
