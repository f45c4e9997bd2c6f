package scenes

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"reflect"
	"regexp"
	"strings"

	"losscape/cpu"

	"github.com/pelletier/go-toml/v2"
)

// Encode returns the TOML text of a valid scene: decoded, it computes and shows
// the same, its name aside. It states all keys that the scene has a say in,
// those at their defaults too, but of labels only the others. A data file keeps its path as opened, so a
// relative one holds for texts in the current folder.
func Encode(s *Scene) ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	labels, penalize := s.shownLabels(), s.Problem.Penalize.String()
	f := file{
		Title:     &s.Title,
		Data:      s.Data.text(),
		Loss:      fileLoss{Eps: &s.Problem.Eps, L2: &s.Problem.L2, Penalize: &penalize, Precision: &s.Precision},
		Landscape: s.landscapeText(),
		Film:      s.Film.text(),
		Path:      filePath{Width: &s.Path.Width, Trail: integer(s.Path.Trail), Markers: integer(s.Path.Markers)},
		Surface: fileSurface{
			Contours: &s.Surface.Contours, Grid: &s.Surface.Grid, Wireframe: integer(s.Surface.Wireframe),
			Floor: &s.Surface.Floor, Scale: &s.Surface.Scale, Colormap: &s.Surface.Colormap,
		},
		Contour: fileContour{
			Scale: &s.Contour.Scale, Colormap: &s.Contour.Colormap, Bands: integer(s.Contour.Bands), Colorbar: &s.Contour.Colorbar,
			Levels: s.Contour.Levels, Labels: &s.Contour.Labels, Aspect: &s.Contour.Aspect,
		},
		Curve:    fileCurve{Negative: &s.Curve.Negative},
		Camera:   s.Camera.text(),
		Ensemble: s.Ensemble.text(),
		Map:      s.Map.text(),
		Orbit:    s.Orbit.text(),
		Labels:   labels.text(),
	}
	stability := s.Film.Stability && s.checkStability() == nil
	f.Film.Stability = &stability
	for i := range s.Runs {
		r, err := runText(&s.Runs[i])
		if err != nil {
			return nil, err
		}
		f.Run = append(f.Run, r)
	}
	for _, c := range s.Path.Colors {
		f.Path.Colors = append(f.Path.Colors, colorText(c))
	}
	text, err := toml.Marshal(f)
	if err != nil {
		return nil, err
	}
	return tidy(text), nil
}

func (d *Data) text() fileData {
	var t fileData
	if d.File != "" {
		t.File = &d.File
		c := &d.Columns
		for _, k := range []struct {
			text string
			key  *any
		}{{c.Label, &t.Label}, {c.Positive, &t.Positive}, {c.Negative, &t.Negative}, {c.Weights, &t.Weights}} {
			if k.text != "" {
				*k.key = k.text
			}
		}
		for _, k := range []struct {
			texts []string
			key   *any
		}{{c.Features, &t.Features}, {c.Exclude, &t.Exclude}, {c.Categorical, &t.Categorical}} {
			if len(k.texts) > 0 {
				*k.key = k.texts
			}
		}
		if c.Missing != "" {
			t.Missing = &c.Missing
		}
		if c.Standardize {
			t.Standardize = &c.Standardize
		}
		if c.Sample > 0 {
			t.Sample, t.SampleSeed = integer(c.Sample), integer(int(c.SampleSeed))
		}
	} else {
		t.Generate, t.Seed = &d.Generate, integer(int(d.Seed))
	}
	for i := range d.Classes {
		c := &d.Classes[i]
		out := fileClass{Label: integer(c.Label)}
		if c.Name != "" {
			out.Name = &c.Name
		}
		for _, p := range c.Parts {
			out.Parts = append(out.Parts, filePart{Mean: p.Mean, Std: p.Std, N: integer(p.N)})
		}
		t.Classes = append(t.Classes, out)
	}
	return t
}

// runText returns a value of runType.
func runText(r *cpu.Run) (any, error) {
	o, err := cpu.LookupOptimizer(r.Optimizer)
	if err != nil {
		return nil, err
	}
	values := map[string]any{"optimizer": &r.Optimizer, "start": r.Start}
	if r.Name != "" {
		values["name"] = &r.Name
	}
	for _, h := range cpu.HyperParameters() {
		if !o.Has(h.Name) || r.Batch == 0 && (h.Name == "batch" || h.Name == "seed") {
			continue
		}
		switch f := h.Field(r).(type) {
		case *float64:
			values[h.Name] = f
		case *int:
			values[h.Name] = integer(*f)
		case *uint64:
			if *f > math.MaxInt64 {
				return nil, fmt.Errorf("%s %d of a run is beyond the %d that TOML has, choose a smaller one", h.Name, *f, int64(math.MaxInt64))
			}
			values[h.Name] = integer(int(*f))
		}
	}
	t := reflect.New(runType).Elem()
	for i := range runType.NumField() {
		if v, ok := values[runType.Field(i).Tag.Get("toml")]; ok {
			t.Field(i).Set(reflect.ValueOf(v))
		}
	}
	return t.Interface(), nil
}

