package npfmt_test

import (
	"strings"
	"testing"

	"losscape/cmd/losscape/npfmt"
)

func TestHeader(t *testing.T) {
	for _, c := range []struct {
		shape []int
		want  string
	}{{nil, "()"}, {[]int{3}, "(3,)"}, {[]int{3, 4}, "(3, 4)"}, {[]int{2, 3, 4}, "(2, 3, 4)"}} {
		if h := npfmt.Header("<f8", c.shape...); !strings.Contains(h, "'shape': "+c.want+",") || len(h)%64 != 0 || h[len(h)-1] != '\n' || int(h[8])|int(h[9])<<8 != len(h)-10 {
			t.Errorf("%v: %q", c.shape, h)
		}
	}
}
