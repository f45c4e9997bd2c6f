package scenes

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"image/color"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu"
	"losscape/cpu/quote"
	"losscape/scenes/dataset"

	"github.com/pelletier/go-toml/v2"
)

// Decode returns the scene in TOML text src. The file name is used in errors,
// for the scene's name, and for its folder, against which a relative data file
// resolves; the file itself is not opened. A text has at most MaxText bytes. Every fault is an *Error.
func Decode(file string, src []byte) (*Scene, error) {
	if len(src) > MaxText {
		return nil, tooLong(file)
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff")) // byte order mark
	if fault := dataset.NotText(src); fault != "" {
		return nil, &Error{File: file, Msg: fault}
	}
	// The text's offsets are measured by capacity in places below.
	src = bytes.Clone(src)
	d := &decoder{checker: checker{file: file, src: src[:len(src):len(src)]}}
	if err := d.read(); err != nil {
		return nil, err
	}
	return d.scene()
}

type decoder struct {
	checker
	text file
}

// read turns the text into d.text: first as TOML of any kind, then its keys
// and kinds against the schema, which leaves nothing for the strict decoder
// to complain about but what neither knows.
func (d *decoder) read() error {
	// The decoder's time grows with the square of the keys of a table, its memory with their parts.
	if len(d.src) > longText {
		if err := d.check(); err != nil && d.parser.Error() == nil {
			return err
		}
	}
	var tree map[string]any
	if err := toml.Unmarshal(d.src, &tree); err != nil {
		return d.syntax(err)
	}
	if err := d.check(); err != nil {
		return err
	}
	dec := toml.NewDecoder(bytes.NewReader(d.src))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d.text); err != nil {
		return d.syntax(err)
	}
	return nil
}

// longText is from how many bytes on a text's keys are checked before it is decoded, and a fault of the syntax behind an
// unknown key is not said.
const longText = 1 << 16

// syntax turns an error of the TOML decoder into an *Error.
func (d *decoder) syntax(err error) error {
	e := &Error{File: d.file, Msg: foreign(err.Error()), Err: err}
	var de *toml.DecodeError
	var strict *toml.StrictMissingError
	if errors.As(err, &strict) && len(strict.Errors) > 0 {
		de = &strict.Errors[0]
	} else {
		errors.As(err, &de)
	}
	if de != nil {
		e.Line, e.Column = de.Position()
		e.Msg = "not valid TOML: " + foreign(de.Error()[len("toml: "):])
	}
	return e
}

// scene validates d.text and fills in the defaults.
func (d *decoder) scene() (*Scene, error) {
	s := &Scene{Name: baseName(d.file), Source: string(d.src)}
	s.Title = or(d.text.Title, s.Name)
	set, err := d.data(s)
	if err != nil {
		return nil, err
	}
	s.Problem = &cpu.Problem{X: set.X, Y: set.Y, Eps: or(d.text.Loss.Eps, 0), L2: or(d.text.Loss.L2, 0)}
	if err := s.Problem.Weigh(set.Weights); err != nil {
		return nil, d.failAt("data.weights", "%v", err)
	}
	s.Precision = or(d.text.Loss.Precision, Precisions[0])
	if name := d.text.Loss.Penalize; name != nil {
		var ok bool
		if s.Problem.Penalize, ok = cpu.ParsePenalty(*name); !ok {
			return nil, d.failAt("loss.penalize", "unknown penalty %s%s", quote.Text(*name), oneOf(*name, cpu.Penalties()))
		}
	}
	s.Features = set.Features
	if s.Features == nil {
		s.Features = defaultFeatures(s.Problem.Features())
	}
	for i, name := range set.Classes {
		if !d.namesClass(1-i) && name != "" {
			s.Classes[i] = name
		}
	}
	for _, fill := range []func(*Scene) error{d.landscape, d.runs, d.sweeps, d.film, d.labels} {
		if err := fill(s); err != nil {
			return nil, err
		}
	}
	if f := s.check(); f != nil {
		return nil, d.failAt(f.key, "%s", f.msg)
	}
	if f := s.checkStability(); f != nil {
		return nil, d.failAt(f.key, "%s", f.msg)
	}
	if f := s.atOnce(); f != nil {
		return nil, d.failAt(f.key, "%s", f.msg)
	}
	return s, nil
}

