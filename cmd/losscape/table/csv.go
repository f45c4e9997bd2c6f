package table

import (
	"context"
	"io"
	"math"
	"strconv"
)

// writeCSV writes the table as CSV. Nothing in it needs quotes.
func (t *Table) writeCSV(ctx context.Context, w io.Writer, progress func(done, total int)) error {
	cs, n := t.columns(), t.runs().N()
	var buf []byte
	for i, c := range cs {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, c.name...)
	}
	buf = append(buf, '\n')
	err := rows(ctx, n, func(from, to int) error {
		for i := from; i < to; i++ {
			for j := range cs {
				if j > 0 {
					buf = append(buf, ',')
				}
				switch c := &cs[j]; c.kind {
				case real:
					buf = AppendFloat(buf, c.real(i))
				case label:
					buf = append(buf, c.names[c.whole(i)]...)
				default:
					buf = strconv.AppendInt(buf, c.whole(i), 10)
				}
			}
			buf = append(buf, '\n')
		}
		_, err := w.Write(buf)
		buf = buf[:0]
		progress(to, n)
		return err
	})
	if err == nil && n == 0 {
		_, err = w.Write(buf)
	}
	return err
}

// AppendFloat writes the shortest decimals that read back as x; infinities are inf and
// -inf, as in all of our tables.
func AppendFloat(buf []byte, x float64) []byte {
	switch {
	case math.IsInf(x, 1):
		return append(buf, "inf"...)
	case math.IsInf(x, -1):
		return append(buf, "-inf"...)
	}
	return strconv.AppendFloat(buf, x, 'g', -1, 64)
}
