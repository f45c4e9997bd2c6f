package figure

import (
	"math"

	"losscape/scenes"
)

// poseAt returns where the camera of a scene stands at frame k.
func poseAt(s *scenes.Scene, k int) pose {
	c := &s.Camera
	last := float64(max(1, s.Film.Frames-1))
	p := pose{c.Elev, c.Azim, c.Zoom}
	switch c.Path {
	case "orbit":
		p.azim += 360 * float64(k) / float64(max(1, s.Film.Frames))
	case "dolly":
		// Evenly for the eye: each frame nearer by the same factor, but from rest
		// and to rest.
		p.zoom = math.Pow(c.Zoom, smooth(float64(k), 0, last))
	case "keys":
		p = keyPose(c.Keys, float64(k))
	}
	return p
}

// keyPose returns where the camera stands between its keys.
func keyPose(keys []scenes.Key, at float64) pose {
	frames := make([]int, len(keys))
	for i, k := range keys {
		frames[i] = k.Frame
	}
	value := func(of func(scenes.Key) float64) float64 {
		values := make([]float64, len(keys))
		for i, k := range keys {
			values[i] = of(k)
		}
		return monotone(frames, values, at)
	}
	return pose{
		elev: value(func(k scenes.Key) float64 { return k.Elev }),
		azim: value(func(k scenes.Key) float64 { return k.Azim }),
		zoom: math.Exp(value(func(k scenes.Key) float64 { return math.Log(k.Zoom) })),
	}
}

// monotone joins the values at key frames by cubics of continuous slope that do not
// overshoot: between two keys a value stays between theirs (Fritsch and Butland, "A method
// for constructing local monotone piecewise cubic interpolants", 1984). It starts from rest
// and comes to rest.
func monotone(frames []int, values []float64, at float64) float64 {
	n := len(frames)
	if at <= float64(frames[0]) {
		return values[0]
	}
	if at >= float64(frames[n-1]) {
		return values[n-1]
	}
	i := 0
	for at >= float64(frames[i+1]) {
		i++
	}
	width := func(i int) float64 { return float64(frames[i+1] - frames[i]) }
	secant := func(i int) float64 { return (values[i+1] - values[i]) / width(i) }
	slope := func(i int) float64 {
		if i == 0 || i == n-1 {
			return 0
		}
		a, b := secant(i-1), secant(i)
		if a*b <= 0 {
			return 0
		}
		wa, wb := 2*width(i)+width(i-1), width(i)+2*width(i-1)
		return (wa + wb) / (wa/a + wb/b)
	}
	h := width(i)
	t := (at - float64(frames[i])) / h
	u := 1 - t
	return values[i]*(1+2*t)*u*u + values[i+1]*(3-2*t)*t*t + h*t*u*(slope(i)*u-slope(i+1)*t)
}

// poses returns some that stand for all of a film's, without zoom.
func poses(s *scenes.Scene) []pose {
	const most = 48
	n := s.Film.Frames
	switch {
	case s.Camera.Path == "still" || n < 2 && s.Camera.Path != "orbit":
		p := poseAt(s, 0)
		p.zoom = 1
		return []pose{p}
	case s.Camera.Path == "orbit":
		var out []pose
		for a := 0.0; a < 360; a += 7.5 {
			out = append(out, pose{s.Camera.Elev, s.Camera.Azim + a, 1})
		}
		return out
	}
	var out []pose
	step := max(1, (n+most-1)/most)
	for k := 0; k < n; k += step {
		p := poseAt(s, k)
		p.zoom = 1
		out = append(out, p)
	}
	return out
}
