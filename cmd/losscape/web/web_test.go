package web

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"losscape/scenes"
	"losscape/scenes/figure"
)

// content returns what a page shows of a built-in scene, of a coarse landscape.
func content(t *testing.T, name string) *Content {
	t.Helper()
	s, err := scenes.Load(name)
	if err != nil {
		t.Fatal(err)
	}
	runs, err := s.Problem.DescendAll(t.Context(), s.Runs, nil)
	if err != nil {
		t.Fatal(err)
	}
	view := figure.ViewGrid(s, runs, 900, 300)
	view.X.N, view.Y.N = 33, 29
	l, err := s.Problem.Landscape(t.Context(), s.Plane, view, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Content{
		Content: figure.Content{Scene: s, View: view, Trajectories: runs}, Landscape: l,
		Program: "losscape test", DataHash: strings.Repeat("0", 64), Of: s.Problem.N(),
	}
}

// pageOf returns a page, and its payload: the JSON and the bytes that it refers to.
func pageOf(t *testing.T, c *Content) (page string, doc map[string]any, data []byte) {
	t.Helper()
	var b bytes.Buffer
	if err := Write(t.Context(), &b, c); err != nil {
		t.Fatal(err)
	}
	page = b.String()
	text := regexp.MustCompile(`(?s)id="data">(.*?)</script>`).FindStringSubmatch(page)
	if text == nil {
		t.Fatal("the page has no data")
	}
	deflated, err := base64.StdEncoding.DecodeString(text[1])
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(flate.NewReader(bytes.NewReader(deflated)))
	if err != nil {
		t.Fatal(err)
	}
	n := int(binary.LittleEndian.Uint32(all))
	if err := json.Unmarshal(all[4:4+n], &doc); err != nil {
		t.Fatal(err)
	}
	return page, doc, all[(4+n+7)/8*8:]
}

// TestField decodes the landscape as data.js does and holds it to the error that the page states.
func TestField(t *testing.T) {
	for _, name := range []string{"one-mode", "valley"} { // linear; logarithmic
		c := content(t, name)
		_, doc, data := pageOf(t, c)
		f := doc["field"].(map[string]any)
		nx, lo, step, log := int(f["nx"].(float64)), f["lo"].(float64), f["step"].(float64), f["log"].(bool)
		if log != (name == "valley") {
			t.Errorf("%s: logarithmic is %v", name, log)
		}
		at, n := int(f["levels"].(map[string]any)["at"].(float64)), len(c.Landscape.Loss)
		q := make([]uint32, n)
		worst := 0.0
		for k := range q {
			var left, below, both uint32
			if k%nx > 0 {
				left = q[k-1]
			}
			if k >= nx {
				below = q[k-nx]
			}
			if k%nx > 0 && k >= nx {
				both = q[k-nx-1]
			}
			d := uint32(data[at+k]) | uint32(data[at+n+k])<<8 | uint32(data[at+2*n+k])<<16
			q[k] = (left + below - both + d) & 0xffffff
			v := lo + float64(q[k]-1)*step
			if log {
				v = math.Exp(v)
			}
			off := math.Abs(float64(float32(v)) - c.Landscape.Loss[k])
			if log {
				off /= c.Landscape.Loss[k]
			}
			worst = max(worst, off)
		}
		// float32 and half a step of 2^24 between the ends.
		most := 1e-6
		if stated := f["error"].(float64); worst != stated || worst > most*max(1, step*(1<<24)) {
			t.Errorf("%s: losses are off by %g, the page says %g, want the same and at most %g", name, worst, stated, most*max(1, step*(1<<24)))
		}
	}
}

// TestHoles keeps losses that are not finite what they are.
func TestHoles(t *testing.T) {
	c := content(t, "one-mode")
	c.Landscape.Loss[5], c.Landscape.Loss[40] = math.NaN(), math.Inf(1)
	_, doc, data := pageOf(t, c)
	f := doc["field"].(map[string]any)
	at := int(f["levels"].(map[string]any)["at"].(float64))
	n := len(c.Landscape.Loss)
	q := func(k int) (d uint32) {
		return uint32(data[at+k]) | uint32(data[at+n+k])<<8 | uint32(data[at+2*n+k])<<16
	}
	var sum uint32
	for k := range 6 { // of the first row the numbers are sums of what is stored
		sum += q(k)
	}
	if sum&0xffffff != 0 {
		t.Errorf("a loss that is not a number is stored as %d, want 0", sum&0xffffff)
	}
}

// TestScene finds the scene's text in the page, and, joined with runs, the text in parts, which
// decodes to the same scene.
func TestScene(t *testing.T) {
	for _, name := range []string{"optimizers", "map", "ensemble", "iris"} {
		c := content(t, name)
		page, doc, _ := pageOf(t, c)
		if !strings.Contains(page, "losscape-data-sha256\" content=\""+c.DataHash) {
			t.Errorf("%s: the page has no hash of the data", name)
		}
		parts := doc["tomlParts"].([]any)
		full, err := scenes.Encode(c.Scene)
		if err != nil {
			t.Fatal(err)
		}
		head, tail := parts[0].(string), parts[1].(string)
		if strings.Contains(head+tail, "[[run]]") || !strings.HasPrefix(string(full), head) || !strings.HasSuffix(string(full), tail) {
			t.Errorf("%s: the parts of the scene's text are not what is around its runs", name)
		}
		if got := strings.Count(string(full[len(head):len(full)-len(tail)]), "[[run]]"); got != len(c.Scene.Runs) {
			t.Errorf("%s: %d runs between the parts, want %d", name, got, len(c.Scene.Runs))
		}
	}
}

// TestSame writes a page twice.
func TestSame(t *testing.T) {
	c := content(t, "period-two")
	a, _, _ := pageOf(t, c)
	if b, _, _ := pageOf(t, c); a != b {
		t.Error("two pages of the same content differ")
	}
}

// TestEscapes has a scene whose words would end the page's elements.
func TestEscapes(t *testing.T) {
	c := content(t, "one-mode")
	bad := `</title></pre></script><script>alert("&")</script>`
	c.Scene.Title = bad
	c.Scene.Source = "# " + bad
	page, _, _ := pageOf(t, c)
	if strings.Contains(page, bad) {
		t.Error("the page has a scene's words as HTML")
	}
}

// TestTooMany refuses more samples than a page takes.
func TestTooMany(t *testing.T) {
	c := content(t, "one-mode")
	s := *c.Scene
	p := *s.Problem
	x, y := make([]float64, MaxSamples(1)+1), make([]float64, MaxSamples(1)+1)
	x[0], y[0] = 1, 1
	p.X, p.Y = mat.NewDense(len(x), 1, x), y
	s.Problem = &p
	c.Scene = &s
	if err := Write(t.Context(), io.Discard, c); err == nil || !strings.Contains(err.Error(), "at most 5000") {
		t.Errorf("error %v, want one that says how many samples there may be", err)
	}
}
