package vti

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
)

func image() *Image {
	return &Image{
		Title: "a -- b ---\x01\n<&>", N: [2]int{2, 1}, Step: [2]float64{0.1, 1}, Points: "a \"b\" <c>", Components: 1,
		Fields: []Field{{"names", []string{"ü", ""}}, {"numbers", []float64{1, 2}}},
	}
}

// TestImage wants XML whatever the texts are, and exactly the values that there are.
func TestImage(t *testing.T) {
	m := image()
	var b bytes.Buffer
	w, err := NewWriter(&b, m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "\x00\x00\x80\x3f\x00"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil || !strings.Contains(err.Error(), "lacks 3 bytes") {
		t.Errorf("a part of the values: %v", err)
	}
	if _, err := io.WriteString(w, "\x00\x00\x40\x00"); err == nil {
		t.Error("it takes more values than there are")
	}
	io.WriteString(w, "\x00\x00\x40")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if n, err := m.Bytes(); err != nil || n != uint64(b.Len()) {
		t.Errorf("%d bytes, want %d, %v", b.Len(), n, err)
	}
	head, data, _ := strings.Cut(b.String(), "    _")
	if want := "\x10\x00\x00\x00\x00\x00\x00\x00"; !strings.HasPrefix(data, want) || !strings.Contains(data, "\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x3f\x00\x00\x00\x40\n") {
		t.Errorf("data %q", data)
	}
	if !strings.Contains(head, "195 188 0 0 \n") || !strings.Contains(head, "<!-- a - - b - - -  <&> -->") {
		t.Errorf("%s", head)
	}
	d := xml.NewDecoder(strings.NewReader(head + "</AppendedData></VTKFile>"))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("%v in %s", err, head)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, change := range map[string]func(m *Image){
		"no points":    func(m *Image) { m.N[1] = 0 },
		"no step":      func(m *Image) { m.Step[0] = 0 },
		"an odd field": func(m *Image) { m.Fields[0].Value = 1 },
	} {
		m := image()
		change(m)
		if _, err := NewWriter(io.Discard, m); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
