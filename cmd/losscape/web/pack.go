package web

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
)

// pack collects the numbers of a page: what has many of them is bytes, to which the JSON
// text refers, and all of it is deflated once. data.js reads it.
type pack struct{ bytes []byte }

// array is a place in the bytes of a pack, as its JSON text has it: little-endian numbers
// of a kind, "f64", "f32", "i32" or "u8", or the levels of a landscape, "field".
type array struct {
	Kind string `json:"$"`
	At   int    `json:"at"`
	N    int    `json:"n"`
}

// align makes the next place one that all kinds of numbers can start at.
func (p *pack) align() int {
	for len(p.bytes)%8 != 0 {
		p.bytes = append(p.bytes, 0)
	}
	return len(p.bytes)
}

func (p *pack) float64s(v []float64) *array {
	a := &array{"f64", p.align(), len(v)}
	for _, x := range v {
		p.bytes = binary.LittleEndian.AppendUint64(p.bytes, math.Float64bits(x))
	}
	return a
}

func (p *pack) int32s(v []int32) *array {
	a := &array{"i32", p.align(), len(v)}
	for _, x := range v {
		p.bytes = binary.LittleEndian.AppendUint32(p.bytes, uint32(x))
	}
	return a
}

func (p *pack) uint8s(v []byte) *array {
	a := &array{"u8", p.align(), len(v)}
	p.bytes = append(p.bytes, v...)
	return a
}

// text returns the JSON text of v and the bytes that it refers to: the length of the JSON
// as a little-endian uint32, the JSON, zeros up to a multiple of 8 from the start, the
// bytes; all of that deflated, in base 64.
func (p *pack) text(v any) (string, error) {
	doc, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	all := binary.LittleEndian.AppendUint32(nil, uint32(len(doc)))
	all = append(all, doc...)
	for len(all)%8 != 0 {
		all = append(all, 0)
	}
	all = append(all, p.bytes...)
	var deflated bytes.Buffer
	z, err := flate.NewWriter(&deflated, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(all); err != nil {
		return "", err
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(deflated.Bytes()), nil
}
