package model

import (
	"math"
	"slices"

	"losscape/scenes/letters"
)

// point is a point of the plane that a text is written on, or of an outline.
type point = letters.Point

// cross returns twice the area of the triangle a b c, above 0 if it runs counterclockwise.
func cross(a, b, c point) float64 { return (b.X-a.X)*(c.Y-a.Y) - (b.Y-a.Y)*(c.X-a.X) }

// signedArea returns twice the area in a ring, above 0 if it runs counterclockwise.
func signedArea(ring []point) (sum float64) {
	for i, p := range ring {
		q := ring[(i+1)%len(ring)]
		sum += p.X*q.Y - p.Y*q.X
	}
	return sum
}

// holds reports whether a point lies in a ring, by the even-odd rule.
func holds(ring []point, p point) (in bool) {
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		if (a.Y > p.Y) != (b.Y > p.Y) && p.X < a.X+(p.Y-a.Y)/(b.Y-a.Y)*(b.X-a.X) {
			in = !in
		}
	}
	return in
}

// triangulate cuts the areas that rings enclose into triangles, counterclockwise: three
// points each. Rings do not cross each other or themselves. Those that run as the largest
// one does are borders, and the others are holes in the smallest border around them. The
// method is ear clipping with bridges to holes (D. Eberly, Triangulation by Ear Clipping,
// Geometric Tools, 2008).
func triangulate(rings [][]point) (triangles []point) {
	var all [][]point
	largest := 0.0
	for _, r := range rings {
		if r = slices.Compact(slices.Clone(r)); len(r) > 1 && r[0] == r[len(r)-1] {
			r = r[:len(r)-1]
		}
		if len(r) < 3 || signedArea(r) == 0 {
			continue
		}
		all = append(all, r)
		if a := signedArea(r); math.Abs(a) > math.Abs(largest) {
			largest = a
		}
	}
	var borders [][]point
	var holes [][]point
	for _, r := range all {
		if outer := (signedArea(r) > 0) == (largest > 0); outer {
			if largest < 0 {
				slices.Reverse(r)
			}
			borders = append(borders, r)
		} else {
			if largest < 0 {
				slices.Reverse(r)
			}
			holes = append(holes, r)
		}
	}
	inside := make([][][]point, len(borders))
	for _, h := range holes {
		best := -1
		for i, b := range borders {
			if holds(b, h[0]) && (best < 0 || signedArea(b) < signedArea(borders[best])) {
				best = i
			}
		}
		if best >= 0 {
			inside[best] = append(inside[best], h)
		}
	}
	for i, b := range borders {
		triangles = clip(triangles, bridge(b, inside[i]))
	}
	return triangles
}

// bridge joins holes, which run clockwise, to a border, the one that reaches furthest to
// the right first: each by a way there and back from its rightmost point to one of the
// border that is seen from there.
func bridge(border []point, holes [][]point) []point {
	rightmost := func(ring []point) (at int) {
		for i, p := range ring {
			if p.X > ring[at].X {
				at = i
			}
		}
		return at
	}
	slices.SortStableFunc(holes, func(a, b []point) int {
		switch x, y := a[rightmost(a)].X, b[rightmost(b)].X; {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	for _, h := range holes {
		at := rightmost(h)
		to := visible(border, h[at])
		if to < 0 {
			continue // it lies outside
		}
		joined := append(slices.Clone(border[:to+1]), h[at:]...)
		joined = append(joined, h[:at+1]...)
		border = append(joined, border[to:]...)
	}
	return border
}

// visible returns the index of a vertex of a border that is seen from m, a point inside it
// with nothing to its right but the border; −1 if there is none.
func visible(border []point, m point) int {
	// The edge that a ray to the right meets first, and its end further right.
	reach, end := math.Inf(1), -1
	for i, a := range border {
		k := (i + 1) % len(border)
		b := border[k]
		if a.Y > m.Y || b.Y < m.Y || a.Y == b.Y {
			continue // it does not go up past m, as the border's right side does
		}
		x := a.X + (m.Y-a.Y)/(b.Y-a.Y)*(b.X-a.X)
		if x >= m.X && x < reach {
			reach, end = x, i
			if b.X > a.X {
				end = k
			}
			switch m.Y {
			case a.Y:
				end = i
			case b.Y:
				end = k
			}
		}
	}
	if end < 0 || border[end].Y == m.Y && border[end].X == reach {
		return facing(border, end, m)
	}
	// A vertex in the triangle of m, where the ray meets the edge, and the end may be in
	// between: then the one nearest to the ray's direction is seen.
	meet, p := point{X: reach, Y: m.Y}, border[end]
	tri := [3]point{m, meet, p}
	if cross(m, meet, p) < 0 {
		tri = [3]point{m, p, meet}
	}
	best := end
	steep := func(q point) float64 { return math.Abs(q.Y-m.Y) / (q.X - m.X) }
	for i, q := range border {
		before, after := border[(i+len(border)-1)%len(border)], border[(i+1)%len(border)]
		if cross(before, q, after) >= 0 || q == p || q.X <= m.X || !covers(tri, q) {
			continue
		}
		if s, b := steep(q), steep(border[best]); s < b || s == b && q.X < border[best].X {
			best = i
		}
	}
	return facing(border, best, m)
}

// facing returns the vertex at the place of border[i] from which a point lies inwards:
// bridges have left several there. It is i, −1 included, if there is none.
func facing(border []point, i int, p point) int {
	if i < 0 {
		return i
	}
	for k, a := range border {
		if a != border[i] {
			continue
		}
		before, after := border[(k+len(border)-1)%len(border)], border[(k+1)%len(border)]
		inward := cross(a, p, before) > 0 || cross(a, after, p) > 0
		if cross(before, a, after) > 0 {
			inward = cross(a, after, p) >= 0 && cross(a, p, before) >= 0
		}
		if inward {
			return k
		}
	}
	return i
}

// covers reports whether a point lies in a counterclockwise triangle or on its border.
func covers(t [3]point, p point) bool {
	return cross(t[0], t[1], p) >= 0 && cross(t[1], t[2], p) >= 0 && cross(t[2], t[0], p) >= 0
}

// clip appends the triangles of a polygon that runs counterclockwise.
func clip(triangles []point, ring []point) []point {
	n := len(ring)
	ring = slices.Clone(ring)
	ear := func(i int) bool {
		a, b, c := ring[(i+n-1)%n], ring[i], ring[(i+1)%n]
		if cross(a, b, c) <= 0 {
			return false
		}
		for k, p := range ring {
			if k == i || p == a || p == b || p == c {
				continue
			}
			q, r := ring[(k+n-1)%n], ring[(k+1)%n]
			if cross(q, p, r) <= 0 && covers([3]point{a, b, c}, p) {
				return false
			}
		}
		return true
	}
	for at, missed := 0, 0; n > 2; {
		i := at % n
		a, b, c := ring[(i+n-1)%n], ring[i], ring[(i+1)%n]
		flat := cross(a, b, c) == 0
		// Once round without an ear, rounding has left none: the next convex corner goes.
		if !flat && !ear(i) && !(missed > n && cross(a, b, c) > 0) && missed <= 2*n {
			at, missed = i+1, missed+1
			continue
		}
		if cross(a, b, c) > 0 {
			triangles = append(triangles, a, b, c)
		}
		ring = slices.Delete(ring, i, i+1)
		n, at, missed = n-1, i, 0
	}
	return triangles
}
