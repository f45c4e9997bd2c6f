package scenes

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"losscape/cpu"
	"losscape/cpu/quote"

	"github.com/pelletier/go-toml/v2/unstable"
)

// file is a scene as TOML text spells it. A pointer is nil, and a slice nil,
// where the text has no such key. A field of type any takes what its kinds tag
// lists. A shape tag names the type in shapes whose keys the tables of a field
// have.
type file struct {
	Title     *string       `toml:"title"`
	Data      fileData      `toml:"data"`
	Loss      fileLoss      `toml:"loss"`
	Landscape fileLandscape `toml:"landscape"`
	Run       []any         `toml:"run" kinds:"tables" shape:"run"`
	Film      fileFilm      `toml:"film"`
	Path      filePath      `toml:"path"`
	Surface   fileSurface   `toml:"surface"`
	Contour   fileContour   `toml:"contour"`
	Curve     fileCurve     `toml:"curve"`
	Camera    fileCamera    `toml:"camera"`
	Ensemble  fileEnsemble  `toml:"ensemble"`
	Map       fileMap       `toml:"map"`
	Orbit     fileOrbit     `toml:"orbit"`

	Labels map[string]any `toml:"labels" kinds:"table" shape:"labels"`
}

type fileData struct {
	Generate *string     `toml:"generate"`
	Seed     *int64      `toml:"seed"`
	Classes  []fileClass `toml:"classes"`
	File     *string     `toml:"file"`
	Label    any         `toml:"label" kinds:"string integer"`
	Positive any         `toml:"positive" kinds:"string number boolean"`
	Negative any         `toml:"negative" kinds:"string number boolean"`
	Features any         `toml:"features" kinds:"strings integers"`
	Exclude  any         `toml:"exclude" kinds:"strings integers"`
	Weights  any         `toml:"weights" kinds:"string integer"`

	Categorical any     `toml:"categorical" kinds:"strings integers"`
	Missing     *string `toml:"missing"`
	Standardize *bool   `toml:"standardize"`
	Sample      *int64  `toml:"sample"`
	SampleSeed  *int64  `toml:"sample_seed"`
}

type fileClass struct {
	Name  *string    `toml:"name"`
	Label *int64     `toml:"label"`
	Parts []filePart `toml:"parts"`
}

type filePart struct {
	Mean any    `toml:"mean" kinds:"number numbers"`
	Std  any    `toml:"std" kinds:"number numbers"`
	N    *int64 `toml:"n"`
}

type fileLoss struct {
	Eps       *float64 `toml:"eps"`
	L2        *float64 `toml:"l2"`
	Penalize  *string  `toml:"penalize"`
	Precision *string  `toml:"precision"`
}

type fileLandscape struct {
	Plane   *string   `toml:"plane"`
	Axes    []string  `toml:"axes"`
	Seed    *int64    `toml:"seed"`
	Points  any       `toml:"points" kinds:"strings numberss"`
	Run     *int64    `toml:"run"`
	Origin  any       `toml:"origin" kinds:"string numbers"`
	D1      []float64 `toml:"d1"`
	D2      []float64 `toml:"d2"`
	Range   *string   `toml:"range"`
	X       fileAxis  `toml:"x"`
	Y       fileAxis  `toml:"y"`
	Size    []int64   `toml:"size"`
	Fixed   *bool     `toml:"fixed"`
	Minimum *bool     `toml:"minimum"`
}

type fileAxis struct {
	Range []float64 `toml:"range"`
}

// runType is the type of an element of file.Run, which has a field for each
// hyper-parameter.
var runType = func() reflect.Type {
	var fields []reflect.StructField
	add := func(name string, t reflect.Type) {
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("F%d", len(fields)), Type: t, Tag: reflect.StructTag(`toml:"` + name + `"`),
		})
	}
	add("name", reflect.TypeFor[*string]())
	add("optimizer", reflect.TypeFor[*string]())
	for _, h := range cpu.HyperParameters() {
		if h.Whole() {
			add(h.Name, reflect.TypeFor[*int64]())
		} else {
			add(h.Name, reflect.TypeFor[*float64]())
		}
	}
	add("start", reflect.TypeFor[[]float64]())
	return reflect.StructOf(fields)
}()

// labelsType is the type of file.Labels, which has a field for each label.
var labelsType = func() reflect.Type {
	var tables []string
	fields := map[string][]reflect.StructField{}
	add := func(table, key string, t reflect.Type) {
		fields[table] = append(fields[table], reflect.StructField{
			Name: fmt.Sprintf("F%d", len(fields[table])), Type: t, Tag: reflect.StructTag(`toml:"` + key + `"`),
		})
	}
	for _, l := range labels {
		if l.table != "" && !slices.Contains(tables, l.table) {
			tables = append(tables, l.table)
		}
		add(l.table, l.key, reflect.TypeFor[*string]())
	}
	for _, table := range tables {
		add("", table, reflect.StructOf(fields[table]))
	}
	return reflect.StructOf(fields[""])
}()