// namesClass reports whether the scene names the class of a label.
func (d *decoder) namesClass(label int) bool {
	return slices.ContainsFunc(d.text.Data.Classes, func(c fileClass) bool {
		return c.Name != nil && c.Label != nil && *c.Label == int64(label)
	})
}

func defaultFeatures(n int) []string {
	if n == 1 {
		return []string{"x"}
	}
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("x%d", i+1)
	}
	return names
}

// data fills in s.Data and s.Classes and returns the samples.
func (d *decoder) data(s *Scene) (*dataset.Set, error) {
	t := d.text.Data
	if _, ok := d.places["data"]; !ok {
		return nil, d.failAt("data", `missing, want [data] with generate = "gaussian" and classes, or with file = "points.csv" and label`)
	}
	switch {
	case t.Generate == nil && t.File == nil:
		return nil, d.failAt("data", `no source of samples, want generate = "gaussian" or file = "points.csv"`)
	case t.Generate != nil && t.File != nil:
		return nil, d.failAt("data.file", "both generate and file are given, want one of them")
	}
	if err := d.classes(s, t.Generate != nil); err != nil {
		return nil, err
	}
	if t.File != nil {
		return d.dataFile(s)
	}
	return d.generated(s)
}

// classes fills in s.Data.Classes, without their parts, and s.Classes.
func (d *decoder) classes(s *Scene, generate bool) error {
	s.Classes = [2]string{"Category 1", "Category 2"}
	var named [2]bool
	for i, c := range d.text.Data.Classes {
		key := fmt.Sprintf("data.classes[%d]", i)
		if c.Label == nil {
			return d.failAt(key, "label is missing, want label = 0 or label = 1")
		}
		label := *c.Label
		if label != 0 && label != 1 {
			return d.failAt(key+".label", "%d, want 0 or 1", label)
		}
		if c.Parts != nil && !generate {
			return d.failAt(key+".parts", "parts are generated, but the samples come from a file: remove parts or file")
		}
		if len(c.Parts) == 0 && generate {
			return d.failAt(key, "parts are missing, want parts = [{ mean = 1.0, std = 1.0, n = 50 }]")
		}
		if c.Name != nil && !named[label] {
			named[label] = true
			s.Classes[1-label] = *c.Name
		}
		s.Data.Classes = append(s.Data.Classes, Class{Name: or(c.Name, ""), Label: int(label)})
	}
	return nil
}

// generated fills in the rest of s.Data and draws the samples.
func (d *decoder) generated(s *Scene) (*dataset.Set, error) {
	t := d.text.Data
	s.Data.Generate = *t.Generate
	if s.Data.Generate != generators[0] {
		return nil, d.failAt("data.generate", "unknown generator %s%s", quote.Text(s.Data.Generate), oneOf(s.Data.Generate, generators))
	}
	for _, k := range []string{"label", "positive", "negative", "features", "exclude", "weights", "categorical", "missing", "standardize", "sample", "sample_seed"} {
		if k = "data." + k; d.has(k) {
			return nil, d.failAt(k, "only for samples from a file, here they are generated: remove it")
		}
	}
	seed := or(t.Seed, 0)
	if seed < 0 || seed > math.MaxUint32 {
		return nil, d.failAt("data.seed", "%d, want 0 to %d", seed, uint32(math.MaxUint32))
	}
	s.Data.Seed = uint32(seed)
	if len(t.Classes) == 0 {
		return nil, d.failAt("data.classes", "no classes, want classes = [{ label = 1, parts = [{ mean = 1.0, std = 1.0, n = 50 }] }, ...]")
	}
	dim, total := 0, 0
	draw := make([]dataset.Class, len(t.Classes))
	for i, c := range t.Classes {
		for j := range c.Parts {
			p, err := d.part(fmt.Sprintf("data.classes[%d].parts[%d]", i, j), c.Parts[j], &dim, &total)
			if err != nil {
				return nil, err
			}
			s.Data.Classes[i].Parts = append(s.Data.Classes[i].Parts, p)
		}
		draw[i] = dataset.Class{Label: s.Data.Classes[i].Label, Parts: s.Data.Classes[i].Parts}
	}
	if total < 2 {
		return nil, d.failAt("data.classes", "only one sample, want at least two: raise n")
	}
	set, err := dataset.Gaussian(s.Data.Seed, draw)
	if err != nil {
		return nil, d.failAt("data.classes", "%v", err)
	}
	return set, nil
}

