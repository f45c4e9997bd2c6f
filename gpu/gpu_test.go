package gpu_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"losscape/gpu"
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

// What is known of the timers is what a longer dispatch shows.
func TestTimesCompute(t *testing.T) {
	d := gputest.Device(t)
	t.Logf("%+v", d.Caps.Quirks)
	err := d.Do(func() error {
		p, err := d.Compute("peak.comp", nil)
		if err != nil {
			return err
		}
		b, err := d.NewBuffer("peak", 4, gpu.Computed)
		if err != nil {
			return err
		}
		defer b.Close()
		timer := d.NewTimer()
		defer timer.Close()
		for groups := 1; groups < 1<<16; groups *= 2 {
			b.BindStorage(0)
			p.SetInt("rounds", 16)
			p.SetFloat("factor", 0.999)
			p.SetFloat("plus", 0.001)
			start := time.Now()
			timer.Begin()
			p.Dispatch(groups, 1, 1)
			timer.End()
			d.Finish()
			took, counted := time.Since(start), timer.Elapsed()
			if took < 5*time.Millisecond {
				continue // much of it was not the device's
			}
			if timed := counted > took/10; timed != d.Caps.TimesCompute {
				t.Errorf("a timer counted %v of %v, TimesCompute is %v", counted, took, d.Caps.TimesCompute)
			}
			break
		}
		return nil
	})
	if err != nil {
		t.Error(err)
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
		p, err := d.Compute("probe.comp", nil)
		if err != nil {
			return err
		}
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

// A program is compiled once for its files and constants, and kept until the device
// is closed; one that does not compile is not kept.
func TestProgramsAreCached(t *testing.T) {
	d := gputest.Open(t)
	var p *gpu.Program
	err := d.Do(func() error {
		get := func(defines shaders.Defines) *gpu.Program {
			p, err := d.Compute("probe.comp", defines)
			if err != nil {
				t.Error(err)
			}
			return p
		}
		p = get(nil)
		one := get(shaders.Defines{"A": 1, "B": 2.0})
		switch {
		case p == nil || one == nil || p == one || one == get(shaders.Defines{"A": 1, "B": 1.0}):
			t.Error("other constants have the same program")
		case p != get(shaders.Defines{}) || one != get(shaders.Defines{"B": 2.0, "A": true}):
			t.Error("the same constants have another program")
		}
		for range 2 {
			if p, err := d.Compute("probe.comp", shaders.Defines{"words": "1 +"}); err == nil || p != nil {
				t.Errorf("a broken shader: %v, %v", p, err)
			}
		}
		g, err := d.Graphics("draw_rect.vert", "draw_half.frag", nil)
		if err != nil {
			return err
		}
		if again, err := d.Graphics("draw_rect.vert", "draw_half.frag", nil); again != g || err != nil {
			t.Errorf("a program of two stages: %v, then %v, %v", g, again, err)
		}
		return d.Check("programs")
	})
	if err != nil {
		t.Error(err)
	}
	d.Close()
	if p.Name != 0 {
		t.Error("the program outlives its device")
	}
}

// Goroutines share programs, each with its own buffers and uniforms.
func TestProgramsAreShared(t *testing.T) {
	d := gputest.Open(t)
	var programs sync.Map
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			for n := 64; n <= 512; n += 64 {
				data := make([]float32, 512)
				data[n-1] = float32(k)
				parts := make([][4]float32, 64)
				err := d.Do(func() error {
					p, err := d.Compute("range.comp", shaders.Defines{"VARIANT": k % 3})
					if err != nil {
						return err
					}
					if was, _ := programs.LoadOrStore(k%3, p); was != p {
						t.Errorf("variant %d was compiled twice", k%3)
					}
					in, err := gpu.NewBufferOf(d, "values", data, gpu.Static)
					if err != nil {
						return err
					}
					defer in.Close()
					out, err := gpu.NewBufferOf(d, "parts", parts, gpu.Computed)
					if err != nil {
						return err
					}
					defer out.Close()
					in.BindStorage(0)
					out.BindStorage(1)
					p.SetInt("count", n)
					p.SetInt("stride", len(parts))
					p.Dispatch(1, 1, 1)
					return gpu.Download(out, 0, parts)
				})
				if err != nil {
					t.Error(err)
				}
				if got := parts[63][1]; got != float32(k) {
					t.Errorf("goroutine %d, %d values: greatest %v", k, n, got)
				}
			}
		})
	}
	wg.Wait()
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
		if _, err := d.Compute("probe.comp", shaders.Defines{"words": "1 +"}); err == nil || !strings.Contains(err.Error(), "probe.comp:") {
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
	d := gputest.Open(t)
	d.Close()
	d.Close()
	if err := d.Do(func() error { return nil }); err != gpu.ErrClosed {
		t.Error(err)
	}
}

// HasDoubles says the same each time that it is asked, and leaves no error behind; Mesa's
// software driver has doubles.
func TestHasDoubles(t *testing.T) {
	d := gputest.Device(t)
	var has [2]bool
	err := d.Do(func() (err error) {
		for i := range has {
			if has[i], err = d.HasDoubles(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || has[0] != has[1] || d.Info.Software && !has[0] {
		t.Errorf("%v, %v on %s", has, err, d.Info)
	}
}