// shapes are the types of fields of file that Go's decoder sees as any.
var shapes = map[string]reflect.Type{
	"run":    reflect.SliceOf(runType),
	"panels": reflect.TypeFor[[]filePanel](),
	"labels": labelsType,
}

// typeOf returns the type of a field of file or of a table in it.
func typeOf(f reflect.StructField) reflect.Type {
	if t, ok := shapes[f.Tag.Get("shape")]; ok {
		return t
	}
	return f.Type
}

// keyOf returns the key that a field stands for.
func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("toml"), ",")
	return key
}

type fileFilm struct {
	Size               []int64    `toml:"size"`
	FPS                *float64   `toml:"fps"`
	Frames             *int64     `toml:"frames"`
	IterationsPerFrame *int64     `toml:"iterations_per_frame"`
	FramesPerIteration *int64     `toml:"frames_per_iteration"`
	Count              *string    `toml:"count"`
	EaseIn             *int64     `toml:"ease_in"`
	Hold               *int64     `toml:"hold"`
	Panels             []any      `toml:"panels,inline" kinds:"strings tables" shape:"panels"`
	Layout             [][]string `toml:"layout"`
	Theme              *string    `toml:"theme"`
	LossScale          *string    `toml:"loss_scale"`
	Stability          *bool      `toml:"stability"`
}

type filePanel struct {
	Panel *string `toml:"panel,omitempty"`
	Name  *string `toml:"name,omitempty"`
	Title *string `toml:"title,omitempty"`
	Runs  []int64 `toml:"runs,omitempty"`
}

type filePath struct {
	Width   *float64 `toml:"width"`
	Trail   *int64   `toml:"trail"`
	Markers *int64   `toml:"markers"`
	Colors  []string `toml:"colors"`
}

type fileSurface struct {
	Contours  *bool   `toml:"contours"`
	Grid      *bool   `toml:"grid"`
	Wireframe *int64  `toml:"wireframe"`
	Floor     *bool   `toml:"floor"`
	Scale     *string `toml:"scale"`
	Colormap  *string `toml:"colormap"`
}

type fileContour struct {
	Scale    *string   `toml:"scale"`
	Colormap *string   `toml:"colormap"`
	Bands    *int64    `toml:"bands"`
	Levels   []float64 `toml:"levels"`
	Labels   *bool     `toml:"labels"`
	Aspect   *string   `toml:"aspect"`
	Colorbar *bool     `toml:"colorbar"`
}

type fileCurve struct {
	Negative *float64 `toml:"negative"`
}

type fileCamera struct {
	Elev       *float64  `toml:"elev"`
	Azim       *float64  `toml:"azim"`
	Path       *string   `toml:"path"`
	Projection *string   `toml:"projection"`
	Zoom       *float64  `toml:"zoom"`
	Pan        []float64 `toml:"pan"`
	Key        []fileKey `toml:"key"`
}

type fileEnsemble struct {
	Over     []string `toml:"over"`
	Run      *int64   `toml:"run"`
	As       *string  `toml:"as"`
	Size     *float64 `toml:"size"`
	Opacity  *float64 `toml:"opacity"`
	Color    *string  `toml:"color"`
	Colormap *string  `toml:"colormap"`
}

type fileMap struct {
	Over     []string `toml:"over"`
	Run      *int64   `toml:"run"`
	Steps    *int64   `toml:"steps"`
	Of       *string  `toml:"of"`
	Scale    *string  `toml:"scale"`
	Colormap *string  `toml:"colormap"`

	Stability *bool `toml:"stability"`

	GradTol *float64 `toml:"grad_tol"`

	Key []fileMapKey `toml:"key"`
}

type fileMapKey struct {
	Frame  *int64    `toml:"frame"`
	Centre []float64 `toml:"centre"`
	Width  *float64  `toml:"width"`
}

type fileOrbit struct {
	Over      *string `toml:"over"`
	Run       *int64  `toml:"run"`
	Steps     *int64  `toml:"steps"`
	Last      *int64  `toml:"last"`
	Of        *string `toml:"of"`
	Colormap  *string `toml:"colormap"`
	Stability *bool   `toml:"stability"`
}

type fileKey struct {
	Frame *int64   `toml:"frame"`
	Elev  *float64 `toml:"elev"`
	Azim  *float64 `toml:"azim"`
	Zoom  *float64 `toml:"zoom"`
}

// kind is what a value must be.
type kind struct {
	name string // "string", "integer", "number", "boolean", "table"; with an s for an array of it
	want string // the same for people
}

