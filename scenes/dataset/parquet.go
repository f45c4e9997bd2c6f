package dataset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"

	"losscape/cpu/quote"
	"losscape/scenes/dataset/parquetfile"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// ReadParquet reads a set from a Parquet file of that size, whose columns of numbers,
// booleans and texts are columns of the table. The name is used in errors, which are
// *Error without a line.
func ReadParquet(src io.ReaderAt, size int64, name string, cols Columns) (*Set, error) {
	return takeFrom(name, cols, func(use func(table) error) error { return withParquet(src, size, name, use) })
}

// withParquet hands the table of a Parquet file to use.
func withParquet(src io.ReaderAt, size int64, name string, use func(table) error) (err error) {
	// The library checks what it reads in most places, but not in all.
	defer func() {
		if r := recover(); r != nil {
			err = &Error{File: name, Msg: "malformed Parquet file: " + quote.Cut(fmt.Sprint(r), 200)}
		}
	}()
	t := &parquetTable{name: name}
	f, err := parquetfile.Open(src, size)
	if err != nil {
		return t.foreign(err)
	}
	t.f, t.src, t.size = f, src, size
	for _, c := range f.Root().Columns() {
		title := c.Name()
		if strings.HasPrefix(title, "__index_level_") { // of pandas, for an index without a name
			title = ""
		}
		t.h.names = append(t.h.names, title)
		t.columns = append(t.columns, newParquetColumn(c))
	}
	if t.h.n = len(t.h.names); t.h.n == 0 {
		return t.foreign(errors.New("no columns in it"))
	}
	defer t.close()
	return use(t)
}

// parquetTable is the columns of a Parquet file, which are read side by side, page by
// page.
type parquetTable struct {
	name    string
	f       *parquet.File
	src     io.ReaderAt
	size    int64
	h       heads
	columns []*parquetColumn
	used    []*parquetColumn
	row     int
	scratch []byte
}

func (t *parquetTable) close() {
	for _, c := range t.used {
		c.close()
	}
}

// foreign is an error in the file's contents.
func (t *parquetTable) foreign(err error) error {
	return &Error{File: t.name, Msg: quote.Cut(strings.Join(strings.Fields(err.Error()), " "), 500), Err: err}
}

func (t *parquetTable) heads() *heads     { return &t.h }
func (t *parquetTable) lastIsLabel() bool { return false }
func (t *parquetTable) rows() int         { return int(min(max(t.f.NumRows(), 0), MaxValues)) }

func (t *parquetTable) bad(j int) string {
	if bad := t.columns[j].bad; bad != "" {
		return "it holds " + bad
	}
	return ""
}

func (t *parquetTable) use(cols, _ []int) error {
	var leaves []int
	for _, j := range cols {
		c := t.columns[j]
		if c.bad != "" {
			return t.foreign(fmt.Errorf("%s holds %s, want numbers, booleans or texts: exclude it, or list the columns to use as features", t.h.title(j), c.bad))
		}
		c.groups = t.f.RowGroups()
		t.used = append(t.used, c)
		leaves = append(leaves, c.leaf.Index())
	}
	if err := parquetfile.CheckPages(t.src, t.size, t.f, leaves); err != nil {
		return t.foreign(err)
	}
	t.row = -1
	return nil
}

func (t *parquetTable) next() error {
	t.row++
	ends := 0
	for _, c := range t.used {
		err := c.next()
		if err == io.EOF {
			ends++
			continue
		}
		if err != nil {
			return t.foreign(fmt.Errorf("column %s: %w", quote.Text(c.leaf.Name()), err))
		}
	}
	switch ends {
	case 0:
		return nil
	case len(t.used):
		return io.EOF
	}
	return t.foreign(errors.New("malformed Parquet file: its columns are not of one length"))
}

func (t *parquetTable) number(j int) (float64, cell) { return t.columns[j].number() }

func (t *parquetTable) text(j int) []byte {
	t.scratch = t.columns[j].append(t.scratch[:0])
	return bytes.TrimSpace(t.scratch)
}

func (t *parquetTable) spell(j int, class string) string {
	kind := byte('f')
	switch c := t.columns[j]; {
	case c.kind == parquet.Boolean:
		kind = 'b'
	case c.text:
		kind = 'S'
	}
	return spellNumber(class, kind)
}

func (t *parquetTable) fault(j int, format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	if j < 0 {
		return &Error{File: t.name, Msg: msg}
	}
	return &Error{File: t.name, Msg: fmt.Sprintf("row %d, %s %s", t.row, t.h.title(j), msg)}
}

