package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cpu"
	"losscape/gpu"
	"losscape/gpu/draw"
	"losscape/gpu/film"
	"losscape/gpu/gputest"
	"losscape/scenes"
	"losscape/scenes/figure"

	"github.com/qmuntal/gltf"
)

// TestRenderSequence compares a sequence's files with stills of the frames.
func TestRenderSequence(t *testing.T) {
	gputest.Device(t)
	t.Setenv(film.FFmpegEnv, "/nonexistent")
	dir := t.TempDir()
	scene := writeScene(t, tiny)
	if code, _, stderr := losscape(t, "render", scene, "-o", filepath.Join(dir, "all", "f%02d.png")); code != 0 || !strings.Contains(stderr, "6 frames of 180x60") {
		t.Fatal(code, stderr)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "all"))
	if err != nil || len(entries) != 6 || entries[5].Name() != "f05.png" {
		t.Fatal(entries, err)
	}
	still := filepath.Join(dir, "still.png")
	if code, _, stderr := losscape(t, "render", scene, "-o", still, "--frame", "3"); code != 0 {
		t.Fatal(stderr)
	}
	var pixels [2]string
	for i, path := range []string{still, filepath.Join(dir, "all", "f03.png")} {
		img := readPNG(t, path)
		var b strings.Builder
		for y := range 60 {
			for x := range 180 {
				r, g, bl, a := img.At(x, y).RGBA()
				b.Write([]byte{byte(r), byte(g), byte(bl), byte(a)})
			}
		}
		pixels[i] = b.String()
	}
	if pixels[0] != pixels[1] {
		t.Error("frame 3 of the sequence is not the still of frame 3")
	}
}

func TestRenderSequenceBadInput(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		args, want string
		code       int
	}{
		{"-o DIR/%d%d.png", "2 places", exitUsage},
		{"-o DIR/%d.png --fps 3", "--fps", exitUsage},
		{"-o DIR/f/ --codec h264", "--codec", exitUsage},
		{"-o DIR/%d.png --frame 3", "all frames", exitUsage},
		{"-o DIR/none/f/%d.png", "mkdir -p", exitFailed},
		{"-o DIR/%d.jpg", ".webm", exitUsage},
	} {
		args := strings.Fields("render one-mode " + strings.ReplaceAll(c.args, "DIR", dir))
		if code, _, stderr := losscape(t, args...); code != c.code || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: %d, %s", c.args, code, stderr)
		}
		empty(t, dir)
	}
}

// TestRenderModelWithoutGL needs no device, not even where one is found.
func TestRenderModelWithoutGL(t *testing.T) {
	serial(t)
	dir := t.TempDir()
	scene := writeScene(t, tiny)
	for _, args := range [][]string{{"--backend", "cpu"}, {"--frame", "2"}} {
		path := filepath.Join(dir, "a.glb")
		c := withoutGL(process(append([]string{"render", scene, "-o", path}, args...)...))
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "float64 on the CPU") {
			t.Fatalf("%v: %s", err, out)
		}
		doc, err := gltf.Open(path)
		if err != nil || len(doc.Meshes) != 3 {
			t.Fatal(err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		empty(t, dir)
	}
}

func TestRenderModelBadInput(t *testing.T) {
	serial(t)
	dir := t.TempDir()
	for _, c := range []struct {
		args, want string
		code       int
	}{
		{"-o DIR/a.glb --fps 3", "--fps", exitUsage},
		{"-o DIR/a.glb --size 10x10", "--size", exitUsage},
		{"-o DIR/a.glb --frame 99", "0 to 49", exitUsage},
		{"-o DIR/none/a.glb", "mkdir -p", exitFailed},
	} {
		args := strings.Fields("render one-mode --backend cpu " + strings.ReplaceAll(c.args, "DIR", dir))
		if code, _, stderr := losscape(t, args...); code != c.code || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: %d, %s", c.args, code, stderr)
		}
		empty(t, dir)
	}
}

