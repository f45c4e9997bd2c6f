package draw_test

import (
	"context"
	"log"

	"losscape/gpu"
	"losscape/gpu/draw"
	"losscape/gpu/egl"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// A frame of a built-in scene, its landscape computed on the CPU.
func Example() {
	d, err := egl.Open(egl.Options{Device: egl.Auto})
	if err != nil {
		log.Fatal(err)
	}
	defer d.Close()
	s, err := scenes.Load("one-mode")
	if err != nil {
		log.Fatal(err)
	}
	const width, height = 900, 300
	ctx := context.Background()
	runs, err := s.Problem.DescendAll(ctx, s.Runs, nil)
	if err != nil {
		log.Fatal(err)
	}
	view := figure.ViewGrid(s, runs, width, height)
	land, err := s.Problem.Landscape(ctx, s.Plane, view, nil)
	if err != nil {
		log.Fatal(err)
	}
	losses := make([]float32, len(land.Loss))
	for i, l := range land.Loss {
		losses[i] = float32(l)
	}
	var field *gpu.Field
	err = d.Do(func() (err error) {
		field, err = gpu.NewField(d, "landscape", view.X.N, view.Y.N, losses)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	r, err := draw.New(d, draw.Picture{Scene: s, View: view, Field: field, Trajectories: runs}, width, height)
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	frame, _, err := r.Frame(10) // hand it to film.WritePNG, or read its pixels
	if err != nil {
		log.Fatal(err)
	}
	_ = frame
}
