package draw

import (
	"math"
	"slices"

	"losscape/gpu"
)

// terrain is the field as a panel shows it: its losses on a scale, in a texture
// of words on the device.
type terrain struct {
	d      *gpu.Device
	words  *gpu.Texture
	nx, ny int
	scale  *scale // from the least to the greatest loss
}

// terrainOf returns the field's terrain on a scale. All terrains share one
// texture, so that each is valid only until the next one is made.
func (r *Renderer) terrainOf(kind string) (*terrain, error) {
	fd := r.p.Field
	t := &terrain{d: r.d, words: r.words, nx: fd.NX, ny: fd.NY}
	if kind == linearScale {
		t.scale = linear(float64(fd.Min), float64(fd.Max))
	} else {
		sorted, err := r.heights()
		if err != nil {
			return nil, err
		}
		t.scale = newScale(kind, sorted)
	}
	if r.wordsOn == t.scale.kind {
		return t, nil
	}
	if err := r.words.CopyFrom(fd.Buffer); err != nil {
		return nil, err
	}
	r.wordsOn = t.scale.kind
	return t, t.rescale()
}

// heights returns the field's finite losses, thinned out and sorted, with its
// least and its greatest.
func (r *Renderer) heights() ([]float64, error) {
	if r.sorted != nil {
		return r.sorted, nil
	}
	land, err := r.land()
	if err != nil {
		return nil, err
	}
	lo, hi := float64(r.p.Field.Min), float64(r.p.Field.Max)
	if !finite(lo) || !finite(hi) {
		return nil, nil
	}
	r.sorted = append(make([]float64, 0, len(land.z)+2), lo, hi)
	for _, v := range land.z {
		if x := float64(v); finite(x) {
			r.sorted = append(r.sorted, min(max(x, lo), hi))
		}
	}
	slices.Sort(r.sorted)
	return r.sorted, nil
}

// rescale turns the losses in the texture into coordinates of the scale; what is
// not finite stays.
func (t *terrain) rescale() error {
	kinds := map[string]int{logScale: 1, symlogScale: 2, rankScale: 3}
	kind, ok := kinds[t.scale.kind]
	if !ok {
		return nil
	}
	prog, err := t.d.NewCompute("draw_scale.comp", nil)
	if err != nil {
		return err
	}
	defer prog.Close()
	knots, err := t.d.NewTexture("ranks", rankKnots, 1, 1, gpu.R32F)
	if err != nil {
		return err
	}
	defer knots.Close()
	if kind == kinds[rankScale] {
		data := make([]byte, 0, 4*rankKnots)
		for _, v := range t.scale.knots {
			b := math.Float32bits(f(v))
			data = append(data, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
		}
		if err := knots.Write(0, 0, rankKnots, 1, data); err != nil {
			return err
		}
	}
	knots.Bind(0)
	t.words.BindImage(0)
	prog.SetInt("kind", kind)
	prog.SetInt("last", rankKnots-1)
	prog.SetFloat("least", max(f(t.scale.least), math.SmallestNonzeroFloat32))
	prog.SetFloat("bend", f(t.scale.bend))
	prog.Dispatch((t.nx+7)/8, (t.ny+7)/8, 1)
	t.d.Barrier(gpu.ForTextures)
	return t.d.Check("scale of losses")
}