func TestRenderFigureWithoutGL(t *testing.T) {
	serial(t)
	dir := t.TempDir()
	scene := writeScene(t, tiny)
	for ext, head := range map[string]string{".svg": "<?xml", ".pdf": "%PDF", ".png": "\x89PNG"} {
		path := filepath.Join(dir, "a"+ext)
		c := withoutGL(process("render", scene, "-o", path, "--panel", "contour,curve", "--frame", "3", "--backend", "cpu"))
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "frame 3 of 6") {
			t.Fatalf("%v: %s", err, out)
		}
		data, err := os.ReadFile(path)
		if err != nil || !strings.HasPrefix(string(data), head) {
			t.Errorf("%s: %.40q, %v", path, data, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		c = withoutGL(process("render", scene, "-o", path))
		out, err := c.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "panel surface is drawn with OpenGL") || !strings.Contains(string(out), "--panel curve,contour leaves out what needs it") {
			t.Errorf("with a surface: %v, %s", err, out)
		}
		empty(t, dir)
	}
}

// TestRenderFigure looks at whole figures of the notebook's scene, by their sizes and by
// what can be searched in them.
func TestRenderFigure(t *testing.T) {
	serial(t)
	dir := t.TempDir()
	render := func(name, flags string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		args := append([]string{"render", "one-mode", "-o", path}, strings.Fields(flags)...)
		if code, _, stderr := losscape(t, args...); code != 0 {
			t.Fatalf("%s: %d, %s", args, code, stderr)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	pdf := render("a.pdf", "--size 7x3in")
	if len(pdf) > 1<<20 || !strings.Contains(pdf, "/MediaBox [0 0 504.00 216.00]") || !strings.Contains(pdf, "/FontFile2") || strings.Count(pdf, "/Subtype /Image") != 2 {
		t.Errorf("a PDF of %d bytes, with %d images", len(pdf), strings.Count(pdf, "/Subtype /Image")) // one, and its alpha
	}
	if render("b.pdf", "--size 7x3in") != pdf {
		t.Error("another PDF the second time")
	}
	svg := render("a.svg", "--size 18x9cm")
	for _, want := range []string{`width="510.236pt" height="255.118pt"`, "<title>", ">Probability Curve</text>", ">Loss Function Landscape</text>", "<image ", "@font-face"} {
		if !strings.Contains(svg, want) {
			t.Errorf("the SVG has no %s", want)
		}
	}
	// Panels in the order given, one of them twice.
	svg = render("b.svg", "--panel loss,curve --panel loss --text outlines")
	if strings.Contains(svg, "<text") || strings.Contains(svg, "<image ") || !strings.Contains(svg, `width="504pt" height="216pt"`) {
		t.Error("text, an image, or another size in an SVG of outlines")
	}
	svg = render("c.svg", "--panel loss,curve")
	if loss, curve := strings.Index(svg, ">Loss by Iteration<"), strings.Index(svg, ">Probability Curve<"); loss < 0 || curve < loss {
		t.Errorf("the loss at %d, the curve at %d", loss, curve)
	}
	for flags, want := range map[string][2]int{ // pixels, and pixels a metre
		"--panel contour --size 2x1in":            {600, 11811},
		"--panel contour --size 2x1in --dpi 100":  {200, 3937},
		"--panel contour --size 300x150 --dpi 72": {300, 2835},
		"--panel contour --size 300x150":          {300, 0},
	} {
		still := render("a.png", flags)
		c, err := png.DecodeConfig(strings.NewReader(still))
		if err != nil {
			t.Fatal(err)
		}
		density := 0
		if at := strings.Index(still, "pHYs"); at > 0 {
			density = int(binary.BigEndian.Uint32([]byte(still[at+4:])))
		}
		if c.Width != want[0] || c.Height != want[0]/2 || density != want[1] {
			t.Errorf("%s: %d x %d pixels, %d a metre, want %v", flags, c.Width, c.Height, density, want)
		}
	}
}

func TestRenderFigureBadInput(t *testing.T) {
	serial(t)
	dir := t.TempDir()
	for _, c := range []struct {
		args, want string
		code       int
	}{
		{"-o DIR/a.svg --panel surfaces", "curve, surface, contour, loss", exitUsage},
		{"-o DIR/a.svg --panel map", "needs a sweep", exitUsage},
		{"-o DIR/a.glb --panel curve", "--panel", exitUsage},
		{"-o DIR/a.mp4 --size 7x3in", "want pixels", exitUsage},
		{"-o DIR/a.pdf --size 7in", "7x3in", exitUsage},
		{"-o DIR/a.pdf --size 700x3in", "at most 200", exitUsage},
		{"-o DIR/a.pdf --dpi 3", "10 to 2400", exitUsage},
		{"-o DIR/a.pdf --text paths", "text or outlines", exitUsage},
		{"-o DIR/a.pdf --crf 3", "--crf", exitUsage},
		{"-o DIR/a.pdf --frame 99", "0 to 49", exitUsage},
		{"-o DIR/none/a.svg --panel curve", "mkdir -p", exitFailed},
	} {
		args := strings.Fields("render one-mode --quiet --backend cpu " + strings.ReplaceAll(c.args, "DIR", dir))
		if code, _, stderr := losscape(t, args...); code != c.code || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: %d, %s", c.args, code, stderr)
		}
		empty(t, dir)
	}
}

// stillOf renders a still in parts, in one piece if there are none.
func stillOf(t *testing.T, d *gpu.Device, s *scenes.Scene, parts []image.Rectangle) []byte {
	t.Helper()
	a := &app{stderr: io.Discard, quiet: true, backend: backend.Auto, device: backend.AnyDevice}
	f := renderFlags{frame: 60, output: filepath.Join(t.TempDir(), "a.png")}
	p, err := a.prepare(t.Context(), d, s, figure.Screen, false, parts, frameSpan{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := a.still(t.Context(), p, &f, s.Film.Width, s.Film.Height, parts); err != nil {
		t.Fatal(err)
	}
	return readPNG(t, f.output).(*image.RGBA).Pix
}

// TestStillInParts compares stills in parts with the same in one piece.
func TestStillInParts(t *testing.T) {
	serial(t)
	d := gputest.Device(t)
	for name, more := range map[string]string{
		"points":  "[ensemble]\nover = [\"w1=-9:12:60\", \"w2=-9:9:50\"]\nsize = 3\n",
		"density": "[ensemble]\nover = [\"w1=-9:12:60\", \"w2=-9:9:50\"]\nas = \"density\"\n",
		"map":     "[map]\nover = [\"lr=0.1:40:150:log\", \"l2=1e-4:1:90:log\"]\n[film]\npanels = [\"map\", \"surface\"]\ntheme = \"dark\"\n",
	} {
		s, err := scenes.Load(writeScene(t, "[data]\ngenerate = \"gaussian\"\nseed = 1\nclasses = [{ label = 1, parts = [{ mean = 1.0, std = 1.0, n = 20 }] },"+
			" { label = 0, parts = [{ mean = -1.0, std = 1.0, n = 20 }] }]\n"+more))
		if err != nil {
			t.Fatal(name, err)
		}
		s.Film.Width, s.Film.Height = 640, 300
		want := stillOf(t, d, s, nil)
		if got := stillOf(t, d, s, draw.Parts(s.Film.Width, s.Film.Height, 128)); !bytes.Equal(got, want) {
			t.Errorf("%s: the still in parts differs from that in one piece", name)
		}
	}
}

// TestStillBeyondTheDevice draws a still on a device with the least limits that are
// met.
func TestStillBeyondTheDevice(t *testing.T) {
	serial(t)
	d := gputest.Device(t)
	s, err := scenes.Load("optimizers")
	if err != nil {
		t.Fatal(err)
	}
	s.Film.Width, s.Film.Height = 4200, 500
	if parts := partsOf(d, s.Film.Width, s.Film.Height); parts != nil {
		t.Skipf("this device draws it in %d parts", len(parts))
	}
	want := stillOf(t, d, s, nil)
	caps := d.Caps
	t.Cleanup(func() { d.Caps = caps })
	d.Caps.MaxTextureSize, d.Caps.MaxViewport = 4096, [2]int{4096, 4096}
	parts := partsOf(d, s.Film.Width, s.Film.Height)
	if len(parts) != 2 {
		t.Fatalf("%d parts", len(parts))
	}
	if got := stillOf(t, d, s, parts); !bytes.Equal(got, want) {
		t.Error("the still in parts differs from that in one piece")
	}
}

// TestLargeStillInterrupted stops a still of many parts.
func TestLargeStillInterrupted(t *testing.T) {
	serial(t)
	gputest.Device(t)
	scene := writeScene(t, tiny)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	time.AfterFunc(1500*time.Millisecond, cancel)
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"render", scene, "-o", filepath.Join(dir, "a.png"), "--size", "16384x16384"}, strings.NewReader(""), &stdout, &stderr)
	if code != exitInterrupted {
		t.Errorf("exits with %d and says %s", code, &stderr)
	}
	empty(t, dir)
}

// TestRenderEnsemble films an ensemble by either backend, and says that a model has none.
func TestRenderEnsemble(t *testing.T) {
	serial(t)
	gputest.Device(t)
	dir := t.TempDir()
	scene := writeScene(t, tiny+"\n[ensemble]\nover = [\"w1=-9:9:12\", \"w2=-9:9:12\"]\ncolor = \"status\"\n")
	for _, backend := range []string{"gpu", "cpu"} {
		out := filepath.Join(dir, backend+".gif")
		code, _, stderr := losscape(t, "render", scene, "-o", out, "--backend", backend)
		if code != 0 || !strings.Contains(stderr, "6 frames of 180x60") {
			t.Fatal(code, stderr)
		}
		if told := strings.Contains(stderr, "the ensemble is computed in float32"); told != (backend == "cpu") {
			t.Errorf("%s: %s", backend, stderr)
		}
	}
	model := filepath.Join(dir, "m.glb")
	if code, _, stderr := losscape(t, "render", scene, "-o", model); code != 0 || !strings.Contains(stderr, "m.glb is without the ensemble") {
		t.Error(code, stderr)
	}
}

func readPNG(t *testing.T, path string) image.Image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestRunsSayHowTheyEnd: legends of several runs know more than a trajectory does.
func TestRunsSayHowTheyEnd(t *testing.T) {
	s, err := scenes.Load("map")
	if err != nil {
		t.Fatal(err)
	}
	a := &app{stderr: io.Discard, quiet: true}
	runs, endings, err := a.descendToDraw(t.Context(), nil, s)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []cpu.Status{cpu.Converged, cpu.Periodic, cpu.StepLimit, cpu.StepLimit} {
		if endings[i].Status != want {
			t.Errorf("%s: %v, want %v", runs[i].Run.Name, endings[i].Status, want)
		}
	}
}

// TestRenderMap draws the map of a scene by either backend, which agree on it but for
// the runs on the brink.
func TestRenderMap(t *testing.T) {
	gputest.Device(t)
	dir := t.TempDir()
	text := strings.Replace(tiny, "frames = 6", "frames = 6\npanels = [\"map\", \"loss\"]", 1)
	scene := writeScene(t, text+"\n[map]\nover = [\"lr=0.1:100:12:log\", \"l2=0.001:1:8:log\"]\nof = \"status\"\n")
	var pictures []image.Image
	for _, backend := range []string{"gpu", "cpu"} {
		out := filepath.Join(dir, backend+".png")
		if code, _, stderr := losscape(t, "render", scene, "-o", out, "--backend", backend, "--size", "360x180"); code != 0 {
			t.Fatal(stderr)
		}
		pictures = append(pictures, readPNG(t, out))
	}
	n := 0
	for y := range 180 {
		for x := range 360 {
			if pictures[0].At(x, y) != pictures[1].At(x, y) {
				n++
			}
		}
	}
	if n > 180*180/20 {
		t.Errorf("the maps of both backends differ in %d pixels", n)
	}
	if code, _, stderr := losscape(t, "render", writeScene(t, text), "-o", filepath.Join(dir, "none.png")); code == 0 || !strings.Contains(stderr, "needs a sweep") {
		t.Error(code, stderr)
	}
}
