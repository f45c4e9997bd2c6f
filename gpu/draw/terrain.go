package draw

import (
	"math"
	"slices"

	"losscape/gpu"
	"losscape/scenes/figure"
	"losscape/scenes/scale"
)

// fieldCache is the field, and what of it the panels need.
type fieldCache struct {
	d     *gpu.Device
	is    fieldVersion
	words *gpu.Texture // of the terrain made last, with a border; nil until needed
	on    string       // its scale

	raw    *figure.Heights // nil until needed, as what follows
	sorted []float64
	scales map[string]*scale.Scale // by the kind that was asked for
	draped *figure.Heights         // raw on the scale lay
	lay    scaleKey
}

// fieldVersion says what the cache was made from.
type fieldVersion struct {
	field   *gpu.Field
	version int
}

// show forgets what was made from another field.
func (l *fieldCache) show(d *gpu.Device, fd *gpu.Field, version int) {
	if is := (fieldVersion{fd, version}); is != l.is {
		l.free()
		*l = fieldCache{d: d, is: is}
	}
}

// free frees what it holds on the device.
func (l *fieldCache) free() {
	l.words.Close()
	l.words, l.on = nil, ""
}

// terrain is the field as a panel shows it: its losses on a scale.
type terrain struct {
	cache  *fieldCache
	nx, ny int
	scale  *scale.Scale // from the least to the greatest loss
}

// terrain returns the field on a scale.
func (l *fieldCache) terrain(kind string) (*terrain, error) {
	fd := l.is.field
	t := &terrain{cache: l, nx: fd.NX, ny: fd.NY, scale: l.scales[kind]}
	if t.scale != nil {
		return t, nil
	}
	if kind == scale.Linear {
		t.scale = scale.NewLinear(float64(fd.Min), float64(fd.Max))
	} else {
		sorted, err := l.heights()
		if err != nil {
			return nil, err
		}
		t.scale = scale.New(kind, sorted)
	}
	if l.scales == nil {
		l.scales = map[string]*scale.Scale{}
	}
	l.scales[kind] = t.scale
	return t, nil
}

// words returns the terrain as a texture of words, with a border of one point on
// every side, where it goes on straight. All terrains of a cache share
// it, so that it is valid only until that of the next one is asked for.
func (t *terrain) words() (_ *gpu.Texture, err error) {
	l := t.cache
	if l.on == t.scale.Kind {
		return l.words, nil
	}
	if l.words == nil {
		if l.words, err = l.d.NewTexture("landscape", t.nx+2, t.ny+2, 1, gpu.R32UI); err != nil {
			return nil, err
		}
	}
	l.on = ""
	if err := l.words.CopyFrom(l.is.field.Buffer, 1, 1, t.nx, t.ny); err != nil {
		return nil, err
	}
	if err := t.rescale(); err != nil {
		return nil, err
	}
	if err := l.border(); err != nil {
		return nil, err
	}
	l.on = t.scale.Kind
	return l.words, nil
}

// border fills the border of the words.
func (l *fieldCache) border() error {
	prog, err := l.d.Compute("draw_border.comp", nil)
	if err != nil {
		return err
	}
	l.words.BindImage(0)
	prog.Cover(max(l.words.Width, l.words.Height), 4)
	l.d.Barrier(gpu.ForTextures)
	return l.d.Check("border of the landscape")
}

// heights returns the field's finite losses, thinned out and sorted, with its
// least and its greatest.
func (l *fieldCache) heights() ([]float64, error) {
	if l.sorted != nil {
		return l.sorted, nil
	}
	raw, err := l.heightField()
	if err != nil {
		return nil, err
	}
	lo, hi := float64(l.is.field.Min), float64(l.is.field.Max)
	if !scale.Finite(lo) || !scale.Finite(hi) {
		return nil, nil
	}
	l.sorted = append(make([]float64, 0, len(raw.Z)+2), lo, hi)
	for _, v := range raw.Z {
		if x := float64(v); scale.Finite(x) {
			l.sorted = append(l.sorted, min(max(x, lo), hi))
		}
	}
	slices.Sort(l.sorted)
	return l.sorted, nil
}

