package draw

import (
	"cmp"
	"image/color"
	"math"
	"slices"

	"losscape/scenes/figure"
	"losscape/scenes/palette"
	"losscape/scenes/scale"

	"github.com/go-gl/mathgl/mgl64"
)

// box is the axis box of the surface panel: what is written on its axes.
type box struct {
	scales [3]*scale.Scale
	names  [3]string
	bins   [3]int // steps between ticks, at most
	ticks  [3][]float64
	labels [3][]string
}

func newBox(lo, hi [2]float64, heights *scale.Scale, names [3]string) *box {
	b := &box{scales: [3]*scale.Scale{scale.NewLinear(lo[0], hi[0]), scale.NewLinear(lo[1], hi[1]), heights}, names: names}
	for k, n := range [3]int{9, 9, 7} {
		b.setBins(k, n)
	}
	return b
}

// setBins chooses an axis' ticks anew.
func (b *box) setBins(axis, n int) {
	b.bins[axis] = n
	b.ticks[axis], b.labels[axis] = b.scales[axis].Ticks(n)
}

// unit returns where a value lies on an axis, 0 to 1.
func (b *box) unit(axis int, v float64) float64 { return b.scales[axis].Unit(v) }

// sides returns for each axis the side, 0 or 1, that is away from the viewer.
func sides(c camera) (far [3]float64) {
	for k := range 3 {
		if c.toEye[k] < 0 {
			far[k] = 1
		}
	}
	return far
}

