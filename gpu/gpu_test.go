package gpu_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"losscape/gpu"
	"losscape/gpu/egl"
	"losscape/gpu/gputest"
	"losscape/shaders"
)

func TestInfo(t *testing.T) {
	d := gputest.Device(t)
	t.Log(d.Info)
	c := d.Caps
	if c.Major*10+c.Minor < 43 || c.MaxStorageBytes < 1<<24 || c.MaxGroupInvocations < 128 || c.MaxTextureSize < 1024 || c.MaxSamples < 1 {
		t.Errorf("impossible limits: %+v", c)
	}
	for i, n := range c.MaxGroups {
		if n < 65535 { // the least that OpenGL 4.3 allows
			t.Errorf("work groups in axis %d: %d", i, n)
		}
	}
}

func TestComputeRoundTrip(t *testing.T) {
	d := gputest.Device(t)
	in := make([]uint32, 1000)
	for i := range in {
		in[i] = uint32(i)
	}
	out := make([]uint32, len(in))
	err := d.Do(func() error {
		p, err := d.NewCompute("probe.comp", nil)
		if err != nil {
			return err
		}
		defer p.Close()
		b, err := gpu.NewBufferOf(d, "words", in, gpu.Computed)
		if err != nil {
			return err
		}
		defer b.Close()
		b.BindStorage(0)
		timer := d.NewTimer()
		defer timer.Close()
		timer.Begin()
		p.Dispatch((len(in)+63)/64, 1, 1)
		timer.End()
		f := d.NewFence()
		defer f.Close()
		if !f.Wait(10 * time.Second) {
			t.Error("the fence was not reached")
		}
		if timer.Elapsed() <= 0 {
			t.Error("no time passed on the device")
		}
		return gpu.Download(b, 0, out)
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range out {
		if v != 2*uint32(i) {
			t.Fatalf("word %d is %d", i, v)
		}
	}
}

func TestFramebufferPixels(t *testing.T) {
	d := gputest.Device(t)
	pix := make([]byte, 4*8*4)
	err := d.Do(func() error {
		ms, err := d.NewFramebuffer("ms", 8, 4, d.Caps.MaxSamples, true)
		if err != nil {
			return err
		}
		defer ms.Close()
		f, err := d.NewFramebuffer("single", 8, 4, 1, false)
		if err != nil {
			return err
		}
		defer f.Close()
		ms.Bind()
		ms.Clear(1, 0, 0, 1)
		ms.BindRect(2, 1, 3, 2)
		ms.Clear(0, 1, 0, 1)
		ms.CopyTo(f, 0, 0, 8, 4, 0, 0, false)
		return f.ReadPixels(0, 0, 8, 4, pix)
	})
	if err != nil {
		t.Fatal(err)
	}
	for y := range 4 {
		for x := range 8 {
			p := pix[4*(8*y+x):][:4]
			green := x >= 2 && x < 5 && y >= 1 && y < 3
			if (p[1] == 255) != green || (p[0] == 255) == green || p[3] != 255 {
				t.Errorf("pixel %d,%d is %v", x, y, p)
			}
		}
	}
}

func TestErrorsAreReported(t *testing.T) {
	d := gputest.Device(t)
	err := d.Do(func() error {
		if _, err := d.NewBuffer("nothing", 0, gpu.Static); err == nil {
			t.Error("an empty buffer was made")
		}
		if _, err := d.NewTexture("huge", 1<<20, 8, 1, gpu.R8); err == nil || !strings.Contains(err.Error(), "limit") {
			t.Errorf("a huge texture: %v", err)
		}
		if _, err := d.NewCompute("probe.comp", shaders.Defines{"words": "1 +"}); err == nil || !strings.Contains(err.Error(), "probe.comp:") {
			t.Errorf("a broken shader: %v", err)
		}
		b, err := d.NewBuffer("small", 8, gpu.Static)
		if err != nil {
			return err
		}
		if err := gpu.Upload(b, 4, []uint32{1, 2}); err == nil {
			t.Error("an upload beyond the end passed")
		}
		b.Close()
		return b.Close() // again is fine
	})
	if err != nil {
		t.Error(err)
	}
}

func TestDoNestsAndPropagates(t *testing.T) {
	d := gputest.Device(t)
	want := errors.New("mine")
	if err := d.Do(func() error { return d.Do(func() error { return want }) }); err != want {
		t.Error(err)
	}
	func() {
		defer func() {
			if p := recover(); p == nil || !strings.Contains(p.(string), "boom") {
				t.Errorf("recovered %v", p)
			}
		}()
		d.Do(func() error { panic("boom") })
	}()
	if err := d.Do(func() error { return nil }); err != nil {
		t.Error("the device did not survive a panic:", err)
	}
}

func TestCloseIsIdempotent(t *testing.T) {
	gputest.Device(t) // skips without a device
	d, err := egl.Open(egl.Options{Device: egl.Auto})
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	d.Close()
	if err := d.Do(func() error { return nil }); err != gpu.ErrClosed {
		t.Error(err)
	}
}
