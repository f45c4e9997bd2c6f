package draw

import (
	"image"
	"losscape/scenes/display"
	"math"
	"math/bits"
	"slices"
)

// tileSize is the side of a tile in pixels.
const tileSize = 32

// entry is a command as one tile sees it: with those of its segments that reach
// the tile.
type entry struct{ cmd, seg, segs uint32 }

// bins sorts a display list into the tiles of a part of the frame.
type bins struct {
	part    image.Rectangle
	nx, ny  int // tiles
	entries [][]entry
	touched []int // tiles with entries
	segs    []display.Segment

	pending [][]uint32 // per tile, segments of the command at hand
	reached []int      // tiles with pending segments

	open, done []tileRect // of join
}

func newBins(part image.Rectangle) *bins {
	b := &bins{part: part, nx: (part.Dx() + tileSize - 1) / tileSize, ny: (part.Dy() + tileSize - 1) / tileSize}
	b.entries = make([][]entry, b.nx*b.ny)
	b.pending = make([][]uint32, b.nx*b.ny)
	return b
}

// sort replaces the contents by those of l.
func (b *bins) sort(l *display.List) {
	for _, t := range b.touched {
		b.entries[t] = b.entries[t][:0]
	}
	b.touched, b.segs = b.touched[:0], b.segs[:0]
	for i := 0; i < len(l.Cmds); i++ {
		c := &l.Cmds[i]
		kind, _ := c.What()
		if kind == display.KindStroke || kind == display.KindLine || kind == display.KindPath {
			b.stroke(uint32(i), c, l.Segs[c.Seg:c.Seg+c.Segs])
			continue
		}
		if kind == display.KindPolygon {
			b.polygon(uint32(i), c)
			i++ // the fill that follows has been used
			continue
		}
		x0, y0, x1, y1 := b.span(c.Bounds, c.Bounds)
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				b.put(y*b.nx+x, entry{cmd: uint32(i)})
			}
		}
	}
	slices.Sort(b.touched)
}

// polygon puts a polygon into the tiles that it reaches. A tile inside it gets the
// fill that follows it instead, and an opaque fill hides what came before.
func (b *bins) polygon(cmd uint32, c *display.Command) {
	corners := [5][2]float32{{c.A[0], c.A[1]}, {c.A[2], c.A[3]}, {c.B[0], c.B[1]}, {c.B[2], c.B[3]}, {c.A[0], c.A[1]}}
	x0, y0, x1, y1 := b.span(c.Bounds, c.Bounds)
	for y := y0; y < y1; y++ {
		for x := x0; x < x1; x++ {
			const half = tileSize / 2
			tx, ty := b.corner(x, y)
			inside, outside := true, false
			for k := range 4 {
				p, q := corners[k], corners[k+1]
				dx, dy := q[0]-p[0], q[1]-p[1]
				n := float32(math.Hypot(float64(dx), float64(dy)))
				if n < 1e-6 {
					continue
				}
				// Distance of the tile's centre from the edge, and its reach.
				d := ((tx+half-p[0])*dy - (ty+half-p[1])*dx) / n
				reach := half*(abs(dx)+abs(dy))/n + 1
				inside = inside && d < -reach
				outside = outside || d > reach
			}
			t := y*b.nx + x
			within := c.Bounds[0] <= tx && c.Bounds[1] <= ty && c.Bounds[2] >= tx+tileSize && c.Bounds[3] >= ty+tileSize
			switch {
			case outside:
			case inside:
				if c.Color>>24 == 255 && within && len(b.entries[t]) > 0 {
					b.entries[t] = append(b.entries[t][:0], entry{cmd: cmd + 1})
				} else {
					b.put(t, entry{cmd: cmd + 1})
				}
			default:
				b.put(t, entry{cmd: cmd})
			}
		}
	}
}

func (b *bins) put(t int, e entry) {
	if len(b.entries[t]) == 0 {
		b.touched = append(b.touched, t)
	}
	b.entries[t] = append(b.entries[t], e)
}

// corner returns the top left corner of a tile in the frame.
func (b *bins) corner(x, y int) (float32, float32) {
	return float32(b.part.Min.X + x*tileSize), float32(b.part.Min.Y + y*tileSize)
}

// span returns the tiles that a rectangle of pixels touches inside bounds.
func (b *bins) span(r, bounds [4]float32) (x0, y0, x1, y1 int) {
	lo := func(v float32, from, n int) int {
		return min(max(int(math.Floor((float64(v)-float64(from))/tileSize)), 0), n)
	}
	hi := func(v float32, from, n int) int {
		return min(max(int(math.Ceil((float64(v)-float64(from))/tileSize)), 0), n)
	}
	at := b.part.Min
	x0, y0 = lo(max(r[0], bounds[0]), at.X, b.nx), lo(max(r[1], bounds[1]), at.Y, b.ny)
	x1, y1 = hi(min(r[2], bounds[2]), at.X, b.nx), hi(min(r[3], bounds[3]), at.Y, b.ny)
	return x0, y0, x1, y1
}

