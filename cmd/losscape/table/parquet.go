package table

import (
	"context"
	"fmt"
	"io"
	"reflect"

	"github.com/parquet-go/parquet-go"
)

// groupRows is how many rows a row group has. A group is in memory until it is
// written.
const groupRows = 1 << 17

// writeParquet writes the table as Parquet, its metadata under the key
// "losscape".
func (t *Table) writeParquet(ctx context.Context, w io.Writer, progress func(done, total int)) error {
	cs, n := columns(t.Result), t.Result.N()
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
		case status:
			of, tag = "", ",dict"
		}
		fields[j] = reflect.StructField{
			Name: fmt.Sprintf("C%d", j),
			Type: reflect.TypeOf(of),
			Tag:  reflect.StructTag(fmt.Sprintf(`parquet:"%s%s"`, c.name, tag)),
		}
	}
	schema := parquet.SchemaOf(reflect.New(reflect.StructOf(fields)).Interface())
	out := parquet.NewGenericWriter[any](w, schema,
		parquet.Compression(&parquet.Snappy),
		parquet.MaxRowsPerRowGroup(groupRows),
		parquet.CreatedBy("losscape", t.Meta.Losscape, ""),
		parquet.KeyValueMetadata("losscape", string(meta)))

	names := make([]parquet.Value, len(statuses()))
	for i, s := range statuses() {
		names[i] = parquet.ByteArrayValue([]byte(s))
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
				case status:
					v = names[c.whole(i)]
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
	return out.Close()
}
