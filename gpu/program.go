package gpu

import (
	"fmt"
	"strings"

	"losscape/shaders"

	"github.com/go-gl/gl/v4.3-core/gl"
)

// Compiled, if it is not nil, is given every shader that a driver has compiled, on the
// device's thread. It is for tests, which set it before they open a device.
var Compiled func(*shaders.Source)

// Program is a linked shader program. It belongs to its device and is shared by
// all that ask for it: who uses it sets every uniform first, in the same Do.
type Program struct {
	Name  ProgramName
	Label string

	d         *Device
	locations map[string]int32
	group     [3]int32 // invocations of a work group
}

// programKey is what a program is made from.
type programKey struct{ files, constants string }

// Compute returns the program of a compute shader, an embedded file of package
// shaders, specialised with the given constants. The device compiles it when it is
// first asked for, and keeps it.
func (d *Device) Compute(file string, defines shaders.Defines) (*Program, error) {
	return d.program(file, defines, stage{file, gl.COMPUTE_SHADER})
}

// Graphics returns the program of a vertex and a fragment shader, as Compute does.
func (d *Device) Graphics(vert, frag string, defines shaders.Defines) (*Program, error) {
	return d.program(vert+"+"+frag, defines, stage{vert, gl.VERTEX_SHADER}, stage{frag, gl.FRAGMENT_SHADER})
}

type stage struct {
	file string
	kind uint32
}

// program returns the program of some stages, from the cache if it is there. One
// that does not compile is not kept.
func (d *Device) program(files string, defines shaders.Defines, stages ...stage) (*Program, error) {
	constants, err := defines.Lines()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", files, err)
	}
	key := programKey{files, strings.Join(constants, "\n")}
	if p := d.programs[key]; p != nil {
		return p, nil
	}
	p, err := d.build(files, defines, stages)
	if err != nil {
		return nil, err
	}
	d.programs[key] = p
	return p, nil
}

// build compiles and links a program.
func (d *Device) build(label string, defines shaders.Defines, stages []stage) (_ *Program, err error) {
	p := &Program{Name: ProgramName(gl.CreateProgram()), Label: label, d: d, locations: map[string]int32{}}
	defer func() {
		if err != nil {
			p.free()
		}
	}()
	for _, s := range stages {
		src, err := shaders.Load(s.file, defines)
		if err != nil {
			return nil, err
		}
		if err := p.attach(src, s.kind); err != nil {
			return nil, err
		}
	}
	gl.LinkProgram(uint32(p.Name))
	var ok int32
	gl.GetProgramiv(uint32(p.Name), gl.LINK_STATUS, &ok)
	if ok == gl.FALSE {
		var n int32
		gl.GetProgramiv(uint32(p.Name), gl.INFO_LOG_LENGTH, &n)
		log := strings.Repeat("\x00", int(n)+1)
		gl.GetProgramInfoLog(uint32(p.Name), n, nil, gl.Str(log))
		return nil, fmt.Errorf("%s does not link: %s", label, strings.TrimRight(log, "\x00\n"))
	}
	d.label(gl.PROGRAM, uint32(p.Name), label)
	return p, d.Check("link " + label)
}

func (p *Program) attach(src *shaders.Source, kind uint32) error {
	sh := gl.CreateShader(kind)
	defer gl.DeleteShader(sh) // lives on in the program
	text, free := gl.Strs(src.Text)
	defer free()
	n := int32(len(src.Text))
	gl.ShaderSource(sh, 1, text, &n)
	gl.CompileShader(sh)
	var ok int32
	gl.GetShaderiv(sh, gl.COMPILE_STATUS, &ok)
	if ok == gl.FALSE {
		var n int32
		gl.GetShaderiv(sh, gl.INFO_LOG_LENGTH, &n)
		log := strings.Repeat("\x00", int(n)+1)
		gl.GetShaderInfoLog(sh, n, nil, gl.Str(log))
		p.d.messages = nil // the driver's message repeats the log
		return fmt.Errorf("%s does not compile:\n%s", src.Name, src.Annotate(strings.TrimRight(log, "\x00")))
	}
	gl.AttachShader(uint32(p.Name), sh)
	if Compiled != nil {
		Compiled(src)
	}
	return nil
}

// location of a uniform; -1, which GL ignores, if the compiler removed it.
func (p *Program) location(name string) int32 {
	l, ok := p.locations[name]
	if !ok {
		l = gl.GetUniformLocation(uint32(p.Name), gl.Str(name+"\x00"))
		p.locations[name] = l
	}
	return l
}

// The Set methods give a uniform its value; a name that the program does not
// use is ignored, as in GL.

// SetInt sets an int or bool uniform, or a sampler's texture unit.
func (p *Program) SetInt(name string, v int) {
	gl.ProgramUniform1i(uint32(p.Name), p.location(name), int32(v))
}

