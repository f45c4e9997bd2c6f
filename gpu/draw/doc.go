// Package draw is the renderer: it prints the display lists of figures (see packages
// figure and display) by OpenGL into a framebuffer, frame by frame, and draws what has
// depth in them.
//
// The static layer is drawn once and kept. What moves is a list of lines, discs, spheres
// and letters, sorted into small square tiles; a frame draws only the tiles that differ
// from the frame before, each pixel once, with analytic coverage. Losses are never
// computed here: they come from the field on the device and from the trajectories.
//
// A list has slots for what it cannot say by commands, each with the index of its panel:
// the filled contours of a landscape, its surface, an ensemble, the runs of a map. The
// renderer fills them with pictures.
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
// A live window shows the same figures: Update shows another picture and redoes only
// what differs, and Pick tells what the mouse is on. A printer for papers takes what has
// depth from a Depth, as an image.
package draw