func (f *Film) text() fileFilm {
	t := fileFilm{
		Size: []int64{int64(f.Width), int64(f.Height)}, FPS: &f.FPS, Frames: integer(f.Frames),
		IterationsPerFrame: integer(f.IterationsPerFrame), FramesPerIteration: integer(f.FramesPerIteration),
		Count: &f.Count, EaseIn: integer(f.EaseIn), Hold: integer(f.Hold), Theme: &f.Theme, LossScale: &f.LossScale,
	}
	t.Layout = f.Layout
	if f.Layout != nil && reflect.DeepEqual(f.Panels, PanelsOf(layoutPanels(f.Layout)...)) {
		return t
	}
	for i := range f.Panels {
		t.Panels = append(t.Panels, f.Panels[i].text())
	}
	return t
}

// text returns an element of fileFilm.Panels.
func (p *Panel) text() any {
	if p.Name == p.Kind && p.Title == "" && p.Runs == nil {
		return p.Kind
	}
	t := filePanel{Panel: &p.Kind}
	if p.Name != p.Kind {
		t.Name = &p.Name
	}
	if p.Title != "" {
		t.Title = &p.Title
	}
	for _, r := range p.Runs {
		t.Runs = append(t.Runs, int64(r))
	}
	return t
}

func (c *Camera) text() fileCamera {
	t := fileCamera{Elev: &c.Elev, Azim: &c.Azim, Path: &c.Path, Projection: &c.Projection, Pan: c.Pan[:]}
	if c.Path != "keys" {
		t.Zoom = &c.Zoom
	}
	for i := range c.Keys {
		k := &c.Keys[i]
		t.Key = append(t.Key, fileKey{Frame: integer(k.Frame), Elev: &k.Elev, Azim: &k.Azim, Zoom: &k.Zoom})
	}
	return t
}

func (w *Ensemble) text() fileEnsemble {
	if len(w.Over) == 0 {
		return fileEnsemble{}
	}
	return fileEnsemble{
		Over: overText(w.Over), Run: integer(w.Run), As: &w.As, Size: &w.Size, Opacity: &w.Opacity,
		Color: &w.Color, Colormap: &w.Colormap,
	}
}

func (m *Map) text() fileMap {
	if len(m.Over) == 0 {
		return fileMap{}
	}
	t := fileMap{
		Over: overText(m.Over), Run: integer(m.Run), Steps: integer(m.Steps),
		Of: &m.Of, Scale: &m.Scale, Colormap: &m.Colormap, Stability: &m.Stability,
	}
	if m.GradTol != 0 {
		t.GradTol = &m.GradTol
	}
	for i := range m.Keys {
		k := &m.Keys[i]
		t.Key = append(t.Key, fileMapKey{Frame: integer(k.Frame), Centre: k.Centre[:], Width: &k.Width})
	}
	return t
}

func (o *Orbit) text() fileOrbit {
	if len(o.Over) == 0 {
		return fileOrbit{}
	}
	over := o.Over[0].String()
	return fileOrbit{
		Over: &over, Run: integer(o.Run), Steps: integer(o.Steps), Last: integer(o.Last),
		Of: &o.Of, Colormap: &o.Colormap, Stability: &o.Stability,
	}
}

func overText(over []cpu.Param) []string {
	var out []string
	for _, p := range over {
		out = append(out, p.String())
	}
	return out
}

func integer(n int) *int64 {
	v := int64(n)
	return &v
}

func colorText(c color.NRGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

var heading = regexp.MustCompile(`^\[[^\[].*\]$`)

// tidy leaves out what the encoder writes for keys that are not there: empty
// arrays, and tables without keys. No key of a scene may be an empty array.
func tidy(text []byte) []byte {
	var lines []string
	for _, l := range strings.Split(string(text), "\n") {
		if !strings.HasSuffix(l, " = []") {
			lines = append(lines, l)
		}
	}
	var out bytes.Buffer
	blank := true
	for i, l := range lines {
		if heading.MatchString(l) && (i+1 == len(lines) || lines[i+1] == "" || lines[i+1][0] == '[') {
			continue
		}
		if l == "" && blank {
			continue
		}
		if !blank && strings.HasPrefix(l, "[") {
			out.WriteByte('\n')
		}
		blank = l == ""
		out.WriteString(l + "\n")
	}
	return append(bytes.TrimRight(out.Bytes(), "\n"), '\n')
}
