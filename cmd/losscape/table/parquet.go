package table

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"reflect"
	"regexp"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// groupRows is how many rows a row group has. A group is in memory until it is
// written.
const groupRows = 1 << 17

// writeParquet writes the table as Parquet, its metadata under the key
// "losscape".
func (t *Table) writeParquet(ctx context.Context, w io.Writer, progress func(done, total int)) error {
	cs, n := t.columns(), t.runs().N()
	meta, err := t.Meta.JSON(false)
	if err != nil {
		return err
	}
	// A schema built of nodes sorts its columns by name; one of a struct keeps
	// their order.
	fields := make([]reflect.StructField, len(cs))
	for j, c := range cs {
		var of any
		tag := ""
		switch c.kind {
		case real:
			of = float64(0)
		case integer:
			of = int32(0)
		case long:
			of = int64(0)
		case label:
			of, tag = "", ",dict"
		}
		fields[j] = reflect.StructField{
			Name: fmt.Sprintf("C%d", j),
			Type: reflect.TypeOf(of),
			Tag:  reflect.StructTag(fmt.Sprintf(`parquet:"%s%s"`, c.name, tag)),
		}
	}
	schema := parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface())
	tail := &footer{w: w}
	version, build := createdBy(t.Meta.Losscape)
	out := parquet.NewGenericWriter[any](tail, schema,
		parquet.Compression(&parquet.Snappy),
		parquet.MaxRowsPerRowGroup(groupRows),
		parquet.DataPageStatistics(false),                 // with a NaN they would be wrong, see footer
		parquet.CreatedBy("losscape", version+" ", build), // the library leaves out the space
		parquet.KeyValueMetadata("losscape", string(meta)))

	names := make([][]parquet.Value, len(cs)) // of labels, by column
	for j, c := range cs {
		for _, s := range c.names {
			names[j] = append(names[j], parquet.ByteArrayValue([]byte(s)))
		}
	}
	values := make([]parquet.Value, between*len(cs))
	batch := make([]parquet.Row, between)
	for i := range batch {
		batch[i] = values[i*len(cs) : (i+1)*len(cs)]
	}
	err = rows(ctx, n, func(from, to int) error {
		for i := from; i < to; i++ {
			for j := range cs {
				var v parquet.Value
				switch c := &cs[j]; c.kind {
				case real:
					v = parquet.DoubleValue(c.real(i))
				case integer:
					v = parquet.Int32Value(int32(c.whole(i)))
				case long:
					v = parquet.Int64Value(c.whole(i))
				case label:
					v = names[j][c.whole(i)]
				}
				batch[i-from][j] = v.Level(0, 0, j)
			}
		}
		_, err := out.WriteRows(batch[:to-from])
		progress(to, n)
		return err
	})
	if err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	tail.held = new(bytes.Buffer)
	if err := out.Close(); err != nil {
		return err
	}
	return tail.write(func(column, from, to int) bool {
		c := &cs[column]
		for i := from; c.kind == real && i < to; i++ {
			if math.IsNaN(c.real(i)) {
				return true
			}
		}
		return false
	})
}

var semantic = regexp.MustCompile(`^v?(\d+\.\d+\.\d+)`)

// createdBy returns the version and the build of a losscape as readers of Parquet
// parse them: three numbers, and a word.
func createdBy(losscape string) (version, build string) {
	version = "0.0.0"
	if m := semantic.FindStringSubmatch(losscape); m != nil {
		version = m[1]
	}
	build = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' || r == '(' || r == ')' {
			return '-'
		}
		return r
	}, losscape)
	return version, build
}

// footer passes a Parquet file on, and from the time that it has a buffer holds what
// stands behind the row groups. The library leaves NaN out of the bounds of a chunk
// and of its pages, which readers take for bounds of all values: DuckDB has a NaN
// above all numbers. So a chunk with a NaN loses them before the footer is written, and
// the file its index of pages: the library reads it only if all chunks have one.
type footer struct {
	w    io.Writer
	held *bytes.Buffer
}

func (f *footer) Write(p []byte) (int, error) {
	if f.held != nil {
		return f.held.Write(p)
	}
	return f.w.Write(p)
}

// write writes what is held; nan reports whether a column has a NaN in rows from to
// to−1.
func (f *footer) write(nan func(column, from, to int) bool) error {
	// At the end are the metadata, their length in 4 bytes, and PAR1.
	const end = 8
	b := f.held.Bytes()
	length := int(binary.LittleEndian.Uint32(b[len(b)-end:]))
	at := len(b) - end - length
	var meta format.FileMetaData
	protocol := new(thrift.CompactProtocol)
	if err := thrift.Unmarshal(protocol, b[at:at+length], &meta); err != nil {
		return fmt.Errorf("the Parquet footer: %w", err)
	}
	row, some := 0, false
	for _, g := range meta.RowGroups {
		to := row + int(g.NumRows)
		for j := range g.Columns {
			if c := &g.Columns[j]; nan(j, row, to) {
				c.MetaData.Statistics = format.Statistics{}
				some = true
			}
		}
		row = to
	}
	for _, g := range meta.RowGroups {
		for j := range g.Columns {
			if c := &g.Columns[j]; some {
				c.ColumnIndexOffset, c.ColumnIndexLength = 0, 0
			}
		}
	}
	text, err := thrift.Marshal(protocol, &meta)
	if err != nil {
		return err
	}
	out := append(b[:at:at], text...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(text)))
	_, err = f.w.Write(append(out, "PAR1"...))
	return err
}
