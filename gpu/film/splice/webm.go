package splice

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
)

// Elements of Matroska, RFC 9559 section 5 (and RFC 8794 section 11 for the EBML header).
const (
	idEBML               = 0x1a45dfa3
	idEBMLVersion        = 0x4286
	idEBMLReadVersion    = 0x42f7
	idEBMLMaxIDLength    = 0x42f2
	idEBMLMaxSizeLength  = 0x42f3
	idDocType            = 0x4282
	idDocTypeVersion     = 0x4287
	idDocTypeReadVersion = 0x4285
	idSegment            = 0x18538067
	idSeekHead           = 0x114d9b74
	idSeek               = 0x4dbb
	idSeekID             = 0x53ab
	idSeekPosition       = 0x53ac
	idInfo               = 0x1549a966
	idTimestampScale     = 0x2ad7b1
	idDuration           = 0x4489
	idMuxingApp          = 0x4d80
	idWritingApp         = 0x5741
	idTracks             = 0x1654ae6b
	idTrackEntry         = 0xae
	idTrackNumber        = 0xd7
	idTrackUID           = 0x73c5
	idTrackType          = 0x83
	idFlagLacing         = 0x9c
	idLanguage           = 0x22b59c
	idDefaultDuration    = 0x23e383
	idCodecID            = 0x86
	idCodecPrivate       = 0x63a2
	idVideo              = 0xe0
	idPixelWidth         = 0xb0
	idPixelHeight        = 0xba
	idFlagInterlaced     = 0x9a
	idColour             = 0x55b0
	idMatrix             = 0x55b1
	idChromaSitingHorz   = 0x55b7
	idChromaSitingVert   = 0x55b8
	idRange              = 0x55b9
	idTransfer           = 0x55ba
	idPrimaries          = 0x55bb
	idCues               = 0x1c53bb6b
	idCuePoint           = 0xbb
	idCueTime            = 0xb3
	idCueTrackPositions  = 0xb7
	idCueTrack           = 0xf7
	idCueClusterPosition = 0xf1
	idCluster            = 0x1f43b675
	idTimestamp          = 0xe7
	idSimpleBlock        = 0xa3
)

// appendID appends the identifier of an element, in which its length is.
func appendID(b []byte, id uint32) []byte {
	for n := (bits.Len32(id) + 7) / 8; n > 0; n-- {
		b = append(b, byte(id>>(8*(n-1))))
	}
	return b
}

// appendSize appends the size of an element in the fewest bytes.
func appendSize(b []byte, size int64) []byte {
	n := 1
	for size >= 1<<(7*n)-1 { // all ones are an unknown size
		n++
	}
	for k := n; k > 0; k-- {
		x := byte(size >> (8 * (k - 1)))
		if k == n {
			x |= 0x80 >> (n - 1)
		}
		b = append(b, x)
	}
	return b
}