func (t *parquetTable) headFault(_ int, format string, args ...any) error {
	return &Error{File: t.name, Msg: fmt.Sprintf(format, args...)}
}

// parquetColumn is a column, and where it stands.
type parquetColumn struct {
	leaf *parquet.Column
	bad  string // what it holds that is not read
	kind parquet.Kind

	text     bool // of byte arrays
	unsigned bool // of integers
	half     bool // of two bytes
	decimal  bool // an integer, of any form, by 10^scale
	scale    int

	groups []parquet.RowGroup // that are yet to come
	pages  parquet.Pages
	page   parquet.Page

	rows, row int    // of the page
	levels    []byte // of its values, that of a null being below most; nil if it has none
	most      byte
	null      bool
	ahead     int     // index of the next value that is no null
	at        int     // index of the current value, in the page or its dictionary
	indexes   []int32 // of the page's values in its dictionary

	doubles []float64
	floats  []float32
	ints32  []int32
	ints64  []int64
	bits    []byte // booleans
	bytes   []byte // of texts
	offsets []uint32
	size    int // bytes of a value of fixed size
}

func newParquetColumn(c *parquet.Column) *parquetColumn {
	p := &parquetColumn{leaf: c}
	if !c.Leaf() || c.Repeated() || c.MaxRepetitionLevel() > 0 {
		p.bad = "lists or records"
		return p
	}
	typ := c.Type()
	p.kind, p.most = typ.Kind(), byte(c.MaxDefinitionLevel())
	p.text = p.kind == parquet.ByteArray
	if p.kind == parquet.Int96 {
		p.bad = "dates"
	}
	if l := typ.LogicalType(); l != nil {
		p.logical(l)
	} else if converted := typ.ConvertedType(); converted != nil {
		p.converted(*converted)
	}
	if p.bad == "" && p.kind == parquet.FixedLenByteArray && !p.half && !p.decimal {
		p.bad = "bytes of a fixed size"
	}
	return p
}

// logical takes in what the values mean.
func (c *parquetColumn) logical(l *format.LogicalType) {
	switch v := l.Value.(type) {
	case *format.IntType:
		c.unsigned = !v.IsSigned
	case *format.DecimalType:
		c.decimal, c.scale, c.text = true, int(v.Scale), false
		if v.Scale < 0 || v.Scale > maxScale {
			c.bad = fmt.Sprintf("decimals of %d places", v.Scale)
		}
	case *format.Float16Type:
		c.half = true
	case *format.StringType, *format.EnumType, *format.JsonType:
	case *format.NullType:
		c.bad = "nulls only"
	case *format.DateType, *format.TimeType, *format.TimestampType:
		c.bad = "dates or times"
	case nil:
	default:
		c.bad = "values of the type " + quote.Cut(l.String(), quote.Chars)
	}
}

// converted takes in what the values mean, as older files have it.
func (c *parquetColumn) converted(d deprecated.ConvertedType) {
	switch d {
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		c.unsigned = true
	case deprecated.UTF8, deprecated.Enum, deprecated.Json, deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
	default: // of a decimal the library does not give the scale
		c.bad = "dates, times, decimals of an old kind or other values that are no numbers"
	}
}

func (c *parquetColumn) close() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
	if c.pages != nil {
		c.pages.Close()
		c.pages = nil
	}
}

// next goes to the next row.
func (c *parquetColumn) next() error {
	for c.row++; c.row >= c.rows; {
		if err := c.nextPage(); err != nil {
			return err
		}
		c.row = 0
	}
	if c.null = c.levels != nil && c.levels[c.row] != c.most; c.null {
		return nil
	}
	if c.at = c.ahead; c.indexes != nil {
		c.at = int(c.indexes[c.ahead])
	}
	c.ahead++
	if c.decimal && c.ints32 == nil && c.ints64 == nil {
		if n := len(c.raw()); n > maxDecimal {
			return fmt.Errorf("a decimal of %d bytes, want at most %d", n, maxDecimal)
		}
	}
	return nil
}

