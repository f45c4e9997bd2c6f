package scenes

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"losscape/cpu"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// keys calls f with the path and the schema of every key in a schema.
func (s *jsonSchema) keys(path string, f func(path string, s *jsonSchema)) {
	for name, key := range s.Properties {
		p := join(path, name)
		f(p, key)
		key.keys(p, f)
	}
	if s.Items != nil {
		s.Items.keys(path+"[]", f)
	}
	for _, one := range s.AnyOf {
		one.keys(path, f)
	}
}

// TestReference holds the descriptions of keys, and the list in the documentation, against
// the keys that there are.
func TestReference(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{"": true}
	tableSchema("", reflect.TypeFor[file]()).keys("", func(path string, s *jsonSchema) {
		seen[path] = true
		k, ok := info(path)
		if !ok || !strings.HasSuffix(k.about, ".") {
			t.Errorf("%s: described as %q, want sentences in the table reference", path, k.about)
		}
		inside := strings.LastIndexAny(path, ".]")
		_, named := reference[path]
		if s.Properties != nil || strings.HasPrefix(path, "labels.") && !named || strings.Contains(path, "[].parts[]") {
			return // TestLabelsDocumented has the labels
		}
		if strings.Contains(string(doc), "\n//\t[["+path+"]]") {
			return
		}
		section := ""
		for table := path; section == ""; table = table[:strings.LastIndexByte(table, '.')] {
			for _, heading := range []string{"[[" + table + "]]", "[" + table + "]"} {
				if _, after, found := strings.Cut(string(doc), "\n//\t"+strings.ReplaceAll(heading, "[]", "")); found {
					section, _, _ = strings.Cut(after, "\n//\n")
				}
			}
			if !strings.Contains(table, ".") {
				break
			}
		}
		if section == "" {
			section = string(doc) // of the keys at the top
		}
		if key := path[inside+1:]; !regexp.MustCompile(`\W` + key + ` = `).MatchString(section) {
			t.Errorf("doc.go lacks %s", path)
		}
	})
	for path := range reference {
		if !seen[path] && !seen[strings.TrimSuffix(path, "[]")] {
			t.Errorf("the table reference has %s, which is no key", path)
		}
	}
}

// TestDefaults holds the defaults that are described against those of a scene that states
// no more than it has to.
func TestDefaults(t *testing.T) {
	s, err := Decode("s.toml", []byte(`[data]
generate = "gaussian"
classes = [{ label = 1, parts = [{ mean = 1, std = 1, n = 2 }] }, { label = 0, parts = [{ mean = 0, std = 1, n = 2 }] }]
[ensemble]
over = ["w1=0:1:2"]
[map]
over = ["lr=1:2:2", "l2=1:2:2"]
[orbit]
over = "lr=1:2:2"
steps = 200
`))
	if err != nil {
		t.Fatal(err)
	}
	text, err := Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := toml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	checked := 0
	tableSchema("", reflect.TypeFor[file]()).keys("", func(path string, key *jsonSchema) {
		if have, ok := lookup(tree, path); ok && key.Default != nil {
			checked++
			if a, b := plainText(t, key.Default), plainText(t, have); a != b {
				t.Errorf("%s: described default %s, is %s", path, a, b)
			}
		}
	})
	if checked < 50 {
		t.Errorf("only %d defaults were compared", checked)
	}
}

// lookup returns the value at a path, of arrays of tables that of the first.
func lookup(tree any, path string) (any, bool) {
	for key := range strings.SplitSeq(path, ".") {
		name, element := strings.CutSuffix(key, "[]")
		table, ok := tree.(map[string]any)
		if !ok {
			return nil, false
		}
		if tree, ok = table[name]; !ok {
			return nil, false
		}
		if list, ok := tree.([]any); element && ok && len(list) > 0 {
			tree = list[0]
		}
	}
	return tree, true
}

// plainText writes a value such that 10 and 10.0 are the same.
func plainText(t *testing.T, v any) string {
	text, err := toml.Marshal(map[string]any{"v": v})
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), ".0", "")
}

// TestJSONSchema has scenes checked by the schema.
func TestJSONSchema(t *testing.T) {
	text, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("scene.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("scene.json") // which checks it against the draft's own schema
	if err != nil {
		t.Fatal(err)
	}
	validate := func(src []byte) error {
		var tree map[string]any
		if err := toml.Unmarshal(src, &tree); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(jsonTree(tree))
	}
	files, err := filepath.Glob("*/*.toml")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d scenes, %v", len(files), err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(src); err != nil {
			t.Errorf("%s: %v", f, err)
		}
	}
	s, err := Load("optimizers")
	if err != nil {
		t.Fatal(err)
	}
	if src, err := Encode(s); err != nil || validate(src) != nil {
		t.Errorf("encoded: %v, %v", err, validate(src))
	}

	const data = "data = { file = \"a.csv\", label = 0 }\n"
	for _, good := range []string{
		data, data + "landscape = { plane = \"points\", points = [\"end 0\", [1, 2], \"minimum\"] }",
		data + "film.panels = [\"loss\", { panel = \"contour\", runs = [0] }]", data + "landscape.origin = [1, 2.5]",
		"data = { file = \"a.csv\", positive = 1.5, exclude = [\"id\", 3], features = [1] }",
	} {
		if err := validate([]byte(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"title = \"no data\"", "data = {}", "data = { file = \"a.csv\", generate = \"gaussian\", classes = [{ label = 1 }] }",
		data + "colour = 1", data + "loss.l2 = -1", data + "loss.penalize = \"bias\"", data + "film.fps = \"10\"", data + "film.fps = 0",
		data + "landscape.origin = \"ends\"", data + "landscape.x.range = [1]", data + "landscape.d1 = [1, 0]", data + "run = { lr = 1 }",
		data + "run = [{ lr = 0 }]", data + "run = [{ optimizer = \"sgd\" }]", data + "run = [{ steps = 1.5 }]", data + "film.panels = [\"loss\", \"losses\"]",
		data + "film.panels = [{ runs = [0] }]", data + "path.colors = [\"red\"]", data + "labels.axis.z = \"z\"", data + "labels.decimal = \";\"",
		data + "map.over = [\"lr=1:2:2\"]", data + "map.of = \"loss\"", "data = { file = \"a.csv\", missing = \"skip\" }",
	} {
		if err := validate([]byte(bad)); err == nil {
			t.Errorf("%s: valid, want a fault", bad)
		}
		if _, err := Decode("s.toml", []byte(bad)); err == nil {
			t.Errorf("%s: decoded, want a fault", bad)
		}
	}
	for _, h := range cpu.HyperParameters() {
		if !strings.Contains(string(text), `"`+h.Name+`": {`) {
			t.Errorf("the schema lacks %s of runs", h.Name)
		}
	}
}

// jsonTree returns TOML's values as those of JSON.
func jsonTree(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = jsonTree(e)
		}
	case []any:
		for i, e := range v {
			v[i] = jsonTree(e)
		}
	case int64:
		return float64(v)
	}
	return v
}
