// Package film turns drawn frames into files: a video through an ffmpeg
// process, or a GIF, a sequence of PNG files or a PNG still without one.
//
// A video's frames become YUV 4:2:0 on the GPU, only where they changed, and come back
// through a ring of buffers while the next ones are drawn and ffmpeg encodes
// those before. What is written depends on the frames alone, not on timing.
package film
