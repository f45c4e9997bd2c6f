package model

import (
	"bytes"
	"context"
	"encoding/json"
	"image/color"
	"math"
	"strings"
	"testing"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/figure"
	"losscape/scenes/palette"

	"github.com/go-gl/mathgl/mgl64"
	"github.com/qmuntal/gltf"
	"github.com/qmuntal/gltf/modeler"
)

// picture computes a built-in scene with n points along each side.
func picture(t *testing.T, name string, n int) figure.Picture {
	t.Helper()
	s, err := scenes.Load(name)
	if err == nil {
		err = s.Resolve(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	runs, err := s.Problem.DescendAll(context.Background(), s.Runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	g := figure.ViewGrid(s, runs, s.Film.Width, s.Film.Height)
	g.X.N, g.Y.N = n, n
	l, err := s.Problem.Landscape(context.Background(), s.Plane, g, nil)
	if err != nil {
		t.Fatal(err)
	}
	return figure.Picture{Scene: s, Landscape: l, Trajectories: runs, Frame: s.Film.Frames - 1}
}

// model is a mesh as a reader of the file sees it.
type model struct {
	at, normals [][3]float32
	colors      [][4]uint16
	indices     []uint32
	material    *gltf.Material
	lo, hi      []float64
}

func readGLB(t *testing.T, data []byte) (*gltf.Document, map[string]model) {
	t.Helper()
	doc := new(gltf.Document)
	if err := gltf.NewDecoder(bytes.NewReader(data)).Decode(doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Scenes) != 1 || len(doc.Scenes[0].Nodes) != 1 || len(doc.Buffers) != 1 || doc.Asset.Version != "2.0" || doc.Asset.Generator != "losscape" {
		t.Fatalf("scenes %v, %d buffers, asset %+v", doc.Scenes, len(doc.Buffers), doc.Asset)
	}
	out := map[string]model{}
	for _, child := range doc.Nodes[doc.Scenes[0].Nodes[0]].Children {
		node := doc.Nodes[child]
		mesh := doc.Meshes[*node.Mesh]
		p := mesh.Primitives[0]
		m := model{material: doc.Materials[*p.Material]}
		position := doc.Accessors[p.Attributes[gltf.POSITION]]
		m.lo, m.hi = position.Min, position.Max
		var err error
		if m.at, err = modeler.ReadPosition(doc, position, nil); err != nil {
			t.Fatal(err)
		}
		if m.normals, err = modeler.ReadNormal(doc, doc.Accessors[p.Attributes[gltf.NORMAL]], nil); err != nil {
			t.Fatal(err)
		}
		if i, ok := p.Attributes[gltf.COLOR_0]; ok {
			if !doc.Accessors[i].Normalized {
				t.Errorf("%s: colours are not normalized", node.Name)
			}
			if m.colors, err = modeler.ReadColor64(doc, doc.Accessors[i], nil); err != nil {
				t.Fatal(err)
			}
		}
		if m.indices, err = modeler.ReadIndices(doc, doc.Accessors[*p.Indices], nil); err != nil {
			t.Fatal(err)
		}
		if _, twice := out[node.Name]; twice || node.Name != mesh.Name {
			t.Errorf("nodes named %q and %q", node.Name, mesh.Name)
		}
		out[node.Name] = m
		m.check(t, node.Name)
	}
	return doc, out
}

// check looks at what every mesh has to fulfil.
func (m model) check(t *testing.T, name string) {
	t.Helper()
	if len(m.at) == 0 || len(m.normals) != len(m.at) || len(m.indices)%3 != 0 || m.colors != nil && len(m.colors) != len(m.at) {
		t.Fatalf("%s: %d vertices, %d normals, %d colours, %d indices", name, len(m.at), len(m.normals), len(m.colors), len(m.indices))
	}
	if len(m.lo) != 3 || len(m.hi) != 3 {
		t.Fatalf("%s: bounds %v, %v", name, m.lo, m.hi)
	}
	vec := func(v [3]float32) mgl64.Vec3 { return mgl64.Vec3{float64(v[0]), float64(v[1]), float64(v[2])} }
	for i, p := range m.at {
		for k := range 3 {
			if !(float64(p[k]) >= m.lo[k] && float64(p[k]) <= m.hi[k]) {
				t.Fatalf("%s: vertex %d at %v, bounds %v to %v", name, i, p, m.lo, m.hi)
			}
		}
		if l := vec(m.normals[i]).Len(); math.Abs(l-1) > 1e-5 {
			t.Fatalf("%s: normal %d has length %v", name, i, l)
		}
	}
	inside := 0
	for i := 0; i < len(m.indices); i += 3 {
		a, b, c := m.indices[i], m.indices[i+1], m.indices[i+2]
		if int(max(a, b, c)) >= len(m.at) {
			t.Fatalf("%s: index %d of %d vertices", name, max(a, b, c), len(m.at))
		}
		face := vec(m.at[b]).Sub(vec(m.at[a])).Cross(vec(m.at[c]).Sub(vec(m.at[a])))
		if n := vec(m.normals[a]).Add(vec(m.normals[b])).Add(vec(m.normals[c])); face.Dot(n) < 0 {
			inside++
		}
	}
	if inside > len(m.indices)/3/100 { // where a run turns on its heel its tube folds
		t.Errorf("%s: %d of %d triangles face inwards", name, inside, len(m.indices)/3)
	}
}

func TestGLB(t *testing.T) {
	for _, name := range scenes.Names() {
		p := picture(t, name, 64)
		var b bytes.Buffer
		if err := GLB(&b, p, nil); err != nil {
			t.Fatal(name, err)
		}
		doc, models := readGLB(t, b.Bytes())
		if err := doc.Nodes[doc.Scenes[0].Nodes[0]].Name; err != p.Scene.Title {
			t.Errorf("the root is %q", err)
		}
		s, ok := models["surface"]
		if !ok || len(s.at) != 64*64 || len(s.indices) != 63*63*6 || s.colors == nil || !s.material.DoubleSided {
			t.Fatalf("%s: surface of %d vertices and %d indices", name, len(s.at), len(s.indices))
		}
		for k, want := range [3][2]float64{{-1, 1}, {0, top}, {-1, 1}} {
			if math.Abs(s.lo[k]-want[0]) > 1e-6 || math.Abs(s.hi[k]-want[1]) > 1e-6 {
				t.Errorf("%s: the surface spans %v to %v, want %v", name, s.lo[k], s.hi[k], want)
			}
		}
		checkNotes(t, name, doc, s, p)
		th := palette.ThemeOf(p.Scene.Film.Theme)
		for i, r := range p.Runs(th) {
			ball, ok := models[r.Name+", at the end"]
			end, g := r.At[len(r.At)-1], p.Landscape.Grid
			if inside := end[0] >= g.X.Min && end[0] <= g.X.Max && end[1] >= g.Y.Min && end[1] <= g.Y.Max; ok != inside {
				t.Fatalf("%s: run %d at %v, in %v by %v, has a ball: %v", name, i, end, g.X, g.Y, ok)
			}
			if !ok {
				continue
			}
			c := ball.material.PBRMetallicRoughness.BaseColorFactor
			if c[0] != light(r.Color.R) || c[1] != light(r.Color.G) {
				t.Errorf("%s: material %+v", name, c)
			}
			// A run that has converged goes nowhere in its tail, one at its start has none.
			if tube, ok := models[r.Name]; (!ok || tube.material != ball.material) && p.Scene.Path.Trail == 0 && len(r.At) > 1 {
				t.Errorf("%s: no tube of run %d", name, i)
			}
			x, z := (ball.lo[0]+ball.hi[0])/2, (ball.lo[2]+ball.hi[2])/2
			if u, v := (end[0]-g.X.Min)/(g.X.Max-g.X.Min), (end[1]-g.Y.Min)/(g.Y.Max-g.Y.Min); math.Abs(x-2*u+1) > 1e-3 || math.Abs(z+2*v-1) > 1e-3 {
				t.Errorf("%s: the ball is at %v, %v, the run at %v", name, x, z, end)
			}
		}
		if b.Len() > 4<<20 {
			t.Errorf("%s: %d bytes", name, b.Len())
		}
	}
}

// checkNotes gets every vertex's numbers back from its place by the notes on the
// root of the model.
func checkNotes(t *testing.T, name string, doc *gltf.Document, s model, p figure.Picture) {
	t.Helper()
	type axis struct {
		Name, Scale   string
		Range, Metres []float64
		Bend          float64
		Marks         struct{ Loss, Metres []float64 }
	}
	var notes struct{ X, Y, Z axis }
	text, err := json.Marshal(doc.Nodes[doc.Scenes[0].Nodes[0]].Extras)
	if err == nil {
		err = json.Unmarshal(text, &notes)
	}
	plain := strings.NewReplacer("₁", "1", "₂", "2") // the notes have no subscripts
	x, z := figure.PlaneAxes(p.Scene)                // whose numbers are those of a weight where an axis is one
	if err != nil || notes.X.Name != plain.Replace(x.Name) || notes.Z.Name != plain.Replace(z.Name) || notes.Y.Name != "loss" || len(notes.Y.Marks.Loss) < 2 {
		t.Fatalf("%s: notes %s, %v", name, text, err)
	}
	back := func(a axis, metres float64) float64 {
		u := (metres - a.Metres[0]) / (a.Metres[1] - a.Metres[0])
		to, from := func(v float64) float64 { return v }, func(v float64) float64 { return v }
		switch a.Scale {
		case "log":
			to, from = math.Log, math.Exp
		case "asinh":
			to = func(v float64) float64 { return math.Asinh(v / a.Bend) }
			from = func(v float64) float64 { return a.Bend * math.Sinh(v) }
		}
		lo, hi := to(a.Range[0]), to(a.Range[1])
		return from(lo + u*(hi-lo))
	}
	near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-4*max(math.Abs(a), math.Abs(b), 1e-3) }
	g := p.Landscape.Grid
	for i, at := range s.at {
		alpha, beta, loss := x.Offset+g.X.At(i%g.X.N), z.Offset+g.Y.At(i/g.X.N), p.Landscape.Loss[i]
		if math.Abs(back(notes.X, float64(at[0]))-alpha) > 1e-6*(g.X.Max-g.X.Min) || math.Abs(back(notes.Z, float64(at[2]))-beta) > 1e-6*(g.Y.Max-g.Y.Min) {
			t.Fatalf("%s: vertex %d at %v for α %v, β %v", name, i, at, alpha, beta)
		}
		if l := back(notes.Y, float64(at[1])); notes.Y.Scale != "rank" && !near(l, loss) {
			t.Fatalf("%s: vertex %d at %v for a loss of %v, not %v", name, i, at, l, loss)
		}
		// Between the marks on either side.
		for k, m := range notes.Y.Marks.Metres {
			if y := float64(at[1]); (y > m+1e-4 && loss < notes.Y.Marks.Loss[k]) || (y < m-1e-4 && loss > notes.Y.Marks.Loss[k]) {
				t.Fatalf("%s: loss %v at %v, but %v at %v", name, loss, y, notes.Y.Marks.Loss[k], m)
			}
		}
	}
}

func TestGLBScales(t *testing.T) {
	p := picture(t, "two-mode", 48)
	for i, kind := range []string{"linear", "log", "asinh", "rank", "auto"} {
		s := *p.Scene
		s.Surface.Scale, s.Surface.Colormap = kind, scenes.Colormaps[i]
		s.Path.Colors = []color.NRGBA{{1, 200, 3, 255}}
		p.Scene = &s
		var b bytes.Buffer
		if err := GLB(&b, p, nil); err != nil {
			t.Fatal(kind, err)
		}
		doc, models := readGLB(t, b.Bytes())
		m := models["surface"]
		checkNotes(t, kind, doc, m, p)
		colors := palette.Colormap(s.Surface.Colormap)
		for k, at := range m.at {
			c := m.colors[k]
			want := colors[min(int(float64(at[1])/top*256+1e-4), 255)]
			if d := int(c[1]) - int(deep(want.G)); d < -1500 || d > 1500 { // or of the next
				t.Fatalf("%s: vertex at height %v has colour %v, not %v", kind, at[1], c, want)
			}
		}
		if c := models["run 1"].material.PBRMetallicRoughness.BaseColorFactor; c[1] != light(200) {
			t.Errorf("%s: a run of colour %v", kind, c)
		}
	}
}

func TestGLBThinsAndLeavesHoles(t *testing.T) {
	p := picture(t, "one-mode", 600)
	for i := range p.Landscape.Loss {
		if x, y := i%600, i/600; x > 200 && x < 300 && y > 200 && y < 300 {
			p.Landscape.Loss[i] = math.Inf(1)
		}
	}
	var b bytes.Buffer
	if err := GLB(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	_, models := readGLB(t, b.Bytes())
	s := models["surface"]
	if n := len(s.at); n >= MeshSide*MeshSide || n < MeshSide*MeshSide*96/100 {
		t.Errorf("%d vertices", n)
	}
	for _, v := range s.at {
		if math.Abs(float64(v[0])+1.0/6) < 0.15 && math.Abs(float64(v[2])-1.0/6) < 0.15 {
			t.Fatalf("a vertex in the hole: %v", v)
		}
	}
	if b.Len() > 4<<20 {
		t.Errorf("%d bytes", b.Len())
	}
}

func TestGLBErrorsAndExtremes(t *testing.T) {
	p := picture(t, "one-mode", 8)
	fill := func(v float64) figure.Picture {
		q := p
		l := &cpu.Landscape{Grid: p.Landscape.Grid}
		for range p.Landscape.Loss {
			l.Loss = append(l.Loss, v)
		}
		q.Landscape = l
		return q
	}
	var b bytes.Buffer
	for part, q := range map[string]figure.Picture{
		"no loss":   fill(math.NaN()),
		"scene":     {},
		"landscape": {Scene: p.Scene},
		"frame -1":  {Scene: p.Scene, Landscape: p.Landscape, Frame: -1},
		"2 x 2":     {Scene: p.Scene, Landscape: &cpu.Landscape{Grid: p.Landscape.Grid}},
	} {
		if err := GLB(&b, q, nil); err == nil || !strings.Contains(err.Error(), part) || b.Len() != 0 {
			t.Errorf("%s: %v, %d bytes", part, err, b.Len())
		}
	}
	for _, v := range []float64{0, 3, -1e308, math.MaxFloat64} {
		b.Reset()
		if err := GLB(&b, fill(v), nil); err != nil {
			t.Error(v, err)
		}
		readGLB(t, b.Bytes())
	}
	steep := fill(math.MaxFloat64)
	steep.Landscape.Loss[5] = -math.MaxFloat64
	b.Reset()
	if err := GLB(&b, steep, nil); err != nil {
		t.Error(err)
	}
	readGLB(t, b.Bytes())
}
