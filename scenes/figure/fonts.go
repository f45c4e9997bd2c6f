// Package figure says what the pictures of a scene show and where, however they are
// drawn: the layout of panels and its sizes, the grid that the landscape needs, the
// names of runs and axes, and the typeface.
//
// Sizes are in points, 1/432 of the frame's height in a row of panels, so that a
// picture looks the same at every size.
package figure

import (
	"sync"

	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

// Fonts returns the typeface of all pictures, Go, in regular and medium.
var Fonts = sync.OnceValue(func() (f [2]*sfnt.Font) {
	for i, ttf := range [][]byte{goregular.TTF, gomedium.TTF} {
		var err error
		if f[i], err = sfnt.Parse(ttf); err != nil {
			panic(err) // they are part of the program
		}
	}
	return f
})
