// Package browser gives tests a browser: a Chromium without a window, its pages, and a hand that
// points, drags, touches and types. It speaks the DevTools protocol.
package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	js "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// hang is when a browser that does not answer fails a test instead of stopping it for ever.
const hang = 2 * time.Minute

// names are what Chromium is called, the first that there is counts.
var names = []string{
	"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell", "chrome",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
	`C:\Program Files\Google\Chrome\Application\chrome.exe`,
}

// find returns the path of the browser: $CHROMIUM, or the first of names.
func find() (string, error) {
	if path := os.Getenv("CHROMIUM"); path != "" {
		found, err := exec.LookPath(path)
		if err != nil {
			return "", fmt.Errorf("CHROMIUM: %w", err)
		}
		return found, nil
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("chromium was not found: install it (make deps), or let CHROMIUM be its path")
}

// process is the browser that the tests of a package share.
type process struct {
	ctx  context.Context
	stop func()
}

var shared = sync.OnceValues(start)

func start() (*process, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		// WebGL in software, the same on all machines.
		chromedp.Flag("use-angle", "swiftshader"),
		chromedp.Flag("enable-unsafe-swiftshader", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("lang", "en-US"),
		chromedp.Flag("font-render-hinting", "none"),
	)
	allocated, free := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(allocated)
	p := &process{ctx, func() { cancel(); free() }}
	if err := chromedp.Do(ctx); err != nil {
		p.stop()
		return nil, fmt.Errorf("%s does not start: %w", path, err)
	}
	started.Lock()
	started.all = append(started.all, p)
	started.Unlock()
	return p, nil
}

var started struct {
	sync.Mutex
	all []*process
}

// Main runs the tests of a package that uses browsers, ends the browser, and returns what
// TestMain exits with.
func Main(m *testing.M) (code int) {
	defer func() {
		started.Lock()
		defer started.Unlock()
		for _, p := range started.all {
			p.stop()
		}
	}()
	return m.Run()
}

// A View is the size of a page in CSS pixels, pixels of the screen for each of them (0 is 1), and
// whether it is touched, as a phone is.
type View struct {
	Width, Height int
	Density       float64
	Touch         bool
}

// Page is a page in a tab of its own.
type Page struct {
	t   testing.TB
	ctx context.Context
	url string

	mu      sync.Mutex
	faults  []string
	touched bool
}

// Open opens a page of a URL in the browser that the tests of a package share. A machine without
// a browser skips the test, or fails it where REQUIRE_GL=1. When the test ends, the page has to
// have written nothing to the console, and to have asked no other URL for anything.
func Open(t testing.TB, url string, v View) *Page {
	t.Helper()
	b, err := shared()
	if err != nil {
		if os.Getenv("REQUIRE_GL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	ctx, cancel := chromedp.NewContext(b.ctx)
	p := &Page{t: t, ctx: ctx, url: url}
	t.Cleanup(func() {
		p.check(t)
		cancel()
	})
	p.must(chromedp.Do(ctx))
	p.must(chromedp.Listen(ctx, p.listen))
	call(p, network.Enable, network.EnableParams{})
	call(p, log.Enable, cdp.Empty{})
	call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	p.Show(v)
	p.Go(url)
	return p
}

// In returns p for a subtest, whose failures those of the page then are, until it ends.
func (p *Page) In(t testing.TB) *Page {
	before := p.t
	p.t = t
	t.Cleanup(func() {
		p.check(t)
		p.t = before
	})
	return p
}

// check has a test fail of the page's faults.
func (p *Page) check(t testing.TB) {
	t.Helper()
	const most = 4 // what is drawn again fails again
	for i, fault := range p.Faults() {
		if i < most {
			t.Errorf("%s: %s", p.url, fault)
		}
	}
}

// call sends a command; an error, or no answer, fails the test.
func call[P, R any](p *Page, command cdp.Command[P, R], params P) R {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, hang)
	defer cancel()
	r, err := chromedp.Call(ctx, command, params)
	p.must(err)
	return r
}

func (p *Page) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%s: %v", p.url, err)
	}
}

