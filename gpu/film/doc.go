// Package film turns drawn frames into files: a video through an ffmpeg
// process, or a GIF, a sequence of PNG files or a PNG still without one. All but a sequence
// can go to a pipe.
//
// A video's frames become YUV 4:2:0 on the GPU, only where they changed, and come back
// through a ring of buffers. They wait for ffmpeg as what changed, in memory of a fixed
// size, so that many are drawn while it starts and encodes those before. What is
// written depends on the frames and on ffmpeg alone, not on timing, nor, by an encoder in software, on how many
// processors there are.
//
// A long film is made in segments, which are kept when they are whole, made by several processes
// if need be, and joined without encoding them again: see Film.RecordSegments and Join.
//
// Without cgo there is no OpenGL, and so nothing that records: what is left are the
// options of films, the names of their files, and ffmpeg's encoders.
package film