// part returns a part of a class. It keeps the number of features of the
// first part in dim and the number of samples so far in total.
func (d *decoder) part(key string, t filePart, dim, total *int) (p dataset.Part, err error) {
	switch {
	case t.Mean == nil:
		return p, d.failAt(key, "mean is missing, want a number, or an array of one for each feature")
	case t.Std == nil:
		return p, d.failAt(key, "std is missing, want a number of at least 0")
	case t.N == nil:
		return p, d.failAt(key, "n is missing, want the number of samples to draw")
	}
	p.Mean, p.Std = numbers(t.Mean), numbers(t.Std)
	if *dim == 0 {
		*dim = len(p.Mean)
	}
	switch {
	case len(p.Mean) == 0:
		return p, d.failAt(key+".mean", "no numbers, want one for each feature")
	case len(p.Mean) != *dim:
		return p, d.failAt(key+".mean", "%d numbers, want %d as in the first part: one for each feature", len(p.Mean), *dim)
	case len(p.Std) != 1 && len(p.Std) != *dim:
		return p, d.failAt(key+".std", "%d numbers, want one, or %d: one for each feature", len(p.Std), *dim)
	}
	for i, m := range p.Mean {
		if !finite(m) {
			return p, d.failAt(element(key+".mean", i, t.Mean), "%v, want a finite number", m)
		}
	}
	for i, v := range p.Std {
		if !finite(v) || v < 0 {
			return p, d.failAt(element(key+".std", i, t.Std), "%v, want a finite number of at least 0", v)
		}
	}
	most := int64(dataset.MaxValues/(*dim) - *total)
	switch n := *t.N; {
	case n < 1:
		return p, d.failAt(key+".n", "%d samples, want at least 1", n)
	case n > most:
		return p, d.failAt(key+".n", "%d samples, want at most %d here (%d values in all)", n, most, dataset.MaxValues)
	default:
		p.N = int(n)
		*total += p.N
	}
	return p, nil
}

// dataFile fills in the rest of s.Data and loads the samples.
func (d *decoder) dataFile(s *Scene) (*dataset.Set, error) {
	t := d.text.Data
	if t.Seed != nil {
		return nil, d.failAt("data.seed", "only for generated samples, here they come from a file: remove it")
	}
	if *t.File == "" {
		return nil, d.failAt("data.file", `empty, want the path of a file: .csv, .tsv, .npy, .npz or .parquet`)
	}
	s.Data.File = filepath.FromSlash(*t.File)
	if !filepath.IsAbs(s.Data.File) && !strings.HasPrefix(s.Data.File, dataset.Builtin) {
		s.Data.File = filepath.Join(folder(d.file), s.Data.File)
	}
	if err := d.columns(&s.Data.Columns); err != nil {
		return nil, err
	}
	set, err := dataset.Load(s.Data.File, s.Data.Columns)
	if err != nil {
		e := d.failAt("data.file", "%s", foreign(err.Error())).(*Error)
		e.Err = err
		return nil, e
	}
	s.Data.Taken, s.Data.Means, s.Data.Deviations = set.Taken, set.Means, set.Deviations
	return set, nil
}

// has reports whether the text has a key.
func (d *decoder) has(key string) bool {
	_, ok := d.places[key]
	return ok
}