// listen notes what a page should not do. It is called by the browser's goroutine.
func (p *Page) listen(event any) {
	note := func(format string, args ...any) {
		fault := fmt.Sprintf(format, args...)
		p.mu.Lock()
		if !slices.Contains(p.faults, fault) {
			p.faults = append(p.faults, fault)
		}
		p.mu.Unlock()
	}
	switch e := event.(type) {
	case *js.EventConsoleAPICalled:
		var words []string
		for _, a := range e.Args {
			words = append(words, string(a.Value)+a.Description)
		}
		note("console.%s: %s", e.Type, strings.Join(words, " "))
	case *js.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += " " + x.Description
		}
		note("exception: %s", text)
	case *log.EventEntryAdded:
		note("%s of %s: %s", e.Entry.Level, e.Entry.Source, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		url, _, _ := strings.Cut(e.Request.URL, "#")
		p.mu.Lock()
		own, _, _ := strings.Cut(p.url, "#")
		p.mu.Unlock()
		if url != own && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "blob:") && url != "about:blank" {
			note("a request to %s", url)
		}
	}
}

// Faults returns what the page has written to the console, exceptions, and requests to other URLs,
// and forgets them.
func (p *Page) Faults() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	faults := p.faults
	p.faults = nil
	return faults
}

// Before has a script run at the beginning of every page that Go goes to.
func (p *Page) Before(script string) {
	p.t.Helper()
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: script})
}

// Go goes to a URL and waits for it to be loaded. One that differs from the page's in its fragment
// alone is loaded anew, too.
func (p *Page) Go(url string) {
	p.t.Helper()
	p.mu.Lock()
	p.url = url
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(p.ctx, hang)
	defer cancel()
	p.must(chromedp.Do(ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(url)))
}

// Show changes the page's size.
func (p *Page) Show(v View) {
	p.t.Helper()
	if v.Density == 0 {
		v.Density = 1
	}
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(v.Width), Height: int64(v.Height), DeviceScaleFactor: v.Density, Mobile: v.Touch,
	})
	if v.Touch != p.touched {
		call(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: v.Touch, MaxTouchPoints: 2})
		p.touched = v.Touch
	}
}

// Eval returns the value of an expression, or what a promise resolves to.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, hang)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %.200s: %v", p.url, expression, err)
	}
	return v
}

// Wait waits until a condition holds.
func (p *Page) Wait(condition string) {
	p.t.Helper()
	if !Eval[bool](p, fmt.Sprintf(`new Promise(done => {
		const until = performance.now() + %d;
		const ask = () => (%s) ? done(true) : performance.now() > until ? done(false) : setTimeout(ask, 5);
		ask();
	})`, hang.Milliseconds()/2, condition)) {
		p.t.Fatalf("%s: this does not come: %s", p.url, condition)
	}
}

// Settle waits until two frames have been drawn after all that was asked for.
func (p *Page) Settle() {
	p.t.Helper()
	Eval[bool](p, `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(true), 0))))`)
}

// Box is a rectangle in CSS pixels of the view.
type Box struct{ X, Y, Width, Height float64 }

// At returns the point at shares of the width and the height.
func (b Box) At(x, y float64) (float64, float64) { return b.X + x*b.Width, b.Y + y*b.Height }

// Box returns where the first element of a selector is, having scrolled to it.
func (p *Page) Box(selector string) Box {
	p.t.Helper()
	b := Eval[[]float64](p, fmt.Sprintf(`(() => {
		const e = document.querySelector(%q);
		if (!e) return [];
		e.scrollIntoView({ block: "nearest", behavior: "instant" });
		const b = e.getBoundingClientRect();
		return [b.x, b.y, b.width, b.height];
	})()`, selector))
	if len(b) != 4 {
		p.t.Fatalf("%s: there is no %s", p.url, selector)
	}
	return Box{b[0], b[1], b[2], b[3]}
}

