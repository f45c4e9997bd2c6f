//go:build !cgo

package main

import (
	"context"
	"fmt"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/view"
	"losscape/scenes"
)

// What needs a device is not in a program that was built without cgo. Its verbs say so
// once they have been asked for as they should be.

func (a *app) renderFilm(context.Context, *scenes.Scene, *renderFlags) error {
	return fmt.Errorf("films are drawn with OpenGL: %w; a .glb needs none, nor a .svg, .pdf or .png without a surface", backend.ErrNotBuilt)
}

func (a *app) renderStill(ctx context.Context, s *scenes.Scene, f *renderFlags) error {
	return a.printStill(ctx, s, f, backend.ErrNotBuilt)
}

func (a *app) openDeep(context.Context, *scenes.Scene, int) (deep, error) {
	return nil, noOpenGL{backend.ErrNotBuilt}
}

func (a *app) openView(context.Context, *view.State, int, int, bool) error {
	return fmt.Errorf("a window is drawn with OpenGL: %w", backend.ErrNotBuilt)
}

func (a *app) verify(context.Context, []*scenes.Scene) error {
	return fmt.Errorf("verify compares a device with the CPU: %w", backend.ErrNotBuilt)
}

func (a *app) bench(context.Context, string, bool) error {
	return fmt.Errorf("bench measures a device beside the CPU: %w", backend.ErrNotBuilt)
}

func (h *health) examineDevices() {
	h.Missing = append(h.Missing, missingPiece{"OpenGL: this program was built without cgo", "build it with CGO_ENABLED=1 and gcc"})
}

func deviceAdvice(error) string { return "" }

func deviceLost(error) bool { return false }
