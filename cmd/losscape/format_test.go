package main

import (
	"slices"
	"strings"
	"testing"
)

// TestFormats checks that every kind of file is found by a name, offered by help and
// completion, and that a flag it does not heed is refused by the names of those that do.
func TestFormats(t *testing.T) {
	for _, f := range formats {
		name := "a" + strings.ToUpper(f.ending)
		if f.sequence {
			name = "a%03d" + f.ending
		}
		got, err := formatOf(f.verb, f.flag, "-o", name)
		if err != nil || got.what != f.what || (f.verb == "render") != (got.write != nil) {
			t.Errorf("%s --%s %s: %q, %v", f.verb, f.flag, name, got.what, err)
		}
		_, help, _ := losscape(t, f.verb, "--help")
		if !strings.Contains(help, f.ending) {
			t.Errorf("the help of %s has no %s", f.verb, f.ending)
		}
		arg := "-" + f.flag[:1]
		if f.flag != "output" {
			arg = "--" + f.flag
		}
		_, offered, _ := losscape(t, "__complete", f.verb, "one-mode", arg, "")
		if !slices.Contains(strings.Split(offered, "\n"), f.ending[1:]) {
			t.Errorf("%s %s is completed by %q, without %s", f.verb, arg, offered, f.ending)
		}
	}
	t.Chdir(t.TempDir())
	for args, want := range map[string]string{
		"-o a.jpg":              "want a name that ends in .mp4, .webm, .gif, .png, .glb, .html, .svg or .pdf",
		"-o a.gif --crf 3":      "--crf is for .mp4 and .webm, and a.gif is a film",
		"-o a.mp4 --frame 3":    "--frame is for .png, .glb, .svg and .pdf, and a.mp4 is a film",
		"-o a.png --text text":  "--text is for .svg and .pdf, and a.png is a still",
		"-o a.glb --panel loss": "--panel is for .mp4, .webm, .gif, .png, .html, .svg and .pdf, and a.glb is a model",
	} {
		code, _, stderr := losscape(t, append([]string{"render", "one-mode"}, strings.Fields(args)...)...)
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: %d, %s", args, code, stderr)
		}
	}
}
