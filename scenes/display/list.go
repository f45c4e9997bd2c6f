// Package display has display lists: what a printer draws, in order, and the geometry
// that it is described by. It draws nothing itself and imports no OpenGL.
//
// Places are in units of the printer, from the top left corner with y down: pixels on
// a screen, points on paper.
package display

import (
	"image/color"
	"math"

	"losscape/scenes/letters"
)

// Kinds of commands. Those from KindSphere on are slots, or lie in one: a printer fills
// them with what it has of a panel.
const (
	KindRect     = iota // a: x0 y0 x1 y1; b: corner radius
	KindStroke          // the union of capsules: segments
	KindLine            // a stroke of one thickness that has not faded anywhere; a: its radius
	KindDisc            // a: centre, outer radius, inner radius
	KindGlyph           // a: x and y of its pen, size, 1 where it reads upwards; Seg: index in List.Texts, Segs: in List.Letters
	KindPolygon         // a, b: four corners of a convex polygon, clockwise as seen; a rectangle follows that fills its bounds
	KindSphere          // a: centre, radius, depth of the centre; b: depth of a radius, how much shows when hidden
	KindPath            // a stroke with depths; b: how much shows where the surface hides it
	KindLayer           // the surface over the rectangle a; b: a number that differs when its picture does
	KindEnsemble        // the picture of an ensemble over the rectangle a; b: as of a layer
	KindMap             // the runs of a map over the rectangle a; b: as of a layer
	KindGround          // filled contours over the rectangle a, which lie under all commands; b: as of a layer
	Kinds               // how many there are
)

// panelShift is where a command's Kind has the panel whose slot it lies in.
const panelShift = 8

// Command is one thing to draw, as the shader of gpu/draw reads it.
type Command struct {
	Kind, Color uint32     // Kind: see What; colour: red in the lowest byte, then green, blue, alpha, not multiplied by it
	Seg, Segs   uint32     // of strokes, in List.Segs: the first one, and how many
	A, B        [4]float32 // by kind
	Bounds      [4]float32 // x0 y0 x1 y1: what it may change; less than its extent where it is clipped
}

// What returns the kind of a command, and of a slot the index of its panel.
func (c *Command) What() (kind uint32, panel int) {
	return c.Kind & (1<<panelShift - 1), int(c.Kind >> panelShift)
}

// NRGBA returns the colour of a command.
func (c *Command) NRGBA() color.NRGBA {
	return color.NRGBA{byte(c.Color), byte(c.Color >> 8), byte(c.Color >> 16), byte(c.Color >> 24)}
}

// Segment is a capsule of a stroke: a line between two points, thickened.
type Segment struct {
	P [4]float32 // x0 y0 x1 y1
	D [4]float32 // depth at both ends, 0 to 1; radius; how far it has faded, 0 to 1
}

// Text is a line of text in a list.
type Text struct {
	Line     string
	Style    Style
	Pen      Point     // where its baseline starts
	Width    float64   // along its baseline
	Align    float64   // Align.X of its anchor, which stays where it is if another font is shown
	Upwards  bool      // it reads upwards
	Box      Rectangle // what its letters may cover: from the baseline's descenders to the height of a capital
	Clipped  bool      // some of the box lies outside what the list was clipped to
	Letters  int       // index in List.Letters of the first
	NLetters int
}

// Style is how text is set.
type Style struct {
	Weight letters.Weight
	Size   float64 // of an em
	Color  color.NRGBA
}

// Align says where text is put relative to its anchor.
type Align struct {
	X      float64 // 0 where the anchor is its left end, 0.5 its middle, 1 its right end
	Middle bool    // the anchor is half the height of a capital above the baseline, else on it
}

// Where text usually is.
var (
	Left         = Align{}
	Centre       = Align{X: 0.5}
	Right        = Align{X: 1}
	MiddleLeft   = Align{Middle: true}
	MiddleCentre = Align{X: 0.5, Middle: true}
	MiddleRight  = Align{X: 1, Middle: true}
)

