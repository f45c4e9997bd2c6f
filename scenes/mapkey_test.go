package scenes

import (
	"strings"
	"testing"
)

// TestMapKeys expects keys of a map to have what the key before has, and what cannot be shown
// to be refused at its place.
func TestMapKeys(t *testing.T) {
	const head = `[data]
generate = "gaussian"
classes = [{ label = 1, parts = [{ mean = 1, std = 1, n = 3 }] }, { label = 0, parts = [{ mean = -1, std = 1, n = 3 }] }]
[map]
`
	const over = "over = [\"lr=1:100:9:log\", \"w1=-1:3:5\"]\n"
	key := func(lines string) string { return "[[map.key]]\n" + lines + "\n" }
	s, err := Decode("a.toml", []byte(head+over+key("frame = 0")+key("frame = 450\ncentre = [20, 0.5]\nwidth = 1e-9")))
	if err != nil {
		t.Fatal(err)
	}
	first, last := s.Map.Keys[0], s.Map.Keys[1]
	if d := first.Centre[0] - 10; d < -1e-12 || d > 1e-12 || first.Centre[1] != 1 || first.Width < 4.6 || first.Width > 4.61 {
		t.Errorf("first key %+v", first)
	}
	if last != (MapKey{450, [2]float64{20, 0.5}, 1e-9}) || s.Film.Frames != 451 {
		t.Errorf("last key %+v, %d frames", last, s.Film.Frames)
	}
	for _, c := range []struct{ text, want string }{
		{over + key("frame = 0"), "at least two"},
		{over + key("width = 1"), "map.key[0]: frame is missing"},
		{over + key("frame = 5") + key("frame = 5"), "map.key[1].frame: 5, want a frame above"},
		{over + key("frame = 0") + key("frame = 5\nwidth = 0"), "map.key[1].width: 0, want"},
		{over + key("frame = 0") + key("frame = 5\ncentre = [1]"), "map.key[1].centre: 1 number, want two"},
		{over + key("frame = 0") + key("frame = 5\ncentre = [-1, 0]"), "map.key[1].centre[0]: -1, want a number above 0"},
		{"over = [\"l2=0:1:5\", \"w1=-1:3:5\"]\n" + key("frame = 0") + key("frame = 5\ncentre = [0, 1]"), "the panel would show l2 from -0.5 to 0.5"},
		{"over = [\"lr=1,2,9\", \"w1=-1:3:5\"]\n" + key("frame = 0") + key("frame = 5"), "map.over[0]: lr is a list of values that are not evenly spaced"},
		{"over = [\"steps=1:9:9\", \"w1=-1:3:5\"]\n" + key("frame = 0") + key("frame = 5"), "steps takes whole numbers only"},
	} {
		if _, err := Decode("a.toml", []byte(head+c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}
