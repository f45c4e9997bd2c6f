package figure

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"losscape/scenes/display"
	"losscape/scenes/letters"
	"losscape/scenes/palette"
	"losscape/scenes/scale"
)

// box is the axis box of the surface panel: what is written on its axes.
type box struct {
	ly     *Layout
	scales [3]*scale.Scale
	names  [3]string
	bins   [3]int // steps between ticks, at most
	ticks  [3][]float64
	labels [3][]string
	offset [3]scale.Marks    // what the labels leave out, see scale.Marks.Name
	room   display.Rectangle // that the box has
}

// What labels of the box take of the width of its room at most, before their letters
// become smaller, and names before they are cut.
const (
	boxLabelShare = 0.2
	boxNameShare  = 0.4
)

func newBox(scales [3]*scale.Scale, names [3]string, room display.Rectangle, ly *Layout) *box {
	b := &box{ly: ly, room: room, scales: scales, names: names}
	for k, n := range [3]int{9, 9, 7} {
		b.setBins(k, n)
	}
	return b
}

// setBins chooses an axis' ticks anew.
func (b *box) setBins(axis, n int) {
	b.bins[axis] = n
	m := b.scales[axis].Marks(n)
	b.ticks[axis], b.labels[axis], b.offset[axis] = m.Values, b.ly.numbers(m.Labels), m
}

// unit returns where a value lies on an axis, 0 to 1.
func (b *box) unit(axis int, v float64) float64 { return b.scales[axis].Unit(v) }

// sides returns for each axis the side, 0 or 1, that is away from the viewer.
func sides(c Camera) (far [3]float64) {
	for k := range 3 {
		if c.ToEye[k] < 0 {
			far[k] = 1
		}
	}
	return far
}

// edge returns the ends of the edge of the box that carries an axis: of the two
// horizontal axes on the floor in front, of the vertical one the right-most.
func edge(c Camera, axis int) (p, q Vec3) {
	far := sides(c)
	switch axis {
	case 0:
		p = Vec3{0, 1 - far[1], far[2]}
	case 1:
		p = Vec3{1 - far[0], 0, far[2]}
	case 2:
		best := math.Inf(-1)
		for _, corner := range [4]Vec3{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {1, 1, 0}} {
			mid := corner
			mid[2] = 0.5
			if x := c.Project(mid).X; x > best {
				best, p = x, corner
			}
		}
	}
	q = p
	q[axis] = 1
	return p, q
}

// label is a piece of text beside an axis.
type label struct {
	text  string
	at    display.Point
	axis  int
	box   display.Rectangle // what it covers
	style display.Style
	alpha float64
}

// tickMark is the line of a tick.
type tickMark struct {
	from, to display.Point
	alpha    float64
}

// placement is all that is written around the box from one point of view.
type placement struct {
	labels []label
	ticks  []tickMark
	bounds display.Rectangle // of the box and its labels
	corner display.Rectangle // of the box alone
	crowd  [3]bool
}

// Least distances between labels of the box, in points: of two axes, and of one.
const (
	labelRoom   = 3.5
	siblingRoom = 1.5
)