// List is a display list: commands in the order of drawing. Its zero value is ready for
// Reset.
type List struct {
	Cmds    []Command
	Segs    []Segment
	Texts   []Text
	Letters []letters.Letter

	// Pixels has texts and bounds lie on whole units, which are pixels then.
	Pixels bool

	clip  [4]float32
	panel uint32
}

// Reset empties the list for an area of a picture.
func (l *List) Reset(area Rectangle) {
	l.Cmds, l.Segs, l.Texts, l.Letters = l.Cmds[:0], l.Segs[:0], l.Texts[:0], l.Letters[:0]
	l.clip, l.panel = f32(area), 0
}

// Within clips what f adds to r.
func (l *List) Within(r Rectangle, f func()) {
	old := l.clip
	l.clip = [4]float32{
		max(old[0], float32(r.X0)), max(old[1], float32(r.Y0)),
		min(old[2], float32(r.X1)), min(old[3], float32(r.Y1)),
	}
	f()
	l.clip = old
}

// InPanel has the slots that are added from now on belong to panel i.
func (l *List) InPanel(i int) { l.panel = uint32(i) }

func pack(c color.NRGBA) uint32 {
	return uint32(c.R) | uint32(c.G)<<8 | uint32(c.B)<<16 | uint32(c.A)<<24
}

// Add adds a command, whose colour and bounds it fills in, unless nothing of it can be
// seen.
func (l *List) Add(c Command, col color.NRGBA) {
	c.Color = pack(col)
	b := c.Extent(l)
	if l.Pixels {
		b[0], b[1], b[2], b[3] = floor(b[0]), floor(b[1]), -floor(-b[2]), -floor(-b[3])
	}
	for i := range 2 {
		c.Bounds[i] = max(b[i], l.clip[i])
		c.Bounds[i+2] = min(b[i+2], l.clip[i+2])
		if col.A == 0 || !(c.Bounds[i] < c.Bounds[i+2]) {
			return
		}
	}
	if c.Kind >= KindSphere {
		c.Kind |= l.panel << panelShift
	}
	l.Cmds = append(l.Cmds, c)
}

// white is the colour of what has its own, such as a picture.
var white = color.NRGBA{255, 255, 255, 255}

// Slot adds a slot that a printer fills, one of KindLayer, KindEnsemble, KindMap and
// KindGround; version differs when what it shows does.
func (l *List) Slot(kind uint32, r Rectangle, version int) {
	l.Add(Command{Kind: kind, A: f32(r), B: [4]float32{float32(version)}}, white)
}

// Rect fills a rectangle, with rounded corners if radius > 0.
func (l *List) Rect(r Rectangle, radius float64, c color.NRGBA) {
	l.Add(Command{Kind: KindRect, A: f32(r), B: [4]float32{float32(radius)}}, c)
}

// Frame draws the outline of r, w wide, inside it.
func (l *List) Frame(r Rectangle, w float64, c color.NRGBA) {
	l.Rect(Rect(r.X0, r.Y0, r.X1, r.Y0+w), 0, c)
	l.Rect(Rect(r.X0, r.Y1-w, r.X1, r.Y1), 0, c)
	l.Rect(Rect(r.X0, r.Y0+w, r.X0+w, r.Y1-w), 0, c)
	l.Rect(Rect(r.X1-w, r.Y0+w, r.X1, r.Y1-w), 0, c)
}

// Disc fills a disc, or a ring if inner > 0.
func (l *List) Disc(x, y, radius, inner float64, c color.NRGBA) {
	l.Add(Command{Kind: KindDisc, A: [4]float32{f(x), f(y), f(radius), f(inner)}}, c)
}

// Ring marks a point that lies outside what is shown: a ring with a rim.
func (l *List) Ring(x, y, radius, rim float64, c, around color.NRGBA) {
	l.Disc(x, y, radius+rim, 0.45*radius-rim/2, around)
	l.Disc(x, y, radius, 0.45*radius, c)
}

