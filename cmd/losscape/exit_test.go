package main

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/store"
	"losscape/gpu/film"
	"losscape/scenes"
)

// TestExitOf wants what may not fail again later to be told from what would, and from all else.
func TestExitOf(t *testing.T) {
	for _, c := range []struct {
		err     error
		sharded bool
		want    int
	}{
		{err: errors.New("wrong"), want: exitFailed},
		{err: store.ErrLocked, want: exitAgain},
		{err: syscall.ENOSPC, want: exitAgain},
		{err: syscall.EDQUOT, want: exitAgain},
		{err: syscall.EFBIG, want: exitFailed},
		{err: backend.ErrNoDevice, want: exitAgain},
		{err: film.ErrStalled, want: exitAgain},
		{err: film.ErrHangs, want: exitAgain},
		{err: film.ErrKilled, want: exitAgain},
		{err: film.ErrNoFFmpeg, want: exitFailed},
		{err: store.ErrDiffers, want: exitNever},
		{err: &scenes.Error{}, want: exitFailed},
		{err: &scenes.Error{}, sharded: true, want: exitNever},
	} {
		a := &app{sharded: c.sharded}
		if got := a.exitOf(fmt.Errorf("a film: %w", c.err)); got != c.want {
			t.Errorf("%v: exits with %d, want %d", c.err, got, c.want)
		}
	}
}
