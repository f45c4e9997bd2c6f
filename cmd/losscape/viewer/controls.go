package viewer

import (
	"fmt"

	"losscape/cmd/losscape/view"
	"losscape/cpu"
	"losscape/scenes/figure"
	"losscape/scenes/scale"
)

// fillControls has the controls show the state.
func (v *viewer) fillControls() {
	s := v.s
	v.controls = figure.Controls{
		Scale: v.scale, Playing: s.Playing, At: s.At(), Clock: s.Clock(), Focus: s.Focus, Message: s.Message, Grip: s.Selected,
		Sliders: v.sliders(), Reading: v.reading(),
	}
	c := &v.controls
	for _, name := range cpu.Optimizers() {
		c.Choices = append(c.Choices, figure.Choice{Name: view.Optimizer + ":" + name, Label: name, On: name == s.First().Optimizer})
	}
	for i := range s.Scene.Runs {
		c.Lines = append(c.Lines, figure.RunLine{
			Name: fmt.Sprintf("%s:%d", view.RunLine, i), Run: i, Text: view.RunText(&s.Scene.Runs[i]),
			Status: s.Status(i), Selected: s.Selected == i || s.Selected == view.All,
		})
	}
	if s.Help {
		c.Help = view.Help
	}
	switch n := len(v.stats.Frames); {
	case v.rec != nil:
		c.Note, c.Red = v.rec.clock(), true
	case v.mapper.running():
		c.Note = fmt.Sprintf("map %d %%", v.mapShare.Load())
	case s.Rate && n > 0:
		c.Note = fmt.Sprintf("%.0f ms", 1e3*v.stats.Frames[n-1].Seconds())
	}
}

func (v *viewer) sliders() []figure.Slider {
	var out []figure.Slider
	for _, sl := range v.s.Sliders() {
		d := figure.Slider{Name: sl.Name, Label: sl.Label, Value: scale.Parameter(sl.Value), At: sl.At, Off: sl.Off}
		for _, m := range sl.Marks {
			d.Marks = append(d.Marks, figure.Mark(m))
		}
		if sl.Name == view.LR && v.s.Endings != nil {
			d.Hint = v.s.EdgeText()
		}
		if sl.Off {
			d.Value = "none"
		}
		out = append(out, d)
	}
	return out
}

// reading is what is read under the cursor: of a run of the map, or of the plane.
func (v *viewer) reading() *figure.Reading {
	x, y := v.cursor[0], v.cursor[1]
	if lines := v.s.CellLines(); lines != nil {
		return &figure.Reading{X: x, Y: y, Lines: lines}
	}
	if q := v.s.Reading; q != nil {
		return &figure.Reading{X: x, Y: y, Alpha: q.Alpha, Beta: q.Beta, Loss: q.Loss, W: q.W, Lines: q.Lines()}
	}
	return nil
}