// rescale turns the losses in the texture into coordinates of the scale; what is
// not finite stays.
func (t *terrain) rescale() error {
	kinds := map[string]int{scale.Log: 1, scale.Asinh: 2, scale.Rank: 3}
	kind, ok := kinds[t.scale.Kind]
	if !ok {
		return nil
	}
	d := t.cache.d
	prog, err := d.Compute("draw_scale.comp", nil)
	if err != nil {
		return err
	}
	knots, err := d.NewTexture("ranks", scale.Knots, 1, 1, gpu.R32F)
	if err != nil {
		return err
	}
	defer knots.Close()
	if kind == kinds[scale.Rank] {
		data := make([]byte, 0, 4*scale.Knots)
		for _, v := range t.scale.Knots {
			b := math.Float32bits(f(v))
			data = append(data, byte(b), byte(b>>8), byte(b>>16), byte(b>>24))
		}
		if err := knots.Write(0, 0, scale.Knots, 1, data); err != nil {
			return err
		}
	}
	knots.Bind(0)
	t.cache.words.BindImage(0)
	prog.SetInt("kind", kind)
	prog.SetInt("last", scale.Knots-1)
	prog.SetFloat("least", max(f(t.scale.Least), math.SmallestNonzeroFloat32))
	prog.SetFloat("bend", f(t.scale.Bend))
	prog.Cover(t.nx, t.ny)
	d.Barrier(gpu.ForImages)
	return d.Check("scale of losses")
}

// heightField copies the field's heights to the host, thinned to at most 512 a side.
func (l *fieldCache) heightField() (*figure.Heights, error) {
	if l.raw != nil {
		return l.raw, nil
	}
	const most = figure.MaxHeights
	fd := l.is.field
	raw := &figure.Heights{NX: min(fd.NX, most), NY: min(fd.NY, most)}
	raw.Z = make([]float32, raw.NX*raw.NY)
	from := fd.Buffer
	if fd.NX > most || fd.NY > most {
		var err error
		if from, err = l.thinned(raw.NX, raw.NY); err != nil {
			return nil, err
		}
		defer from.Close()
	}
	if err := gpu.Download(from, 0, raw.Z); err != nil {
		return nil, err
	}
	l.raw = raw
	return raw, nil
}

// thinned returns the field at fewer points.
func (l *fieldCache) thinned(nx, ny int) (*gpu.Buffer, error) {
	plain := &terrain{cache: l, nx: l.is.field.NX, ny: l.is.field.NY, scale: scale.NewLinear(0, 1)}
	words, err := plain.words()
	if err != nil {
		return nil, err
	}
	prog, err := l.d.Compute("draw_thin.comp", nil)
	if err != nil {
		return nil, err
	}
	out, err := l.d.NewBuffer("thin landscape", 4*nx*ny, gpu.Computed)
	if err != nil {
		return nil, err
	}
	words.Bind(1)
	out.BindStorage(0)
	prog.SetInt2("fieldSize", plain.nx, plain.ny)
	prog.SetInt2("size", nx, ny)
	prog.Cover(nx*ny, 1)
	l.d.Barrier(gpu.ForHost)
	return out, nil
}

// scaleKey says what a scale of a given field does to a loss.
type scaleKey struct {
	kind        string
	least, bend float64
}

// Range returns the field's least and greatest loss.
func (l *fieldCache) Range() (lo, hi float64) {
	return float64(l.is.field.Min), float64(l.is.field.Max)
}

// Scale returns a scale of the field.
func (l *fieldCache) Scale(kind string) (*scale.Scale, error) {
	t, err := l.terrain(kind)
	if err != nil {
		return nil, err
	}
	return t.scale, nil
}

// Heights returns the heights on a scale of the field.
func (l *fieldCache) Heights(s *scale.Scale) (*figure.Heights, error) {
	raw, err := l.heightField()
	if err != nil || s.Kind == scale.Linear {
		return raw, err
	}
	if lay := (scaleKey{s.Kind, s.Least, s.Bend}); l.draped == nil || l.lay != lay {
		l.draped, l.lay = raw.On(s), lay
	}
	return l.draped, nil
}
