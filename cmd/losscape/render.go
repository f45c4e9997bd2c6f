package main

import (
	"fmt"
	"slices"
	"strings"

	"losscape/cmd/losscape/export"
	"losscape/cpu/quote"
	"losscape/gpu/film"
	"losscape/scenes"

	"github.com/spf13/cobra"
)

// renderFlags are the flags of render.
type renderFlags struct {
	output string
	format string
	size   string
	fps    float64
	frames int
	frame  int
	panels []string
	dpi    float64
	text   string
	axes   bool
	codec  string
	preset string
	crf    int

	parts pieceFlags

	page  pageSize // of size
	dense bool     // a still has a density: dpi
	to    format   // of output

	changed    bool // a flag has changed the scene
	inSegments bool // the film is made in segments
}

const lastFrame = -1

func (a *app) renderCommand() *cobra.Command {
	var f renderFlags
	c := &cobra.Command{
		Use:   "render SCENE -o FILE",
		Short: "Film a scene, or draw one frame of it",
		Long: `render draws a scene and writes a film (` + strings.Join(film.Extensions(), ", ") + `), a still (.png),
a figure for a paper (.svg, .pdf), a page for browsers (.html) or a model (.glb). The film shows one iteration a
frame unless the scene's clock says otherwise. An .mp4 or .webm needs ffmpeg, which
is looked for and tried before anything is drawn; the others do not. A file appears
at its name only when it is complete. With -o - it goes to standard output, as it is
made: --format says what, and an .mp4 is one of fragments, which need no end to play.

A .png may have up to 16384 pixels a side: what the device cannot hold in one piece,
or memory should not, is drawn and written part by part.

A name with a number such as frames/%04d.png, or a folder's that ends in a slash,
takes every frame as a PNG of its own, from 0; the folder is made. A percent sign in
the name of a .png is written %%.

An .svg or .pdf is a figure of all panels, or of those that --panel names, in that
order: lines, areas and text, which can be searched and edited, with its font in the
file; --text outlines draws text as paths. What has depth, the surface and an ensemble,
is an image in it at --dpi. --size 7x3in, or cm, mm, pt, or px by --dpi, is the size of
the page: without it 7 inches wide, or 3.5 for a single panel. Two runs write the same
bytes. A .png with such a size, or with --dpi, says its density. What has no depth needs
no OpenGL, as .svg, .pdf and .png.

An .html is a page for any browser, in one file without a network: the panels, drawn with
WebGL, and the runs, which the page computes anew in float64 while a hand moves the
learning rate, the L2 weight, the optimizer or a start point. Its address has the state, so
that a link is a setting; opened with #selftest it tests itself against the reference. Of
more than 5,000 samples, of many features fewer, it has a fair sample. It needs no OpenGL
to be written.

A .glb is a model of the surface with the runs up to --frame, for Blender and the
web: α is its x, the loss its height, on the scene's scale. It needs no OpenGL. With
--axes it has the axes of the figure, ticks, labels and titles, and a floor with the
contours, all as geometry; objects are named by what they show.

--codec h264, h265 and av1 go into an .mp4, vp9 and av1 into a .webm. The encoder
is libx264, libx265, libsvtav1 (or libaom-av1) or libvpx-vp9; a hardware encoder
is taken only by its own name, such as --codec h264_nvenc. Whichever it is has to
encode a frame before it is trusted with the film; doctor lists those that do. Many
players end at H.264's level 5.2 (36,864 blocks of 16x16 pixels) or at 4096 pixels a
side: a larger film wants --codec h265, or a smaller --size.

Segments of a long film, some hundreds of frames, are kept in FILE.part beside it until it is
written: an interrupted film goes on with --resume, and --shard draws a part of it (losscape
help merge). They begin with key frames, and are joined without encoding them again. A film has
them by its size and number of frames alone, so that it is the same however it came about.

The landscape is computed where --backend says, and drawn with OpenGL, on a GPU or
on Mesa's software device. The runs are the reference's, float64 on the
CPU, unless --backend is given.`,
		Example: `  losscape render one-mode -o one-mode.mp4
  losscape render two-mode -o two-mode.png --frame 99 --size 1800x600
  losscape render optimizers -o poster.png --size 16384x8192
  losscape render two-mode -o frames/%04d.png
  losscape render two-mode -o two-mode.glb --axes
  losscape render one-mode -o figure.pdf --size 7x3in --frame 20
  losscape render one-mode -o lecture.html
  losscape render one-mode -o contours.svg --panel contour,loss
  losscape render mine.toml -o mine.webm --fps 10 --crf 24
  losscape render mine.toml -o mine.mp4 --shard 3/8
  losscape render one-mode -o - --format mp4 | ffplay -`,
		Args:              oneScene,
		ValidArgsFunction: completeScene,
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(a, c); err != nil {
				return err
			}
			s, err := a.loadScene(c.Context(), args[0])
			if err != nil {
				return err
			}
			a.follow(s)
			if err := f.apply(c, s); err != nil {
				return err
			}
			a.warnUnstable(c.Context(), args[0], false, s)
			if err := resolve(c.Context(), s); err != nil {
				return err
			}
			if a.work != nil {
				a.work.describe(c, a.filmLoad(s, &f, a.work.args), args[0], f.output)
				return nil
			}
			return f.to.write(a, c.Context(), s, &f)
		},
	}
	fl := c.Flags()
	fl.StringVarP(&f.output, "output", "o", "", "the `file` to write: "+anyEnding("render", "output")+"; %04d.png for all frames; or - for standard output")
	formatFlag(c, &f.format, "output")
	fl.StringVar(&f.size, "size", "", "`pixels`, WxH (default the scene's), of a "+heeding("dpi")+" also with a unit ("+sizeUnits+"), such as 7x3in")
	fl.Float64Var(&f.fps, "fps", 0, "`frames` a second (default the scene's)")
	fl.IntVar(&f.frames, "frames", 0, "`number` of frames (default the scene's)")
	fl.IntVar(&f.frame, "frame", lastFrame, "frame `K` of a "+heeding("frame")+", from 0 (default the last)")
	fl.StringSliceVar(&f.panels, "panel", nil, "panels to show by `name`, in that order, such as curve,contour (default the scene's)")
	fl.Float64Var(&f.dpi, "dpi", export.DefaultDPI, "`N` pixels an inch of a "+heeding("dpi"))
	fl.StringVar(&f.text, "text", textAsText, "how a "+heeding("text")+" has text: `text` with its font, or outlines")
	fl.BoolVar(&f.axes, "axes", false, "give a "+heeding("axes")+" axes with ticks and labels, and a floor with the contours")
	fl.StringVar(&f.codec, "codec", "", "by `name`: "+strings.Join(film.CodecNames(), ", ")+" (default h264, in .webm vp9)")
	fl.StringVar(&f.preset, "preset", film.DefaultPreset, "speed against file size, by `name`: "+strings.Join(film.Presets, ", "))
	fl.IntVar(&f.crf, "crf", 0, "`quality`, from 1 (best) to 51, of vp9 and av1 to 63 (default 18, of h265 20, of av1 24, of vp9 30)")
	fl.Lookup("frame").DefValue = "0" // not shown: the text says it
	a.exactFlag(c)
	f.parts.add(c)
	completeFiles(c, "output")
	c.RegisterFlagCompletionFunc("panel", cobra.FixedCompletions(panelNames(nil), cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("text", cobra.FixedCompletions([]string{textAsText, textOutlines}, cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("codec", cobra.FixedCompletions(film.CodecNames(), cobra.ShellCompDirectiveNoFileComp))
	c.RegisterFlagCompletionFunc("preset", cobra.FixedCompletions(film.Presets, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// check finds contradictions in the flags, and the format of the file to write.
func (f *renderFlags) check(a *app, c *cobra.Command) (err error) {
	if f.output == "" {
		return usagef("render needs -o FILE: where to write the film, a name that ends in %s", anyEnding("render", "output"))
	}
	if f.to, err = a.formatFor("render", "output", "-o", f.output, f.format); err != nil {
		return err
	}
	if err := f.to.refuse(c, outputName(f.output)); err != nil {
		return err
	}
	if f.to.heed("shard") {
		if err := f.parts.check(c); err != nil {
			return err
		}
		a.sharded = f.parts.sharded()
		if err := f.parts.needFile(f.output); err != nil {
			return err
		}
	}
	if err := f.checkPage(c); err != nil {
		return err
	}
	if !slices.Contains(f.to.heeds, "dpi") && f.size != "" && f.page.unit != "" && f.page.unit != "px" {
		return usagef("--size %s, want pixels such as 1800x600: %s is %s", quote.Text(f.size), outputName(f.output), f.to.what)
	}
	if c.Flags().Changed("crf") && f.crf < 1 {
		return usagef("--crf %d, want at least 1 (best)", f.crf)
	}
	if f.to.name != nil {
		f.output, err = f.to.name(f.output)
	}
	return err
}

// apply puts the flags that were given into the scene's film.
func (f *renderFlags) apply(c *cobra.Command, s *scenes.Scene) (err error) {
	given := c.Flags().Changed
	if err := f.pick(s); err != nil {
		return err
	}
	if given("size") && !slices.Contains(f.to.heeds, "text") { // a figure's size is its page's
		s.Film.Width, s.Film.Height = f.page.pixels(f.dpi)
	}
	if given("fps") {
		s.Film.FPS = f.fps
	}
	if given("frames") {
		s.Film.Frames = f.frames
	}
	f.changed = given("size") || given("fps") || given("frames") || given("panel")
	if err := revalidate(c, s); err != nil {
		return err
	}
	if s.Film.Frames == 0 {
		return fmt.Errorf("%s: no run takes a step, so there is nothing to film; give a run more steps", s.Name)
	}
	if f.frame == lastFrame && !given("frame") {
		f.frame = s.Film.Frames - 1
	}
	if f.frame < 0 || f.frame >= s.Film.Frames {
		return usagef("--frame %d, want 0 to %d: the film has %d frames", f.frame, s.Film.Frames-1, s.Film.Frames)
	}
	return nil
}
