package draft

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"losscape/scenes"
	"losscape/scenes/dataset"
)

// text returns the scene as it has been chosen so far.
func (d *drafter) text(scenePath, file string) string {
	w := &writer{d: d}
	name := filepath.Base(scenePath)
	w.comment("A scene for %s by losscape init: what it chose, and why. To see it: losscape view %s", oneLine(filepath.Base(file)), oneLine(name))
	w.comment("%s", oneLine(d.loaded.Taken))
	w.line("")
	w.key("title", quoted(d.title(file)))
	w.data(file)
	w.landscape()
	w.runs()
	w.film()
	if d.plan.scale != "" { // it has been looked at
		w.look()
	}
	return w.String()
}

func (w *writer) data(file string) {
	d := w.d
	w.table("data")
	w.key("file", quoted(file))
	w.why("label")
	w.key("label", d.ref(d.cols.Label))
	w.why("classes")
	if d.cols.Positive != "" {
		w.key("positive", quoted(d.cols.Positive))
	}
	w.why("weights")
	if d.cols.Weights != "" {
		w.key("weights", d.ref(d.cols.Weights))
	}
	w.why("features")
	w.list("features", d.cols.Features)
	w.why("exclude")
	w.list("exclude", d.cols.Exclude)
	w.why("categorical")
	w.list("categorical", d.cols.Categorical)
	w.why("missing")
	if d.cols.Missing != "" {
		w.key("missing", quoted(d.cols.Missing))
	}
	w.why("standardize")
	w.key("standardize", fmt.Sprint(d.cols.Standardize))
}

func (w *writer) landscape() {
	d := w.d
	w.table("landscape")
	w.why("plane")
	if d.plan.plane != scenes.PlaneAxes {
		w.key("plane", quoted(d.plan.plane))
	} else if d.plan.axes != nil { // else it is that of the first two weights by default
		w.key("plane", quoted(d.plan.plane))
		w.key("axes", fmt.Sprintf("[%s, %s]", quoted(d.plan.axes[0]), quoted(d.plan.axes[1])))
	}
	if d.plan.run > 0 {
		w.key("run", fmt.Sprint(d.plan.run))
	}
	w.why("minimum")
	if d.plan.origin != "" {
		w.key("origin", quoted(d.plan.origin))
	}
	w.why("range")
	w.key("range", quoted("auto"))
	w.key("minimum", "true")
	w.key("size", "[256, 256]")
}

func (w *writer) runs() {
	d := w.d
	w.line("")
	w.why("learning rates")
	w.why("steps")
	for _, r := range d.runs {
		w.line("")
		w.line("[[run]]")
		w.key("name", quoted(r.name))
		w.key("lr", strconv.FormatFloat(r.lr, 'g', -1, 64))
		w.key("start", "["+strings.Join(zeros(d.problem.Dim()), ", ")+"]")
		w.key("steps", fmt.Sprint(d.plan.steps))
	}
}

func (w *writer) film() {
	d := w.d
	w.table("film")
	w.key("size", "[1280, 720]")
	w.key("fps", "30")
	if d.plan.iterations > 1 {
		w.key("iterations_per_frame", fmt.Sprint(d.plan.iterations))
	} else if d.plan.frames > 1 {
		w.key("frames_per_iteration", fmt.Sprint(d.plan.frames))
	}
	w.key("hold", "45")
	w.why("panels")
	if d.plan.panels != "" {
		w.key("panels", d.plan.panels)
	}
	w.key("layout", d.plan.layout)
	w.key("loss_scale", quoted("log"))
	w.line("")
	w.line("[path]")
	w.key("markers", fmt.Sprint(max(1, d.plan.steps/20)))
}

// look writes how the landscape looks, and from where it is looked at.
func (w *writer) look() {
	d := w.d
	w.table("surface")
	w.why("scale")
	w.key("scale", quoted(d.plan.scale))
	w.key("floor", "true")
	w.table("contour")
	w.key("scale", quoted(d.plan.scale))
	w.key("colorbar", "true")
	w.table("camera")
	w.why("camera")
	w.key("elev", "38")
	w.key("azim", strconv.FormatFloat(d.plan.azim, 'g', -1, 64))
}

// title returns the scene's title: of which file, and which class.
func (d *drafter) title(file string) string {
	name := strings.TrimSuffix(filepath.Base(strings.TrimPrefix(file, dataset.Builtin)), ".gz")
	name = oneLine(strings.TrimSuffix(name, filepath.Ext(name)))
	label := &d.survey.Columns[d.label]
	switch class := oneLine(d.cols.Positive); {
	case class == "" && label.Name == "":
		return cut(name)
	case class == "":
		return cut(fmt.Sprintf("%s: %s = 1", name, label.Title()))
	case label.Name == "":
		return cut(fmt.Sprintf("%s: class %s", name, class))
	default:
		return cut(fmt.Sprintf("%s: %s %s", name, label.Title(), class))
	}
}

// cut keeps a title to a length that fits above a picture.
func cut(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// writer writes TOML.
type writer struct {
	d *drafter
	bytes.Buffer
}

func (w *writer) line(s string) { w.WriteString(s + "\n") }

func (w *writer) comment(format string, args ...any) {
	w.line("# " + fmt.Sprintf(format, args...))
}

func (w *writer) table(name string) { w.line("\n[" + name + "]") }

func (w *writer) key(name, value string) { w.line(name + " = " + value) }

// why says what was noted about a choice.
func (w *writer) why(about string) {
	for _, n := range w.d.notes {
		if n.About == about {
			w.comment("%s", n)
		}
	}
}

// list writes a list of columns, if there are some.
func (w *writer) list(key string, columns []string) {
	if len(columns) == 0 {
		return
	}
	var refs []string
	for _, c := range columns {
		refs = append(refs, w.d.ref(c))
	}
	w.key(key, "["+strings.Join(refs, ", ")+"]")
}

// ref returns what a column is called in the scene: its name, or its index.
func (d *drafter) ref(column string) string {
	if j := d.find(column); j >= 0 && d.survey.Columns[j].Name == "" {
		return strconv.Itoa(j)
	}
	return quoted(column)
}

// quoted returns a TOML string. Those of JSON are such, but for the one control character
// that they may have as it is.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // strings have JSON
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`)
}

func zeros(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = "0"
	}
	return out
}
