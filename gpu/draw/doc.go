// Package draw is the renderer: it shows a scene's landscape, its runs and its
// data in up to four panels (probability curve, lit surface, filled contours, loss
// by iteration)
// and draws the frames of a film of them into a framebuffer.
//
// What stands still is drawn once and kept. What moves is a display list of
// lines, discs, spheres and letters, sorted into small square tiles; a frame
// draws only the tiles that differ from the frame before, each pixel once, with
// analytic coverage. Losses are never computed here: they come from the field
// on the device and from the trajectories.
//
// Lengths are in points, 1/432 of the frame's height in a row of panels, so that
// a picture looks the same at every size.
package draw