// appendElement appends an element whose inside is the concatenation of some parts.
func appendElement(b []byte, id uint32, parts ...[]byte) []byte {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	b = appendSize(appendID(b, id), int64(n))
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// appendUint appends an unsigned number of at least some bytes.
func appendUint(b []byte, id uint32, v uint64, least int) []byte {
	n := max(least, (bits.Len64(v)+7)/8)
	return appendElement(b, id, binary.BigEndian.AppendUint64(nil, v)[8-n:])
}

// Ticks of the WebM files: milliseconds, as WebM wants it.
const (
	ticksPerSecond   = 1000
	nanosPerTick     = 1_000_000
	maxClusterTicks  = 5000 // a cluster begins at a key frame, or after so many
	maxClusterBytes  = 5 << 20
	simpleBlockBytes = 4 // before the frame: track, time and flags
)

// cluster is some frames that follow each other.
type cluster struct {
	first int   // frame
	size  int64 // of what is in it
	at    int64 // in the segment
}

// WriteWebM joins pieces whose frames are of VP9 or AV1 to a WebM file, as WriteMP4 does to an MP4
// file. Times are rounded to milliseconds. The pictures are taken to be YUV 4:2:0 with chroma sited left.
func WriteWebM(w io.Writer, lengths []int, open func(k int) (Source, error)) error {
	f, err := readFilm(lengths, open)
	if err != nil {
		return err
	}
	if f.late > 0 {
		return fmt.Errorf("%w: its frames are not in the order in which they are shown", ErrPiece)
	}
	tracks, err := f.tracks()
	if err != nil {
		return err
	}
	clusters := f.clusters()
	info := appendUint(nil, idTimestampScale, nanosPerTick, 1)
	info = appendElement(info, idMuxingApp, []byte("losscape"))
	info = appendElement(info, idWritingApp, []byte("losscape"))
	length := float64(f.ticks()) * ticksPerSecond / float64(f.first.timescale)
	info = appendElement(info, idDuration, binary.BigEndian.AppendUint64(nil, math.Float64bits(length)))
	info = appendElement(nil, idInfo, info)

	// The cues come before the frames, so that a player that is sent the file finds its way from
	// the start. Their size is the same wherever the clusters are.
	seekSize := int64(len(f.seekHead(0, 0, 0)))
	infoAt := seekSize
	tracksAt := infoAt + int64(len(info))
	cuesAt := tracksAt + int64(len(tracks))
	at := cuesAt + int64(len(f.cues(clusters)))
	for i := range clusters {
		clusters[i].at = at
		at += int64(len(appendSize(appendID(nil, idCluster), clusters[i].size))) + clusters[i].size
	}
	head := appendElement(nil, idEBML,
		appendUint(nil, idEBMLVersion, 1, 1), appendUint(nil, idEBMLReadVersion, 1, 1),
		appendUint(nil, idEBMLMaxIDLength, 4, 1), appendUint(nil, idEBMLMaxSizeLength, 8, 1),
		appendElement(nil, idDocType, []byte("webm")),
		appendUint(nil, idDocTypeVersion, 4, 1), appendUint(nil, idDocTypeReadVersion, 2, 1))
	head = appendSize(appendID(head, idSegment), at)
	head = append(head, f.seekHead(infoAt, tracksAt, cuesAt)...)
	head = append(head, info...)
	head = append(head, tracks...)
	head = append(head, f.cues(clusters)...)
	if _, err := w.Write(head); err != nil {
		return err
	}
	var block []byte
	c := 0
	return f.copyFrames(w, open, func(i int) error {
		block = block[:0]
		if c < len(clusters) && clusters[c].first == i {
			block = appendSize(appendID(block, idCluster), clusters[c].size)
			block = appendUint(block, idTimestamp, uint64(f.time(i)), 1)
			c++
		}
		block = appendSize(appendID(block, idSimpleBlock), simpleBlockBytes+int64(f.frames[i].size))
		block = append(block, 0x81) // track 1
		block = binary.BigEndian.AppendUint16(block, uint16(f.time(i)-f.time(clusters[c-1].first)))
		flags := byte(0)
		if f.frames[i].key {
			flags = 0x80
		}
		_, err := w.Write(append(block, flags))
		return err
	})
}

// time returns when a frame is shown, in milliseconds, rounded half up.
func (f *film) time(i int) int64 {
	hi, lo := bits.Mul64(uint64(i)*ticksPerSecond*2, uint64(f.first.delta))
	lo, carry := bits.Add64(lo, uint64(f.first.timescale), 0)
	t, _ := bits.Div64(hi+carry, lo, 2*uint64(f.first.timescale))
	return int64(t)
}

// clusters cuts the film.
func (f *film) clusters() (list []cluster) {
	var c *cluster
	for i, x := range f.frames {
		if c == nil || x.key || f.time(i)-f.time(c.first) > maxClusterTicks || c.size+int64(x.size) > maxClusterBytes {
			list = append(list, cluster{first: i, size: int64(len(appendUint(nil, idTimestamp, uint64(f.time(i)), 1)))})
			c = &list[len(list)-1]
		}
		n := simpleBlockBytes + int64(x.size)
		c.size += int64(len(appendSize(appendID(nil, idSimpleBlock), n))) + n
	}
	return list
}

// seekHead says where the other elements are, in bytes from the start of the segment's inside.
func (f *film) seekHead(info, tracks, cues int64) []byte {
	seek := func(id uint32, at int64) []byte {
		return appendElement(nil, idSeek, appendElement(nil, idSeekID, appendID(nil, id)), appendUint(nil, idSeekPosition, uint64(at), 8))
	}
	return appendElement(nil, idSeekHead, seek(idInfo, info), seek(idTracks, tracks), seek(idCues, cues))
}

// cues lists the key frames, which are where their clusters begin.
func (f *film) cues(clusters []cluster) []byte {
	var inside []byte
	for _, c := range clusters {
		if f.frames[c.first].key {
			inside = appendElement(inside, idCuePoint, appendUint(nil, idCueTime, uint64(f.time(c.first)), 1),
				appendElement(nil, idCueTrackPositions, appendUint(nil, idCueTrack, 1, 1), appendUint(nil, idCueClusterPosition, uint64(c.at), 8)))
		}
	}
	return appendElement(nil, idCues, inside)
}

// tracks describes the only track, from the first piece's sample entry.
func (f *film) tracks() ([]byte, error) {
	entry := f.first.entry
	kind, body := string(entry[4:8]), entry[8:]
	var codec string
	var private []byte
	switch kind {
	case "vp09":
		codec = "V_VP9"
	case "av01": // its CodecPrivate is the box av1C, by the AV1 mapping for Matroska
		codec = "V_AV1"
		private = find(body[entryHead:], "av1C")
	default:
		return nil, fmt.Errorf("%w: a WebM file takes VP9 and AV1, not %q", ErrPiece, kind)
	}
	var colour []byte
	if c := find(body[entryHead:], "colr"); len(c) >= 11 && string(c[:4]) == "nclx" {
		at := func(k int) uint64 { return uint64(binary.BigEndian.Uint16(c[k:])) }
		limited := uint64(1 + c[10]>>7) // Range: 1 is limited, 2 full
		colour = appendUint(colour, idTransfer, at(6), 1)
		colour = appendUint(colour, idMatrix, at(8), 1)
		colour = appendUint(colour, idPrimaries, at(4), 1)
		colour = appendUint(colour, idRange, limited, 1)
	}
	colour = appendUint(colour, idChromaSitingHorz, 1, 1) // left
	colour = appendUint(colour, idChromaSitingVert, 2, 1) // half
	video := appendUint(nil, idPixelWidth, uint64(binary.BigEndian.Uint16(body[entryWidth:])), 1)
	video = appendUint(video, idPixelHeight, uint64(binary.BigEndian.Uint16(body[entryHeight:])), 1)
	video = appendUint(video, idFlagInterlaced, 2, 1) // progressive
	video = appendElement(video, idColour, colour)

	track := appendUint(nil, idTrackNumber, 1, 1)
	track = appendUint(track, idTrackUID, 1, 8)
	track = appendUint(track, idFlagLacing, 0, 1)
	track = appendElement(track, idLanguage, []byte("und"))
	track = appendElement(track, idCodecID, []byte(codec))
	track = appendUint(track, idTrackType, 1, 1) // video
	nanos := math.Round(1e9 * float64(f.first.delta) / float64(f.first.timescale))
	track = appendUint(track, idDefaultDuration, uint64(max(nanos, 1)), 1)
	track = appendElement(track, idVideo, video)
	if private != nil {
		track = appendElement(track, idCodecPrivate, private)
	}
	return appendElement(nil, idTracks, appendElement(nil, idTrackEntry, track)), nil
}
