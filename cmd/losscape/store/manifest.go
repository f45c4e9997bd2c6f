package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"losscape/cpu/quote"
	"losscape/gpu/film/atomicfile"
)

// formatVersion is the version of a store, in its manifest.
const formatVersion = 1

const (
	// MaxPieces is how many pieces work may have: as many files as a folder takes. What is kept of each is
	// some hundred bytes of memory.
	MaxPieces = 1 << 24

	// MaxManifest is how many bytes a manifest may have: several times those of a scene, which is in it
	// as text.
	MaxManifest = 64 << 20

	maxHolder = 1 << 10 // bytes of a lock that say who holds it
)

// Manifest says what the work is. Two processes do the same work if all of it agrees but Target
// and Command, which are for people, and Notes.
type Manifest struct {
	Version int    `json:"losscape_store"` // of the format, 1; Open sets it
	Verb    string `json:"verb"`           // grid, sweep, ...
	Target  string `json:"target"`         // name of the file that the pieces become
	Command string `json:"command"`        // that computes it
	Pieces  int    `json:"pieces"`         // of the work, at least 1

	// SHA-256 in hexadecimal digits.
	Scene   string `json:"scene_sha256"`   // of the scene's text
	Data    string `json:"data_sha256"`    // of the samples
	Program string `json:"program_sha256"` // of the program's file

	Losscape  string `json:"losscape"`  // the program's version
	Backend   string `json:"backend"`   // gpu or cpu
	Device    string `json:"device"`    // as the driver names it
	Driver    string `json:"driver"`    // its version
	Precision string `json:"precision"` // float32, float64, or auto

	// Job is what else is computed from, and all that is needed to put the pieces together.
	Job json.RawMessage `json:"job"`

	// Notes are what the process that began the work knows of it besides, and its pieces do not depend on.
	Notes json.RawMessage `json:"notes,omitempty"`
}

// ID returns the SHA-256 of what two processes that do the same work have in common.
func (m Manifest) ID() [sha256.Size]byte {
	m.Target, m.Command, m.Notes = "", "", nil
	text, err := json.Marshal(m)
	if err != nil { // Job is no JSON: nothing is equal to it
		text = fmt.Appendf(nil, "%#v", m)
	}
	return sha256.Sum256(text)
}

// differences returns, by name, what of the work differs from other's.
func (m *Manifest) differences(other *Manifest) (names []string) {
	for _, f := range []struct{ name, a, b string }{
		{"the verb", m.Verb, other.Verb},
		{"the scene", m.Scene, other.Scene},
		{"the data", m.Data, other.Data},
		{"the settings", compact(m.Job), compact(other.Job)},
		{"the number of pieces", fmt.Sprint(m.Pieces), fmt.Sprint(other.Pieces)},
		{"the program", m.Program + m.Losscape, other.Program + other.Losscape},
		{"the backend", m.Backend, other.Backend},
		{"the device", m.Device, other.Device},
		{"the driver", m.Driver, other.Driver},
		{"the precision", m.Precision, other.Precision},
		{"the format", fmt.Sprint(m.Version), fmt.Sprint(other.Version)},
	} {
		if f.a != f.b {
			names = append(names, f.name)
		}
	}
	return names
}

// compact returns JSON without its space.
func compact(text json.RawMessage) string {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return string(text)
	}
	return b.String()
}

// list writes names as a sentence has them.
func list(names []string) string {
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// Names of the files of a store.
const (
	manifestName = "manifest.json"
	finishedName = "finished.json" // the manifest of a store that is being removed
	lockName     = "lock"
)

// errNoManifest is readManifest's error where there is none.
var errNoManifest = errors.New("no manifest")

// readManifest reads the manifest of a store.
func readManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, manifestName)
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, notFile(dir, manifestName)
	}
	text, err := readFile(path, MaxManifest+1)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoManifest
	}
	if err == nil && len(text) > MaxManifest {
		return nil, fmt.Errorf("%s has more than %d MB, which no manifest has: %w (%s)", path, MaxManifest>>20, ErrDamaged, removal(dir))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, reason(err))
	}
	m := new(Manifest)
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(m); err != nil || m.Version == 0 {
		return nil, fmt.Errorf("%s is not what a store says of its work: %w (%s)", path, ErrDamaged, removal(dir))
	}
	if m.Version != formatVersion {
		return nil, fmt.Errorf("%s is of version %d, this program knows %d: take the program that began it, or begin again (%s)", path, m.Version, formatVersion, removal(dir))
	}
	if m.Pieces < 1 || m.Pieces > MaxPieces {
		return nil, fmt.Errorf("%s says that there are %d pieces, want 1 to %d: %w (%s)", path, m.Pieces, MaxPieces, ErrDamaged, removal(dir))
	}
	return m, nil
}

// readFile reads a file, of a longer one its first most bytes.
func readFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// writeManifest writes the manifest of a store that has none.
func writeManifest(dir string, m *Manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, manifestName), err)
	}
	f, err := atomicfile.Create(filepath.Join(dir, manifestName))
	if err != nil {
		return err
	}
	f.Write(append(text, '\n'))
	return f.Commit()
}

// removal says how a person removes a store.
func removal(dir string) string { return "rm -r " + quote.Shell(dir) }