// Mouse moves the mouse along points, with the left button pressed between the first and the last if
// drag is set.
func (p *Page) Mouse(drag bool, points ...[2]float64) {
	p.t.Helper()
	send := func(kind input.DispatchMouseEventType, at [2]float64, buttons int64) {
		e := input.DispatchMouseEventParams{Type: kind, X: at[0], Y: at[1], Buttons: buttons}
		if kind != input.DispatchMouseEventTypeMouseMoved {
			e.Button, e.ClickCount = input.MouseButtonLeft, 1
		}
		call(p, input.DispatchMouseEvent, e)
	}
	send(input.DispatchMouseEventTypeMouseMoved, points[0], 0)
	var buttons int64
	if drag {
		buttons = 1
		send(input.DispatchMouseEventTypeMousePressed, points[0], buttons)
	}
	for _, at := range points[1:] {
		send(input.DispatchMouseEventTypeMouseMoved, at, buttons)
	}
	if drag {
		send(input.DispatchMouseEventTypeMouseReleased, points[len(points)-1], 0)
	}
}

// Drag drags from one point to another in steps.
func (p *Page) Drag(fromX, fromY, toX, toY float64) {
	p.t.Helper()
	p.Mouse(true, path(fromX, fromY, toX, toY)...)
}

// path divides a way into steps.
func path(fromX, fromY, toX, toY float64) (points [][2]float64) {
	const steps = 4
	for i := range steps + 1 {
		t := float64(i) / steps
		points = append(points, [2]float64{fromX + t*(toX-fromX), fromY + t*(toY-fromY)})
	}
	return points
}

// Click clicks on the middle of the first element of a selector.
func (p *Page) Click(selector string) {
	p.t.Helper()
	x, y := p.Box(selector).At(0.5, 0.5)
	p.Mouse(true, [2]float64{x, y})
}

// Swipe moves a finger from one point to another.
func (p *Page) Swipe(fromX, fromY, toX, toY float64) {
	p.t.Helper()
	for i, at := range path(fromX, fromY, toX, toY) {
		kind := input.DispatchTouchEventTypeTouchMove
		if i == 0 {
			kind = input.DispatchTouchEventTypeTouchStart
		}
		call(p, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: kind, TouchPoints: []*input.TouchPoint{{X: at[0], Y: at[1]}}})
	}
	call(p, input.DispatchTouchEvent, input.DispatchTouchEventParams{Type: input.DispatchTouchEventTypeTouchEnd, TouchPoints: []*input.TouchPoint{}})
}

// Keys types keys, of package kb, into what has the focus.
func (p *Page) Keys(keys string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, hang)
	defer cancel()
	p.must(chromedp.Do(ctx, chromedp.KeyEvent(keys)))
}

// Picture returns the pixels of the screen where the first element of a selector is.
func (p *Page) Picture(selector string) *image.NRGBA {
	p.t.Helper()
	b := p.Box(selector)
	at := Eval[[]float64](p, `[scrollX, scrollY]`)
	r := call(p, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatPng, OptimizeForSpeed: new(true), CaptureBeyondViewport: new(true),
		Clip: &page.Viewport{X: b.X + at[0], Y: b.Y + at[1], Width: b.Width, Height: b.Height, Scale: 1},
	})
	m, err := png.Decode(bytes.NewReader(r.Data))
	p.must(err)
	out := image.NewNRGBA(image.Rect(0, 0, m.Bounds().Dx(), m.Bounds().Dy()))
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out
}

// PDF returns the page as it prints.
func (p *Page) PDF() []byte {
	p.t.Helper()
	return call(p, page.PrintToPDF, page.PrintToPDFParams{PrintBackground: new(true)}).Data
}

// A Control is what people who do not see the page know of a thing in it.
type Control struct{ Role, Name string }

// Controls returns what the accessibility tree of the page says, without what it ignores.
func (p *Page) Controls() (all []Control) {
	p.t.Helper()
	text := func(v *accessibility.Value) string {
		if v == nil {
			return ""
		}
		return strings.Trim(string(v.Value), `"`)
	}
	for _, n := range call(p, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if !n.Ignored {
			all = append(all, Control{text(n.Role), text(n.Name)})
		}
	}
	return all
}

// FileURL returns the URL of a file, by its absolute path.
func FileURL(path string) string {
	if runtime.GOOS == "windows" {
		path = "/" + strings.ReplaceAll(path, `\`, "/")
	}
	return "file://" + path
}
