// The landscape: the losses over a plane of weights, from the engine, or computed in the
// page where the L2 weight or the view is another one; and the picture of its contours.
const Fields = (() => {
  /** span returns how long a range is. */
  const span = r => r[1] - r[0];

  /** same reports whether two views are the same range of the plane. */
  function same(u, v) {
    return u.x[0] === v.x[0] && u.x[1] === v.x[1] && u.y[0] === v.y[0] && u.y[1] === v.y[1];
  }

  // ---- The L2 term ----

  /**
   * squares returns |w|² over a plane as a polynomial of α and β: the coefficients of 1,
   * α, β, α², αβ and β². The bias, the last weight, counts only where it is penalized.
   */
  function squares(plane, penalizeBias) {
    const c = [0, 0, 0, 0, 0, 0];
    const n = plane.origin.length - (penalizeBias ? 0 : 1);
    for (let j = 0; j < n; j++) {
      const o = plane.origin[j], u = plane.d1[j], v = plane.d2[j];
      c[0] += o * o;
      c[1] += 2 * o * u;
      c[2] += 2 * o * v;
      c[3] += u * u;
      c[4] += 2 * u * v;
      c[5] += v * v;
    }
    return c;
  }

  // ---- A field ----

  let made = 0; // fields so far

  /**
   * newField returns a field of nx by ny losses over a view, row by row from the lowest β,
   * whose data term is data, in float64. values are the losses under the L2 weight set
   * last, NaN where they are not finite; version counts how often they have changed.
   */
  function newField(view, nx, ny, data, plane) {
    const f = {
      id: ++made, version: 0, view, nx, ny, data, plane, l2: NaN,
      values: new Float32Array(nx * ny), min: NaN, max: NaN, holes: 0,
      source: "page", note: "", slot: "view",
    };
    f.setL2 = (l2, penalizeBias) => {
      const q = squares(plane, penalizeBias);
      const dx = span(view.x) / (nx - 1), dy = span(view.y) / (ny - 1);
      for (let j = 0, k = 0; j < ny; j++) {
        const b = view.y[0] + j * dy;
        const c0 = q[0] + b * (q[2] + b * q[5]), c1 = q[1] + b * q[4];
        for (let i = 0; i < nx; i++, k++) {
          const a = view.x[0] + i * dx;
          f.values[k] = data[k] + l2 / 2 * (c0 + a * (c1 + a * q[3]));
        }
      }
      f.l2 = l2;
      settle(f);
    };
    return f;
  }

  /** settle finds the range of a field whose values have changed. */
  function settle(f) {
    let lo = Infinity, hi = -Infinity, holes = 0;
    for (let k = 0; k < f.values.length; k++) {
      const v = f.values[k];
      if (v - v === 0) {
        if (v < lo) lo = v;
        if (v > hi) hi = v;
      } else {
        f.values[k] = NaN;
        holes++;
      }
    }
    [f.min, f.max, f.holes] = lo <= hi ? [lo, hi, holes] : [NaN, NaN, holes];
    f.version++;
    f.scales = new Map();
  }

  /** scaleOf returns the scale of a kind that spans the losses of a field. */
  function scaleOf(f, kind) {
    let s = f.scales.get(kind);
    if (!s) {
      s = Scales.ofSorted(kind, kind === "linear" || kind === "log" ? ends(f, kind) : Scales.finiteSorted(f.values));
      f.scales.set(kind, s);
    }
    return s;
  }

  /** ends returns, ascending, all that a linear or a logarithmic scale follows from. */
  function ends(f, kind) {
    if (!(f.min <= f.max)) return [];
    let least = f.max; // above 0
    if (kind === "log" && f.min <= 0) for (const v of f.values) if (v > 0 && v < least) least = v;
    return [f.min, ...least > f.min && least < f.max ? [least] : [], f.max];
  }

  /**
   * heightsOn returns the coordinates, on the scale of a kind, of a field's losses, NaN in its
   * holes. They are kept as long as its values are, and shared.
   */
  function heightsOn(f, kind) {
    const key = "heights " + kind;
    let out = f.scales.get(key);
    if (out) return out;
    const s = scaleOf(f, kind);
    out = new Float32Array(f.values);
    // What a picture shows needs no last digits of a logarithm, as ticks do.
    if (s.kind === "log") for (let k = 0; k < out.length; k++) out[k] = Math.log10(out[k] < s.least ? s.least : out[k]);
    else if (s.kind !== "linear") for (let k = 0; k < out.length; k++) if (out[k] === out[k]) out[k] = s.to(out[k]);
    f.scales.set(key, out);
    return out;
  }

  /**
   * make returns the landscape that the engine has computed, D.field; null where no panel
   * shows it. Its update(problem, l2, penalizeBias) changes the L2 weight; ready(app) has
   * what the page computes in slices going.
   */
  function make(D) {
    const from = D.field;
    if (!from) return null;
    const view = { x: Array.from(D.view.x), y: Array.from(D.view.y) };
    const penalized = D.problem.penalizeBias;
    const engine = from.values;
    // What the engine has computed but for the L2 term: exact to a rounding of float64.
    const f = newField(view, from.nx, from.ny, new Float64Array(engine), D.plane);
    addL2(f, f.data, -from.l2, penalized);
    f.D = D;
    f.slot = "engine";
    f.patch = null;   // the landscape over another view; null until there is one
    f.work = null;    // that is under way
    f.wanted = null;  // the view that work, or a timer, is for
    f.begun = 0;      // the timer
    f.penalizeBias = penalized;

    f.update = (problem, l2, penalizeBias = penalized) => {
      if (l2 === f.l2 && penalizeBias === f.penalizeBias) return true;
      f.penalizeBias = penalizeBias;
      if (l2 === from.l2 && penalizeBias === penalized) {
        f.values.set(engine);
        f.l2 = l2;
        f.source = "engine";
        f.note = `The landscape was computed by the engine${decoded(from)}.`;
        settle(f);
        return true;
      }
      f.setL2(l2, penalizeBias);
      f.source = "page";
      f.note = `The landscape has the engine's data term${decoded(from)}, and the L2 term of this l2 in float64.`;
      if (f.patch) f.patch.setL2(l2, penalizeBias);
      return true;
    };
    f.update(null, from.l2, penalized);
    return f;
  }

  /** decoded says how far the losses in the page may be from the engine's. */
  function decoded(from) {
    if (!(from.error > 0)) return "";
    return ` (${from.bits} bits: within ${from.error.toExponential(1)}${from.relative ? " relatively" : ""})`;
  }

  /** addL2 adds an L2 term to losses over a field's view. */
  function addL2(f, losses, l2, penalizeBias) {
    if (l2 === 0) return;
    const q = squares(f.plane, penalizeBias);
    const dx = span(f.view.x) / (f.nx - 1), dy = span(f.view.y) / (f.ny - 1);
    for (let j = 0, k = 0; j < f.ny; j++) {
      const b = f.view.y[0] + j * dy;
      for (let i = 0; i < f.nx; i++, k++) {
        const a = f.view.x[0] + i * dx;
        losses[k] += l2 / 2 * (q[0] + b * (q[2] + b * q[5]) + a * (q[1] + b * q[4] + a * q[3]));
      }
    }
  }

  // ---- Computing the data term ----

  /**
   * margins returns what the samples are over the plane: for each, s times its margin at
   * the point (α0, β0) of the plane, what a step of α adds to that, and one of β, and the
   * sample's weight, four numbers in a row; s is 1 or −1 by its class. They are worked out
   * in float64 from the point in the middle of a view, so that float32 tells the points of
   * a small view apart.
   */
  function margins(D, alpha, beta) {
    const { n, d, x, y, weight } = D.problem;
    const { origin, d1, d2 } = D.plane;
    const out = new Float32Array(4 * n);
    for (let i = 0; i < n; i++) {
      let a = origin[d], u = d1[d], v = d2[d];
      for (let j = 0; j < d; j++) {
        const xj = x[i * d + j];
        a += xj * origin[j];
        u += xj * d1[j];
        v += xj * d2[j];
      }
      const s = y[i] ? 1 : -1;
      out.set([s * (a + alpha * u + beta * v), s * u, s * v, weight ? weight[i] : 1], 4 * i);
    }
    return out;
  }

  const ROW = 1024; // samples in a row of their texture

  const LANDSCAPE = `
uniform sampler2D samples; // margin, what α and what β adds to it, weight
uniform int count;
uniform vec2 first, each; // α and β of the first point from the middle of the view, and from point to point
uniform float eps;
out vec4 color;

// log(1 + e) for e from 0 to 1, as accurate where e is small.
float log1p(float e) {
  return e < 0.05 ? e * (1.0 - e * (0.5 - e * (1.0 / 3.0 - e * (0.25 - e * 0.2)))) : log(1.0 + e);
}

// -log(σ(t) + eps), as cpu.LogLoss.
float loss(float t) {
  float e = exp(-abs(t));
#ifdef EPS
  float q = e / (1.0 + e);
  if (t < 0.0 && q + eps < 0.5) return -log(q + eps);
  float x = eps - (t < 0.0 ? 1.0 / (1.0 + e) : q);
  return x > 0.0 ? -log(1.0 + x) : abs(x) < 0.05 ? -x * (1.0 - x * (0.5 - x * (1.0 / 3.0 - x * 0.25))) : -log(1.0 + x);
#else
  return max(-t, 0.0) + log1p(e);
#endif
}

#ifdef PACKED
void main() {
  vec2 at = first + each * floor(gl_FragCoord.xy);
  float sum = 0.0;
  for (int from = 0; from < count; from += 64) {
    float part = 0.0;
    for (int i = from; i < min(from + 64, count); i++) {
      vec4 s = texelFetch(samples, ivec2(i & ${ROW - 1}, i / ${ROW}), 0);
      part += s.w * loss(s.x + at.x * s.y + at.y * s.z);
    }
    sum += part;
  }
  uint word = floatBitsToUint(sum / float(count));
  color = vec4(uvec4(word, word >> 8, word >> 16, word >> 24) & 255u) / 255.0;
}
#else
// Four points beside each other.
void main() {
  vec2 at = first + each * floor(gl_FragCoord.xy) * vec2(4.0, 1.0);
  vec4 x = at.x + each.x * vec4(0.0, 1.0, 2.0, 3.0);
  vec4 sum = vec4(0.0);
  for (int from = 0; from < count; from += 64) { // partial sums, for their rounding
    vec4 part = vec4(0.0);
    for (int i = from; i < min(from + 64, count); i++) {
      vec4 s = texelFetch(samples, ivec2(i & ${ROW - 1}, i / ${ROW}), 0);
      vec4 t = s.x + at.y * s.z + x * s.y;
      part += s.w * vec4(loss(t.x), loss(t.y), loss(t.z), loss(t.w));
    }
    sum += part;
  }
  color = sum / float(count);
}
#endif
`;

  const SLICE = 4e6; // sample-evaluations of a slice, so that no one waits for it

  /**
   * onDevice begins to compute the data term over a view by the shader, on nx by ny
   * points. It returns {step() → done, result() → Float64Array}, null without a device.
   */
  function onDevice(D, view, nx, ny) {
    const gl = GL.open();
    if (!gl) return null;
    const n = D.problem.n;
    const packed = !GL.can.floatTargets;
    const middle = [(view.x[0] + view.x[1]) / 2, (view.y[0] + view.y[1]) / 2];
    const rows = Math.ceil(n / ROW);
    const data = new Float32Array(4 * ROW * rows);
    data.set(margins(D, middle[0], middle[1]));
    const width = packed ? nx : Math.ceil(nx / 4);
    const generation = GL.generation;
    const each = [span(view.x) / (nx - 1), span(view.y) / (ny - 1)];
    const strip = Math.max(1, Math.floor(SLICE / (n * nx)));
    const pixels = () => GL.resource("landscape pixels", () => gl.createBuffer());
    let row = 0, fence = null;
    return {
      step() {
        if (generation !== GL.generation || gl.isContextLost()) return true;
        if (fence) {
          const s = gl.clientWaitSync(fence, 0, 0);
          if (s === gl.TIMEOUT_EXPIRED) return false;
          gl.deleteSync(fence);
          fence = null;
          if (row >= ny) return true;
        }
        const samples = GL.texture("samples", "rgba32f", ROW, rows, row === 0 ? data : null);
        const t = GL.target("landscape", packed ? "rgba8" : "rgba32f", width, ny);
        t.bind();
        gl.disable(gl.BLEND);
        gl.disable(gl.DEPTH_TEST);
        const defines = {};
        if (packed) defines.PACKED = 1;
        if (D.problem.eps > 0) defines.EPS = 1;
        const p = GL.program("landscape", GL.COVER, LANDSCAPE, defines);
        p.set({ samples, count: n, first: [view.x[0] - middle[0], view.y[0] - middle[1]], each, eps: D.problem.eps });
        gl.enable(gl.SCISSOR_TEST);
        gl.scissor(0, row, width, Math.min(strip, ny - row));
        GL.cover();
        gl.disable(gl.SCISSOR_TEST);
        row += strip;
        if (row >= ny) {
          // To be read when it is there, so that nothing waits for it.
          gl.bindBuffer(gl.PIXEL_PACK_BUFFER, pixels());
          gl.bufferData(gl.PIXEL_PACK_BUFFER, (packed ? 4 : 16) * width * ny, gl.STREAM_READ);
          gl.readPixels(0, 0, width, ny, gl.RGBA, packed ? gl.UNSIGNED_BYTE : gl.FLOAT, 0);
          gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
        }
        fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
        gl.flush();
        return false;
      },
      result() {
        if (generation !== GL.generation || gl.isContextLost()) return null;
        const words = new Float32Array((packed ? 1 : 4) * width * ny);
        gl.bindBuffer(gl.PIXEL_PACK_BUFFER, pixels());
        gl.getBufferSubData(gl.PIXEL_PACK_BUFFER, 0, words);
        gl.bindBuffer(gl.PIXEL_PACK_BUFFER, null);
        const out = new Float64Array(nx * ny), stride = words.length / ny;
        for (let j = 0; j < ny; j++) {
          for (let i = 0; i < nx; i++) out[j * nx + i] = words[j * stride + i];
        }
        return out;
      },
    };
  }

  /** onHost is onDevice in float64 JavaScript, a few rows at a time. */
  function onHost(D, problem, view, nx, ny) {
    const out = new Float64Array(nx * ny);
    const w = new Float64Array(D.plane.origin.length);
    let row = 0;
    return {
      step() {
        const until = performance.now() + 8;
        for (; row < ny && performance.now() < until; row++) {
          const beta = view.y[0] + row * span(view.y) / (ny - 1);
          for (let i = 0; i < nx; i++) {
            Maths.planeAt(D.plane, view.x[0] + i * span(view.x) / (nx - 1), beta, w);
            out[row * nx + i] = Maths.loss(problem, w, 0);
          }
        }
        return row >= ny;
      },
      result() { return out; },
    };
  }

  // How many sample-evaluations a view of its own costs at most: some tenths of a second
  // by software, and of the host.
  const MOST = 4e7, MOST_ON_HOST = 4e6;

  /** size returns the points along a side of a landscape of n samples for a plot of w by h pixels. */
  function size(n, w, h, most) {
    const all = Math.min(512 * 512, most / n);
    const k = Math.min(1, Math.sqrt(all / (w * h)));
    return [Math.max(48, Math.round(w * k)), Math.max(48, Math.round(h * k))];
  }

  const REST = 160; // ms that a view has to stand before it is computed

  /**
   * over returns the field to show for app.view: the engine's where that is its view, the
   * one computed for the view, or, until there is one, that which shows most of it.
   */
  function over(app, w, h) {
    const f = app.field;
    const view = app.view || f.view;
    if (same(view, f.view)) {
      f.wanted = f.work = null;
      return f;
    }
    if (f.patch && same(view, f.patch.view)) return f.patch;
    if (!f.wanted || !same(view, f.wanted)) {
      f.wanted = { x: Array.from(view.x), y: Array.from(view.y) };
      f.work = null;
      clearTimeout(f.begun);
      f.begun = setTimeout(() => compute(app, f, f.wanted, w, h), REST);
    }
    const p = f.patch;
    return p && shows(p.view, view) >= shows(f.view, view) ? p : f;
  }

  /** shows returns what share of a view lies in a range of the plane, more of a finer one. */
  function shows(range, view) {
    let share = 1;
    for (const k of ["x", "y"]) {
      share *= Math.max(0, Math.min(range[k][1], view[k][1]) - Math.max(range[k][0], view[k][0])) / span(view[k]);
    }
    return share > 0.999 ? 1 + span(view.x) / span(range.x) : share;
  }

  /** compute has the landscape over a view computed in slices, then shown. */
  function compute(app, f, view, w, h) {
    if (f.wanted !== view) return;
    const D = f.D;
    let [nx, ny] = size(D.problem.n, w, h, MOST);
    let work = onDevice(D, view, nx, ny);
    const device = work !== null;
    if (!device) {
      [nx, ny] = size(D.problem.n, w, h, MOST_ON_HOST);
      work = onHost(D, app.problem, view, nx, ny);
    }
    f.work = work;
    const go = () => {
      if (f.work !== work) return; // another view is wanted
      if (!work.step()) {
        setTimeout(go, device ? 2 : 0);
        return;
      }
      f.work = null;
      const data = work.result();
      if (!data) {
        f.wanted = null; // the context was lost: the next picture asks again
        return;
      }
      const p = newField(view, nx, ny, data, D.plane);
      p.setL2(f.l2, f.penalizeBias);
      p.note = `The landscape over this view was computed in the page in ${device ? "float32" : "float64"}, at ${nx} x ${ny} points.`;
      f.patch = p;
      app.redraw();
    };
    go();
  }

  /** noteOf says for people where the landscape that app shows is from. */
  function noteOf(app) {
    const f = app.field;
    if (!f) return "";
    const view = app.view || f.view;
    if (same(view, f.view)) return f.note;
    if (f.patch && same(view, f.patch.view)) return f.patch.note;
    return f.work || f.wanted ? "The landscape over this view is being computed." : f.note;
  }

  /**
   * check holds to Maths.loss what the page computes of the landscape: by the shader over the
   * view, and from the engine's losses with another L2 weight. It returns a promise of
   * {count of the numbers, failures: texts, worst: the greatest relative deviation by the
   * shader}.
   *
   * The engine's losses are within 1e-5, relatively (go doc losscape/gpu/compute), and what
   * they are off as decoded. By the shader a margin, a sum of three numbers that reach so
   * far, is rounded three times to float32, and a loss changes by no larger share than its
   * margin by units; sums are rounded as often as they have blocks, and terms of a block.
   */
  async function check(app) {
    const f = app.field, D = f.D, out = { count: 0, failures: [], worst: 0 };
    const single = 2 ** -24, engine = 1e-5, least = 2 ** -126 + 2 * engine * D.problem.eps;
    const w = new Float64Array(D.plane.origin.length);
    const lossAt = (g, k, l2) => {
      const i = k % g.nx, j = (k - i) / g.nx;
      Maths.planeAt(D.plane, g.view.x[0] + i * span(g.view.x) / (g.nx - 1), g.view.y[0] + j * span(g.view.y) / (g.ny - 1), w);
      return Maths.loss(app.problem, w, l2);
    };
    const compare = (what, k, have, want, bound) => {
      if (!(Math.abs(want) < 1e30) || have !== have) return; // beyond float32
      out.count++;
      if (!(Math.abs(have - want) <= bound)) out.failures.push(`landscape: ${what} of point ${k} is ${have}, want ${want} to ${bound.toPrecision(2)}`);
    };
    const other = newField(f.view, f.nx, f.ny, f.data, D.plane), l2 = 2 * D.field.l2 + 0.01;
    other.setL2(l2, f.penalizeBias);
    for (let m = 0; m < 64; m++) {
      const k = Math.floor((m + 0.5) / 64 * f.nx * f.ny), was = lossAt(f, k, D.field.l2), want = lossAt(f, k, l2);
      const off = (D.field.error || 0) * (D.field.relative ? Math.abs(was) : 1) + engine * Math.abs(was);
      compare(`the loss with l2 ${l2}`, k, other.values[k], want, off + single * Math.abs(want) + least);
    }
    const g = { view: f.view, nx: 24, ny: 24 }, work = onDevice(D, g.view, g.nx, g.ny);
    if (!work) return out;
    while (!work.step()) await new Promise(done => setTimeout(done, 4));
    const data = work.result();
    if (!data) return out; // the context was lost
    const m = margins(D, (f.view.x[0] + f.view.x[1]) / 2, (f.view.y[0] + f.view.y[1]) / 2);
    let reach = 0;
    for (let i = 0; i < m.length; i += 4) reach = Math.max(reach, Math.abs(m[i]) + span(f.view.x) / 2 * Math.abs(m[i + 1]) + span(f.view.y) / 2 * Math.abs(m[i + 2]));
    const share = (3 * reach + 64 + D.problem.n / 64 + 16) * single;
    for (let k = 0; k < data.length; k++) {
      const want = lossAt(g, k, 0);
      compare("the loss by the shader", k, data[k], want, share * Math.abs(want) + least);
      if (want > least && Math.abs(want) < 1e30) out.worst = Math.max(out.worst, Math.abs(data[k] - want) / want);
    }
    return out;
  }

  // ---- The ensemble ----

  const MOST_RUNS = 4096; // of an ensemble that the page computes
  let latest = null;      // the ensemble computed last

  /**
   * ensemble returns the runs of the scene's ensemble after app.time updates, at most
   * MOST_RUNS of them, evenly chosen: {n, all, at: α and β of each, shade: the place of each
   * in colors, 0 to 1, or below 0 for that of its loss, colors: 256 of RGBA, size in points,
   * opacity, text for people}; null for scenes without one. What it takes to compute them is
   * done in slices, and the page is drawn again on the way.
   */
  function ensemble(app) {
    const D = app.D, spec = D.ensemble;
    if (!spec || !spec.axes.length) return null;
    const run = (app.runs[spec.run] && app.runs[spec.run].spec) || D.runs[spec.run];
    const key = JSON.stringify([run.optimizer, run.lr, run.l2, run.momentum, run.beta1, run.beta2, run.epsilon, run.batch, run.seed, run.start, run.steps]);
    if (!latest || latest.key !== key || latest.D !== D) latest = newEnsemble(app, D, spec, run, key);
    const c = latest, e = c.runs;
    c.time = Math.min(Math.max(app.time, 0), e.steps);
    const k = Math.floor(c.time), share = c.time - k;
    const from = e.state(k) || e.w, to = share > 0 && e.state(k + 1) || from;
    const there = from !== e.w || e.k === k;
    if (!there || share > 0 && to === from) advance(app, c);
    const is = `${c.time} ${from === e.w ? e.k : k} ${to === from}`;
    if (c.is !== is) {
      c.is = is;
      const { dim, n } = e;
      for (let i = 0; i < n; i++) {
        let a = c.zero[0], b = c.zero[1];
        for (let j = 0; j < dim; j++) {
          const w = from[i * dim + j] + share * (to[i * dim + j] - from[i * dim + j]);
          a += w * c.alpha[j];
          b += w * c.beta[j];
        }
        c.at[2 * i] = a;
        c.at[2 * i + 1] = b;
      }
    }
    c.text = c.what + (there ? "" : `; after ${e.k} of ${k} updates, computing`);
    return c;
  }

  /** advance has an ensemble computed beside the page's own work: all of it where its states are kept, else as far as the page shows. */
  function advance(app, c) {
    if (c.working) return;
    c.working = true;
    const e = c.runs;
    let shown = performance.now();
    const go = () => {
      const until = e.state(0) ? e.steps : Math.ceil(c.time);
      const done = c !== latest || e.advance(until, 20);
      c.working = !done;
      if (!done) setTimeout(go, 0);
      if (done || performance.now() - shown > 150) {
        shown = performance.now();
        app.redraw();
      }
    };
    setTimeout(go, 0);
  }

  function newEnsemble(app, D, spec, run, key) {
    const runs = Maths.ensemble(app.problem, run, spec.axes, MOST_RUNS), { n, dim } = runs;
    // α and β are affine in the weights.
    const w = new Float64Array(dim), zero = Array.from(Maths.coordinates(D.plane, w).slice(0, 2));
    const alpha = new Float64Array(dim), beta = new Float64Array(dim);
    for (let j = 0; j < dim; j++) {
      w[j] = 1;
      const one = Maths.coordinates(D.plane, w);
      alpha[j] = one[0] - zero[0];
      beta[j] = one[1] - zero[1];
      w[j] = 0;
    }
    const map = D.colormaps[spec.colormap], colors = new Uint8Array(1024).fill(255), shade = new Float32Array(n).fill(-1);
    const single = /^#/.test(spec.color) ? spec.color : spec.color === "density" ? Plots.colorAt(map, 0.75) : null;
    for (let i = 0; i < 256; i++) colors.set(Plots.rgb(single || Plots.colorAt(map, i / 256)), 4 * i);
    const number = v => Scales.withMark(Scales.parameter(v), D.labels.mark);
    let by = single ? "" : ", coloured by loss";
    const axis = spec.axes.findIndex(a => a.param === spec.color);
    if (axis >= 0) {
      const a = spec.axes[axis], values = Array.from(a.values), p = new Scales.ParamAxis(a.param, values, a.log);
      for (let i = 0; i < n; i++) {
        const v = runs.value(i, axis);
        shade[i] = p.scale.unit(p.list ? values.indexOf(v) : v);
      }
      by = `, coloured by ${a.title ?? a.name} from ${number(values[0])} to ${number(values[values.length - 1])}`;
    }
    const all = spec.n || runs.all, few = n < all, whole = v => Scales.whole(v, D.labels.mark);
    return {
      key, D, runs, n, all, zero, alpha, beta, shade, colors, at: new Float32Array(2 * n), is: "", time: 0, working: false, text: "",
      // Fewer points are larger and denser.
      size: spec.size * (few ? 1.4 : 1), opacity: few ? Math.max(spec.opacity, 0.8) : spec.opacity,
      what: (few ? `${whole(n)} of ${whole(all)} runs` : `${whole(n)} runs`) + by,
    };
  }

  // ---- Contours ----

  // As in scenes/figure/contour.go.
  const { ISO_LINES } = Plots, ISO_WIDTH = 0.55;
  const LUMA = [0.3, 0.59, 0.11], DARK_TO = 0.2, LIGHT_FROM = 0.26, LIFT = 0.3;

  /** evenLevels returns levels of a scale as {first, step, n}. */
  function evenLevels(all) {
    if (all.length < 2) return { first: all.length ? all[0] : 0, step: 1, n: all.length };
    return { first: all[0], step: (all[all.length - 1] - all[0]) / (all.length - 1), n: all.length };
  }

  /**
   * contours returns how the contour panels show the landscape of app in a plot of w by h
   * pixels: {field, scale, bands: {first, step, n}, colors: n of [r, g, b], lines:
   * coordinates of the scale, ascending, key}. Of another key contourImage has another
   * picture; it is another one where the landscape has changed, and when that has rested.
   */
  function contours(app, w, h) {
    const field = over(app, w, h), look = app.D.contour;
    let c = field.scales.get("contours");
    if (c) return settled(app, c);
    const scale = scaleOf(field, look.scale), map = app.D.colormaps[look.colormap];
    const [bands, color] = Plots.contourBands(scale, look.bands, map);
    const colors = Array.from({ length: bands.n }, (_, i) => Plots.rgb(color(i)));
    let lines;
    if (look.levels) lines = Array.from(look.levels, v => scale.to(v)).filter(x => x > scale.a && x < scale.b);
    else lines = Array.from(scale.levels(ISO_LINES) || []);
    c = { field, scale, bands, colors, lines, key: "", draft: field.slot === "engine" && field.version > 2, since: performance.now() };
    field.scales.set("contours", c);
    return settled(app, c);
  }

  /**
   * settled sees to what contours have as a key: while the landscape changes, with a hand on
   * a slider, a coarse picture will do where the host's processor draws it.
   */
  function settled(app, c) {
    if (c.draft && !(GL.open() && GL.can.software && performance.now() - c.since < SETTLE)) c.draft = false;
    if (c.draft) {
      clearTimeout(settling);
      settling = setTimeout(() => app.redraw(), SETTLE + 10);
    }
    c.key = `${c.field.id} ${c.field.version} ${c.draft}`;
    return c;
  }

  /** lineLift returns by how much lines are lighter than dark colours of a colour map. */
  function lineLift(colormap) { return colormap === "RdBu_r" ? 0 : LIFT; }

  /** rgb returns the parts of a colour "#rrggbb", 0 to 1. */
  const rgb = color => Plots.rgb(color).map(v => v / 255);

  const HOLE = 1e30; // a loss that is not finite, in a texture

  /**
   * bordered returns heights with a border of one point on every side, where they go on
   * straight, as shaders/draw_border.comp.
   */
  function bordered(z, nx, ny) {
    const w = nx + 2;
    const out = new Float32Array(w * (ny + 2));
    for (let j = 0; j < ny; j++) {
      const row = (j + 1) * w + 1;
      for (let i = 0; i < nx; i++) {
        const v = z[j * nx + i];
        out[row + i] = v === v ? v : HOLE;
      }
      out[row - 1] = beyond(out[row], out[row + 1]);
      out[row + nx] = beyond(out[row + nx - 1], out[row + nx - 2]);
    }
    for (let i = 0; i < w; i++) {
      out[i] = beyond(out[w + i], out[2 * w + i]);
      out[(ny + 1) * w + i] = beyond(out[ny * w + i], out[(ny - 1) * w + i]);
    }
    return out;
  }

  function beyond(edge, inner) { return edge < HOLE / 2 && inner < HOLE / 2 ? 2 * edge - inner : HOLE; }

  const CONTOUR = `
// As shaders/draw_contour.frag and draw_field.glsl.
uniform sampler2D field; // with a border of one point on every side
uniform sampler2D bandColors; // bandCount by 1
uniform ivec2 fieldSize; // without the border
uniform vec2 size;       // of the plot in pixels
uniform vec2 toGrid, gridFirst; // grid points in a pixel, and where the plot's lower left corner is
uniform float lowest, bandStep;
uniform int bandCount, banded, lineCount;
uniform float lineStep;
#ifdef LEVELS
uniform sampler2D lineLevels; // lineCount by 1, ascending
#else
uniform float lineFirst;
#endif
uniform int evaluations;
uniform float lineWidth, brighten;
uniform vec3 maskColor;
out vec4 color;

const float hole = 1e29;

vec4 cubic(float t) {
  float u = t * t, v = u * t;
  return 0.5 * vec4(2.0 * u - v - t, 3.0 * v - 5.0 * u + 2.0, 4.0 * u - 3.0 * v + t, v - u);
}
vec4 cubicSlope(float t) {
  float u = t * t;
  return 0.5 * vec4(4.0 * t - 3.0 * u - 1.0, 9.0 * u - 10.0 * t, 8.0 * t - 9.0 * u + 1.0, 3.0 * u - 2.0 * t);
}

float at(ivec2 i) { return texelFetch(field, i, 0).r; }
vec4 row(ivec2 i) { return vec4(at(i), at(i + ivec2(1, 0)), at(i + ivec2(2, 0)), at(i + ivec2(3, 0))); }

// Bicubic value at g and its derivatives along x and y in grid points. Cells that are
// not finite clear ok.
vec3 fieldSmooth(vec2 g, inout bool ok) {
  g = clamp(g, vec2(0.0), vec2(fieldSize - 1));
  ivec2 i = min(ivec2(g), max(fieldSize - 2, 0));
  vec2 t = g - vec2(i);
  vec4 a = row(i), b = row(i + ivec2(0, 1)), c = row(i + ivec2(0, 2)), d = row(i + ivec2(0, 3));
  vec4 x = cubic(t.x), dx = cubicSlope(t.x), y = cubic(t.y), dy = cubicSlope(t.y);
  vec4 rows = vec4(dot(a, x), dot(b, x), dot(c, x), dot(d, x));
  vec4 slopes = vec4(dot(a, dx), dot(b, dx), dot(c, dx), dot(d, dx));
  vec3 smoothly = vec3(dot(rows, y), dot(slopes, y), dot(rows, dy));
#ifdef HOLES
  vec4 v = vec4(b.y, b.z, c.y, c.z);
  vec4 most = max(max(a, b), max(c, d));
  ok = ok && max(max(v.x, v.y), max(v.z, v.w)) < hole;
  if (max(max(most.x, most.y), max(most.z, most.w)) > hole) {
    smoothly = vec3(mix(mix(v.x, v.y, t.x), mix(v.z, v.w, t.x), t.y), mix(v.y - v.x, v.w - v.z, t.y), mix(v.z - v.x, v.w - v.y, t.x));
  }
#endif
  return smoothly;
}

vec3 band(float i) { return texelFetch(bandColors, ivec2(clamp(int(i), 0, bandCount - 1), 0), 0).rgb; }

float nearestLine(float x) {
#ifdef LEVELS
  int lo = 0, hi = lineCount - 1;
  while (hi - lo > 1) {
    int mid = (lo + hi) / 2;
    if (texelFetch(lineLevels, ivec2(mid, 0), 0).r <= x) lo = mid;
    else hi = mid;
  }
  float below = texelFetch(lineLevels, ivec2(lo, 0), 0).r, above = texelFetch(lineLevels, ivec2(max(hi, 0), 0), 0).r;
  return x - below < above - x ? below : above;
#else
  return lineFirst + lineStep * clamp(floor((x - lineFirst) / lineStep + 0.5), 0.0, float(lineCount - 1));
#endif
}

void main() {
  vec2 pixel = gl_FragCoord.xy;
  vec2 g = pixel * toGrid + gridFirst;
  bool ok = all(greaterThan(g, vec2(-0.01))) && all(lessThan(g, vec2(fieldSize) - 0.99));
  vec3 s = vec3(0.0);
  float level = 0.0, slope = 1e-30, away = 1e9;
  float reach = 0.5 * lineWidth + 0.5;
  vec2 here = pixel;
  for (int i = 0; i < evaluations; i++) {
    bool fine = ok;
    vec3 f = fieldSmooth(here * toGrid + gridFirst, fine);
    vec2 grad = f.yz * toGrid; // of the loss, per pixel
    if (i == 0) {
      s = f;
      ok = fine;
      slope = max(length(grad), 1e-30);
      level = nearestLine(s.x);
    }
    away = distance(here, pixel) + abs(f.x - level) / max(length(grad), 1e-30);
    if (!fine || i == 0 && !(away < 2.5 * reach)) break;
    vec2 to = here - grad * (f.x - level) / max(dot(grad, grad), 1e-30);
    if (distance(to, pixel) > 4.0 * reach) break;
    here = to;
  }
  if (!ok) {
    color = vec4(maskColor, 1.0);
    return;
  }
  float t = (s.x - lowest) / bandStep;
  float nearest = clamp(floor(t + 0.5), 1.0, float(bandCount - 1));
  float share = clamp((t - nearest) * bandStep / slope + 0.5, 0.0, 1.0);
  vec3 c;
  if (banded == 0) {
    c = mix(band(floor(t - 0.5)), band(floor(t + 0.5)), fract(t - 0.5));
  } else if (abs(t - nearest) <= 0.5) {
    c = mix(band(nearest - 1.0), band(nearest), share);
  } else {
    c = band(floor(t));
  }
  if (lineCount > 0 && slope > 1e-6 * lineStep / max(size.x, size.y)) {
    float a = clamp(0.5 * max(lineWidth, 1.0) + 0.5 - away, 0.0, 1.0) * min(lineWidth, 1.0);
    vec3 ink = mix(min(c + brighten, 1.0), vec3(0.0), brighten > 0.0 ? smoothstep(${DARK_TO}, ${LIGHT_FROM}, dot(c, vec3(${LUMA}))) : 1.0);
    c = mix(c, ink, a);
  }
  color = vec4(c, 1.0);
}
`;

  const pictures = new Map(); // of contours, by what they show; the latest last
  const KEPT = 6;
  const SETTLE = 110;    // ms after which a draft is drawn finely
  const DRAFT = 4e4;     // pixels of a draft
  let settling = 0;      // the timer that has it drawn

  /**
   * contourImage returns a canvas with the contours of app's landscape over app.view: the
   * colours and the lines of a plot of w by h device pixels, or fewer while the landscape
   * changes; it is to be drawn as large as the plot. lineWidth is that of the lines
   * in device pixels; without one it follows from the plot. The canvas is valid until the
   * next call.
   */
  function contourImage(app, w, h, lineWidth = Math.max(0.7, ISO_WIDTH * h / 360)) {
    w = Math.max(1, Math.round(w));
    h = Math.max(1, Math.round(h));
    const c = contours(app, w, h), f = c.field, view = app.view || f.view;
    if (c.draft && w * h > DRAFT) {
      const k = Math.sqrt(DRAFT / (w * h));
      lineWidth *= k;
      w = Math.round(w * k);
      h = Math.round(h * k);
    }
    const key = [f.id, f.version, w, h, lineWidth, app.theme.masked, view.x, view.y, GL.generation].join(" ");
    let picture = pictures.get(key);
    if (picture) return picture;
    // The oldest canvas serves anew.
    const old = pictures.size >= KEPT ? pictures.keys().next().value : null;
    picture = old === null ? document.createElement("canvas") : pictures.get(old);
    pictures.delete(old);
    if (picture.width !== w || picture.height !== h) {
      picture.width = w;
      picture.height = h;
    }
    // Points of the grid in a pixel, and the one at the lower left corner.
    const toGrid = [span(view.x) / w / span(f.view.x) * (f.nx - 1), span(view.y) / h / span(f.view.y) * (f.ny - 1)];
    const first = [(view.x[0] - f.view.x[0]) / span(f.view.x) * (f.nx - 1), (view.y[0] - f.view.y[0]) / span(f.view.y) * (f.ny - 1)];
    const gl = GL.open();
    if (gl && w <= GL.can.side && h <= GL.can.side) fill(gl, app, c, picture, toGrid, first, lineWidth);
    else fillByHand(app, c, picture, toGrid, first, lineWidth);
    pictures.set(key, picture);
    return picture;
  }

  /** textureOf returns the texture of a field's heights on a scale, with a border. */
  function textureOf(app, c) {
    const f = c.field;
    const is = `${f.id} ${f.version} ${GL.generation}`;
    const t = GL.texture("field " + f.slot, "r32f", f.nx + 2, f.ny + 2, c.uploaded === is ? null : bordered(heightsOn(f, app.D.contour.scale), f.nx, f.ny));
    c.uploaded = is;
    return t;
  }

  function fill(gl, app, c, picture, toGrid, first, lineWidth) {
    const w = picture.width, h = picture.height, f = c.field, look = app.D.contour;
    const defines = {};
    if (f.holes) defines.HOLES = 1;
    if (look.levels) defines.LEVELS = 1;
    const p = GL.program("contours", GL.COVER, CONTOUR, defines);
    const colors = new Uint8Array(4 * c.bands.n);
    c.colors.forEach((rgb, i) => colors.set([...rgb, 255], 4 * i));
    const values = {
      field: textureOf(app, c), bandColors: GL.texture("bands", "rgba8", c.bands.n, 1, colors),
      fieldSize: [f.nx, f.ny], size: [w, h], toGrid, gridFirst: first,
      lowest: c.bands.first, bandStep: c.bands.step, bandCount: c.bands.n, banded: look.bands > 0 ? 1 : 0,
      lineCount: c.lines.length, evaluations: 3, lineWidth, brighten: lineLift(look.colormap), maskColor: rgb(app.theme.masked),
    };
    if (look.levels) {
      values.lineStep = (c.scale.b - c.scale.a) / ISO_LINES; // on the average
      values.lineLevels = GL.texture("levels", "r32f", Math.max(1, c.lines.length), 1, new Float32Array(c.lines.length ? c.lines : [0]));
    } else {
      const even = evenLevels(c.lines);
      values.lineFirst = even.first;
      values.lineStep = even.step;
    }
    GL.show(w, h);
    gl.disable(gl.BLEND);
    gl.disable(gl.DEPTH_TEST);
    p.set(values);
    GL.cover();
    GL.copy(picture.getContext("2d", Plots.CONTEXT), w, h);
  }

  /** fillByHand is fill without WebGL2: bilinear, with lines as far as the slope tells. */
  function fillByHand(app, c, picture, toGrid, first, lineWidth) {
    const w = picture.width, h = picture.height, f = c.field, look = app.D.contour, { bands, colors, lines } = c;
    const z = heightsOn(f, look.scale), { nx, ny } = f;
    const ctx = picture.getContext("2d", Plots.CONTEXT), img = ctx.createImageData(w, h), out = img.data;
    const mask = rgb(app.theme.masked).map(v => 255 * v);
    const lift = 255 * lineLift(look.colormap);
    const even = evenLevels(lines);
    for (let y = 0, k = 0; y < h; y++) {
      const gy = (h - y - 0.5) * toGrid[1] + first[1];
      const j = Math.min(Math.max(Math.floor(gy), 0), ny - 2), ty = gy - j;
      for (let x = 0; x < w; x++, k += 4) {
        const gx = (x + 0.5) * toGrid[0] + first[0];
        const i = Math.min(Math.max(Math.floor(gx), 0), nx - 2), tx = gx - i, at = j * nx + i;
        const a = z[at], b = z[at + 1], p = z[at + nx], q = z[at + nx + 1];
        const lower = a + (b - a) * tx, upper = p + (q - p) * tx, v = lower + (upper - lower) * ty;
        let r = mask;
        if (v === v && gx > -0.01 && gy > -0.01 && gx < nx - 0.99 && gy < ny - 0.99) {
          const t = (v - bands.first) / bands.step;
          r = colors[Math.min(Math.max(Math.floor(t), 0), bands.n - 1)];
          const slope = Math.hypot(((b - a) * (1 - ty) + (q - p) * ty) * toGrid[0], (upper - lower) * toGrid[1]);
          let level = even.first + even.step * Math.min(Math.max(Math.round((v - even.first) / even.step), 0), lines.length - 1);
          if (look.levels) level = lines.reduce((best, l) => Math.abs(l - v) < Math.abs(best - v) ? l : best, Infinity);
          const ink = lines.length && slope > 0 ? Math.min(Math.max(0.5 * Math.max(lineWidth, 1) + 0.5 - Math.abs(v - level) / slope, 0), 1) * Math.min(lineWidth, 1) : 0;
          if (ink > 0) {
            const luma = (LUMA[0] * r[0] + LUMA[1] * r[1] + LUMA[2] * r[2]) / 255;
            const line = lift > 0 && luma < (DARK_TO + LIGHT_FROM) / 2 ? r.map(v => Math.min(v + lift, 255)) : [0, 0, 0];
            r = r.map((v, m) => v + (line[m] - v) * ink);
          }
        }
        out[k] = r[0];
        out[k + 1] = r[1];
        out[k + 2] = r[2];
        out[k + 3] = 255;
      }
    }
    ctx.putImageData(img, 0, 0);
  }

  return { make, ensemble, contours, contourImage, check, noteOf, scaleOf, heightsOn, evenLevels, rgb };
})();