// place works out where the labels go: outwards from their edges, as far as
// their own size asks. Labels that would run into others are left out, and crowd
// tells whose do.
func (b *box) place(c Camera, ly *Layout, fade bool) placement {
	out := placement{bounds: display.Nowhere}
	for i := range 8 {
		v := c.Project(Vec3{float64(i & 1), float64(i >> 1 & 1), float64(i >> 2)})
		out.bounds = out.bounds.Union(display.Rect(v.X, v.Y, v.X, v.Y))
	}
	out.corner = out.bounds
	tick, name := ly.tickStyle(), ly.nameStyle()
	long := max(widest(b.labels[0], tick, ly), widest(b.labels[1], tick, ly), widest(b.labels[2], tick, ly))
	tick.Size = fitting(long, boxLabelShare*b.room.W(), tick, ly)
	gap := (TickLength + TickGap) * ly.Pt
	centre := c.Project(Vec3{0.5, 0.5, 0.5})
	var names, ticks []label
	for axis := range 3 {
		p, q := edge(c, axis)
		a, z := c.Project(p), c.Project(q)
		dx, dy := z.X-a.X, z.Y-a.Y
		length := math.Hypot(dx, dy)
		if length < 36*ly.Pt {
			continue // seen end on
		}
		nx, ny := dy/length, -dx/length
		if nx*((a.X+z.X)/2-centre.X)+ny*((a.Y+z.Y)/2-centre.Y) < 0 {
			nx, ny = -nx, -ny
		}
		alpha := 1.0
		if fade && axis < 2 { // an axis jumps to the other side when seen from its end
			alpha = smooth(math.Abs(c.ToEye[1-axis])/math.Hypot(c.ToEye[0], c.ToEye[1]), 0.02, 0.08)
			if alpha == 0 {
				continue
			}
		}
		// Seen from above, the far side of the box may stick out.
		out1, out2 := p, q
		if axis < 2 {
			out1[2], out2[2] = 1-p[2], 1-q[2]
		}
		a1, z1 := c.Project(out1), c.Project(out2)
		outside := max(0, nx*(a1.X-a.X)+ny*(a1.Y-a.Y), nx*(z1.X-z.X)+ny*(z1.Y-z.Y))
		gap := gap + outside
		reach := 0.0
		var mine []label
		for i, v := range b.ticks[axis] {
			at := p
			at[axis] = b.unit(axis, v)
			s := c.Project(at)
			out.ticks = append(out.ticks, tickMark{
				display.Pt(s.X+nx*outside, s.Y+ny*outside),
				display.Pt(s.X+nx*(outside+TickLength*ly.Pt), s.Y+ny*(outside+TickLength*ly.Pt)), alpha,
			})
			l, r := outward(ly, b.labels[axis][i], tick, display.Pt(s.X, s.Y), nx, ny, gap)
			l.axis, l.alpha = axis, alpha
			reach = max(reach, r)
			if n := len(mine); n > 0 && l.box.Inset(-siblingRoom*ly.Pt).Overlaps(mine[n-1].box) {
				out.crowd[axis] = true
				continue
			}
			mine = append(mine, l)
		}
		ticks = append(ticks, mine...)
		mid := display.Pt((a.X+z.X)/2, (a.Y+z.Y)/2)
		space := LabelGap + 1.5
		if axis == 2 {
			space += 4 // beside a label, not below it
		}
		var l label
		text := ly.Labels.Decimal(b.offset[axis].Name(b.names[axis]))
		text = ly.cut(text, name, min(boxNameShare*b.room.W(), 0.8*b.room.H()))
		for range 16 { // further out until it meets none of its own ticks' labels
			l, _ = outward(ly, text, name, mid, nx, ny, gap+reach+space*ly.Pt)
			if !slices.ContainsFunc(mine, func(o label) bool { return l.box.Inset(-labelRoom * ly.Pt).Overlaps(o.box) }) {
				break
			}
			space++
		}
		l.axis, l.alpha = axis, alpha
		names = append(names, l)
	}
	// Names stay; a tick label that meets one, or another axis' label, goes, the
	// fainter of the two.
	slices.SortStableFunc(ticks, func(a, b label) int { return cmp.Compare(b.alpha, a.alpha) })
	for _, l := range append(names, ticks...) {
		free := true
		for _, o := range out.labels {
			room := labelRoom
			if l.axis == o.axis {
				room = siblingRoom
			}
			free = free && !l.box.Inset(-room*ly.Pt).Overlaps(o.box)
		}
		if free {
			out.labels = append(out.labels, l)
			out.bounds = out.bounds.Union(l.box)
		}
	}
	return out
}

// outward places text so that it touches a line at distance gap from p, on the
// side that n points to. It returns how far the text reaches beyond that line.
func outward(ly *Layout, s string, st display.Style, p display.Point, nx, ny, gap float64) (label, float64) {
	w, h := ly.Width(s, st), letters.CapHeight*st.Size
	reach := math.Abs(nx)*w/2 + math.Abs(ny)*h/2
	at := display.Pt(p.X+nx*(gap+reach), p.Y+ny*(gap+reach))
	pad := 0.12 * st.Size
	return label{
		text: s, at: at, style: st,
		box: display.Rect(at.X-w/2-pad, at.Y-h/2-pad, at.X+w/2+pad, at.Y+h/2+pad),
	}, 2 * reach
}

// smooth goes from 0 at a to 1 at b.
func smooth(x, a, b float64) float64 {
	t := min(max((x-a)/(b-a), 0), 1)
	return t * t * (3 - 2*t)
}