var kinds = map[string]kind{
	"string":   {"string", `a string in quotes`},
	"integer":  {"integer", "a whole number"},
	"number":   {"number", "a number"},
	"boolean":  {"boolean", "true or false"},
	"table":    {"table", "a table"},
	"strings":  {"strings", `an array of strings, such as ["a", "b"]`},
	"integers": {"integers", "an array of whole numbers, such as [1, 2]"},
	"numbers":  {"numbers", "an array of numbers, such as [1.5, 2]"},
	"tables":   {"tables", "an array of tables"},
	"numberss": {"numberss", "arrays of numbers, such as [[1.5, 2], [0, 1]]"},
	"stringss": {"stringss", `an array of rows, such as [["a", "b"], ["c", "b"]]`},
}

// kindOf returns the kind of a Go type of file.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.Slice:
		return kindOf(t.Elem()) + "s"
	case reflect.String:
		return "string"
	case reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Bool:
		return "boolean"
	case reflect.Struct:
		return "table"
	}
	panic("scenes: no kind for " + t.String())
}

// fieldKinds returns the kinds that a field takes.
func fieldKinds(f reflect.StructField) []string {
	if tag := f.Tag.Get("kinds"); tag != "" {
		return strings.Fields(tag)
	}
	return []string{kindOf(f.Type)}
}

// place is where a key and its value stand, as offsets into the text.
type place struct{ key, value int }

// checker walks the syntax tree of a scene, checks every key and the kind of
// every value against file, and notes where they stand.
type checker struct {
	parser unstable.Parser
	file   string
	src    []byte
	places map[string]place // by path, as in "run[0].start[1]"
	tables map[string]int   // number of [[tables]] so far, by path
}

// check returns the first fault of the text's keys and kinds. The text must
// be valid TOML.
func (c *checker) check() error {
	c.parser.Reset(c.src)
	c.places = map[string]place{}
	c.tables = map[string]int{}
	root := reflect.TypeFor[file]()
	path, typ := "", root
	for c.parser.NextExpression() {
		var err error
		switch e := c.parser.Expression(); e.Kind {
		case unstable.Table, unstable.ArrayTable:
			path, typ, err = c.header(e, root)
		case unstable.KeyValue:
			err = c.keyValue(e, path, typ)
		}
		if err != nil {
			return err
		}
	}
	if err := c.parser.Error(); err != nil {
		return &Error{File: c.file, Msg: foreign(err.Error()), Err: err}
	}
	return nil
}

// header descends to the table that [a.b] or [[a.b]] opens.
func (c *checker) header(e *unstable.Node, typ reflect.Type) (string, reflect.Type, error) {
	path := ""
	for it := e.Key(); it.Next(); {
		field, err := c.field(it.Node(), path, typ)
		if err != nil {
			return "", nil, err
		}
		path = join(path, keyOf(field))
		at := place{c.offset(it.Node()), c.offset(it.Node())}
		k := fieldKinds(field)[0]
		if slices.Contains(fieldKinds(field), "tables") {
			k = "tables"
		}
		switch {
		case k == "table" && !(it.IsLast() && e.Kind == unstable.ArrayTable):
			typ = typeOf(field)
		case k == "tables" && (!it.IsLast() || e.Kind == unstable.ArrayTable):
			c.note(path, at)
			if it.IsLast() {
				c.tables[path]++
			}
			path = fmt.Sprintf("%s[%d]", path, max(0, c.tables[path]-1))
			typ = typeOf(field).Elem()
		case k == "tables":
			return "", nil, c.fail(at.key, path, "%q is an array of tables, write [[%s]]", path, path)
		case k == "table":
			return "", nil, c.fail(at.key, path, "%q comes once, write [%s]", path, path)
		default:
			return "", nil, c.fail(at.key, path, "%q is not a table, want %s", path, wanted(fieldKinds(field)))
		}
		c.note(path, at)
	}
	return path, typ, nil
}

// keyValue checks key = value within a table, and every value in it.
func (c *checker) keyValue(e *unstable.Node, path string, typ reflect.Type) error {
	for it := e.Key(); it.Next(); {
		field, err := c.field(it.Node(), path, typ)
		if err != nil {
			return err
		}
		path = join(path, keyOf(field))
		at := place{c.offset(it.Node()), c.offset(it.Node())}
		if it.IsLast() {
			at.value = c.afterEquals(it.Node())
			c.note(path, at)
			return c.value(e.Value(), at, path, fieldKinds(field), typeOf(field))
		}
		c.note(path, at)
		if k := fieldKinds(field); k[0] != "table" {
			return c.fail(at.key, path, "%q is not a table, want %s", path, wanted(k))
		}
		typ = typeOf(field)
	}
	return nil
}

