// Package draw is the renderer: it shows a scene's landscape, its runs and its
// data in panels (probability curve, lit surface, filled contours, loss by iteration,
// map of a sweep), laid out by package figure, and draws the frames of a film of them
// into a framebuffer.
//
// A panel is a file with a panelView: its static layer, what a frame adds, and what
// the mouse picks. A new one is that file and a row in scenes.PanelKinds and panelKinds.
//
// The static layer is drawn once and kept. What moves is a display list of
// lines, discs, spheres and letters, sorted into small square tiles; a frame
// draws only the tiles that differ from the frame before, each pixel once, with
// analytic coverage. Losses are never computed here: they come from the field
// on the device and from the trajectories.
//
// The surface takes two passes. Its mesh leaves at every sample the place that is
// seen there; what that looks like comes from a fine heightField of the landscape, once for
// a pixel unless its samples see different parts of the surface. So triangles need be
// no smaller than outlines ask for, and are cheap.
//
// The runs of an ensemble are not in the list. A compute shader takes their weights from
// the buffer where they are computed and adds each run to the pixels that it
// covers, in whole numbers, whose sums do not depend on the order of adding; what
// they come to lies over the panels as a picture.
//
// A live window shows the same panels: Update shows another picture and redoes only
// what differs, Controls are drawn below and over the panels, and Pick tells what the
// mouse is on.
//
// Printers of vectors draw a figure themselves, but for what has depth: that is a Depth's,
// as an image of the same figure, which fits to the rest of it.
//
// Lengths are in points, as package figure has them.
package draw
