package table

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"losscape/cmd/losscape/netcdf"
	"losscape/cpu"
)

// Check returns an error if the table of a sweep cannot be written in a format, which is
// so of NetCDF alone: its coordinates are in order, and it counts the bytes of a variable
// in 32 bits.
func Check(s cpu.Sweep, f Format) error {
	if f != NetCDF {
		return nil
	}
	for _, p := range s.Over {
		if p.Range != nil {
			continue
		}
		up, down := true, true
		for i, v := range p.Values[1:] {
			up, down = up && v > p.Values[i], down && v < p.Values[i]
		}
		if !up && !down {
			return fmt.Errorf("the values of %s neither rise nor fall throughout, as coordinates in a %s have to: put them in order, or write a %s", ColumnOf(p.Name), NetCDF, Parquet)
		}
	}
	n, err := s.Count()
	if most := uint64(math.MaxUint32-3) / 8; err == nil && n > most {
		return fmt.Errorf("a %s holds %d runs at most, these are %d: write a %s, or sweep in parts", NetCDF, most, n, Parquet)
	}
	return err
}

// plain returns the first of two names that NetCDF has and all of its readers read the same:
// SciPy takes a name for Latin-1.
func plain(name, other string) string {
	if netcdf.ValidName(name) && !strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return name
	}
	return other
}

// named gives a variable the name of a column, or another where not all readers read that:
// the attribute column has it then.
func named(v *netcdf.Var, column, other string) {
	if v.Name = plain(column, other); v.Name != column {
		v.Attrs = append(v.Attrs, netcdf.Attr{Name: "column", Value: column})
	}
}

// ncTypes are the types of columns by their kinds, but for swept whole numbers.
var ncTypes = map[kind]netcdf.Type{real: netcdf.Double, integer: netcdf.Int, label: netcdf.Byte}

// netCDF returns what a file has besides the values of the columns cs, of which those of
// the swept parameters come first. Its variables are a coordinate for each of these, then
// the other columns, each over all dimensions.
func (t *Table) netCDF(cs []column) (*netcdf.File, error) {
	r, m := t.runs(), &t.Meta
	text, err := m.JSON(false)
	if err != nil {
		return nil, err
	}
	f := &netcdf.File{Attrs: []netcdf.Attr{
		{Name: "Conventions", Value: "CF-1.8"},
		{Name: "title", Value: "Runs of " + m.Scene},
		{Name: "source", Value: "losscape " + m.Losscape},
		{Name: "losscape", Value: string(text)},
	}}
	one := netcdf.Attr{Name: "units", Value: "1"}
	var all []int
	for a, p := range r.sweep().Over {
		v := netcdf.Var{Type: netcdf.Double, Dims: []int{a}}
		if _, most := p.Ends(); cs[a].kind == long && most <= math.MaxInt32 { // whole numbers of at least 0
			v.Type = netcdf.Int
		}
		h, _ := cpu.LookupHyperParameter(p.Name)
		title := h.Title
		if name, ok := strings.CutPrefix(cs[a].name, "start_"); ok {
			title = "Start weight " + name
		}
		v.Attrs = []netcdf.Attr{{Name: "long_name", Value: title}, one}
		named(&v, cs[a].name, ColumnOf(p.Name))
		f.Dims = append(f.Dims, netcdf.Dim{Name: v.Name, Len: p.Len()})
		f.Vars = append(f.Vars, v)
		all = append(all, a)
	}
	titles := map[string]string{precisionColumn: "Precision that the run was computed in"}
	for _, q := range cpu.Quantities() {
		titles[q.Column] = q.Title
	}
	for i, c := range cs[len(all):] {
		v := netcdf.Var{Type: ncTypes[c.kind], Dims: all}
		title := titles[c.name]
		if i < r.dim() {
			title = "Final weight " + c.name
		}
		v.Attrs = []netcdf.Attr{{Name: "long_name", Value: title}}
		named(&v, c.name, fmt.Sprintf("w%d", i+1))
		switch c.kind {
		case real:
			v.Attrs = append(v.Attrs, one, netcdf.Attr{Name: "_FillValue", Value: []float64{math.NaN()}})
		case integer:
			v.Attrs = append(v.Attrs, one)
			if c.name == "period" {
				v.Attrs = append(v.Attrs, netcdf.Attr{Name: "comment", Value: "0 of runs that are not periodic"})
			}
		case label:
			values := make([]int8, len(c.names))
			for i := range values {
				values[i] = int8(i)
			}
			v.Attrs = append(v.Attrs, netcdf.Attr{Name: "flag_values", Value: values}, netcdf.Attr{Name: "flag_meanings", Value: strings.Join(c.names, " ")})
		}
		f.Vars = append(f.Vars, v)
	}
	return f, nil
}

// writeNetCDF writes the table as NetCDF.
func (t *Table) writeNetCDF(ctx context.Context, to io.Writer, progress func(done, total int)) error {
	cs, n := t.columns(), t.runs().N()
	f, err := t.netCDF(cs)
	if err != nil {
		return err
	}
	w, err := netcdf.NewWriter(to, f)
	if err != nil {
		return err
	}
	var b []byte
	put := func(typ netcdf.Type, x float64) {
		switch typ {
		case netcdf.Double:
			b = binary.BigEndian.AppendUint64(b, math.Float64bits(x))
		case netcdf.Int:
			b = binary.BigEndian.AppendUint32(b, uint32(int32(x)))
		default:
			b = append(b, byte(x))
		}
	}
	over := t.runs().sweep().Over
	for a, p := range over {
		err := rows(ctx, p.Len(), func(from, to int) error {
			for i := from; i < to; i++ {
				put(f.Vars[a].Type, p.Value(i))
			}
			_, err := w.Write(b)
			b = b[:0]
			return err
		})
		if err != nil {
			return err
		}
	}
	total := max(n*len(cs[len(over):]), 1)
	done := 0
	for j, c := range cs[len(over):] {
		typ, value := f.Vars[len(over)+j].Type, c.real
		if value == nil {
			value = func(i int) float64 { return float64(c.whole(i)) }
		}
		err := rows(ctx, n, func(from, to int) error {
			for i := from; i < to; i++ {
				put(typ, value(i))
			}
			_, err := w.Write(b)
			b = b[:0]
			done += to - from
			progress(done, total)
			return err
		})
		if err != nil {
			return err
		}
	}
	return w.Close()
}
