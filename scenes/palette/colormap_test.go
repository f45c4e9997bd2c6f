package palette

import (
	"testing"

	"losscape/scenes"
)

// TestTables checks the colours at both ends of the published maps.
func TestTables(t *testing.T) {
	for name, want := range map[string][2][3]byte{
		"magma":   {{0, 0, 4}, {252, 253, 191}},
		"inferno": {{0, 0, 4}, {252, 255, 164}},
		"plasma":  {{13, 8, 135}, {240, 249, 33}},
		"cividis": {{0, 34, 78}, {254, 232, 56}},
		"turbo":   {{48, 18, 59}, {122, 4, 3}},
		"viridis": {{68, 1, 84}, {253, 231, 37}},
	} {
		m := Colormap(name)
		ends := [2][3]byte{{m[0].R, m[0].G, m[0].B}, {m[255].R, m[255].G, m[255].B}}
		if ends != want || m[0].A != 255 || m[255].A != 255 {
			t.Errorf("%s: from %v to %v", name, m[0], m[255])
		}
	}
	for _, name := range scenes.Colormaps {
		if Colormap(name) == nil {
			t.Errorf("no colour map %q", name)
		}
	}
}

// The wanted colours are matplotlib's, which rounds 8-bit values down.
func TestColorMaps(t *testing.T) {
	if c := Colormap("none"); c != nil {
		t.Errorf("a colour map that there is not: %v", c)
	}
	v, b := Bytes(Colormap("viridis")[:]), Bytes(Colormap("RdBu_r")[:])
	for _, c := range []struct {
		i       int
		rdbu, v [3]byte
	}{
		{0, [3]byte{0x05, 0x30, 0x61}, [3]byte{0x44, 0x01, 0x54}},
		{25, [3]byte{0x20, 0x64, 0xaa}, [3]byte{0x48, 0x23, 0x74}},
		{77, [3]byte{0x93, 0xc5, 0xde}, [3]byte{0x34, 0x5f, 0x8d}},
		{128, [3]byte{0xf7, 0xf6, 0xf6}, [3]byte{0x20, 0x90, 0x8c}},
		{200, [3]byte{0xda, 0x6a, 0x55}, [3]byte{0x70, 0xce, 0x56}},
		{255, [3]byte{0x67, 0x00, 0x1f}, [3]byte{0xfd, 0xe7, 0x24}},
	} {
		for k := range 3 {
			if d := int(b[4*c.i+k]) - int(c.rdbu[k]); d < 0 || d > 1 {
				t.Errorf("RdBu_r[%d] = %v, matplotlib has %v", c.i, b[4*c.i:4*c.i+3], c.rdbu)
			}
			if d := int(v[4*c.i+k]) - int(c.v[k]); d < 0 || d > 1 {
				t.Errorf("viridis[%d] = %v, matplotlib has %v", c.i, v[4*c.i:4*c.i+3], c.v)
			}
		}
	}
}