// nextPage goes to the next page, which may be empty.
func (c *parquetColumn) nextPage() error {
	for {
		if c.page != nil {
			parquet.Release(c.page)
			c.page = nil
		}
		if c.pages == nil {
			if len(c.groups) == 0 {
				return io.EOF
			}
			c.pages = c.groups[0].ColumnChunks()[c.leaf.Index()].Pages()
			c.groups = c.groups[1:]
		}
		page, err := c.pages.ReadPage()
		if err == io.EOF {
			c.pages.Close()
			c.pages = nil
			continue
		}
		if err != nil {
			return err
		}
		c.page = page
		break
	}
	c.rows, c.ahead = int(c.page.NumRows()), 0
	c.levels, c.indexes = nil, nil
	if c.most > 0 {
		c.levels = c.page.DefinitionLevels()
	}
	data := c.page.Data()
	if d := c.page.Dictionary(); d != nil {
		c.indexes = data.Int32()
		data = d.Page().Data()
	}
	c.doubles, c.floats, c.ints32, c.ints64, c.bits, c.bytes, c.offsets = nil, nil, nil, nil, nil, nil, nil
	switch c.kind {
	case parquet.Boolean:
		c.bits = data.Boolean()
	case parquet.Int32:
		c.ints32 = data.Int32()
	case parquet.Int64:
		c.ints64 = data.Int64()
	case parquet.Float:
		c.floats = data.Float()
	case parquet.Double:
		c.doubles = data.Double()
	case parquet.ByteArray:
		c.bytes, c.offsets = data.ByteArray()
	case parquet.FixedLenByteArray:
		c.bytes, c.size = data.FixedLenByteArray()
	}
	return nil
}

// number returns the current value.
func (c *parquetColumn) number() (float64, cell) {
	if c.null {
		return math.NaN(), isMissing
	}
	var v float64
	switch {
	case c.kind == parquet.Double:
		v = c.doubles[c.at]
	case c.kind == parquet.Float:
		v = float64(c.floats[c.at])
	case c.decimal, c.text:
		return parseCell(bytes.TrimSpace(c.append(nil)))
	case c.half:
		v = half(binary.LittleEndian.Uint16(c.raw()))
	case c.kind == parquet.Boolean:
		v = float64(c.bits[c.at/8] >> (c.at % 8) & 1)
	case c.kind == parquet.Int32 && c.unsigned:
		v = float64(uint32(c.ints32[c.at]))
	case c.kind == parquet.Int32:
		v = float64(c.ints32[c.at])
	case c.unsigned:
		v = float64(uint64(c.ints64[c.at]))
	default:
		v = float64(c.ints64[c.at])
	}
	if v != v {
		return v, isMissing
	}
	return v, isNumber
}

// raw returns the bytes of the current value.
func (c *parquetColumn) raw() []byte {
	if c.kind == parquet.ByteArray {
		return c.bytes[c.offsets[c.at]:c.offsets[c.at+1]]
	}
	return c.bytes[c.at*c.size : (c.at+1)*c.size]
}

// append appends the text of the current value: of a number the shortest decimal one.
func (c *parquetColumn) append(text []byte) []byte {
	switch {
	case c.null:
		return text
	case c.decimal:
		return c.appendDecimal(text)
	case c.text:
		return append(text, c.raw()...)
	case c.kind == parquet.Boolean:
		return strconv.AppendBool(text, c.bits[c.at/8]>>(c.at%8)&1 == 1)
	case c.kind == parquet.Int32 && c.unsigned:
		return strconv.AppendUint(text, uint64(uint32(c.ints32[c.at])), 10)
	case c.kind == parquet.Int32:
		return strconv.AppendInt(text, int64(c.ints32[c.at]), 10)
	case c.kind == parquet.Int64 && c.unsigned:
		return strconv.AppendUint(text, uint64(c.ints64[c.at]), 10)
	case c.kind == parquet.Int64:
		return strconv.AppendInt(text, c.ints64[c.at], 10)
	}
	bits := 64
	if c.kind == parquet.Float {
		bits = 32
	}
	v, _ := c.number()
	return appendFloat(text, v, bits)
}

// appendDecimal appends the text of a decimal: a whole number in two's complement, the
// highest byte first where it has bytes, by 10^scale.
func (c *parquetColumn) appendDecimal(text []byte) []byte {
	n := new(big.Int)
	switch c.kind {
	case parquet.Int32:
		n.SetInt64(int64(c.ints32[c.at]))
	case parquet.Int64:
		n.SetInt64(c.ints64[c.at])
	default:
		b := c.raw()
		n.SetBytes(b)
		if len(b) > 0 && b[0] >= 0x80 {
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
	}
	if c.scale == 0 {
		return n.Append(text, 10)
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.scale)), nil)
	places := new(big.Rat).SetFrac(n, unit).FloatString(c.scale)
	return append(text, strings.TrimRight(strings.TrimRight(places, "0"), ".")...)
}

// How many decimal places, and how many bytes, a decimal may have: those of 256 bits. Of the millions of digits that a
// text may have, a row would take minutes.
const (
	maxScale   = 76
	maxDecimal = 32
)