// columns says which columns of a data file are what.
func (d *decoder) columns(c *dataset.Columns) error {
	t := d.text.Data
	if t.Label != nil {
		c.Label = text(t.Label)
	}
	if t.Weights != nil {
		if c.Weights = text(t.Weights); strings.TrimSpace(c.Weights) == "" {
			return d.failAt("data.weights", "empty, want the column of the samples' weights")
		}
	}
	for _, k := range []struct {
		key, want string
		have      any
		class     *string
	}{{"data.positive", "the class of label 1", t.Positive, &c.Positive}, {"data.negative", "the class of label 0", t.Negative, &c.Negative}} {
		if k.have == nil {
			continue
		}
		*k.class = text(k.have)
		if _, ok := k.have.(float64); ok { // a class is its text
			*k.class = d.literal(k.key)
		}
		if strings.TrimSpace(*k.class) == "" {
			return d.failAt(k.key, "empty, want %s", k.want)
		}
	}
	switch {
	case c.Negative != "" && c.Positive == "":
		return d.failAt("data.negative", "the class of label 0 without that of label 1: give positive, too")
	case c.Negative != "" && strings.TrimSpace(c.Negative) == strings.TrimSpace(c.Positive):
		return d.failAt("data.negative", "%s is the positive class, too: want another", quote.Text(c.Negative))
	}
	c.Features, c.Exclude, c.Categorical = texts(t.Features), texts(t.Exclude), texts(t.Categorical)
	if c.Missing = or(t.Missing, ""); t.Missing != nil {
		if bad := (choice{"data.missing", "way with missing values", c.Missing, dataset.Missings}).check(); bad != nil {
			return d.failAt(bad.key, "%s", bad.msg)
		}
	}
	c.Standardize = or(t.Standardize, false)
	if t.Sample != nil {
		if *t.Sample < 2 || *t.Sample > dataset.MaxValues {
			return d.failAt("data.sample", "%d rows, want 2 to %d", *t.Sample, dataset.MaxValues)
		}
		c.Sample = int(*t.Sample)
	}
	switch seed := or(t.SampleSeed, 0); {
	case t.SampleSeed != nil && t.Sample == nil:
		return d.failAt("data.sample_seed", "only for a sample, here all rows are taken: give sample too, or remove it")
	case seed < 0 || seed > math.MaxUint32:
		return d.failAt("data.sample_seed", "%d, want 0 to %d", seed, uint32(math.MaxUint32))
	default:
		c.SampleSeed = uint32(seed)
	}
	return nil
}

// texts returns the strings or numbers of an array, nil if there is none.
func texts(v any) []string {
	list, ok := v.([]any)
	if !ok {
		return nil
	}
	out := make([]string, len(list))
	for i, e := range list {
		out[i] = text(e)
	}
	return out
}

// size stores an array of two sizes; their least values are checked later.
func (d *decoder) size(key string, have []int64, most int64, w, h *int) error {
	if have == nil {
		return nil
	}
	if len(have) != 2 {
		return d.failAt(key, "%s, want two: along x and along y", count(len(have), "number"))
	}
	for i, n := range have {
		if n > most {
			return d.failAt(fmt.Sprintf("%s[%d]", key, i), "%d, want at most %d", n, most)
		}
	}
	*w, *h = clampInt(have[0]), clampInt(have[1])
	return nil
}

func (d *decoder) runs(s *Scene) error {
	if d.text.Run == nil {
		d.text.Run = []any{map[string]any{}}
	}
	for i, t := range d.text.Run {
		r, err := d.run(fmt.Sprintf("run[%d].", i), t.(map[string]any), s.Problem)
		if err != nil {
			return err
		}
		s.Runs = append(s.Runs, r)
	}
	return nil
}

// run returns a run, whose values are of the right kinds.
func (d *decoder) run(key string, t map[string]any, p *cpu.Problem) (cpu.Run, error) {
	name, given := t["optimizer"].(string)
	if !given {
		name = "gd"
	}
	r := cpu.DefaultRun(name)
	o, err := cpu.LookupOptimizer(r.Optimizer)
	if err != nil {
		return r, d.failAt(key+"optimizer", "unknown optimizer %s%s", quote.Text(r.Optimizer), oneOf(r.Optimizer, cpu.Optimizers()))
	}
	r.Name, _ = t["name"].(string)
	r.LR, r.L2, r.Steps = defaultLR, p.L2, defaultSteps
	for _, h := range cpu.HyperParameters() {
		v, given := t[h.Name]
		if !given {
			continue
		}
		if !o.Has(h.Name) {
			return r, d.failAt(key+h.Name, "%s", lacks(o, h.Name))
		}
		switch f := h.Field(&r).(type) {
		case *float64:
			*f = numbers(v)[0]
		case *int:
			*f = clampInt(v.(int64))
		case *uint64:
			n := v.(int64)
			if n < 0 {
				return r, d.failAt(key+h.Name, "%d, want at least 0", n)
			}
			*f = uint64(n)
		}
	}
	if _, given := t["batch"]; given && r.Batch < 1 {
		return r, d.failAt(key+"batch", "%d samples, want at least 1; without batch a step takes all", r.Batch)
	}
	if _, given := t["seed"]; given && r.Batch == 0 {
		return r, d.failAt(key+"seed", "only for mini-batches, here a step takes all samples: give batch too, or remove it")
	}
	if start, given := t["start"]; given {
		r.Start = append([]float64{}, numbers(start)...)
	} else {
		r.Start = slices.Repeat([]float64{-1}, p.Dim())
	}
	return r, nil
}

