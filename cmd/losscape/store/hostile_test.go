package store

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestClaims looks at manifests that claim much.
func TestClaims(t *testing.T) {
	dir := part(t, 1)
	path := filepath.Join(dir, manifestName)
	m := work()
	m.Version = formatVersion
	for _, pieces := range []int{0, -1, MaxPieces + 1, 1e15} {
		m.Pieces = pieces
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err = Look(dir)
		wantError(t, err, ErrDamaged, "want 1 to 16777216", "rm -r")
		_, err = Join(t.Context(), dir, Options{})
		wantError(t, err, ErrDamaged, "want 1 to 16777216")
	}
	m.Pieces = MaxPieces + 1
	if _, err := Open(t.Context(), filepath.Join(t.TempDir(), "a.part"), m, Options{}); err == nil {
		t.Error("work of more pieces than a store takes is begun")
	}
	if err := os.Truncate(path, MaxManifest+1); err != nil { // zeros that take no room
		t.Fatal(err)
	}
	_, err := Look(dir)
	wantError(t, err, ErrDamaged, "more than 64 MB")
}

// TestLinks wants nothing to be written where links in a store lead.
func TestLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege")
	}
	for _, name := range []string{lockName, manifestName, manifestName + ".lock", finishedName, pieceName(3), "shard-0-of-2.lock", ".000003.piece.part0"} {
		dir := part(t, 1)
		precious := filepath.Join(t.TempDir(), "precious")
		if err := os.WriteFile(precious, []byte("mine"), 0o666); err != nil {
			t.Fatal(err)
		}
		link := filepath.Join(dir, name)
		os.Remove(link)
		if err := os.Symlink(precious, link); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), dir, work(), Options{Resume: true})
		wantError(t, err, ErrDamaged, name+" is a link", "rm ")
		_, err = Open(t.Context(), dir, work(), Options{Resume: true, Shard: Shard{Of: 2, End: 6}})
		wantError(t, err, ErrDamaged, name)
		_, err = Join(t.Context(), dir, Options{})
		wantError(t, err, ErrDamaged, name)
		_, err = Look(dir)
		wantError(t, err, ErrDamaged, name)
		if text, err := os.ReadFile(precious); err != nil || string(text) != "mine" {
			t.Errorf("%s: the file that a link leads to has %q, %v", name, text, err)
		}
	}
}