// SetInt2 sets an ivec2 uniform.
func (p *Program) SetInt2(name string, x, y int) {
	gl.ProgramUniform2i(uint32(p.Name), p.location(name), int32(x), int32(y))
}

// SetInt4 sets an ivec4 uniform.
func (p *Program) SetInt4(name string, x, y, z, w int) {
	gl.ProgramUniform4i(uint32(p.Name), p.location(name), int32(x), int32(y), int32(z), int32(w))
}

// SetUint sets a uint uniform.
func (p *Program) SetUint(name string, v uint32) {
	gl.ProgramUniform1ui(uint32(p.Name), p.location(name), v)
}

// SetFloat sets a float, vec2, vec3 or vec4 uniform, by the number of values.
func (p *Program) SetFloat(name string, v ...float32) {
	n, l := uint32(p.Name), p.location(name)
	switch len(v) {
	case 1:
		gl.ProgramUniform1f(n, l, v[0])
	case 2:
		gl.ProgramUniform2f(n, l, v[0], v[1])
	case 3:
		gl.ProgramUniform3f(n, l, v[0], v[1], v[2])
	case 4:
		gl.ProgramUniform4f(n, l, v[0], v[1], v[2], v[3])
	default:
		panic(fmt.Sprintf("gpu: uniform %s: %d values, want 1 to 4", name, len(v)))
	}
}

// SetDouble sets a double uniform.
func (p *Program) SetDouble(name string, v float64) {
	gl.ProgramUniform1d(uint32(p.Name), p.location(name), v)
}

// SetFloats sets a float array uniform.
func (p *Program) SetFloats(name string, v []float32) {
	if len(v) > 0 {
		gl.ProgramUniform1fv(uint32(p.Name), p.location(name), int32(len(v)), &v[0])
	}
}

// SetMat4 sets a mat4 uniform, column by column as mathgl lays it out.
func (p *Program) SetMat4(name string, m [16]float32) {
	gl.ProgramUniformMatrix4fv(uint32(p.Name), p.location(name), 1, false, &m[0])
}

// Dispatch runs a compute program over x by y by z work groups.
func (p *Program) Dispatch(x, y, z int) {
	gl.UseProgram(uint32(p.Name))
	gl.DispatchCompute(uint32(x), uint32(y), uint32(z))
}

// Cover runs a compute program over x by y invocations, and some more where its work
// groups do not divide them.
func (p *Program) Cover(x, y int) {
	if p.group[0] == 0 {
		gl.GetProgramiv(uint32(p.Name), gl.COMPUTE_WORK_GROUP_SIZE, &p.group[0])
	}
	gx, gy := int(p.group[0]), int(p.group[1])
	p.Dispatch((x+gx-1)/gx, (y+gy-1)/gy, 1)
}

// Primitive is how vertices are joined.
type Primitive uint32

// Primitives.
const (
	Triangles     Primitive = gl.TRIANGLES
	TriangleStrip Primitive = gl.TRIANGLE_STRIP
	Lines         Primitive = gl.LINES
)

// Draw runs a graphics program over vertices that the vertex shader makes from
// gl_VertexID and gl_InstanceID.
func (p *Program) Draw(mode Primitive, vertices, instances int) {
	if vertices <= 0 || instances <= 0 {
		return
	}
	gl.UseProgram(uint32(p.Name))
	gl.DrawArraysInstanced(uint32(mode), 0, int32(vertices), int32(instances))
}

// DrawIndexed is Draw with 32-bit indices: count of them, from the one at first
// on.
func (p *Program) DrawIndexed(mode Primitive, indices *Buffer, first, count int) {
	if count <= 0 {
		return
	}
	gl.UseProgram(uint32(p.Name))
	gl.BindBuffer(gl.ELEMENT_ARRAY_BUFFER, uint32(indices.Name))
	gl.DrawElementsWithOffset(uint32(mode), int32(count), gl.UNSIGNED_INT, uintptr(4*first))
	gl.BindBuffer(gl.ELEMENT_ARRAY_BUFFER, 0)
}

// free frees the program.
func (p *Program) free() {
	gl.DeleteProgram(uint32(p.Name))
	p.Name = 0
}

// Barrier orders what shaders wrote before it against what reads it after.
type Barrier uint32

// Barriers, by the reader.
const (
	ForShaders     Barrier = gl.SHADER_STORAGE_BARRIER_BIT
	ForTextures    Barrier = gl.TEXTURE_FETCH_BARRIER_BIT
	ForImages      Barrier = gl.SHADER_IMAGE_ACCESS_BARRIER_BIT
	ForHost        Barrier = gl.BUFFER_UPDATE_BARRIER_BIT | gl.PIXEL_BUFFER_BARRIER_BIT
	ForFramebuffer Barrier = gl.FRAMEBUFFER_BARRIER_BIT
)

// Barrier makes the writes of earlier shaders visible to the given readers.
func (d *Device) Barrier(b Barrier) { gl.MemoryBarrier(uint32(b)) }