func (d *decoder) film(s *Scene) error {
	t := d.text.Film
	s.Film = Film{
		Width: 1800, Height: 600,
		FPS: or(t.FPS, 10),

		IterationsPerFrame: clampInt(or(t.IterationsPerFrame, 1)), FramesPerIteration: clampInt(or(t.FramesPerIteration, 1)),
		Count: or(t.Count, CountUpdates), EaseIn: clampInt(or(t.EaseIn, 0)), Hold: clampInt(or(t.Hold, 0)),
	}
	if err := d.size("film.size", t.Size, MaxFilm, &s.Film.Width, &s.Film.Height); err != nil {
		return err
	}
	s.Film.Theme, s.Film.LossScale = or(t.Theme, themes[0]), or(t.LossScale, lossScales[0])
	s.Film.Stability = or(t.Stability, false)
	s.Film.Frames = min(s.MaxFrames(), defaultFrames)
	if t.Frames != nil {
		s.Film.Frames = clampInt(*t.Frames)
	}
	if err := d.panels(s); err != nil {
		return err
	}
	p := d.text.Path
	s.Path = Path{Width: or(p.Width, 1.8), Trail: clampInt(or(p.Trail, 0)), Markers: clampInt(or(p.Markers, 1))}
	for i, text := range p.Colors {
		c, ok := ParseColor(text)
		if !ok {
			return d.failAt(fmt.Sprintf("path.colors[%d]", i), "%s is no colour, want one such as \"#d62728\"", quote.Text(text))
		}
		s.Path.Colors = append(s.Path.Colors, c)
	}
	u := d.text.Surface
	s.Surface = Surface{
		Scale: or(u.Scale, scales[0]), Colormap: or(u.Colormap, "viridis"),
		Contours: or(u.Contours, true), Grid: or(u.Grid, false), Floor: or(u.Floor, false),
		Wireframe: clampInt(or(u.Wireframe, 0)),
	}
	c := d.text.Contour
	s.Contour = Contour{
		Scale: or(c.Scale, scales[0]), Colormap: or(c.Colormap, "RdBu_r"), Bands: clampInt(or(c.Bands, 50)), Colorbar: or(c.Colorbar, false),
		Levels: c.Levels, Labels: or(c.Labels, false), Aspect: or(c.Aspect, aspects[0]),
	}
	s.Curve = Curve{Negative: or(d.text.Curve.Negative, 0)}
	return d.camera(s)
}

// panels fills in the film's panels and their layout.
func (d *decoder) panels(s *Scene) error {
	t := d.text.Film
	s.Film.Layout = t.Layout
	switch {
	case t.Panels == nil && t.Layout != nil:
		s.Film.Panels = PanelsOf(layoutPanels(t.Layout)...)
	case t.Panels == nil:
		s.Film.Panels = PanelsOf(s.defaultPanels()...)
	}
	for i, v := range t.Panels {
		p, err := d.panel(fmt.Sprintf("film.panels[%d]", i), v)
		if err != nil {
			return err
		}
		s.Film.Panels = append(s.Film.Panels, p)
	}
	return nil
}

