package viewer

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"losscape/cmd/losscape/view"
	"losscape/gpu"
	"losscape/gpu/film"
	"losscape/gpu/film/atomicfile"
	"losscape/scenes"
)

// freeName returns a name that no file has where files are saved.
func (v *viewer) freeName(ext string) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf("losscape-%d%s", n, ext)
		if _, err := os.Lstat(v.path(name)); errors.Is(err, os.ErrNotExist) && !v.used[name] {
			v.used[name] = true
			return name
		}
	}
}

func (v *viewer) path(name string) string { return filepath.Join(v.Dir, name) }

// savePNG saves the panels as they are, without what is only for the window.
func (v *viewer) savePNG() {
	name := v.freeName(".png")
	v.todo |= view.Look // the window again
	if err := v.writePNG(name); err != nil {
		v.say("No PNG: " + v.Message(err))
		return
	}
	w, h := v.panels()
	v.say(fmt.Sprintf("Saved %s, %dx%d", name, w, h))
}

func (v *viewer) writePNG(name string) error {
	v.fillControls()
	v.controls.Bare = true
	defer func() { v.controls.Bare = false }()
	if err := v.update(false, true); err != nil {
		return err
	}
	fb, _, err := v.r.Frame(v.s.Frame)
	if err != nil {
		return err
	}
	w, h := v.panels()
	var part *gpu.Framebuffer
	defer v.d.Do(func() error { return part.Close() })
	err = v.d.Do(func() (err error) {
		if part, err = v.d.NewFramebuffer("still", w, h, 1, false); err != nil {
			return err
		}
		fb.CopyTo(part, 0, v.height-h, w, h, 0, 0, false)
		return v.d.Check("still")
	})
	if err != nil {
		return err
	}
	return film.WritePNG(v.d, part, v.path(name), 0)
}

// writeScene writes what is shown as a scene.
func (v *viewer) writeScene() {
	name := v.freeName(".toml")
	w, h := v.panels()
	text, err := scenes.Encode(v.s.Written(w, h))
	if err == nil {
		err = writeText(v.path(name), fmt.Sprintf("# What the window showed is frame %d:\n# losscape render %s -o still.png --frame %d\n\n%s", v.s.Frame, name, v.s.Frame, text))
	}
	if err != nil {
		v.say("No scene: " + v.Message(err))
		return
	}
	v.say("Saved " + name)
}

// writeText writes a file, whole or not at all.
func writeText(path, text string) error {
	f, err := atomicfile.Create(path)
	if err != nil {
		return err
	}
	defer f.Discard()
	if _, err := io.WriteString(f, text); err != nil {
		return err
	}
	return f.Commit()
}
