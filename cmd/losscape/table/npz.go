package table

import (
	"context"
	"encoding/binary"
	"io"

	"losscape/cmd/losscape/npfmt"
)

func (t *Table) writeNPZ(ctx context.Context, w io.Writer, progress func(done, total int)) error {
	r := t.runs()
	cs, n, tr := t.columns(), r.N(), r.states()
	total := len(cs) * n
	if tr != nil {
		total += tr.rows * tr.states * (r.dim() + 1)
	}
	done := 0
	a := npfmt.NewArchive(ctx, w)
	a.Progress = func(values int) {
		done += values
		progress(done, total)
	}
	for _, c := range cs {
		var err error
		switch c.kind {
		case real:
			err = a.Floats(c.name, []int{n}, c.real)
		case integer:
			err = a.Array(c.name, "<i4", []int{n}, func(i int, b []byte) []byte {
				return binary.LittleEndian.AppendUint32(b, uint32(c.whole(i)))
			})
		case long:
			err = a.Array(c.name, "<i8", []int{n}, func(i int, b []byte) []byte {
				return binary.LittleEndian.AppendUint64(b, uint64(c.whole(i)))
			})
		case label:
			err = a.Array(c.name, "|u1", []int{n}, func(i int, b []byte) []byte { return append(b, byte(c.whole(i))) })
		}
		if err != nil {
			return err
		}
	}
	if tr != nil {
		if err := a.Floats("trajectory_w", []int{tr.rows, tr.states, r.dim()}, tr.w); err != nil {
			return err
		}
		if err := a.Floats("trajectory_loss", []int{tr.rows, tr.states}, tr.loss); err != nil {
			return err
		}
	}
	a.Progress = nil
	if tr != nil {
		err := a.Array("trajectory_step", "<i4", []int{tr.states}, func(i int, b []byte) []byte {
			return binary.LittleEndian.AppendUint32(b, uint32(tr.from+i*tr.every))
		})
		if err != nil {
			return err
		}
		if tr.runs != nil {
			err := a.Array("trajectory_run", "<i8", []int{len(tr.runs)}, func(i int, b []byte) []byte {
				return binary.LittleEndian.AppendUint64(b, uint64(tr.runs[i]))
			})
			if err != nil {
				return err
			}
		}
	}
	meta, err := t.Meta.JSON(false)
	if err != nil {
		return err
	}
	over := r.sweep().Over
	shape := func(i int, b []byte) []byte {
		return binary.LittleEndian.AppendUint64(b, uint64(over[i].Len()))
	}
	if err := a.Array("shape", "<i8", []int{len(over)}, shape); err != nil {
		return err
	}
	for _, c := range cs {
		if c.kind == label {
			if err := a.Strings(c.name+"_names", c.names, len(c.names)); err != nil {
				return err
			}
		}
	}
	if err := a.Strings("metadata", []string{string(meta)}); err != nil {
		return err
	}
	return a.Close()
}
