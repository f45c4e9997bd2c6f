package figure

import "math"

// Vec3 is a vector of three numbers. A library of vectors would do, but the one that
// OpenGL programs use belongs to its bindings, which nothing here may need.
type Vec3 [3]float64

// Vec4 is a vector of four numbers.
type Vec4 [4]float64

// Add returns a + b.
func (a Vec3) Add(b Vec3) Vec3 { return Vec3{a[0] + b[0], a[1] + b[1], a[2] + b[2]} }

// Sub returns a − b.
func (a Vec3) Sub(b Vec3) Vec3 { return Vec3{a[0] - b[0], a[1] - b[1], a[2] - b[2]} }

// Mul returns x a.
func (a Vec3) Mul(x float64) Vec3 { return Vec3{x * a[0], x * a[1], x * a[2]} }

// Dot returns a · b.
func (a Vec3) Dot(b Vec3) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }

// Len returns the length of a.
func (a Vec3) Len() float64 { return math.Sqrt(a.Dot(a)) }

// Normalize returns a with a length of 1.
func (a Vec3) Normalize() Vec3 { return a.Mul(1 / a.Len()) }

// Vec4 returns a with w behind it.
func (a Vec3) Vec4(w float64) Vec4 { return Vec4{a[0], a[1], a[2], w} }

// Vec3 returns the first three numbers of a.
func (a Vec4) Vec3() Vec3 { return Vec3{a[0], a[1], a[2]} }
