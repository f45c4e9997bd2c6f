// Package web writes a scene as a page for browsers: one HTML file with its numbers, its
// panels and its runs, which the page computes anew while a person changes them. It needs no
// network and no library.
package web

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"strings"
	"sync"
	"text/template"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/figure"

	"github.com/tdewolff/minify/v2"
	mincss "github.com/tdewolff/minify/v2/css"
	minjs "github.com/tdewolff/minify/v2/js"
)

// formatVersion counts the changes of what a page's scripts read.
const formatVersion = 1

// Limits of the samples in a page: how many there are, and how many numbers they have, which are
// some 6 MB of it.
const (
	mostSamples = 5000
	mostNumbers = 1 << 19
)

// MaxSamples returns how many samples of so many features a page has at most: of more, who calls
// Write draws some.
func MaxSamples(features int) int { return min(mostSamples, max(2, mostNumbers/max(features, 1))) }

// Side is how many points a side a page's landscape has: as many as a figure's, between
// which panels draw with continuous slopes.
const Side = 241

// Content is what a page shows.
type Content struct {
	figure.Content                // of the scene; Terrain is not used
	Landscape      *cpu.Landscape // over View; nil where no panel shows it

	Program  string // that writes the page, with its version
	DataHash string // SHA-256 of the scene's samples, all of them

	// Of is how many samples the scene has, where its Problem has only some of them, and
	// Beyond the greatest difference between losses of all and of those, where the runs end.
	Of     int
	Beyond float64

	Separable bool // the problem's samples are: runs without an L2 term have no minimum
	Changed   bool // the scene is not as its Source says it
}

//go:embed page
var files embed.FS

// scripts are the files of the page's program, in the order in which they stand in it.
var scripts = []string{
	"data.js", "math.js", "scale.js", "plot.js", "gl.js", "field.js",
	"panel_curve.js", "panel_data.js", "panel_loss.js", "panel_contour.js", "panel_surface.js", "panel_map.js", "panel_orbit.js", "panel_status.js",
	"selftest.js", "app.js",
}

// Write writes a page. Two calls with the same content write the same bytes.
func Write(ctx context.Context, w io.Writer, c *Content) error {
	if c.Scene == nil || c.Scene.Problem == nil {
		return fmt.Errorf("a page without a scene")
	}
	if n, most := c.Scene.Problem.N(), MaxSamples(c.Scene.Problem.Features()); n > most {
		return fmt.Errorf("a page of %d samples, want at most %d", n, most)
	}
	if !c.Scene.Problem.Linear() {
		return fmt.Errorf("a page of a model that is not linear")
	}
	toml, parts, err := sceneText(c)
	if err != nil {
		return err
	}
	d, p, err := payload(c)
	if err != nil {
		return err
	}
	d["tomlParts"] = parts
	if d["vectors"], err = newVectors(ctx, c.Scene, c.Scene.Problem, c.Scene.Plane); err != nil {
		return err
	}
	data, err := p.text(d)
	if err != nil {
		return err
	}
	program, err := script()
	if err != nil {
		return err
	}
	css, err := style()
	if err != nil {
		return err
	}
	text, err := files.ReadFile("page/page.html")
	if err != nil {
		return err
	}
	t, err := template.New("page.html").Funcs(template.FuncMap{"html": html.EscapeString}).Parse(string(text))
	if err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(program))
	title := c.Scene.Title
	if title == "" {
		title = c.Scene.Name
	}
	return t.Execute(w, map[string]any{
		"Title": title, "Program": c.Program, "DataHash": c.DataHash, "TOML": string(toml), "Theme": c.Scene.Film.Theme,
		"About":  about(c),
		"CSS":    css,
		"Data":   data,
		"Script": program,
		"Hash":   "sha256-" + base64.StdEncoding.EncodeToString(hash[:]),
	})
}

// script returns the page's program: its files in a scope of their own, without comments and
// with short names.
var script = sync.OnceValues(func() (string, error) {
	var b strings.Builder
	b.WriteString("(() => {\n\"use strict\";\n")
	for _, name := range scripts {
		text, err := files.ReadFile("page/" + name)
		if err != nil {
			return "", err
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	b.WriteString("})();\n")
	return minified(minjs.Minify, b.String())
})

// style returns the page's style sheet.
var style = sync.OnceValues(func() (string, error) {
	text, err := files.ReadFile("page/page.css")
	if err != nil {
		return "", err
	}
	return minified(mincss.Minify, string(text))
})

func minified(by minify.MinifierFunc, text string) (string, error) {
	var b strings.Builder
	err := by(minify.New(), &b, strings.NewReader(text), nil)
	return b.String(), err
}

// about says in one sentence what the page is of, for search engines and links to it.
func about(c *Content) string {
	s := c.Scene
	runs := "one run"
	if n := len(s.Runs); n > 1 {
		runs = fmt.Sprintf("%d runs", n)
	}
	return fmt.Sprintf("A loss landscape of binary cross-entropy, %d samples of %d features, and %s on it, which the page computes anew as learning rate, L2 weight, optimizer and start are changed.",
		s.Problem.N(), s.Problem.Features(), runs)
}

// sceneText returns the TOML text of the scene, and the same in two parts, all keys stated,
// between which the page writes the runs as they are there.
func sceneText(c *Content) (text []byte, parts [2]string, err error) {
	full, err := scenes.Encode(c.Scene)
	if err != nil {
		return nil, parts, err
	}
	parts = cutRuns(string(full))
	if c.Scene.Source != "" && !c.Changed {
		return []byte(c.Scene.Source), parts, nil
	}
	return full, parts, nil
}

// cutRuns returns a TOML text that Encode has written up to its first [[run]], and from the
// first table behind the runs on.
func cutRuns(text string) (parts [2]string) {
	const run = "[[run]]\n"
	before, after, found := strings.Cut(text, run)
	if !found {
		return [2]string{text, ""}
	}
	parts[0] = before
	for {
		at := strings.Index(after, "\n[")
		if at < 0 {
			return parts
		}
		after = after[at+1:]
		if !strings.HasPrefix(after, run) {
			parts[1] = after
			return parts
		}
	}
}
