//go:build cgo

package main

import (
	"context"
	"image"

	"losscape/gpu/draw"
	"losscape/scenes"
	"losscape/scenes/display"
	"losscape/scenes/figure"
)

// deepPicture is a scene of which a printer draws all but what has depth.
type deepPicture struct {
	picture
	a     *app
	depth *draw.Depth
	frame int
}

// openDeep computes what a figure of a scene shows, on a device of its own.
func (a *app) openDeep(ctx context.Context, s *scenes.Scene, frame int) (_ deep, err error) {
	d, err := a.openToDraw()
	if err != nil {
		return nil, noOpenGL{err}
	}
	p := &deepPicture{picture: picture{d: d, frames: frameSpan{frame, frame}, content: draw.Picture{Scene: s, Fine: true}}, a: a}
	if err := a.fill(ctx, &p.picture); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close frees the picture and its device.
func (p *deepPicture) Close() {
	p.depth.Close()
	p.picture.Close()
	p.d.Close()
}

func (p *deepPicture) content(ctx context.Context) (c exported, err error) {
	of := &p.picture.content
	c.Content = figure.Content{
		Scene: of.Scene, View: exportGrid(of.Scene, of.Trajectories, contourSide), Trajectories: of.Trajectories,
		Ensemble: of.Ensemble != nil, Map: of.Map, Zoom: of.Zoom, Stable: of.Stable, Orbit: of.Orbit, OrbitStable: of.OrbitStable, Endings: of.Endings, Stabilities: of.Stabilities, Counted: of.Counted,
	}
	return c, p.a.exportLandscape(ctx, p.b, &c)
}

func (p *deepPicture) open(fig *figure.Figure, frame int, scale float64) (err error) {
	p.frame = frame
	p.depth, err = draw.NewDepth(p.d, p.picture.content, fig, scale)
	return err
}

func (p *deepPicture) Depth(panel int, r display.Rectangle, scale float64) (image.Image, display.Rectangle, error) {
	b := display.Rect(r.X0*scale, r.Y0*scale, r.X1*scale, r.Y1*scale).Whole()
	m, err := p.depth.Image(p.frame, panel, image.Rect(int(b.X0), int(b.Y0), int(b.X1), int(b.Y1)))
	return m, display.Rect(b.X0/scale, b.Y0/scale, b.X1/scale, b.Y1/scale), err
}