// stroke puts each segment into the tiles that it comes near to.
func (b *bins) stroke(cmd uint32, c *display.Command, segs []display.Segment) {
	for i := range segs {
		s := &segs[i]
		r := s.D[2] + 1
		x0, y0, x1, y1 := b.span([4]float32{
			min(s.P[0], s.P[2]) - r, min(s.P[1], s.P[3]) - r,
			max(s.P[0], s.P[2]) + r, max(s.P[1], s.P[3]) + r,
		}, c.Bounds)
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				if !near(s, b, x, y, r) {
					continue
				}
				t := y*b.nx + x
				if len(b.pending[t]) == 0 {
					b.reached = append(b.reached, t)
				}
				b.pending[t] = append(b.pending[t], uint32(i))
			}
		}
	}
	for _, t := range b.reached {
		e := entry{cmd: cmd, seg: uint32(len(b.segs))}
		for _, i := range b.pending[t] {
			if s := segs[i]; len(b.segs) == int(e.seg) || b.segs[len(b.segs)-1] != s {
				b.segs = append(b.segs, s)
			}
		}
		if len(b.segs)-int(e.seg) > crowded {
			b.segs = unique(b.segs, int(e.seg))
		}
		e.segs = uint32(len(b.segs)) - e.seg
		b.put(t, e)
		b.pending[t] = b.pending[t][:0]
	}
	b.reached = b.reached[:0]
}

// crowded is the number of segments in a tile past which repeated ones are
// looked for: a run that cycles goes over its own path for ever.
const crowded = 64

// unique drops the segments from index first on that occur before, in either
// direction.
func unique(segs []display.Segment, first int) []display.Segment {
	seen := make(map[display.Segment]bool, len(segs)-first)
	out := segs[:first]
	for _, s := range segs[first:] {
		back := display.Segment{P: [4]float32{s.P[2], s.P[3], s.P[0], s.P[1]}, D: [4]float32{s.D[1], s.D[0], s.D[2]}}
		if !seen[s] && !seen[back] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// near says whether the segment comes nearer than r to tile (x, y) of b.
func near(s *display.Segment, b *bins, x, y int, r float32) bool {
	const half = tileSize / 2
	tx, ty := b.corner(x, y)
	cx, cy := tx+half-s.P[0], ty+half-s.P[1]
	dx, dy := s.P[2]-s.P[0], s.P[3]-s.P[1]
	n2 := dx*dx + dy*dy
	if n2 == 0 {
		return true // its bounds do touch the tile
	}
	// Separating axis: the segment's normal.
	n := float32(math.Sqrt(float64(n2)))
	return abs(cx*dy-cy*dx)/n <= r+half*(abs(dx)+abs(dy))/n
}

func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// hash returns a number that tells what tile t shows; 0 if it is empty.
func (b *bins) hash(l *display.List, t int) uint64 {
	if len(b.entries[t]) == 0 {
		return 0
	}
	h := uint64(0x9e3779b97f4a7c15)
	mix := func(a, b uint32) {
		h = (bits.RotateLeft64(h, 23) ^ (uint64(a) | uint64(b)<<32)) * 0xff51afd7ed558ccd
	}
	mix4 := func(v *[4]float32) {
		mix(math.Float32bits(v[0]), math.Float32bits(v[1]))
		mix(math.Float32bits(v[2]), math.Float32bits(v[3]))
	}
	for _, e := range b.entries[t] {
		c := &l.Cmds[e.cmd]
		kind, _ := c.What() // what fills a slot has a number, whatever its panel
		mix(kind, c.Color)
		mix4(&c.A)
		mix4(&c.B)
		mix4(&c.Bounds)
		for i := e.seg; i < e.seg+e.segs; i++ {
			mix4(&b.segs[i].P)
			mix4(&b.segs[i].D)
		}
	}
	return h ^ h>>32 | 1
}

// maxRects is the most rectangles that a frame's changes are told in; they may cover more
// than those tiles then.
const maxRects = 96

// tileRect is a rectangle of tiles.
type tileRect struct{ x0, x1, y0, y1 int }

// join joins tiles, in ascending order, into rectangles of pixels that cover no
// more, and appends those to dst.
func (b *bins) join(dst []image.Rectangle, tiles []int) []image.Rectangle {
	open, done := b.open[:0], b.done[:0]
	row := -1
	for i := 0; i < len(tiles); {
		y, x0 := tiles[i]/b.nx, tiles[i]%b.nx
		x1 := x0 + 1
		for i++; i < len(tiles) && tiles[i]/b.nx == y && tiles[i]%b.nx == x1; i++ {
			x1++
		}
		if y != row {
			row = y
		}
		joined := false
		for k := range open {
			if o := &open[k]; o.y1 == y && o.x0 == x0 && o.x1 == x1 {
				o.y1++
				joined = true
				break
			}
		}
		if !joined {
			open = append(open, tileRect{x0, x1, y, y + 1})
		}
		// Runs that ended above this row can grow no more.
		keep := open[:0]
		for _, o := range open {
			if o.y1 < row {
				done = append(done, o)
			} else {
				keep = append(keep, o)
			}
		}
		open = keep
	}
	done = append(done, open...)
	b.open, b.done = open, done
	frame := image.Rectangle{Max: b.part.Size()}
	for _, r := range done {
		dst = append(dst, image.Rect(r.x0*tileSize, r.y0*tileSize, r.x1*tileSize, r.y1*tileSize).Intersect(frame))
	}
	return dst
}

// merge joins rectangles whose union wastes least until at most n are left.
func merge(rs []image.Rectangle, n int) []image.Rectangle {
	for len(rs) > n {
		bi, bj, best := 0, 1, math.MaxInt
		for i := range rs {
			for j := i + 1; j < min(len(rs), i+16); j++ {
				u := rs[i].Union(rs[j])
				waste := u.Dx()*u.Dy() - rs[i].Dx()*rs[i].Dy() - rs[j].Dx()*rs[j].Dy()
				if waste < best {
					bi, bj, best = i, j, waste
				}
			}
		}
		rs[bi] = rs[bi].Union(rs[bj])
		rs = append(rs[:bj], rs[bj+1:]...)
	}
	return rs
}
