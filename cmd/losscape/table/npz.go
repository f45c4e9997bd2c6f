package table

import (
	"context"
	"encoding/binary"
	"io"

	"losscape/cmd/losscape/npfmt"
)

func (t *Table) writeNPZ(ctx context.Context, w io.Writer, progress func(done, total int)) error {
	r := t.Result
	cs, n := t.columns(), r.N()
	total := len(cs) * n
	if r.Trajectories != nil {
		total += len(r.Trajectories.W) + len(r.Trajectories.Loss)
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
	if tr := r.Trajectories; tr != nil {
		rows := n
		if tr.Runs != nil {
			rows = len(tr.Runs)
		}
		for _, v := range []struct {
			name   string
			shape  []int
			values []float64
		}{
			{"trajectory_w", []int{rows, tr.States, r.Dim}, tr.W},
			{"trajectory_loss", []int{rows, tr.States}, tr.Loss},
		} {
			if err := a.Floats(v.name, v.shape, func(i int) float64 { return v.values[i] }); err != nil {
				return err
			}
		}
	}
	a.Progress = nil
	if tr := r.Trajectories; tr != nil {
		err := a.Array("trajectory_step", "<i4", []int{tr.States}, func(i int, b []byte) []byte {
			return binary.LittleEndian.AppendUint32(b, uint32(tr.From+i*tr.Every))
		})
		if err != nil {
			return err
		}
		if tr.Runs != nil {
			err := a.Array("trajectory_run", "<i8", []int{len(tr.Runs)}, func(i int, b []byte) []byte {
				return binary.LittleEndian.AppendUint64(b, uint64(tr.Runs[i]))
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
	over := r.Sweep.Over
	shape := func(i int, b []byte) []byte {
		return binary.LittleEndian.AppendUint64(b, uint64(len(over[i].Values)))
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