// Sphere draws a lit ball with its centre at v, a depth of perRadius to its radius. Where
// the surface hides it, a share xray of it shows.
func (l *List) Sphere(v Vertex, radius, perRadius, xray float64, c color.NRGBA) {
	l.Add(Command{
		Kind: KindSphere,
		A:    [4]float32{l.snap(v.X), l.snap(v.Y), f(radius), f(v.Depth)},
		B:    [4]float32{f(perRadius), f(xray)},
	}, c)
}

// Polygon fills a convex polygon of four corners. The command is followed by one
// that fills its bounds, for tiles that lie inside it.
func (l *List) Polygon(p [4]Point, c color.NRGBA) {
	if Area(p) < 0 {
		p[1], p[3] = p[3], p[1]
	}
	n := len(l.Cmds)
	l.Add(Command{Kind: KindPolygon,
		A: [4]float32{f(p[0].X), f(p[0].Y), f(p[1].X), f(p[1].Y)},
		B: [4]float32{f(p[2].X), f(p[2].Y), f(p[3].X), f(p[3].Y)}}, c)
	if len(l.Cmds) > n {
		l.Add(Command{Kind: KindRect, A: l.Cmds[n].Bounds}, c)
	}
}

// Area returns the area of a polygon, positive if it is clockwise as seen.
func Area(p [4]Point) float64 {
	var s float64
	for i := range p {
		q := p[(i+1)%4]
		s += p[i].X*q.Y - q.X*p[i].Y
	}
	return s / 2
}

// Vertex is a corner of a stroke; X is NaN for a gap.
type Vertex struct {
	X, Y, Depth float64
	Faded       float64 // how far the line to it has faded, 0 to 1
}

// snap rounds to 1/64 pixel, so that what moves less than can be seen is not
// drawn again.
func (l *List) snap(x float64) float32 {
	if !l.Pixels {
		return f(x)
	}
	return Snap(x)
}

// Snap rounds to 1/64 pixel.
func Snap(x float64) float32 { return float32(math.Round(x*64) / 64) }

// Line draws a line of the given width through points, as one shape: where it
// crosses itself it is not denser.
func (l *List) Line(pts []Vertex, width float64, c color.NRGBA) {
	l.polyline(Command{Kind: KindLine, A: [4]float32{f(width / 2)}}, pts, nil, width, 0, c)
}

// Stroke is Line with vertices that may have faded, and beads, which are thicker points
// of it.
func (l *List) Stroke(pts, beads []Vertex, width, beadWidth float64, c color.NRGBA) {
	l.polyline(Command{Kind: KindStroke}, pts, beads, width, beadWidth, c)
}

// Path is Stroke at a depth: of what the surface hides a share xray shows.
func (l *List) Path(pts, beads []Vertex, width, beadWidth, xray float64, c color.NRGBA) {
	l.polyline(Command{Kind: KindPath, B: [4]float32{f(xray)}}, pts, beads, width, beadWidth, c)
}

func (l *List) polyline(cmd Command, pts, beads []Vertex, width, beadWidth float64, c color.NRGBA) {
	cmd.Seg = uint32(len(l.Segs))
	for i := range pts {
		a := pts[max(i-1, 0)]
		b := pts[i]
		if i == 0 && len(pts) > 1 || math.IsNaN(a.X) || math.IsNaN(b.X) {
			continue
		}
		a, b, ok := near(a, b)
		if !ok {
			continue
		}
		l.Segs = append(l.Segs, Segment{
			P: [4]float32{l.snap(a.X), l.snap(a.Y), l.snap(b.X), l.snap(b.Y)},
			D: [4]float32{f(a.Depth), f(b.Depth), f(width / 2), f(b.Faded)},
		})
	}
	for _, b := range beads {
		if _, _, ok := near(b, b); !ok {
			continue
		}
		l.Segs = append(l.Segs, Segment{
			P: [4]float32{l.snap(b.X), l.snap(b.Y), l.snap(b.X), l.snap(b.Y)},
			D: [4]float32{f(b.Depth), f(b.Depth), f(beadWidth / 2), f(b.Faded)},
		})
	}
	cmd.Segs = uint32(len(l.Segs)) - cmd.Seg
	if cmd.Segs > 0 {
		l.Add(cmd, c)
	}
}

