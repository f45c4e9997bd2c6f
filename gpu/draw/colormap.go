package draw

import (
	"encoding/hex"
	"image/color"
)

// viridisTable holds the 256 colours of viridis by Nathaniel Smith and Stéfan
// van der Walt, dedicated to the public domain (CC0), 8 bits a channel.
const viridisTable = "" +
	"44015444025645045745055946075a46085c460a5d460b5e470d60470e61471063471164471365481467481668481769" +
	"48186a481a6c481b6d481c6e481d6f481f70482071482173482374482475482576482677482878482979472a7a472c7a" +
	"472d7b472e7c472f7d46307e46327e46337f463480453581453781453882443983443a83443b84433d84433e85423f85" +
	"4240864241864142874144874045884046883f47883f48893e49893e4a893e4c8a3d4d8a3d4e8a3c4f8a3c508b3b518b" +
	"3b528b3a538b3a548c39558c39568c38588c38598c375a8c375b8d365c8d365d8d355e8d355f8d34608d34618d33628d" +
	"33638d32648e32658e31668e31678e31688e30698e306a8e2f6b8e2f6c8e2e6d8e2e6e8e2e6f8e2d708e2d718e2c718e" +
	"2c728e2c738e2b748e2b758e2a768e2a778e2a788e29798e297a8e297b8e287c8e287d8e277e8e277f8e27808e26818e" +
	"26828e26828e25838e25848e25858e24868e24878e23888e23898e238a8d228b8d228c8d228d8d218e8d218f8d21908d" +
	"21918c20928c20928c20938c1f948c1f958b1f968b1f978b1f988b1f998a1f9a8a1e9b8a1e9c891e9d891f9e891f9f88" +
	"1fa0881fa1881fa1871fa28720a38620a48621a58521a68522a78522a88423a98324aa8325ab8225ac8226ad8127ad81" +
	"28ae8029af7f2ab07f2cb17e2db27d2eb37c2fb47c31b57b32b67a34b67935b77937b87838b9773aba763bbb753dbc74" +
	"3fbc7340bd7242be7144bf7046c06f48c16e4ac16d4cc26c4ec36b50c46a52c56954c56856c66758c7655ac8645cc863" +
	"5ec96260ca6063cb5f65cb5e67cc5c69cd5b6ccd5a6ece5870cf5773d05675d05477d1537ad1517cd2507fd34e81d34d" +
	"84d44b86d54989d5488bd6468ed64590d74393d74195d84098d83e9bd93c9dd93ba0da39a2da37a5db36a8db34aadc32" +
	"addc30b0dd2fb2dd2db5de2bb8de29bade28bddf26c0df25c2df23c5e021c8e020cae11fcde11dd0e11cd2e21bd5e21a" +
	"d8e219dae319dde318dfe318e2e418e5e419e7e419eae51aece51befe51cf1e51df4e61ef6e620f8e621fbe723fde725"

// viridis returns the 256 entries of the colour map, RGBA.
func viridis() []byte {
	rgb, err := hex.DecodeString(viridisTable)
	if err != nil {
		panic(err)
	}
	out := make([]byte, 0, 256*4)
	for i := 0; i < len(rgb); i += 3 {
		out = append(out, rgb[i], rgb[i+1], rgb[i+2], 255)
	}
	return out
}

// rdbuAnchors are the 11 classes of ColorBrewer's RdBu, from blue to red
// (Cynthia Brewer, Mark Harrower and The Pennsylvania State University,
// Apache 2.0).
var rdbuAnchors = [11][3]float64{
	{5, 48, 97}, {33, 102, 172}, {67, 147, 195}, {146, 197, 222}, {209, 229, 240}, {247, 247, 247},
	{253, 219, 199}, {244, 165, 130}, {214, 96, 77}, {178, 24, 43}, {103, 0, 31},
}

// rdbuReversed returns the 256 entries of RdBu_r, RGBA: the anchors evenly
// spaced over 0..255 and joined by straight lines.
func rdbuReversed() []byte {
	out := make([]byte, 0, 256*4)
	for i := range 256 {
		t := float64(i) / 255 * 10
		k := min(int(t), 9)
		f := t - float64(k)
		for c := range 3 {
			a, b := rdbuAnchors[k][c], rdbuAnchors[k+1][c]
			out = append(out, byte(a+(b-a)*f+0.5))
		}
		out = append(out, 255)
	}
	return out
}

// bandColors returns the colours of n bands of RdBu_r: band i has the colour of
// its middle, all bands together spanning the map.
func bandColors(n int) []byte {
	table := rdbuReversed()
	out := make([]byte, 0, 4*n)
	for i := range n {
		k := min(int((float64(i)+0.5)/float64(n)*256), 255)
		out = append(out, table[4*k:4*k+4]...)
	}
	return out
}

// Colours of marks.
var (
	white     = color.NRGBA{255, 255, 255, 255}
	ink       = color.NRGBA{26, 26, 26, 255} // text and axes
	gridGrey  = color.NRGBA{205, 205, 205, 255}
	paneGrey  = [3]color.NRGBA{{242, 242, 243, 255}, {236, 236, 238, 255}, {229, 229, 232, 255}}
	paneLine  = color.NRGBA{196, 196, 200, 255}
	positive  = color.NRGBA{31, 119, 180, 255} // samples of label 1
	negative  = color.NRGBA{255, 127, 14, 255} // samples of label 0
	curveRed  = color.NRGBA{255, 0, 0, 255}
	curveBlue = color.NRGBA{0, 0, 255, 255}
	masked    = color.NRGBA{158, 158, 158, 255} // where the loss is not finite
)

// runColors are the colours of trajectories, in order; they stand out on both
// colour maps.
var runColors = []color.NRGBA{
	{255, 0, 0, 255},
	{255, 179, 0, 255},
	{214, 0, 214, 255},
	{0, 150, 60, 255},
	{0, 0, 0, 255},
	{0, 190, 210, 255},
	{140, 80, 20, 255},
	{120, 110, 255, 255},
}

func runColor(i int) color.NRGBA { return runColors[i%len(runColors)] }

// withAlpha returns c with its alpha multiplied by a.
func withAlpha(c color.NRGBA, a float64) color.NRGBA {
	c.A = byte(min(max(float64(c.A)*a, 0), 255) + 0.5)
	return c
}
