// The page's one WebGL2 context, on a canvas that is not in the document: programs,
// textures and framebuffers for the landscape, the contours and the surface, which are
// copied from there onto the panels' own canvases.
const GL = (() => {
  let gl = null;
  let canvas = null;
  let tried = false;
  let lost = false;
  let why = "";        // why there is no context
  let generation = 0;  // of the context: what was made for an earlier one is gone
  let kept = new Map(); // what resource has made, by its name
  const listeners = [];

  /** open makes the context, once. It returns null where the browser has none, or has lost it. */
  function open() {
    if (!tried) {
      tried = true;
      start();
    }
    return gl && !lost ? gl : null;
  }

  function start() {
    canvas = document.createElement("canvas");
    canvas.width = canvas.height = 16;
    canvas.addEventListener("webglcontextcreationerror", e => { why = e.statusMessage || why; });
    // Colours are multiplied by their coverage, as a canvas expects them.
    gl = canvas.getContext("webgl2", { alpha: true, premultipliedAlpha: true, antialias: false, depth: false, stencil: false });
    if (!gl) {
      why = why || "this browser has no WebGL2";
      return;
    }
    canvas.addEventListener("webglcontextlost", e => {
      e.preventDefault(); // so that it comes back
      lost = true;
      forget();
    });
    canvas.addEventListener("webglcontextrestored", () => {
      lost = false;
      prepare();
      for (const f of listeners) f();
    });
    prepare();
  }

  function prepare() {
    generation++;
    const info = gl.getExtension("WEBGL_debug_renderer_info");
    const renderer = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    GLinfo.software = /swiftshader|llvmpipe|softpipe|software|basic render/i.test(renderer);
    GLinfo.floatTargets = gl.getExtension("EXT_color_buffer_float") !== null;
    GLinfo.linearFloats = gl.getExtension("OES_texture_float_linear") !== null;
    GLinfo.samples = Math.min(GLinfo.software ? 4 : 8, gl.getParameter(gl.MAX_SAMPLES));
    GLinfo.side = Math.min(gl.getParameter(gl.MAX_TEXTURE_SIZE), gl.getParameter(gl.MAX_RENDERBUFFER_SIZE), ...gl.getParameter(gl.MAX_VIEWPORT_DIMS));
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.PACK_ALIGNMENT, 1);
  }

  // What the context can do: floatTargets says that it can draw into 32-bit floats,
  // linearFloats that it can interpolate them.
  // software that it is drawn by the host's processor.
  const GLinfo = { floatTargets: false, linearFloats: false, samples: 1, side: 2048, software: false };

  /** forget drops all that resource has made; it went with the context. */
  function forget() {
    generation++;
    kept = new Map();
  }

  /** reason returns why open returns null, for people. */
  function reason() {
    if (lost) return "the browser has taken the graphics context away; it is drawn again when it is back";
    return why;
  }

  /** whenRestored has f called each time a lost context is back. */
  function whenRestored(f) { listeners.push(f); }

  /** resource returns what make has made under a name, for this context. */
  function resource(name, make) {
    let r = kept.get(name);
    if (r === undefined) {
      r = make(gl);
      kept.set(name, r);
    }
    return r;
  }

  const HEAD = "#version 300 es\nprecision highp float;\nprecision highp int;\nprecision highp sampler2D;\n";

  /**
   * program returns the program of a vertex and a fragment shader, compiled once. defines
   * are names and values of constants, and shaders are texts without a version. Its
   * set({name: value}) sets uniforms, a number or an array each, and textures, which get
   * the units 0, 1, ... in the order of the uniforms.
   */
  function program(name, vertex, fragment, defines = {}) {
    const head = HEAD + Object.entries(defines).map(([k, v]) => `#define ${k} ${v}\n`).join("");
    return resource(`program ${name} ${JSON.stringify(defines)}`, () => link(name, head + vertex, head + fragment));
  }

  function link(name, vertex, fragment) {
    const p = gl.createProgram();
    for (const [type, kind, text] of [[gl.VERTEX_SHADER, "vertex", vertex], [gl.FRAGMENT_SHADER, "fragment", fragment]]) {
      const s = gl.createShader(type);
      gl.shaderSource(s, text);
      gl.compileShader(s);
      if (!gl.getShaderParameter(s, gl.COMPILE_STATUS) && !gl.isContextLost()) {
        throw new Error(`the ${kind} shader of ${name} does not compile: ${gl.getShaderInfoLog(s)}`);
      }
      gl.attachShader(p, s);
    }
    gl.linkProgram(p);
    if (!gl.getProgramParameter(p, gl.LINK_STATUS) && !gl.isContextLost()) {
      throw new Error(`the shaders of ${name} do not link: ${gl.getProgramInfoLog(p)}`);
    }
    const setters = new Map();
    let units = 0;
    const n = gl.getProgramParameter(p, gl.ACTIVE_UNIFORMS) || 0;
    for (let i = 0; i < n; i++) {
      const u = gl.getActiveUniform(p, i);
      const at = gl.getUniformLocation(p, u.name);
      setters.set(u.name.replace("[0]", ""), setter(u, at, u.type === gl.SAMPLER_2D ? units++ : -1));
    }
    const attributes = {};
    const m = gl.getProgramParameter(p, gl.ACTIVE_ATTRIBUTES) || 0;
    for (let i = 0; i < m; i++) {
      const a = gl.getActiveAttrib(p, i).name;
      attributes[a] = gl.getAttribLocation(p, a);
    }
    return {
      attributes,
      use() { gl.useProgram(p); },
      set(values) {
        gl.useProgram(p);
        // What the compiler has found to be without effect has no setter.
        for (const k in values) setters.get(k)?.(values[k]);
      },
    };
  }

  function setter(u, at, unit) {
    switch (u.type) {
      case gl.SAMPLER_2D: return t => {
        gl.uniform1i(at, unit);
        gl.activeTexture(gl.TEXTURE0 + unit);
        gl.bindTexture(gl.TEXTURE_2D, t.texture);
      };
      case gl.FLOAT: return u.size > 1 ? v => gl.uniform1fv(at, v) : v => gl.uniform1f(at, v);
      case gl.FLOAT_VEC2: return v => gl.uniform2fv(at, v);
      case gl.FLOAT_VEC3: return v => gl.uniform3fv(at, v);
      case gl.FLOAT_VEC4: return v => gl.uniform4fv(at, v);
      case gl.INT: return v => gl.uniform1i(at, v);
      case gl.INT_VEC2: return v => gl.uniform2iv(at, v);
      case gl.INT_VEC4: return v => gl.uniform4iv(at, v);
      case gl.FLOAT_MAT4: return v => gl.uniformMatrix4fv(at, false, v);
    }
    throw new Error(`no setter for the uniform ${u.name} of type ${u.type}`);
  }

  const formats = {
    rgba8: g => [g.RGBA8, g.RGBA, g.UNSIGNED_BYTE],
    rg8: g => [g.RG8, g.RG, g.UNSIGNED_BYTE],
    r32f: g => [g.R32F, g.RED, g.FLOAT],
    rgba32f: g => [g.RGBA32F, g.RGBA, g.FLOAT],
    rgba16f: g => [g.RGBA16F, g.RGBA, g.FLOAT], // from 32-bit floats
    depth: g => [g.DEPTH_COMPONENT24, g.DEPTH_COMPONENT, g.UNSIGNED_INT],
  };

  /**
   * texture returns the texture of a name, of a format and a size, with data if there is
   * some. It is kept under its name: one of another size or format takes its place, and
   * one of the same gets the new data.
   */
  function texture(name, format, width, height, data = null, linear = false) {
    const key = "texture " + name;
    let t = kept.get(key);
    const [internal, layout, type] = formats[format](gl);
    if (t && (t.width !== width || t.height !== height || t.format !== format)) {
      gl.deleteTexture(t.texture);
      t = undefined;
    }
    gl.activeTexture(gl.TEXTURE0);
    if (!t) {
      t = { texture: gl.createTexture(), width, height, format };
      kept.set(key, t);
      gl.bindTexture(gl.TEXTURE_2D, t.texture);
      const filter = linear ? gl.LINEAR : gl.NEAREST;
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
      gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
      gl.texStorage2D(gl.TEXTURE_2D, 1, internal, width, height);
    }
    if (data) {
      gl.bindTexture(gl.TEXTURE_2D, t.texture);
      gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, width, height, layout, type, data);
    }
    return t;
  }

  /**
   * target returns the framebuffer of a name that draws into textures: color, of a format,
   * interpolated if it is linear, and depth if that is wanted. With samples above 1 it draws
   * into renderbuffers, and resolve copies these into the textures.
   */
  function target(name, format, width, height, { depth = false, linear = false, samples = 1 } = {}) {
    const key = "target " + name;
    let t = kept.get(key);
    if (t && t.width === width && t.height === height && t.samples === samples) return t;
    if (t) t.free();
    const color = texture(name + " colour", format, width, height, null, linear);
    const depths = depth ? texture(name + " depth", "depth", width, height) : null;
    const single = framebuffer();
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, color.texture, 0);
    if (depths) gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.TEXTURE_2D, depths.texture, 0);
    complete(name, [format, depth]);
    let multi = null;
    const buffers = [];
    if (samples > 1) {
      multi = framebuffer();
      for (const [at, f] of [[gl.COLOR_ATTACHMENT0, formats[format](gl)[0]], [gl.DEPTH_ATTACHMENT, depth ? gl.DEPTH_COMPONENT24 : 0]]) {
        if (!f) continue;
        const b = gl.createRenderbuffer();
        gl.bindRenderbuffer(gl.RENDERBUFFER, b);
        gl.renderbufferStorageMultisample(gl.RENDERBUFFER, samples, f, width, height);
        gl.framebufferRenderbuffer(gl.FRAMEBUFFER, at, gl.RENDERBUFFER, b);
        buffers.push(b);
      }
      complete(name, [format, depth, samples]);
    }
    t = {
      width, height, samples, color, depth: depths,
      bind() {
        gl.bindFramebuffer(gl.FRAMEBUFFER, multi || single);
        gl.viewport(0, 0, width, height);
      },
      /** copy copies the picture to the canvas, on which show is to be drawn. */
      copy() {
        gl.bindFramebuffer(gl.READ_FRAMEBUFFER, single);
        gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, null);
        gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT, gl.NEAREST);
        gl.bindFramebuffer(gl.FRAMEBUFFER, null);
      },
      resolve() {
        if (!multi) return;
        gl.bindFramebuffer(gl.READ_FRAMEBUFFER, multi);
        gl.bindFramebuffer(gl.DRAW_FRAMEBUFFER, single);
        gl.blitFramebuffer(0, 0, width, height, 0, 0, width, height, gl.COLOR_BUFFER_BIT | (depth ? gl.DEPTH_BUFFER_BIT : 0), gl.NEAREST);
      },
      free() {
        gl.deleteFramebuffer(single);
        if (multi) gl.deleteFramebuffer(multi);
        for (const b of buffers) gl.deleteRenderbuffer(b);
      },
    };
    kept.set(key, t);
    return t;
  }

  function framebuffer() {
    const f = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, f);
    return f;
  }

  /** complete sees that a framebuffer can be drawn into: once for what it is made of, as the answer takes until all drawing before is done. */
  function complete(name, parts) {
    resource("complete " + parts.join(" "), () => {
      const status = gl.checkFramebufferStatus(gl.FRAMEBUFFER);
      if (status !== gl.FRAMEBUFFER_COMPLETE && !gl.isContextLost()) {
        throw new Error(`the framebuffer ${name} cannot be drawn into: status ${status}`);
      }
      return true;
    });
  }

  /** buffer returns the buffer of a name with new data, of a kind: an array, or "index". */
  function buffer(name, data, kind = "array") {
    const b = resource("buffer " + name, () => gl.createBuffer());
    const on = kind === "index" ? gl.ELEMENT_ARRAY_BUFFER : gl.ARRAY_BUFFER;
    gl.bindBuffer(on, b);
    gl.bufferData(on, data, gl.DYNAMIC_DRAW);
    return b;
  }

  /** show makes the canvas at least as large as what is to be drawn, and draws to it from now on. */
  function show(width, height) {
    if (canvas.width < width || canvas.height < height) {
      canvas.width = Math.max(canvas.width, width);
      canvas.height = Math.max(canvas.height, height);
    }
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.viewport(0, 0, width, height);
  }

  /** copy draws what has been drawn since show onto a 2D context, at a place and a size there. */
  function copy(ctx, width, height, x = 0, y = 0, w = width, h = height) {
    // A browser that makes the picture larger takes what is beside it, too.
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.enable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
    for (const strip of [[width, 0, 2, height + 2], [0, height, width, 2]]) {
      gl.scissor(...strip);
      gl.clear(gl.COLOR_BUFFER_BIT);
    }
    gl.disable(gl.SCISSOR_TEST);
    ctx.drawImage(canvas, 0, canvas.height - height, width, height, x, y, w, h);
  }

  /** cover draws a triangle over all of the viewport, with the vertex shader COVER. */
  function cover() { gl.drawArrays(gl.TRIANGLES, 0, 3); }

  const COVER = `
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }
`;

  return {
    open, reason, whenRestored, resource, program, texture, target, buffer, show, copy, cover, COVER,
    can: GLinfo,
    get generation() { return generation; },
  };
})();
