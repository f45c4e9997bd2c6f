package main

import (
	"errors"
	"fmt"
	"runtime"

	"losscape/gpu"
	"losscape/gpu/egl"
	"losscape/gpu/film"
)

// advice says which flag or verb helps against an error, to be put behind it.
func advice(err error) string {
	switch {
	case errors.Is(err, gpu.ErrLost), errors.Is(err, film.ErrStalled):
		return " (--size, --device)"
	case errors.As(err, new(*gpu.VersionError)), errors.Is(err, egl.ErrNoLibrary) && runtime.GOOS != "linux":
		return "; use --backend cpu for train and grid"
	case errors.As(err, new(*egl.DeviceError)):
		return "; losscape doctor lists the devices, and says what is missing"
	case errors.As(err, new(*film.RateError)):
		return " (--fps)"
	}
	return ""
}

// caveatText says which flags make a film that more players show.
func caveatText(c *film.Caveat) string {
	if c == nil {
		return ""
	}
	remedy := "a lower --fps"
	if c.FitWidth > 0 {
		remedy = fmt.Sprintf("--size %dx%d", c.FitWidth, c.FitHeight)
	}
	return fmt.Sprintf("an H.264 film of %dx%d with %v frames/s is beyond level 5.2 or 4096 pixels, where many players end: %s or --codec h265 suits more of them",
		c.Width, c.Height, c.FPS, remedy)
}
