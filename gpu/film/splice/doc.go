// Package splice joins pieces of a film, end to end and without encoding them again.
//
// The pieces are MP4 files with one video track each, as ffmpeg writes them: every piece begins
// with a key frame that nothing before it is needed for, all have the same size, encoder and
// settings, and all frames of a film are shown equally long. What comes of them is an MP4 file
// whose index is at its front, or a WebM file. Its frames are the very bytes of the pieces, so
// that they decode to the same pixels; frame k of the film begins at exactly k frame times. No
// clock and no random number is used: the same pieces make the same file.
//
// The formats are those of ISO/IEC 14496-12 (the boxes of MP4), and of RFC 8794 (EBML), RFC 9559
// (Matroska) and the WebM Container Guidelines.
package splice