// edge returns the ends of the edge of the box that carries an axis: of the two
// horizontal axes on the floor in front, of the vertical one the right-most.
func edge(c camera, axis int) (p, q mgl64.Vec3) {
	far := sides(c)
	switch axis {
	case 0:
		p = mgl64.Vec3{0, 1 - far[1], far[2]}
	case 1:
		p = mgl64.Vec3{1 - far[0], 0, far[2]}
	case 2:
		best := math.Inf(-1)
		for _, corner := range [4]mgl64.Vec3{{0, 0, 0}, {1, 0, 0}, {0, 1, 0}, {1, 1, 0}} {
			mid := corner
			mid[2] = 0.5
			if x := c.project(mid).x; x > best {
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
	at    figure.Point
	box   figure.Rectangle // what it covers
	style style
	alpha float64
}

// tickMark is the line of a tick.
type tickMark struct {
	from, to figure.Point
	alpha    float64
}

// placement is all that is written around the box from one point of view.
type placement struct {
	labels []label
	ticks  []tickMark
	bounds figure.Rectangle // of the box and its labels
	corner figure.Rectangle // of the box alone
	crowd  [3]bool
}

// labelRoom is the least distance between labels of the box, in points.
const labelRoom = 3.5

// place works out where the labels go: outwards from their edges, as far as
// their own size asks. Labels that would run into others are left out, and crowd
// tells whose do.
func (b *box) place(c camera, t *typesetter, ly *figure.Layout, fade bool) placement {
	out := placement{bounds: figure.Nowhere}
	for i := range 8 {
		v := c.project(mgl64.Vec3{float64(i & 1), float64(i >> 1 & 1), float64(i >> 2)})
		out.bounds = out.bounds.Union(figure.Rect(v.x, v.y, v.x, v.y))
	}
	out.corner = out.bounds
	tick := style{regular, ly.Px(figure.TickSize), ly.Theme.Ink}
	name := style{regular, ly.Px(figure.LabelSize), ly.Theme.Ink}
	gap := (figure.TickLength + figure.TickGap) * ly.Pt
	centre := c.project(mgl64.Vec3{0.5, 0.5, 0.5})
	var names, ticks []label
	for axis := range 3 {
		p, q := edge(c, axis)
		a, z := c.project(p), c.project(q)
		dx, dy := z.x-a.x, z.y-a.y
		length := math.Hypot(dx, dy)
		if length < 36*ly.Pt {
			continue // seen end on
		}
		nx, ny := dy/length, -dx/length
		if nx*((a.x+z.x)/2-centre.x)+ny*((a.y+z.y)/2-centre.y) < 0 {
			nx, ny = -nx, -ny
		}
		alpha := 1.0
		if fade && axis < 2 { // an axis jumps to the other side when seen from its end
			alpha = smooth(math.Abs(c.toEye[1-axis])/math.Hypot(c.toEye[0], c.toEye[1]), 0.02, 0.08)
			if alpha == 0 {
				continue
			}
		}
		// Seen from above, the far side of the box may stick out.
		out1, out2 := p, q
		if axis < 2 {
			out1[2], out2[2] = 1-p[2], 1-q[2]
		}
		a1, z1 := c.project(out1), c.project(out2)
		outside := max(0, nx*(a1.x-a.x)+ny*(a1.y-a.y), nx*(z1.x-z.x)+ny*(z1.y-z.y))
		gap := gap + outside
		reach := 0.0
		var mine []label
		for i, v := range b.ticks[axis] {
			at := p
			at[axis] = b.unit(axis, v)
			s := c.project(at)
			out.ticks = append(out.ticks, tickMark{
				figure.Pt(s.x+nx*outside, s.y+ny*outside),
				figure.Pt(s.x+nx*(outside+figure.TickLength*ly.Pt), s.y+ny*(outside+figure.TickLength*ly.Pt)), alpha,
			})
			l, r := outward(t, b.labels[axis][i], tick, figure.Pt(s.x, s.y), nx, ny, gap)
			l.alpha = alpha
			reach = max(reach, r)
			if n := len(mine); n > 0 && l.box.Inset(-1.5*ly.Pt).Overlaps(mine[n-1].box) {
				out.crowd[axis] = true
				continue
			}
			mine = append(mine, l)
		}
		ticks = append(ticks, mine...)
		mid := figure.Pt((a.x+z.x)/2, (a.y+z.y)/2)
		space := figure.LabelGap + 1.5
		if axis == 2 {
			space += 4 // beside a label, not below it
		}
		var l label
		for range 16 { // further out until it meets none of its own ticks' labels
			l, _ = outward(t, b.names[axis], name, mid, nx, ny, gap+reach+space*ly.Pt)
			if !slices.ContainsFunc(mine, func(o label) bool { return l.box.Inset(-labelRoom * ly.Pt).Overlaps(o.box) }) {
				break
			}
			space++
		}
		l.alpha = alpha
		names = append(names, l)
	}
	// Names stay; a tick label that meets one, or another axis' label, goes, the
	// fainter of the two.
	slices.SortStableFunc(ticks, func(a, b label) int { return cmp.Compare(b.alpha, a.alpha) })
	for _, l := range append(names, ticks...) {
		free := true
		for _, o := range out.labels {
			free = free && !l.box.Inset(-labelRoom*ly.Pt).Overlaps(o.box)
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
func outward(t *typesetter, s string, st style, p figure.Point, nx, ny, gap float64) (label, float64) {
	w, h := t.width(s, st), figure.CapHeight*st.px
	reach := math.Abs(nx)*w/2 + math.Abs(ny)*h/2
	at := figure.Pt(p.X+nx*(gap+reach), p.Y+ny*(gap+reach))
	pad := 0.12 * st.px
	return label{
		text: s, at: at, style: st,
		box: figure.Rect(at.X-w/2-pad, at.Y-h/2-pad, at.X+w/2+pad, at.Y+h/2+pad),
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
func (b *box) fit(ps []pose, flat bool, r figure.Rectangle, t *typesetter, ly *figure.Layout, fade bool) (scale, cx, cy float64) {
	scale, cx, cy = distance*min(r.W(), r.H())/2.4, r.CX(), r.CY()
	for round := range 24 {
		all := figure.Nowhere
		corners := all
		var crowd [3]bool
		for _, p := range ps {
			c := view(p, flat)
			c.scale, c.cx, c.cy = scale, cx, cy
			p := b.place(c, t, ly, fade)
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
func (b *box) back(l *list, c camera, ly *figure.Layout) {
	far := sides(c)
	at := func(u, v float64, axis int) mgl64.Vec3 {
		var p mgl64.Vec3
		p[axis] = far[axis]
		p[(axis+1)%3], p[(axis+2)%3] = u, v
		return p
	}
	pt := func(p mgl64.Vec3) figure.Point { v := c.project(p); return figure.Pt(v.x, v.y) }
	for axis := range 3 {
		l.polygon([4]figure.Point{pt(at(0, 0, axis)), pt(at(1, 0, axis)), pt(at(1, 1, axis)), pt(at(0, 1, axis))}, ly.Theme.Pane[axis])
	}
	width := figure.GridWidth * ly.Pt
	line := func(p, q mgl64.Vec3, col color.NRGBA) {
		l.stroke([]vertex{c.project(p), c.project(q)}, max(width, 0.8), col)
	}
	for axis := range 3 {
		// Ticks of one axis are lines on the panes of the other two.
		for _, v := range b.ticks[axis] {
			u := b.unit(axis, v)
			for _, pane := range [2]int{(axis + 1) % 3, (axis + 2) % 3} {
				var p mgl64.Vec3
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
func (b *box) front(l *list, c camera, t *typesetter, ly *figure.Layout, p placement, fade bool) {
	width := max(figure.AxisWidth*ly.Pt, 0.9)
	// The far end of a horizontal axis can lie behind the surface, but no axis in the
	// floor that it borders.
	lift := c.lift(width)
	for axis := range 3 {
		p, q := edge(c, axis)
		a, z := c.project(p), c.project(q)
		a.depth, z.depth = a.depth-lift, z.depth-lift
		l.path([]vertex{a, z}, nil, width, 0, 0, ly.Theme.Ink)
	}
	for _, m := range p.ticks {
		l.stroke([]vertex{{x: m.from.X, y: m.from.Y}, {x: m.to.X, y: m.to.Y}}, width, palette.WithAlpha(ly.Theme.Ink, m.alpha))
	}
	for _, lb := range p.labels {
		lb.style.color = palette.WithAlpha(lb.style.color, lb.alpha)
		t.put(l, lb.text, lb.style, lb.at.X, lb.at.Y, align{0.5, true}, fade)
	}
}