// value checks a value against the kinds it may be of.
func (c *checker) value(n *unstable.Node, at place, path string, allowed []string, typ reflect.Type) error {
	var single, plural []string
	for _, k := range allowed {
		if s, ok := strings.CutSuffix(k, "s"); ok {
			plural = append(plural, s)
		} else {
			single = append(single, k)
		}
	}
	switch {
	case n.Kind == unstable.Array && plural != nil:
		i := 0
		for it := n.Children(); it.Next(); i++ {
			child := it.Node()
			elem := typ
			if typ.Kind() == reflect.Slice {
				elem = typ.Elem()
			}
			p := fmt.Sprintf("%s[%d]", path, i)
			o := c.offset(child)
			if o < 0 {
				o = at.value
			}
			c.note(p, place{o, o})
			if err := c.value(child, place{o, o}, p, plural, elem); err != nil {
				return err
			}
		}
		return nil
	case n.Kind == unstable.InlineTable && slices.Contains(single, "table"):
		for it := n.Children(); it.Next(); {
			if err := c.keyValue(it.Node(), path, typ); err != nil {
				return err
			}
		}
		return nil
	case n.Kind == unstable.String && slices.Contains(single, "string"),
		n.Kind == unstable.Bool && slices.Contains(single, "boolean"),
		n.Kind == unstable.Integer && slices.Contains(single, "integer"),
		(n.Kind == unstable.Integer || n.Kind == unstable.Float) && slices.Contains(single, "number"):
		return nil
	}
	return c.fail(at.value, path, "%s, want %s", have(n.Kind), wanted(allowed))
}

// field returns the field that a key names.
func (c *checker) field(key *unstable.Node, path string, typ reflect.Type) (reflect.StructField, error) {
	name := string(key.Data)
	var known []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		if keyOf(f) == name {
			return f, nil
		}
		known = append(known, keyOf(f))
	}
	where := "at the top of a scene"
	if path != "" {
		where = "in " + path
	}
	return reflect.StructField{}, c.fail(c.offset(key), join(path, quote.Cut(name, quote.Chars)), "unknown key %s %s%s", quote.Text(name), where, oneOf(name, known))
}

func (c *checker) note(path string, at place) {
	if _, ok := c.places[path]; !ok {
		c.places[path] = at
	}
}

// offset returns where a node begins. An array carries no range of its own: it
// begins before its first child.
func (c *checker) offset(n *unstable.Node) int {
	if n.Kind != unstable.Array || n.Raw.Length > 0 {
		return int(n.Raw.Offset)
	}
	if n.Child() == nil {
		return -1
	}
	return bytes.LastIndexByte(c.src[:max(0, c.offset(n.Child()))], '[')
}

// afterEquals returns where the value of a key begins, of any kind.
func (c *checker) afterEquals(key *unstable.Node) int {
	o := int(key.Raw.Offset + key.Raw.Length)
	for o < len(c.src)-1 && strings.IndexByte(" \t=", c.src[o]) >= 0 {
		o++
	}
	return o
}

// literal returns the text of the number that a key has.
func (c *checker) literal(key string) string {
	s := string(c.src[c.places[key].value:])
	if end := strings.IndexAny(s, " \t\r\n#,}"); end >= 0 {
		s = s[:end]
	}
	return s
}

// fail returns an error at an offset of the text.
func (c *checker) fail(offset int, key, format string, args ...any) error {
	before := c.src[:min(offset, len(c.src))]
	return &Error{
		File:   c.file,
		Line:   bytes.Count(before, []byte("\n")) + 1,
		Column: len(before) - bytes.LastIndexByte(before, '\n'),
		Key:    key,
		Msg:    fmt.Sprintf(format, args...),
	}
}

// failAt returns an error at the value of a key, or at what encloses it if
// the text has no such key.
func (c *checker) failAt(key, format string, args ...any) error {
	for p := key; p != ""; {
		if at, ok := c.places[p]; ok {
			return c.fail(at.value, key, format, args...)
		}
		p = p[:max(0, strings.LastIndexAny(p, ".["))]
	}
	return c.fail(0, key, format, args...)
}

func wanted(allowed []string) string {
	w := make([]string, len(allowed))
	for i, k := range allowed {
		w[i] = kinds[k].want
	}
	return strings.Join(w, ", or ")
}

// have describes a value's kind to people.
func have(k unstable.Kind) string {
	switch k {
	case unstable.String:
		return "a string"
	case unstable.Bool:
		return "a boolean"
	case unstable.Integer:
		return "a whole number"
	case unstable.Float:
		return "a number with a fraction"
	case unstable.Array:
		return "an array"
	case unstable.InlineTable:
		return "a table"
	}
	return "a date or time"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// foreign keeps the message of a library to one line that can be read.
func foreign(msg string) string { return quote.Cut(strings.Join(strings.Fields(msg), " "), 500) }
