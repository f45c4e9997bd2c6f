package gpu

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// TestLost has a driver report errors and resets: which of them mean that the device was lost, and what is said.
func TestLost(t *testing.T) {
	for _, c := range []struct {
		name   string
		errors []uint32
		resets []uint32 // one answer after the other, then none; nil where the driver does not tell
		lost   bool
		want   string
	}{
		{name: "nothing", resets: []uint32{}},
		{name: "lost", errors: []uint32{0x0507}, lost: true, want: "the device was lost"},
		{name: "lost, and why", errors: []uint32{0x0507}, resets: []uint32{gl.GUILTY_CONTEXT_RESET}, lost: true, want: "dispatch, by what this program had it do"},
		{name: "another error after a reset", errors: []uint32{gl.INVALID_OPERATION}, resets: []uint32{gl.INNOCENT_CONTEXT_RESET}, lost: true, want: "by another program's work"},
		{name: "out of memory after a reset", errors: []uint32{gl.OUT_OF_MEMORY}, resets: []uint32{gl.UNKNOWN_CONTEXT_RESET}, lost: true, want: "why is not known"},
		{name: "another error", errors: []uint32{gl.INVALID_OPERATION}, resets: []uint32{}, want: "GL_INVALID_OPERATION"},
		{name: "out of memory", errors: []uint32{gl.OUT_OF_MEMORY}, want: "out of device memory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			next := func(list *[]uint32) func() uint32 {
				return func() uint32 {
					if len(*list) == 0 {
						return gl.NO_ERROR
					}
					first := (*list)[0]
					*list = (*list)[1:]
					return first
				}
			}
			tells := c.resets != nil
			d := &Device{getError: next(&c.errors)}
			if tells {
				d.resetStatus = next(&c.resets)
			}
			err := d.Check("dispatch")
			if errors.Is(err, ErrLost) != c.lost || (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if err := d.Lost("wait"); errors.Is(err, ErrLost) != (c.lost && tells) { // though it is told once
				t.Errorf("then %v", err)
			}
		})
	}
}
