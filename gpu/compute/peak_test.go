package compute

import (
	"context"
	"errors"
	"testing"
)

// TestPeak checks that the measured limit is a number that devices have.
func TestPeak(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and nothing in it is concurrent")
	}
	e := engine(t)
	peak, err := e.Peak(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.3g multiply-adds/s", peak)
	if peak < 1e8 || peak > 1e16 {
		t.Errorf("%g multiply-adds/s", peak)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Peak(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
