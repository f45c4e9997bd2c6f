package scenes

import "losscape/cpu"

// Scene is a validated scene: what to compute and what to show.
type Scene struct {
	Name  string // built-in name, or the file's base name without .toml
	Title string

	Data      Data
	Loss      Loss
	Landscape Landscape
	Runs      []cpu.Run // at least one; L2 and Start filled in
	Film      Film
	Camera    Camera

	// Problem is the scene's data and loss, ready to compute with.
	Problem *cpu.Problem
	// Classes are the names of the classes with label 1 and label 0, for
	// legends: "Category 1" and "Category 2" unless the scene names them.
	Classes [2]string
	// Plane and Grid are the landscape's.
	Plane cpu.Plane
	Grid  cpu.Grid
}

// Film says how a scene is filmed.
type Film struct {
	Width, Height int      // pixels
	FPS           float64  // frames a second
	Frames        int      // frame k shows iteration k of the notebook's count: index k+1 of a trajectory
	Panels        []string // "curve", "surface", "contour", left to right
}

// Camera looks at the surface panel, in matplotlib's terms.
type Camera struct {
	Elev, Azim float64 // degrees
	Path       string  // "still" or "orbit"
}
