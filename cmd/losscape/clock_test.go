package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"losscape/cmd/losscape/store"
)

// TestClockJumps has files of a store be of the future and of long ago, as when a clock was put back: how far
// work is, and how long it takes, does not change, and it goes on to the same bytes.
func TestClockJumps(t *testing.T) {
	cutFine(t)
	args := "grid " + writeScene(t, tiny) + " -o a.npy --size 40x90 --backend cpu"
	whole := inFolder(t, args)
	dir := inFolder(t, args+" --shard 0/2")
	_, before, _ := losscape(t, "status", "a.npy", "--json")
	files, err := filepath.Glob(filepath.Join(store.Dir("a.npy"), "*"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, jump := range []func(k int) time.Time{
		func(int) time.Time { return time.Now().AddDate(30, 0, 0) },
		func(int) time.Time { return time.Unix(0, 0) },
		func(k int) time.Time { return time.Now().AddDate(0, -k, 0) }, // later pieces are older
	} {
		for k, name := range files {
			if err := os.Chtimes(name, jump(k), jump(k)); err != nil {
				t.Fatal(err)
			}
		}
		if _, after, stderr := losscape(t, "status", "a.npy", "--json"); after != before || !strings.Contains(after, `"eta_s": `) || !strings.Contains(after, `"damaged": []`) {
			t.Errorf("status has %s, before it had %s%s", after, before, stderr)
		}
	}
	code, _, stderr := losscape(t, append(strings.Fields(args), "--resume")...)
	if code != exitDone || !strings.Contains(stderr, "5 of 10 pieces are there") {
		t.Errorf("exits with %d and says %s", code, stderr)
	}
	sameFiles(t, args, dir, whole)
}
