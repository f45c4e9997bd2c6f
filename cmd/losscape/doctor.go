package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"losscape/gpu/film"

	"github.com/spf13/cobra"
)

func (a *app) doctorCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say what this machine has, what is missing and how to install it",
		Long: `doctor opens every OpenGL device, tries ffmpeg and its encoders, and names what
is missing with the command that installs it. It exits with 0 if render can do
its work, else with 1.`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			r := examine(c.Context())
			if err := c.Context().Err(); err != nil {
				return err
			}
			if a.json {
				if err := a.writeReport("doctor", &r); err != nil {
					return err
				}
			} else {
				a.printHealth(r)
			}
			if !r.Ready {
				return errReported
			}
			return nil
		},
	}
	a.jsonFlag(c)
	return c
}

func noArguments(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("%s takes no arguments, here are %d: %s", c.Name(), len(args), strings.Join(args, " "))
	}
	return nil
}

// examine looks at everything that render needs. It never fails: what is not
// there is in the report.
func examine(ctx context.Context) health {
	h := health{Losscape: versionText(), System: runtime.GOOS + "/" + runtime.GOARCH, Devices: []deviceHealth{}, Missing: []missingPiece{}}
	h.examineDevices()
	for _, name := range []string{"WAYLAND_DISPLAY", "DISPLAY"} {
		if v := os.Getenv(name); v != "" {
			h.Display = name + "=" + v
		}
	}
	h.FFmpeg = examineFFmpeg(ctx)
	switch {
	case h.FFmpeg.Path == "":
		h.Missing = append(h.Missing, missingPiece{"ffmpeg", film.Install})
	case h.FFmpeg.Error != "": // it, or the trial, is at fault, and no encoder
		h.Missing = append(h.Missing, missingPiece{"an ffmpeg that can be tried", h.FFmpeg.Error})
	default:
		// One encoder that works is enough for a codec; hardware is a luxury.
		works := map[string]bool{}
		for _, e := range h.FFmpeg.Encoders {
			works[e.Codec] = works[e.Codec] || e.Error == "" && !e.Hardware
		}
		for _, e := range h.FFmpeg.Encoders {
			if !works[e.Codec] && !e.Hardware {
				h.Missing = append(h.Missing, missingPiece{fmt.Sprintf("a working %s in %s, for %s in %s", e.Name, h.FFmpeg.Path, e.Codec, strings.Join(e.Extensions, ", ")),
					"an ffmpeg with it (" + film.Install + "), or set " + film.FFmpegEnv + " to one"})
			}
		}
	}
	h.Ready = h.Auto != nil && h.Auto.Error == "" && len(h.FFmpeg.Encoders) > 0 && h.FFmpeg.Encoders[0].Error == ""
	return h
}

func examineFFmpeg(ctx context.Context) ffmpegHealth {
	f := ffmpegHealth{Encoders: []encoderHealth{}}
	path, err := film.FindFFmpeg()
	if err != nil {
		f.Error = message(err)
		return f
	}
	f.Path = path
	f.Version, err = film.FFmpegVersion(ctx, path)
	var list []film.Codec
	if !errors.Is(err, film.ErrHangs) { // the trials would take as long
		var e error
		if list, e = film.Codecs(ctx); err == nil {
			err = e
		}
	}
	if err != nil {
		f.Error = message(err)
	}
	for _, c := range list {
		e := encoderHealth{Name: c.Name, Codec: c.Codec, Extensions: c.Extensions, Hardware: c.Hardware}
		if c.Err != nil {
			e.Error = message(c.Err)
		}
		f.Encoders = append(f.Encoders, e)
	}
	return f
}

func (a *app) printHealth(h health) {
	p := func(format string, args ...any) { fmt.Fprintf(a.stdout, format+"\n", args...) }
	p("losscape %s on %s", versionText(), h.System)
	p("\nOpenGL devices")
	if len(h.Devices) == 0 {
		p("  none")
	}
	for _, d := range h.Devices {
		p("  %d  %s", d.Index, d.Name)
		a.printDevice(d)
	}
	switch {
	case h.Auto == nil:
	case h.Auto.Error != "":
		p("  without --device: none opens")
		a.printDevice(*h.Auto)
	case h.Auto.Index >= 0:
		p("  without --device: %d", h.Auto.Index)
	default:
		p("  without --device: none of these, but EGL without a device")
		a.printDevice(*h.Auto)
	}
	p("\nffmpeg")
	switch {
	case h.FFmpeg.Path == "":
		p("  %s", h.FFmpeg.Error)
	case h.FFmpeg.Error != "":
		p("  %s: %s", h.FFmpeg.Path, h.FFmpeg.Error)
	default:
		p("  %s, version %s", h.FFmpeg.Path, h.FFmpeg.Version)
	}
	var idle []string
	for _, e := range h.FFmpeg.Encoders {
		state := "works"
		switch {
		case e.Error != "" && e.Hardware:
			idle = append(idle, e.Name)
			continue
		case e.Error != "":
			state = "does not work: " + strings.ReplaceAll(e.Error, "\n", "\n      ")
		case e.Hardware:
			state = "works, with --codec " + e.Name
		}
		p("  %-11s %-5s %-11s %s", e.Name, e.Codec, strings.Join(e.Extensions, " "), state)
	}
	if len(idle) > 0 && h.FFmpeg.Path != "" {
		p("  not on this hardware, and not needed: %s", strings.Join(idle, ", "))
	}
	p("\ndisplay")
	if h.Display == "" {
		p("  none; films and stills need none")
	} else {
		p("  %s", h.Display)
	}
	if len(h.Missing) > 0 {
		p("\nmissing")
		for _, m := range h.Missing {
			p("  %s\n    %s", m.What, strings.ReplaceAll(m.Install, "; ", "\n    "))
		}
	}
	if h.Ready {
		p("\nrender can do its work here.")
	} else {
		p("\nrender cannot do all of its work here: see what is missing. train, grid, sweep, and render to .svg, .pdf and .glb need no device.")
	}
}

func (a *app) printDevice(d deviceHealth) {
	p := func(format string, args ...any) { fmt.Fprintf(a.stdout, "     "+format+"\n", args...) }
	if d.Error != "" {
		p("does not open: %s", strings.ReplaceAll(d.Error, "\n", "\n       "))
		return
	}
	p("%s, OpenGL %s, GLSL %s", d.Renderer, d.OpenGL, d.GLSL)
	l := d.Limits
	memory := ""
	if l.MemoryBytes > 0 {
		memory = fmt.Sprintf(", memory %d MiB", l.MemoryBytes>>20)
	}
	resets := "; it does not tell when it is reset"
	if l.Resets {
		resets = "; it tells when it is reset"
	}
	p("buffers to %d MiB, textures to %d, %d samples, groups of %d, %d KiB shared%s%s",
		l.BufferBytes>>20, l.TextureSize, l.Samples, l.Invocations, l.SharedBytes>>10, memory, resets)
}