// fit sets the camera's scale and centre so that the box with its labels fills r
// at all of the given poses, and thins out the ticks until their labels do
// not run into each other.
func (b *box) fit(ps []pose, flat bool, r display.Rectangle, ly *Layout, fade bool) (scale, cx, cy float64) {
	scale, cx, cy = distance*min(r.W(), r.H())/2.4, r.CX(), r.CY()
	for round := range 24 {
		all := display.Nowhere
		corners := all
		var crowd [3]bool
		for _, p := range ps {
			c := viewFrom(p, flat)
			c.Scale, c.CX, c.CY = scale, cx, cy
			p := b.place(c, ly, fade)
			all, corners = all.Union(p.bounds), corners.Union(p.corner)
			for k := range crowd {
				crowd[k] = crowd[k] || p.crowd[k]
			}
			// Both axes of the plane have ticks alike.
			crowd[0] = crowd[0] || crowd[1]
			crowd[1] = crowd[0]
		}
		settled := true
		for k := range crowd {
			if crowd[k] && b.bins[k] > 1 {
				b.setBins(k, b.bins[k]-1)
				settled = false
			}
		}
		// The labels' room does not grow with the box.
		grow := min(
			(r.W()-(all.W()-corners.W()))/corners.W(),
			(r.H()-(all.H()-corners.H()))/corners.H(),
		)
		grow = max(grow, 0.2)
		scale *= grow
		cx += r.CX() - all.CX()
		cy += r.CY() - all.CY()
		if settled && round > 5 && math.Abs(grow-1) < 1e-3 {
			break
		}
	}
	return scale, cx, cy
}

// back draws the three panes behind everything, with their grid.
func (b *box) back(l *display.List, c Camera, ly *Layout) {
	far := sides(c)
	at := func(u, v float64, axis int) Vec3 {
		var p Vec3
		p[axis] = far[axis]
		p[(axis+1)%3], p[(axis+2)%3] = u, v
		return p
	}
	pt := func(p Vec3) display.Point { v := c.Project(p); return display.Pt(v.X, v.Y) }
	for axis := range 3 {
		l.Polygon([4]display.Point{pt(at(0, 0, axis)), pt(at(1, 0, axis)), pt(at(1, 1, axis)), pt(at(0, 1, axis))}, ly.Theme.Pane[axis])
	}
	width := GridWidth * ly.Pt
	line := func(p, q Vec3, col color.NRGBA) {
		l.Line([]display.Vertex{c.Project(p), c.Project(q)}, max(width, 0.8*ly.Medium.Hair), col)
	}
	for axis := range 3 {
		// Ticks of one axis are lines on the panes of the other two.
		for _, v := range b.ticks[axis] {
			u := b.unit(axis, v)
			for _, pane := range [2]int{(axis + 1) % 3, (axis + 2) % 3} {
				var p Vec3
				p[axis], p[pane] = u, far[pane]
				q := p
				q[3-axis-pane] = 1
				line(p, q, ly.Theme.PaneLine)
			}
		}
	}
	// Outlines of the panes.
	for axis := range 3 {
		for _, v := range [2]float64{0, 1} {
			line(at(v, 0, axis), at(v, 1, axis), ly.Theme.PaneLine)
			line(at(0, v, axis), at(1, v, axis), ly.Theme.PaneLine)
		}
	}
}

// front draws the axes, their ticks and what is written on them.
func (b *box) front(l *display.List, c Camera, ly *Layout, p placement, fade bool) {
	width := ly.AtLeast(AxisWidth, 0.9)
	// The far end of a horizontal axis can lie behind the surface, but no axis in the
	// floor that it borders.
	lift := c.Lift(width)
	for axis := range 3 {
		p, q := edge(c, axis)
		a, z := c.Project(p), c.Project(q)
		a.Depth, z.Depth = a.Depth-lift, z.Depth-lift
		l.Path([]display.Vertex{a, z}, nil, width, 0, 0, ly.Theme.Ink)
	}
	for _, m := range p.ticks {
		l.Line([]display.Vertex{{X: m.from.X, Y: m.from.Y}, {X: m.to.X, Y: m.to.Y}}, width, palette.WithAlpha(ly.Theme.Ink, m.alpha))
	}
	for _, lb := range p.labels {
		lb.style.Color = palette.WithAlpha(lb.style.Color, lb.alpha)
		l.Text(lb.text, lb.style, lb.at.X, lb.at.Y, display.MiddleCentre, fade)
	}
}