// panel returns a panel from its kind's name, or from a table.
func (d *decoder) panel(key string, v any) (p Panel, err error) {
	kind, plain := v.(string)
	if t, ok := v.(map[string]any); ok {
		key, kind = key+".panel", ""
		if kind, ok = t["panel"].(string); !ok {
			return p, d.failAt(key, "missing, want the kind of the panel, one of: %s", strings.Join(panelNames(), ", "))
		}
	}
	if bad := (choice{key, "panel", kind, panelNames()}).check(); bad != nil {
		return p, d.failAt(bad.key, "%s", bad.msg)
	}
	p = Panel{Kind: kind, Name: kind}
	if plain {
		return p, nil
	}
	t := v.(map[string]any)
	if name, ok := t["name"].(string); ok {
		p.Name = name
	}
	if title, ok := t["title"].(string); ok {
		if p.Title = title; title == "" { // which would be that of its kind
			return p, d.failAt(strings.TrimSuffix(key, "panel")+"title", `empty, want a title, or " " to write nothing`)
		}
	}
	if runs, ok := t["runs"].([]any); ok {
		p.Runs = []int{}
		for _, r := range runs {
			p.Runs = append(p.Runs, clampInt(r.(int64)))
		}
	}
	return p, nil
}

func (d *decoder) camera(s *Scene) error {
	t := d.text.Camera
	c := Camera{
		Elev: or(t.Elev, 30), Azim: or(t.Azim, -60), Path: or(t.Path, cameraPaths[0]),
		Projection: or(t.Projection, projections[0]), Zoom: 1,
	}
	switch {
	case c.Path == "dolly":
		c.Zoom = 2
	case c.Path == "keys" && t.Zoom != nil:
		return d.failAt("camera.zoom", "not for path = \"keys\": remove it, and give the keys a zoom")
	}
	c.Zoom = or(t.Zoom, c.Zoom)
	if t.Pan != nil {
		if len(t.Pan) != 2 {
			return d.failAt("camera.pan", "%s, want two: [right, up], in shares of the panel's height", count(len(t.Pan), "number"))
		}
		c.Pan = [2]float64(t.Pan)
	}
	if t.Key != nil && c.Path != "keys" {
		return d.failAt("camera.key", "only for path = \"keys\", here it is %s: remove it, or change the path", quote.Text(c.Path))
	}
	before := Key{Elev: c.Elev, Azim: c.Azim, Zoom: 1}
	for i, k := range t.Key {
		if k.Frame == nil {
			return d.failAt(fmt.Sprintf("camera.key[%d]", i), "frame is missing, want the number of a frame, from 0")
		}
		before = Key{clampInt(*k.Frame), or(k.Elev, before.Elev), or(k.Azim, before.Azim), or(k.Zoom, before.Zoom)}
		c.Keys = append(c.Keys, before)
	}
	s.Camera = c
	return nil
}

// ParseColor reads a colour such as "#d62728".
func ParseColor(s string) (c color.NRGBA, ok bool) {
	b, err := hex.DecodeString(strings.TrimPrefix(s, "#"))
	if err != nil || len(b) != 3 || len(s) != 7 {
		return c, false
	}
	return color.NRGBA{R: b[0], G: b[1], B: b[2], A: 255}, true
}

// or returns *p, or the default if p is nil.
func or[T any](p *T, def T) T {
	if p == nil {
		return def
	}
	return *p
}

// clampInt converts n to int, to the nearest one where int is short.
func clampInt(n int64) int { return int(max(math.MinInt, min(math.MaxInt, n))) }

// numbers returns a number, or the numbers of an array, as a slice.
func numbers(v any) []float64 {
	switch v := v.(type) {
	case int64:
		return []float64{float64(v)}
	case float64:
		return []float64{v}
	case []any:
		f := make([]float64, 0, len(v))
		for _, e := range v {
			f = append(f, numbers(e)...)
		}
		return f
	}
	return nil
}

// element returns the key of number i of v.
func element(key string, i int, v any) string {
	if _, ok := v.([]any); ok {
		return fmt.Sprintf("%s[%d]", key, i)
	}
	return key
}

// folder returns the folder of a scene file. Of a pipe from the shell, such as
// /dev/fd/63, it is the current one.
func folder(file string) string {
	if dir := filepath.ToSlash(filepath.Dir(file)); dir == "/dev" || dir == "/dev/fd" || strings.HasPrefix(dir, "/proc/") {
		return "."
	}
	return filepath.Dir(file)
}

// text returns a string, or a number as it is usually written.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(v)
}
