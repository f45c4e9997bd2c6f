package main

import (
	"encoding/json"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/web"
	"losscape/cmd/losscape/web/browser"
	"losscape/scenes"
)

// writePage writes the page of a scene as render -o does, with a few runs in its maps, and
// returns its URL.
func writePage(t testing.TB, s *scenes.Scene) string {
	t.Helper()
	for i := range s.Map.Over {
		thinOut(&s.Map.Over[i])
	}
	for i := range s.Orbit.Over {
		thinOut(&s.Orbit.Over[i])
	}
	s.Map.Steps, s.Orbit.Steps = min(s.Map.Steps, 400), min(s.Orbit.Steps, 400)
	a := &app{stderr: io.Discard, quiet: true, backend: backend.CPU, device: backend.AnyDevice}
	c, err := a.pageContent(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "page.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := web.Write(t.Context(), f, c); err != nil {
		t.Fatal(err)
	}
	if size, err := f.Seek(0, io.SeekEnd); err != nil || size > 400<<10 {
		t.Errorf("%s: %d bytes, %v, want at most 400 KiB", s.Name, size, err)
	}
	return browser.FileURL(path)
}

func loadResolved(t testing.TB, nameOrPath string) *scenes.Scene {
	t.Helper()
	s, err := scenes.Load(nameOrPath)
	if err == nil {
		err = s.Resolve(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ready is when a page has drawn its first picture.
const ready = `document.documentElement.dataset.ready === "1" || document.documentElement.dataset.failed !== undefined`

func openPage(t *testing.T, url string, v browser.View) *browser.Page {
	t.Helper()
	p := browser.Open(t, url, v)
	p.Wait(ready)
	if failed := browser.Eval[string](p, `document.documentElement.dataset.failed || ""`); failed != "" {
		t.Fatal(failed)
	}
	p.Settle()
	return p
}

var (
	phone    = browser.View{Width: 375, Height: 667, Touch: true}
	laptop   = browser.View{Width: 1280, Height: 720}
	beamer   = browser.View{Width: 1920, Height: 1080}
	allViews = []browser.View{phone, laptop, beamer}
)

// TestPages opens the pages of all built-in scenes, one after the other: each starts, asks nobody for
// anything, writes nothing to the console, and holds its numbers to the reference's. Some, which have all
// panels between them, have to fit screens from a phone to a projector.
func TestPages(t *testing.T) {
	serial(t)
	const own = "tiny"
	small := browser.View{Width: 480, Height: 360} // software draws it soon
	p := browser.Open(t, "about:blank", small)
	for _, nameOrPath := range append(scenes.Names(), writeScene(t, planar)) {
		name := strings.TrimSuffix(filepath.Base(nameOrPath), ".toml")
		t.Run(name, func(t *testing.T) {
			s := loadResolved(t, nameOrPath)
			p.In(t).Go(writePage(t, s) + "#selftest")
			p.Wait(`document.documentElement.dataset.selftest || document.documentElement.dataset.failed`)
			if got := browser.Eval[string](p, `document.documentElement.dataset.selftest || document.documentElement.dataset.failed`); got != "pass" {
				t.Errorf("its self-test: %s, %s", got, browser.Eval[string](p, `document.documentElement.dataset.selftestFailures || ""`))
			}
			if name == "doubling" { // said once the page rests
				p.Wait(`["period 2", "quasi-periodic", "period 12", "chaotic"].every((end, i) => document.querySelectorAll("#runs tbody tr")[i].innerText.includes(end))`)
			}
			if !slices.Contains([]string{"map", "doubling", own}, name) {
				return
			}
			for _, v := range allViews {
				p.Show(v)
				p.Settle()
				checkLayout(t, p, v, len(s.Film.Panels))
			}
			p.Show(small)
		})
	}
}

// checkLayout wants all panels of a page to have a size and no part of it to stand out sideways.
func checkLayout(t *testing.T, p *browser.Page, v browser.View, panels int) {
	t.Helper()
	var got struct {
		Wide, Scroll float64
		Panels       [][2]float64
		Out          []string
	}
	text := browser.Eval[string](p, `JSON.stringify({
		Wide: innerWidth, Scroll: document.documentElement.scrollWidth,
		Panels: [...document.querySelectorAll("canvas[data-panel]")].map(c => { const b = c.getBoundingClientRect(); return [b.width, b.height]; }),
		Out: [...document.querySelectorAll("body *")].filter(e => {
			const b = e.getBoundingClientRect(), s = getComputedStyle(e);
			return b.width > 0 && b.right > innerWidth + 1 && s.position !== "absolute" && s.position !== "fixed" && !e.closest("pre, .runs");
		}).map(e => e.tagName + "." + e.className).slice(0, 5),
	})`)
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if got.Scroll > got.Wide || got.Wide != float64(v.Width) || len(got.Out) > 0 {
		t.Errorf("%dx%d: %v wide in a window of %v, these stand out: %v", v.Width, v.Height, got.Scroll, got.Wide, got.Out)
	}
	if len(got.Panels) != panels {
		t.Errorf("%dx%d: %d panels, want %d", v.Width, v.Height, len(got.Panels), panels)
	}
	for i, size := range got.Panels {
		if size[0] < 160 || size[1] < 120 {
			t.Errorf("%dx%d: panel %d has a size of %v", v.Width, v.Height, i, size)
		}
	}
}

// handScene is a scene with all that a hand can change.
const handScene = `
title = "Hands"
[data]
generate = "gaussian"
classes = [
  { label = 1, name = "one", parts = [{ mean = 1, std = 1, n = 50 }] },
  { label = 0, name = "none", parts = [{ mean = -1, std = 1, n = 50 }] },
]
[landscape]
x = { range = [-4, 8] }
y = { range = [-5, 5] }
fixed = true
[[run]]
optimizer = "momentum"
lr = 0.5
start = [-2, 2]
steps = 60
[film]
panels = ["curve", "surface", "contour", "loss"]
`

// state is what a page says of its first run.
type state struct{ Row, Hash, LR, Momentum string }

func stateOf(p *browser.Page) (s state) {
	text := browser.Eval[string](p, `JSON.stringify({
		Row: document.querySelector("#runs tbody tr").innerText, Hash: location.hash,
		LR: document.querySelector("#lr-number").value, Momentum: document.querySelector("#momentum-number").value })`)
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(err) // JSON.stringify wrote it
	}
	return s
}

// TestPageHands changes a page by real events: each change shows in the run, in what is drawn and in the
// address, which brings it back.
func TestPageHands(t *testing.T) {
	serial(t)
	url := writePage(t, loadResolved(t, writeScene(t, handScene)))
	p := openPage(t, url, laptop)
	const loss, contour, surface = `canvas[data-kind="loss"]`, `canvas[data-kind="contour"]`, `canvas[data-kind="surface"]`
	before := stateOf(p)
	if before.Hash != "" || before.LR != "0.5" {
		t.Errorf("opened as %+v, want lr 0.5 and no fragment", before)
	}
	// changed wants a run, the address and the pixels of a panel to be others than before.
	changed := func(what string, panel string, old *image.NRGBA) state {
		t.Helper()
		now := before
		p.Wait(fmt.Sprintf(`location.hash !== %q`, before.Hash))
		p.Settle()
		if now = stateOf(p); now.Row == before.Row {
			t.Errorf("%s does not change the run: %q", what, now.Row)
		}
		if panel != "" && !differ(old, p.Picture(panel)) {
			t.Errorf("%s does not change %s", what, panel)
		}
		before = now
		return now
	}

	old := p.Picture(loss)
	b := p.Box("#lr")
	x, y := b.At(sliderAt(0.5, 0.01, 100), 0.5)
	p.Drag(x, y, x+b.Width/6, y)
	if now := changed("dragging the learning rate", loss, old); !strings.Contains(now.Hash, "r0.lr=") || numberOf(t, now.LR) < 1 {
		t.Errorf("the learning rate is dragged to %+v, want one above 1 that is in the address", now)
	}

	old = p.Picture(loss)
	browser.Eval[bool](p, `(document.querySelector("#momentum").focus(), true)`)
	p.Keys(kb.ArrowLeft) // one: the address follows a while after each
	if now := changed("an arrow key on the momentum", loss, old); !(numberOf(t, now.Momentum) < 0.9) {
		t.Errorf("an arrow to the left leaves momentum at %s", now.Momentum)
	}

	old = p.Picture(contour)
	from, to := startPoint(t, p, contour, [2]float64{-2, 2}), startPoint(t, p, contour, [2]float64{-1, 3})
	p.Drag(from[0], from[1], to[0], to[1])
	if now := changed("dragging the start point", contour, old); !startNear(now.Hash, -1, 3) {
		t.Errorf("the start point is dragged to %s, want about (-1, 3)", now.Hash)
	}

	old = p.Picture(surface)
	c := p.Box(surface)
	x, y = c.At(0.5, 0.5)
	p.Drag(x, y, x+c.Width/5, y)
	p.Wait(`location.hash.includes("camera=")`)
	p.Settle()
	if !differ(old, p.Picture(surface)) {
		t.Error("dragging the surface does not turn it")
	}

	old = p.Picture("#controls")
	p.Click("#theme")
	p.Wait(`location.hash.includes("theme=")`)
	p.Settle()
	if !differ(old, p.Picture("#controls")) {
		t.Error("the other theme has the same controls")
	}

	before = stateOf(p)
	pictures := []*image.NRGBA{p.Picture(loss), p.Picture(surface)}
	p.Go(url + before.Hash)
	p.Wait(ready)
	p.Settle()
	if now := stateOf(p); now != before {
		t.Errorf("opened anew as %+v, want %+v", now, before)
	}
	for i, panel := range []string{loss, surface} {
		if differ(pictures[i], p.Picture(panel)) {
			t.Errorf("%s is another one in the page of the same address", panel)
		}
	}
	const looks = `document.documentElement.dataset.theme + " " + document.querySelector("canvas").width`
	screen := browser.Eval[string](p, looks)
	if pdf := p.PDF(); len(pdf) < 20000 || !strings.HasPrefix(string(pdf), "%PDF") {
		t.Errorf("prints as %d bytes", len(pdf))
	}
	p.Settle()
	if now := browser.Eval[string](p, looks); now != screen {
		t.Errorf("after it is printed the page is %s, want %s", now, screen)
	}
	p.Click("#reset")
	p.Settle()
	if now := stateOf(p); now.LR != "0.5" || now.Momentum != "0.9" {
		t.Errorf("reset to %+v", now)
	}
}

// TestPageTouch turns the surface with a finger, and scrolls the page with one that is elsewhere.
func TestPageTouch(t *testing.T) {
	serial(t)
	p := openPage(t, writePage(t, loadResolved(t, writeScene(t, handScene))), phone)
	const surface, curve = `canvas[data-kind="surface"]`, `canvas[data-kind="curve"]`
	x, y := p.Box(curve).At(0.5, 0.9)
	p.Swipe(x, y, x, y-200)
	p.Wait(`scrollY > 50`)

	p.Box(surface)
	p.Settle()
	old := p.Picture(surface)
	b := p.Box(surface)
	at := browser.Eval[float64](p, `scrollY`)
	x, y = b.At(0.5, 0.55)
	p.Swipe(x, y, x+b.Width/4, y+20)
	p.Wait(`location.hash.includes("camera=")`)
	p.Settle()
	if now := browser.Eval[float64](p, `scrollY`); now != at {
		t.Errorf("a finger on the surface scrolls the page from %v to %v", at, now)
	}
	if !differ(old, p.Picture(surface)) {
		t.Error("a finger does not turn the surface")
	}
}

// TestPageAccess wants names for all controls and panels of a page, and text that contrasts with what is
// behind it as WCAG's level AA asks for, in both themes.
func TestPageAccess(t *testing.T) {
	serial(t)
	p := openPage(t, writePage(t, loadResolved(t, "optimizers")), laptop)
	p.Wait(`[...document.querySelectorAll("canvas[data-panel]")].every(c => c.getAttribute("aria-label"))`)
	roles := map[string]int{}
	for _, c := range p.Controls() {
		roles[c.Role]++
		named := []string{"button", "slider", "spinbutton", "combobox", "radio", "checkbox", "textbox", "link", "img", "image", "table", "main"}
		if slices.Contains(named, c.Role) && c.Name == "" {
			t.Errorf("a %s has no name", c.Role)
		}
	}
	for role, least := range map[string]int{"slider": 4, "button": 6, "combobox": 1, "heading": 1} {
		if roles[role] < least {
			t.Errorf("%d of role %s, want %d at least: %v", roles[role], role, least, roles)
		}
	}
	for range 2 {
		for _, low := range browser.Eval[[]string](p, contrasts) {
			t.Error(low)
		}
		p.Click("#theme")
		p.Settle()
	}
}

// BenchmarkPage measures how long a page takes from opening to its first picture, and from the change of
// a slider to all panels drawn anew, one change after the other.
func BenchmarkPage(b *testing.B) {
	s := loadResolved(b, "one-mode")
	s.Film.Panels = append(s.Film.Panels, scenes.Panel{Kind: "loss", Name: "loss"})
	url := writePage(b, s)
	p := browser.Open(b, "about:blank", laptop)
	p.Before(`new MutationObserver((_, o) => {
		if (document.documentElement.dataset.ready !== "1") return;
		o.disconnect();
		requestAnimationFrame(() => requestAnimationFrame(t => { window.firstPicture = t; }));
	}).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-ready"] });`)
	var first, answer float64
	for b.Loop() {
		p.Go(url)
		p.Wait(`window.firstPicture`)
		first += browser.Eval[float64](p, `window.firstPicture`)
		answer += browser.Eval[float64](p, `new Promise(done => {
			const slider = document.querySelector("#lr"), times = [];
			const change = t => {
				times.push(t);
				if (times.length > 24) return done((times[24] - times[4]) / 20);
				slider.value = 300 + 10 * times.length;
				slider.dispatchEvent(new Event("input", { bubbles: true }));
				requestAnimationFrame(change);
			};
			requestAnimationFrame(change);
		})`)
	}
	b.ReportMetric(first/float64(b.N), "ms/first-picture")
	b.ReportMetric(answer/float64(b.N), "ms/answer")
}

// contrasts returns the texts of a page whose contrast with what is behind them is below 4.5, or 3 where
// they are large: WCAG 2.2, 1.4.3.
const contrasts = `(() => {
	const ctx = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	const rgba = c => { ctx.clearRect(0, 0, 1, 1); ctx.fillStyle = c; ctx.fillRect(0, 0, 1, 1); const d = ctx.getImageData(0, 0, 1, 1).data; return [d[0], d[1], d[2], d[3] / 255]; };
	const over = (a, b) => [0, 1, 2].map(i => a[i] * a[3] + b[i] * (1 - a[3])).concat(1);
	const luminance = c => { const l = c.slice(0, 3).map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2]; };
	const behind = e => { const list = []; for (; e; e = e.parentElement) list.unshift(rgba(getComputedStyle(e).backgroundColor)); return list.reduce((under, c) => over(c, under), [255, 255, 255, 1]); };
	const out = [];
	document.querySelectorAll("details").forEach(d => { d.open = true; });
	for (const e of document.querySelectorAll("body *")) {
		const text = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent.trim()).join("") || (e.matches("input[type=number], select") ? e.value : "");
		const s = getComputedStyle(e), b = e.getBoundingClientRect();
		if (!text || b.width < 2 || s.visibility === "hidden" || e.disabled || e.closest(".skip, script, style, noscript, [hidden]")) continue;
		const paper = behind(e), ink = over(rgba(s.color), paper);
		const [x, y] = [luminance(ink), luminance(paper)].sort((a, b) => b - a);
		const size = parseFloat(s.fontSize), large = size >= 24 || size >= 18.66 && s.fontWeight >= 700;
		const ratio = (x + 0.05) / (y + 0.05);
		if (ratio < (large ? 3 : 4.5)) out.push(e.tagName + " \"" + text.slice(0, 30) + "\" has a contrast of " + ratio.toFixed(2) + " in the " + document.documentElement.dataset.theme + " theme");
	}
	return out;
})()`

// differ reports whether two pictures are visibly different: in more than one of a thousand pixels
// by more than a little.
func differ(a, b *image.NRGBA) bool {
	if a.Rect != b.Rect {
		return true
	}
	count := 0
	for i := 0; i < len(a.Pix); i += 4 {
		for j := range 3 {
			if d := int(a.Pix[i+j]) - int(b.Pix[i+j]); d > 24 || d < -24 {
				count++
				break
			}
		}
	}
	return count*1000 > len(a.Pix)/4
}

// sliderAt returns where a value is on a slider with a logarithmic scale, as a share of its width, the
// half of its thumb left out.
func sliderAt(v, lo, hi float64) float64 {
	return 0.03 + 0.94*math.Log(v/lo)/math.Log(hi/lo)
}

func numberOf(t *testing.T, text string) float64 {
	t.Helper()
	var v float64
	if _, err := fmt.Sscan(text, &v); err != nil {
		t.Errorf("%q is no number", text)
	}
	return v
}

// startPoint returns where on the screen a point of the landscape is.
func startPoint(t *testing.T, p *browser.Page, panel string, at [2]float64) [2]float64 {
	t.Helper()
	b := p.Box(panel)
	// The reading under the mouse says the coordinates of a point: two of them make the axes known.
	reading := func(x, y float64) [2]float64 {
		p.Mouse(false, [2]float64{x - 1, y}, [2]float64{x, y})
		p.Settle()
		text := browser.Eval[string](p, `document.querySelector("#reading").innerText`)
		found := regexp.MustCompile(`[−-]?\d+(\.\d+)?`).FindAllString(strings.ReplaceAll(text, "−", "-"), -1)
		if len(found) < 2 {
			t.Fatalf("the reading at %v, %v is %q, want coordinates", x, y, text)
		}
		return [2]float64{numberOf(t, found[0]), numberOf(t, found[1])}
	}
	x0, y0 := b.At(0.45, 0.6)
	x1, y1 := b.At(0.7, 0.35)
	p0, p1 := reading(x0, y0), reading(x1, y1)
	return [2]float64{
		x0 + (at[0]-p0[0])/(p1[0]-p0[0])*(x1-x0),
		y0 + (at[1]-p0[1])/(p1[1]-p0[1])*(y1-y0),
	}
}

// startNear reports whether a fragment has the first run start near a point.
func startNear(hash string, x, y float64) bool {
	m := regexp.MustCompile(`r0\.start=([^&:]*):([^&:]*)`).FindStringSubmatch(strings.NewReplacer("%3A", ":", "#", "").Replace(hash))
	if m == nil {
		return false
	}
	var a, b float64
	fmt.Sscan(m[1], &a)
	fmt.Sscan(m[2], &b)
	return math.Hypot(a-x, b-y) < 0.3
}
