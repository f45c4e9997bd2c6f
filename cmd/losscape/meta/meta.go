// Package meta has what files of numbers say of where they come from: the program, the
// scene, the data and what computed them.
package meta

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"

	"losscape/cpu"
)

// Source says what numbers were computed from, and by what. The same command on the same
// device makes the same Source: it has no times in it. In JSON its fields are those
// of the object that it is embedded in.
type Source struct {
	Losscape string `json:"losscape"` // version
	Command  string `json:"command"`  // command line

	Scene     string  `json:"scene"`
	SceneTOML string  `json:"scene_toml"`
	DataHash  string  `json:"data_sha256"`         // see DataHash
	DataSeed  *uint32 `json:"data_seed,omitempty"` // of generated samples
	Samples   int     `json:"samples"`
	Total     float64 `json:"samples_total,omitempty"` // of their weights, if they have some
	Weights   int     `json:"weights"`

	// WeightNames are the names of the weights. A table has none where they are w1, w2, ...
	WeightNames []string `json:"weight_names,omitempty"`

	Eps      float64 `json:"eps"`
	Penalize string  `json:"penalize,omitempty"` // what the L2 term takes in, unless that is all

	Backend   string `json:"backend"`   // gpu or cpu
	Precision string `json:"precision"` // float32, float64, or, of a table, auto: float32 but for some of the runs
	Device    string `json:"device"`
	Driver    string `json:"driver,omitempty"`
}

// Of returns the part of a Source that the problem tells.
func Of(p *cpu.Problem) Source {
	s := Source{DataHash: DataHash(p), Samples: p.N(), Weights: p.Dim(), Eps: p.Eps}
	if p.SampleWeight != nil {
		s.Total = p.Total()
	}
	if p.Penalize != cpu.PenalizeAll {
		s.Penalize = p.Penalize.String()
	}
	return s
}

// DataHash returns the SHA-256 of a problem's samples in hex: of the features,
// row by row, then of the labels, then of the samples' weights if there are any, each number as a little-endian float64.
func DataHash(p *cpu.Problem) string {
	h := sha256.New()
	buf := make([]byte, 0, 1<<16)
	put := func(v float64) {
		if buf = binary.LittleEndian.AppendUint64(buf, math.Float64bits(v)); len(buf) == cap(buf) {
			h.Write(buf)
			buf = buf[:0]
		}
	}
	for i := range p.N() {
		for _, v := range p.X.RawRowView(i) {
			put(v)
		}
	}
	for _, v := range p.Y {
		put(v)
	}
	for i := range p.SampleWeight {
		put(p.Count(i))
	}
	h.Write(buf)
	return hex.EncodeToString(h.Sum(nil))
}