// How far out of a frame a line is drawn, in pixels: float32 has a hundredth of one
// there; and how far out both ends of a line may lie, for float64 to know where it
// crosses the frame.
const (
	farthest = 1 << 16
	vaguest  = 1e12
)

// near cuts a line to what is not farther out than that; ok is false if nothing is
// left.
func near(a, b Vertex) (_, _ Vertex, ok bool) {
	size := func(v Vertex) float64 { return max(math.Abs(v.X), math.Abs(v.Y)) }
	switch la, lb := size(a), size(b); {
	case la <= farthest && lb <= farthest:
		return a, b, true
	case min(la, lb) > vaguest:
		return a, b, false
	case la < lb: // measured from the nearer end
		b, a, ok = near(b, a)
		return a, b, ok
	}
	// b + t (a − b)
	dx, dy := a.X-b.X, a.Y-b.Y
	t0, t1 := 0.0, 1.0
	for _, c := range [4][2]float64{{dx, farthest - b.X}, {-dx, farthest + b.X}, {dy, farthest - b.Y}, {-dy, farthest + b.Y}} {
		// Inside while t·c[0] ≤ c[1].
		switch t := c[1] / c[0]; {
		case c[0] > 0:
			t1 = min(t1, t)
		case c[0] < 0:
			t0 = max(t0, t)
		case c[1] < 0:
			return a, b, false
		}
	}
	if !(t0 < t1) {
		return a, b, false
	}
	at := func(t float64) Vertex {
		return Vertex{
			X: b.X + t*dx, Y: b.Y + t*dy,
			Depth: b.Depth + t*(a.Depth-b.Depth), Faded: b.Faded + t*(a.Faded-b.Faded),
		}
	}
	return at(t1), at(t0), true
}

// Extent returns the rectangle that a command of a list would change were it not
// clipped.
func (c *Command) Extent(l *List) [4]float32 {
	kind, _ := c.What()
	switch kind {
	case KindDisc, KindSphere:
		r := c.A[2] + 1
		return [4]float32{c.A[0] - r, c.A[1] - r, c.A[0] + r, c.A[1] + r}
	case KindGlyph:
		return glyphExtent(c)
	case KindPolygon:
		return [4]float32{
			min(c.A[0], c.A[2], c.B[0], c.B[2]) - 1, min(c.A[1], c.A[3], c.B[1], c.B[3]) - 1,
			max(c.A[0], c.A[2], c.B[0], c.B[2]) + 1, max(c.A[1], c.A[3], c.B[1], c.B[3]) + 1,
		}
	case KindStroke, KindLine, KindPath:
		inf := float32(math.Inf(1))
		b := [4]float32{inf, inf, -inf, -inf}
		for _, s := range l.Segs[c.Seg : c.Seg+c.Segs] {
			r := s.D[2] + 1
			b[0], b[1] = min(b[0], s.P[0]-r, s.P[2]-r), min(b[1], s.P[1]-r, s.P[3]-r)
			b[2], b[3] = max(b[2], s.P[0]+r, s.P[2]+r), max(b[3], s.P[1]+r, s.P[3]+r)
		}
		return b
	}
	return c.A
}

func f(x float64) float32 { return float32(x) }

func f32(r Rectangle) [4]float32 { return [4]float32{f(r.X0), f(r.Y0), f(r.X1), f(r.Y1)} }

func floor(x float32) float32 { return float32(math.Floor(float64(x))) }
