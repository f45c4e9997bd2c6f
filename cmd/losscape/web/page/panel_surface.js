// The panel of the lit surface: drawn by WebGL2 as gpu/draw draws it, in an axis box as
// scenes/figure lays it out, with its text on the panel's own canvas.
Panels.surface = (() => {
  const P = Plots;
  const { TICK, LABEL, TITLE, MARGIN, TICK_LENGTH, TICK_GAP, LABEL_GAP, AXIS_WIDTH, CASING, DOT, STAR, ISO_LINES, CAP, clamp } = P;
  const TITLE_GAP = 7, GRID_WIDTH = 0.8, ISO_WIDTH = 0.55; // points, as those of Plots
  const XRAY_PATH = 0.4, XRAY_DOT = 0.5; // how much shows of what the surface hides
  const SOFTNESS = 4e-4; // difference of depth over which the surface hides a mark
  const MIN_ZOOM = 0.25, MAX_ZOOM = 4;
  const OFF_PLANE = 1e-6; // a distance from the plane, in shares of 1 + that from its origin, that is no rounding

  // ---- Vectors ----

  const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
  const add = (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
  const sub = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
  const mul = (a, x) => [a[0] * x, a[1] * x, a[2] * x];
  const norm = a => mul(a, 1 / Math.sqrt(dot(a, a)));

  /** smooth goes from 0 at a to 1 at b. */
  function smooth(x, a, b) {
    const t = clamp((x - a) / (b - a), 0, 1);
    return t * t * (3 - 2 * t);
  }

  // ---- The camera, as scenes/figure/camera.go ----

  // Half the size of the axis box: 4 : 4 : 3, scaled and seen from a distance of 10 as
  // mplot3d does.
  const HALF = mul([4, 4, 3], 1.8294640721620434 * 25 / 24 / 6.4031242374328485 / 2);
  const DISTANCE = 10;
  const BULGE = 0.012; // how far marks are lifted off the surface for its curvature

  /** cameraAt returns a camera at a pose: matplotlib's elev and azim in degrees, and zoom. */
  function cameraAt(pose, flat) {
    const e = pose.elev * Math.PI / 180, a = pose.azim * Math.PI / 180;
    const se = Math.sin(e), ce = Math.cos(e), sa = Math.sin(a), ca = Math.cos(a);
    const r = Math.sqrt(dot(HALF, HALF)) * 1.1, dist = DISTANCE / pose.zoom;
    return {
      right: [-sa, ca, 0], up: [-se * ca, -se * sa, ce], toEye: [ce * ca, ce * sa, se],
      scale: 1, cx: 0, cy: 0, dist, flat, near: dist - r, far: dist + r,
    };
  }

  /** centred returns a box coordinate from the box's centre. */
  function centred(b) { return [(2 * b[0] - 1) * HALF[0], (2 * b[1] - 1) * HALF[1], (2 * b[2] - 1) * HALF[2]]; }

  function depthAt(c, z) {
    return c.flat ? (z - c.near) / (c.far - c.near) : c.far / (c.far - c.near) * (1 - c.near / z);
  }

  /** project returns where a point of the box is seen, and its depth from 0 to 1. */
  function project(c, b) {
    const p = centred(b), z = c.dist - dot(c.toEye, p), w = c.flat ? c.dist : z;
    return [c.cx + c.scale * dot(c.right, p) / w, c.cy - c.scale * dot(c.up, p) / w, depthAt(c, z)];
  }

  /** perUnit returns how much depth there is to a unit along the view. */
  function perUnit(c) { return depthAt(c, c.dist + 0.5) - depthAt(c, c.dist - 0.5); }

  /** pixel returns the size of a pixel at the distance of the box's centre. */
  function pixel(c) { return c.dist / c.scale; }

  /** liftOf returns the depth by which a line of a width is lifted off the surface. */
  function liftOf(c, width) { return perUnit(c) * (2.5 * width * pixel(c) + BULGE); }

  function eyeOf(c) { return mul(c.toEye, c.flat ? 1e4 : c.dist); }

  /** matrix returns the transform from box to clip coordinates of a rectangle. */
  function matrix(c, r) {
    const m = new Float32Array(16);
    let sx = 2 * c.scale / r.w, sy = 2 * c.scale / r.h;
    const ox = 2 * (c.cx - r.x) / r.w - 1, oy = 1 - 2 * (c.cy - r.y) / r.h;
    let a = (c.far + c.near) / (c.far - c.near), b = -2 * c.far * c.near / (c.far - c.near);
    if (c.flat) {
      a = 2 / (c.far - c.near);
      b = -(c.far + c.near) / (c.far - c.near);
      sx /= c.dist;
      sy /= c.dist;
    }
    const origin = mul(HALF, -1), wo = c.dist - dot(c.toEye, origin);
    for (let k = 0; k < 3; k++) {
      const s = 2 * HALF[k], w = -c.toEye[k] * s;
      m[4 * k] = sx * c.right[k] * s + (c.flat ? 0 : ox * w);
      m[4 * k + 1] = sy * c.up[k] * s + (c.flat ? 0 : oy * w);
      m[4 * k + 2] = a * w;
      m[4 * k + 3] = c.flat ? 0 : w;
    }
    const w = c.flat ? 1 : wo;
    m[12] = sx * dot(c.right, origin) + ox * w;
    m[13] = sy * dot(c.up, origin) + oy * w;
    m[14] = a * wo + b;
    m[15] = w;
    return m;
  }

  /** sun returns the direction of the light: from above the viewer's left shoulder. */
  function sun(c) {
    const v = add(sub(mul(c.toEye, 0.55), mul(c.right, 0.6)), mul(c.up, 0.35));
    v[2] += 0.55;
    return norm(v);
  }

  // ---- The camera's path in the film, as scenes/figure/path_camera.go ----

  /** monotone joins values at key frames by cubics that do not overshoot (Fritsch and Butland, 1984). */
  function monotone(frames, values, at) {
    const n = frames.length;
    if (at <= frames[0]) return values[0];
    if (at >= frames[n - 1]) return values[n - 1];
    let i = 0;
    while (at >= frames[i + 1]) i++;
    const width = k => frames[k + 1] - frames[k], secant = k => (values[k + 1] - values[k]) / width(k);
    const slope = k => {
      if (k === 0 || k === n - 1) return 0;
      const a = secant(k - 1), b = secant(k);
      if (a * b <= 0) return 0;
      const wa = 2 * width(k) + width(k - 1), wb = width(k) + 2 * width(k - 1);
      return (wa + wb) / (wa / a + wb / b);
    };
    const h = width(i), t = (at - frames[i]) / h, u = 1 - t;
    return values[i] * (1 + 2 * t) * u * u + values[i + 1] * (3 - 2 * t) * t * t + h * t * u * (slope(i) * u - slope(i + 1) * t);
  }

  /** poseAt returns where the film's camera stands at frame k, which need not be whole. */
  function poseAt(D, k) {
    const c = D.camera, frames = Math.max(1, D.film.frames);
    const p = { elev: c.elev, azim: c.azim, zoom: c.zoom };
    if (c.path === "orbit") p.azim += 360 * k / frames;
    if (c.path === "dolly") p.zoom = Math.pow(c.zoom, smooth(k, 0, Math.max(1, frames - 1)));
    if (c.path === "keys") {
      const at = c.keys.map(q => q.frame), of = f => monotone(at, c.keys.map(f), k);
      p.elev = of(q => q.elev);
      p.azim = of(q => q.azim);
      p.zoom = Math.exp(of(q => Math.log(q.zoom)));
    }
    return p;
  }

  /** poses returns some that stand for all of a film's, without zoom. */
  function poses(D) {
    const c = D.camera, n = D.film.frames, out = [];
    if (c.path === "still" || n < 2 && c.path !== "orbit") out.push(poseAt(D, 0));
    else if (c.path === "orbit") for (let a = 0; a < 360; a += 15) out.push({ elev: c.elev, azim: c.azim + a });
    else for (let k = 0; k < n; k += Math.max(1, Math.ceil(n / 24))) out.push(poseAt(D, k));
    for (const p of out) p.zoom = 1;
    return out;
  }

  // ---- The axis box, as scenes/figure/box.go ----

  const overlaps = (a, b, room) => a[0] - room < b[2] && b[0] < a[2] + room && a[1] - room < b[3] && b[1] < a[3] + room;
  const unite = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
  const NOWHERE = [Infinity, Infinity, -Infinity, -Infinity];

  /** Box is what is written on the axes of the box: three scales and their names, within a plot. */
  class Box {
    constructor(sheet, scales, names, plot) {
      Object.assign(this, { sheet, scales, names, plot, pt: sheet.pt, bins: [], marks: [] });
      [9, 9, 7].forEach((n, axis) => this.setBins(axis, n));
    }

    setBins(axis, n) {
      this.bins[axis] = n;
      const m = this.sheet.marks(this.scales[axis], n);
      this.marks[axis] = { values: m.values, labels: m.labels, name: Scales.axisName(m, this.names[axis]) };
    }

    unit(axis, v) { return this.scales[axis].unit(v); }

    /** text returns the box of a text that touches a line at distance gap from p on the side of n, and how far it reaches. */
    outward(text, size, p, nx, ny, gap) {
      const w = this.sheet.width(text, { size }), h = CAP * size;
      const reach = Math.abs(nx) * w / 2 + Math.abs(ny) * h / 2;
      const x = p[0] + nx * (gap + reach), y = p[1] + ny * (gap + reach), pad = 0.12 * size;
      return [{ text, x, y, size, box: [x - w / 2 - pad, y - h / 2 - pad, x + w / 2 + pad, y + h / 2 + pad] }, 2 * reach];
    }

    /**
     * place works out where the labels go: outwards from their edges, as far as their own
     * size asks. Labels that would run into others are left out, and crowd tells whose do.
     */
    place(c, fade) {
      const { sheet, pt, plot } = this;
      const out = { labels: [], ticks: [], bounds: NOWHERE, corner: NOWHERE, crowd: [false, false, false] };
      for (let i = 0; i < 8; i++) {
        const v = project(c, [i & 1, i >> 1 & 1, i >> 2]);
        out.corner = unite(out.corner, [v[0], v[1], v[0], v[1]]);
      }
      out.bounds = out.corner;
      const size = sheet.fitting(sheet.widest(this.marks.flatMap(m => m.labels), sheet.tick), 0.2 * plot.w, sheet.tick);
      const centre = project(c, [0.5, 0.5, 0.5]);
      const names = [], ticks = [];
      for (let axis = 0; axis < 3; axis++) {
        const [p, q] = edgeOf(c, axis);
        const a = project(c, p), z = project(c, q);
        const dx = z[0] - a[0], dy = z[1] - a[1], length = Math.hypot(dx, dy);
        if (length < 36 * pt) continue; // seen end on
        let nx = dy / length, ny = -dx / length;
        if (nx * ((a[0] + z[0]) / 2 - centre[0]) + ny * ((a[1] + z[1]) / 2 - centre[1]) < 0) [nx, ny] = [-nx, -ny];
        let alpha = 1;
        if (fade && axis < 2) { // an axis jumps to the other side when seen from its end
          alpha = smooth(Math.abs(c.toEye[1 - axis]) / Math.hypot(c.toEye[0], c.toEye[1]), 0.02, 0.08);
          if (!(alpha > 0)) continue;
        }
        // Seen from above, the far side of the box may stick out.
        const p2 = p.slice(), q2 = q.slice();
        if (axis < 2) {
          p2[2] = 1 - p[2];
          q2[2] = 1 - q[2];
        }
        const a2 = project(c, p2), z2 = project(c, q2);
        const outside = Math.max(0, nx * (a2[0] - a[0]) + ny * (a2[1] - a[1]), nx * (z2[0] - z[0]) + ny * (z2[1] - z[1]));
        const gap = (TICK_LENGTH + TICK_GAP) * pt + outside;
        const own = [], m = this.marks[axis];
        let reach = 0;
        m.values.forEach((v, i) => {
          const at = p.slice();
          at[axis] = this.unit(axis, v);
          const s = project(c, at), far = outside + TICK_LENGTH * pt;
          out.ticks.push({ x0: s[0] + nx * outside, y0: s[1] + ny * outside, x1: s[0] + nx * far, y1: s[1] + ny * far, alpha });
          const [l, r] = this.outward(m.labels[i], size, s, nx, ny, gap);
          Object.assign(l, { axis, alpha });
          reach = Math.max(reach, r);
          if (own.length && overlaps(l.box, own[own.length - 1].box, 1.5 * pt)) {
            out.crowd[axis] = true;
            return;
          }
          own.push(l);
        });
        ticks.push(...own);
        let space = LABEL_GAP + 1.5 + (axis === 2 ? 4 : 0); // beside a label, not below it
        const text = sheet.cut(m.name, sheet.name, Math.min(0.4 * plot.w, 0.8 * plot.h));
        const mid = [(a[0] + z[0]) / 2, (a[1] + z[1]) / 2];
        let l;
        for (let k = 0; k < 16; k++) { // further out until it meets none of its own ticks' labels
          [l] = this.outward(text, LABEL * pt, mid, nx, ny, gap + reach + space * pt);
          if (!own.some(o => overlaps(l.box, o.box, 3.5 * pt))) break;
          space++;
        }
        names.push(Object.assign(l, { axis, alpha }));
      }
      // Names stay; a tick label that meets one, or another axis' label, goes, the fainter
      // of the two.
      ticks.sort((a, b) => b.alpha - a.alpha);
      for (const l of names.concat(ticks)) {
        if (out.labels.some(o => overlaps(l.box, o.box, (l.axis === o.axis ? 1.5 : 3.5) * pt))) continue;
        out.labels.push(l);
        out.bounds = unite(out.bounds, l.box);
      }
      return out;
    }

    /**
     * fit sets a scale and a centre at which the box with its labels fills the plot at all
     * poses, and thins out the ticks until their labels do not run into each other.
     */
    fit(list, flat, fade) {
      const r = this.plot, at = { scale: DISTANCE * Math.min(r.w, r.h) / 2.4, cx: r.x + r.w / 2, cy: r.y + r.h / 2 };
      for (let round = 0; round < 24; round++) {
        let all = NOWHERE, corners = NOWHERE;
        const crowd = [false, false, false];
        for (const pose of list) {
          const p = this.place(Object.assign(cameraAt(pose, flat), at), fade);
          all = unite(all, p.bounds);
          corners = unite(corners, p.corner);
          p.crowd.forEach((v, k) => { crowd[k] = crowd[k] || v; });
        }
        crowd[0] = crowd[1] = crowd[0] || crowd[1]; // both axes of the plane have ticks alike
        let settled = true;
        crowd.forEach((v, k) => {
          if (v && this.bins[k] > 1) {
            this.setBins(k, this.bins[k] - 1);
            settled = false;
          }
        });
        // The labels' room does not grow with the box.
        const room = [all[2] - all[0] - corners[2] + corners[0], all[3] - all[1] - corners[3] + corners[1]];
        const grow = Math.max(0.2, Math.min((r.w - room[0]) / (corners[2] - corners[0]), (r.h - room[1]) / (corners[3] - corners[1])));
        at.scale *= grow;
        at.cx += r.x + r.w / 2 - (all[0] + all[2]) / 2;
        at.cy += r.y + r.h / 2 - (all[1] + all[3]) / 2;
        at.room = room;
        if (settled && round > 5 && Math.abs(grow - 1) < 1e-3) break;
      }
      return at;
    }
  }

  /** far returns for each axis the side, 0 or 1, that is away from the viewer. */
  function farSides(c) { return c.toEye.map(v => v < 0 ? 1 : 0); }

  /**
   * edgeOf returns the ends of the edge of the box that carries an axis: of the two
   * horizontal axes on the floor in front, of the vertical one the right-most.
   */
  function edgeOf(c, axis) {
    const far = farSides(c);
    let p = axis === 0 ? [0, 1 - far[1], far[2]] : [1 - far[0], 0, far[2]];
    if (axis === 2) {
      let best = -Infinity;
      for (const corner of [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]]) {
        const x = project(c, [corner[0], corner[1], 0.5])[0];
        if (x > best) [best, p] = [x, corner];
      }
    }
    const q = p.slice();
    q[axis] = 1;
    return [p, q];
  }

  /** drawPanes draws the three panes behind everything, with their grid. */
  function drawPanes(ctx, box, c) {
    const far = farSides(c), { theme } = box.sheet;
    const at = (u, v, axis) => {
      const p = [0, 0, 0];
      p[axis] = far[axis];
      p[(axis + 1) % 3] = u;
      p[(axis + 2) % 3] = v;
      return project(c, p);
    };
    for (let axis = 0; axis < 3; axis++) {
      ctx.beginPath();
      for (const [u, v] of [[0, 0], [1, 0], [1, 1], [0, 1]]) {
        const p = at(u, v, axis);
        ctx.lineTo(p[0], p[1]);
      }
      ctx.closePath();
      ctx.fillStyle = theme.pane[axis];
      ctx.fill();
    }
    ctx.beginPath();
    const line = (p, q) => {
      ctx.moveTo(p[0], p[1]);
      ctx.lineTo(q[0], q[1]);
    };
    for (let axis = 0; axis < 3; axis++) {
      // Ticks of one axis are lines on the panes of the other two.
      for (const v of box.marks[axis].values) {
        for (const pane of [(axis + 1) % 3, (axis + 2) % 3]) {
          const p = [0, 0, 0];
          p[axis] = box.unit(axis, v);
          p[pane] = far[pane];
          const q = p.slice();
          q[3 - axis - pane] = 1;
          line(project(c, p), project(c, q));
        }
      }
      for (const v of [0, 1]) { // outlines
        line(at(v, 0, axis), at(v, 1, axis));
        line(at(0, v, axis), at(1, v, axis));
      }
    }
    ctx.strokeStyle = theme.paneLine;
    ctx.lineWidth = Math.max(GRID_WIDTH * box.pt, 0.8 * box.sheet.hair);
    ctx.stroke();
  }

  /** drawLabels draws the ticks and what is written on the axes. */
  function drawLabels(ctx, p, sheet) {
    ctx.lineWidth = Math.max(AXIS_WIDTH * sheet.pt, 0.9 * sheet.hair);
    ctx.strokeStyle = sheet.theme.ink;
    for (const t of p.ticks) {
      ctx.globalAlpha = t.alpha;
      ctx.beginPath();
      ctx.moveTo(t.x0, t.y0);
      ctx.lineTo(t.x1, t.y1);
      ctx.stroke();
    }
    for (const l of p.labels) {
      ctx.globalAlpha = l.alpha;
      sheet.text(ctx, l.text, { size: l.size }, l.x, l.y, "center", true);
    }
    ctx.globalAlpha = 1;
  }

  // ---- Paths, as scenes/figure/path.go ----

  const inBox = p => p.every(x => x >= -1e-9 && x <= 1 + 1e-9);

  /** clipLine cuts the segment from p to q to the unit box; null if nothing is left. */
  function clipLine(p, q) {
    let t0 = 0, t1 = 1;
    const d = sub(q, p);
    for (let k = 0; k < 3; k++) {
      for (const side of [-1, 1]) {
        const num = side * ((side + 1) / 2 - p[k]), den = side * d[k]; // inside while t·den ≤ num
        if (den === 0 ? num < 0 : false) return null;
        if (den > 0) t1 = Math.min(t1, num / den);
        if (den < 0) t0 = Math.max(t0, num / den);
      }
    }
    return t0 > t1 ? null : [add(p, mul(d, t0)), add(p, mul(d, t1)), t0, t1];
  }

  /**
   * Trail is a run's way over the surface, in the box: at an iterate its height is the
   * run's own loss, between two it follows the surface, shifted by what the losses at both
   * ends differ from it. Points nearer than tiny to the last one kept are left out. Every
   * so many iterates have a mark, but for those nearer than apart to the last one.
   */
  class Trail {
    constructor(run, n, space, tiny, apart, every) {
      this.space = space;
      const { at, traj } = run;
      this.n = n;
      this.at = [];
      for (let k = 0; k < n; k++) this.at.push(space.of(at[2 * k], at[2 * k + 1], traj.loss[k]));
      this.points = [];
      this.when = [];
      this.beads = [];
      for (let k = 0; k < n; k++) {
        const p = this.at[k];
        if (k > 0) {
          const before = this.at[k - 1];
          const parts = Math.min(Math.ceil(Math.hypot(p[0] - before[0], p[1] - before[1]) * 96), 200);
          for (let i = 1; i < parts; i++) this.keep(this.way(k, i / parts), k - 1 + i / parts, tiny);
        }
        this.keep(p, k, tiny);
        if (!every || k % every) continue;
        const b = this.beads;
        if (!b.length || distance(this.at[b[b.length - 1]], p) >= apart) b.push(k);
      }
    }

    keep(p, when, tiny) {
      const n = this.points.length;
      if (n && distance(this.points[n - 1], p) < tiny) return;
      this.points.push(p);
      this.when.push(when);
    }

    way(k, share) {
      const p = this.at[k - 1], q = this.at[k], { height } = this.space;
      const m = add(mul(p, 1 - share), mul(q, share));
      const z = height(m[0], m[1]) + (p[2] - height(p[0], p[1])) * (1 - share) + (q[2] - height(q[0], q[1])) * share;
      if (z - z === 0) m[2] = z;
      return m;
    }

    /** place returns where the trail is after some updates. */
    place(updates) {
      const k = Math.floor(updates), share = updates - k;
      return share === 0 || k + 1 >= this.n ? this.at[Math.min(k, this.n - 1)] : this.way(k + 1, share);
    }

    /** upTo returns the points after some updates, the end included, and how far each has faded in a tail of so many updates. */
    upTo(updates, tail) {
      const out = [], begin = updates - tail;
      let i = 0;
      if (tail > 0 && begin > 0) {
        while (i < this.when.length && this.when[i] <= begin) i++;
        out.push([this.place(begin), 1]);
      }
      for (; i < this.when.length && this.when[i] <= updates; i++) out.push([this.points[i], faded(updates - this.when[i], tail)]);
      out.push([this.place(updates), 0]);
      return out;
    }

    beadsUpTo(updates, tail) {
      const out = [];
      for (const k of this.beads) {
        if (k > updates) break;
        if (!tail || updates - k < tail) out.push([this.at[k], faded(updates - k, tail)]);
      }
      return out;
    }
  }

  const faded = (age, tail) => tail ? Math.min(age / tail, 1) : 0;
  const distance = (p, q) => Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);

  // ---- Shaders ----

  const MESH_VERTEX = `
in float height;
uniform ivec2 meshSize;
uniform mat4 toClip; // from box coordinates, 0 to 1
uniform float plan;  // 1 for the floor plan, which is flat
uniform sampler2D occlusion;
centroid out vec2 at; // on the unit square
centroid out float open; // how much of the sky is seen
void main() {
  at = vec2(gl_VertexID % meshSize.x, gl_VertexID / meshSize.x) / vec2(meshSize - 1);
  vec2 texels = vec2(textureSize(occlusion, 0));
  open = textureLod(occlusion, (at * (texels - 1.0) + 0.5) / texels, 0.0).r;
  gl_Position = toClip * vec4(at, plan > 0.0 ? 0.0 : height, 1.0);
}
`;

  // As shaders/draw_shade.frag, which says why; here once for a pixel, unless that shows an
  // edge. NET says that there are lines at ticks or of a wireframe, DRAFT that a faster way to the
  // slope along the screen will do.
  const SHADE = `
centroid in vec2 at;
centroid in float open;
uniform sampler2D heightField; // height in the box, slopes over the unit square, 1 where finite
uniform sampler2D colors;
uniform mat4 toClip;
uniform float plan;
uniform vec2 viewport;
uniform vec2 colorRange;
uniform vec3 boxHalf, eye, light;
uniform float lineFirst, lineStep, lineWidth;
uniform int lineCount;
#ifdef NET
uniform vec4 gridLines;
uniform vec2 mesh;
#endif
uniform vec3 floorColor;
out vec4 color;

float coverage(float d, float width) {
  return clamp(0.5 * max(width, 1.0) + 0.5 - d, 0.0, 1.0) * min(width, 1.0);
}

#ifdef NET
float ruled(float x, float w, float first, float spacing, float width) {
  if (spacing <= 0.0) return 0.0;
  float f = (x - first) / spacing;
  w = max(w, 1e-30) / spacing;
  return coverage(abs(f - floor(f + 0.5)) / w, width) * clamp(0.25 / (w * width), 0.0, 1.0);
}
#endif

// How the place seen changes from pixel to pixel, on a surface of some slope there.
mat2 changes(vec2 slope) {
  vec2 ndc = gl_FragCoord.xy * 2.0 / viewport - 1.0, scale = 0.5 * viewport * gl_FragCoord.w;
  vec3 u = toClip[0].xyw + slope.x * toClip[2].xyw, v = toClip[1].xyw + slope.y * toClip[2].xyw;
  vec2 a = (u.xy - ndc * u.z) * scale, b = (v.xy - ndc * v.z) * scale;
  float det = a.x * b.y - a.y * b.x;
  det = abs(det) < 1e-20 ? 1e-20 : det;
  return mat2(b.y, -a.y, -b.x, a.x) / det;
}

void main() {
  vec2 size = vec2(textureSize(heightField, 0));
  vec4 r = textureLod(heightField, (at * (size - 1.0) + 0.5) / size, 0.0);
#ifdef HOLES
  if (r.w < 0.999) discard;
#endif
  bool isPlan = plan > 0.0;
#if defined(DRAFT) && !defined(NET)
  vec2 slope = vec2(dFdx(r.x), dFdy(r.x)); // along the screen
#else
  mat2 d = changes(isPlan ? vec2(0.0) : r.yz);
  vec2 slope = r.yz * d;
#endif
  float t = clamp((r.x - colorRange.x) / (colorRange.y - colorRange.x), 0.0, 1.0);
  vec3 c = texelFetch(colors, ivec2(t * 255.0 + 0.5, 0), 0).rgb;
  float w = max(length(slope), 1e-30) / lineStep;
  float f = (r.x - lineFirst) / lineStep;
  float k = clamp(floor(f + 0.5), 0.0, float(lineCount - 1));
  float line = coverage(abs(f - k) / w, lineWidth);
  line *= lineCount > 0 ? clamp(0.25 / (w * max(lineWidth, 1.0)), 0.0, 1.0) : 0.0;
  vec3 drawn = mix(c + 0.3, 0.45 * c, smoothstep(0.2, 0.26, dot(c, vec3(0.3, 0.59, 0.11))));
  if (isPlan) {
    color = vec4(mix(mix(c, floorColor, 0.3), drawn, 0.7 * line), 1.0);
    return;
  }
  line *= 0.6;
#ifdef NET
  vec2 across = vec2(length(vec2(d[0].x, d[1].x)), length(vec2(d[0].y, d[1].y)));
  float net = max(ruled(at.x, across.x, gridLines.x, gridLines.y, lineWidth), ruled(at.y, across.y, gridLines.z, gridLines.w, lineWidth));
  net = max(net, max(ruled(at.x, across.x, 0.0, mesh.x, lineWidth), ruled(at.y, across.y, 0.0, mesh.y, lineWidth)));
  line = max(line, 0.5 * net);
#endif
  c = mix(c, drawn, line);

  vec3 n = normalize(vec3(-r.yz * boxHalf.z / boxHalf.xy, 1.0));
  vec3 toEye = normalize(eye - (2.0 * vec3(at, r.x) - 1.0) * boxHalf);
  float seen = open, above = 0.5 + 0.5 * n.z;
  if (dot(n, toEye) < 0.0) { // its lower side
    n = -n;
    seen = 1.0;
    above = 0.7;
  }
  float ambient = (0.62 + 0.12 * above) * mix(0.52, 1.0, seen);
  float key = 0.40 * max(0.0, dot(n, light)) * mix(0.7, 1.0, seen);
  float shine = max(0.0, dot(n, normalize(light + toEye)));
  shine *= shine;
  shine *= shine;
  shine *= shine;
  shine *= shine * shine; // to the 24th power
  c = c * (ambient + key) + 0.07 * shine * seen;
  color = vec4(min(c, 1.0), 1.0);
}
`;

  // As shaders/draw_occlusion.comp: how much of the sky each place sees.
  const OCCLUSION = `
uniform sampler2D heightField;
uniform ivec2 size;
uniform float steepness;
uniform int directions, steps;
out vec4 color;
float heightAt(vec2 at) {
  vec2 s = vec2(textureSize(heightField, 0));
  vec4 r = textureLod(heightField, (at * (s - 1.0) + 0.5) / s, 0.0);
  return r.w < 0.999 ? -1e30 : r.x;
}
void main() {
  vec2 here = floor(gl_FragCoord.xy) / vec2(size - 1);
  float height = heightAt(here), seen = 0.0;
  for (int k = 0; k < directions; k++) {
    float angle = (float(k) + 0.5) * 6.28318531 / float(directions);
    vec2 way = vec2(cos(angle), sin(angle));
    float horizon = 0.0, far = 0.008;
    for (int i = 0; i < steps; i++, far *= 1.5) {
      vec2 p = here + way * far;
      if (any(lessThan(p, vec2(0.0))) || any(greaterThan(p, vec2(1.0)))) break;
      horizon = max(horizon, (heightAt(p) - height) * steepness / far);
    }
    seen += 1.0 / (1.0 + horizon * horizon);
  }
  color = vec4(seen / float(directions));
}
`;

  // What marks have in common: places are in CSS pixels of the panel, y down.
  const PLACES = `
uniform vec4 plot;   // x, y, width, height in CSS pixels
uniform float dots;  // pixels of the target to a CSS pixel
`;
  const TO_CLIP = `
vec4 clipAt(vec2 p) { return vec4(2.0 * (p.x - plot.x) / plot.z - 1.0, 1.0 - 2.0 * (p.y - plot.y) / plot.w, 0.0, 1.0); }
`;
  const VISIBLE = `
uniform sampler2D depths; // of the surface
uniform float softness;
vec2 here() { return vec2(gl_FragCoord.x / dots + plot.x, plot.y + plot.w - gl_FragCoord.y / dots); }
float covered(float d) { return clamp(0.5 - d * dots, 0.0, 1.0); }
float visible(float d) { return clamp((texelFetch(depths, ivec2(gl_FragCoord.xy), 0).r - d) / softness + 0.5, 0.0, 1.0); }
`;

  // Capsules of a path: how much of a pixel its casing and its line cover. The greatest of
  // all capsules stays, so that a path that covers itself is no denser there.
  const PATH_VERTEX = PLACES + TO_CLIP + `
in vec4 from, to; // place, depth and fading of both ends
uniform float reach;
flat out vec4 a, b;
void main() {
  a = from;
  b = to;
  if (from.z < -8.0 || to.z < -8.0) { // a gap
    gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
    return;
  }
  vec2 d = to.xy - from.xy;
  float l = length(d);
  vec2 u = l > 1e-6 ? d / l : vec2(1.0, 0.0);
  float along = (gl_VertexID & 1) == 0 ? -1.0 : 1.0, side = (gl_VertexID >> 1) == 0 ? -1.0 : 1.0;
  vec2 p = (along < 0.0 ? from.xy : to.xy) + reach * (along * u + side * vec2(-u.y, u.x));
  gl_Position = clipAt(p);
}
`;
  const PATH = PLACES + VISIBLE + `
flat in vec4 a, b;
uniform vec2 radii; // of the casing and of the line
uniform vec2 xray;  // how much shows of either where the surface hides it
uniform vec4 ink;   // DIRECT: the colour of a line without a casing that does not cross itself
out vec4 color;
void main() {
  vec2 p = here(), along = b.xy - a.xy, to = p - a.xy;
  float t = clamp(dot(to, along) / max(dot(along, along), 1e-12), 0.0, 1.0);
  float d = length(to - along * t);
  float v = visible(mix(a.z, b.z, t)), shows = 1.0 - b.w;
#ifdef DIRECT
  color = vec4(ink.rgb, 1.0) * (covered(d - radii.y) * shows * mix(xray.y, 1.0, v));
#else
  color = vec4(covered(d - radii.x) * shows * mix(xray.x, 1.0, v), covered(d - radii.y) * shows * mix(xray.y, 1.0, v), 0.0, 0.0);
#endif
}
`;
  const TONE = `
uniform sampler2D covers;
uniform vec4 casing, ink; // colours and their opacities
out vec4 color;
void main() {
  vec2 c = texelFetch(covers, ivec2(gl_FragCoord.xy), 0).rg * vec2(casing.a, ink.a);
  color = vec4(ink.rgb * c.y + casing.rgb * c.x * (1.0 - c.y), c.y + c.x * (1.0 - c.y));
}
`;

  const BALL_VERTEX = PLACES + TO_CLIP + `
uniform vec4 ball; // place, radius, depth
out vec2 q;
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 2.0 - 1.0;
  q = corner * (1.0 + 1.0 / (ball.z * dots));
  gl_Position = clipAt(ball.xy + q * ball.z);
}
`;
  const BALL = PLACES + VISIBLE + `
in vec2 q;
uniform vec4 ball;
uniform float perRadius, xray;
uniform vec3 ink;
out vec4 color;
void main() {
  float r2 = dot(q, q), z = sqrt(max(0.0, 1.0 - r2));
  vec3 n = vec3(q.x, -q.y, z), light = normalize(vec3(-0.45, 0.6, 0.66));
  float lit = 0.55 + 0.55 * max(0.0, dot(n, light));
  float shine = pow(max(0.0, dot(n, normalize(light + vec3(0.0, 0.0, 1.0)))), 40.0);
  float v = visible(ball.w - z * perRadius);
  vec3 c = mix(ink, min(min(ink * lit, 1.0) + 0.75 * shine, 1.0), v);
  float a = covered((sqrt(r2) - 1.0) * ball.z) * mix(xray, 1.0, v);
  color = vec4(c, 1.0) * a;
}
`;

  // The runs of an ensemble, as shaders/draw_ensemble_splat.comp places them.
  const POINTS_VERTEX = PLACES + `
in vec2 place; // on the unit square
in float shade; // place in colors, 0 to 1; below 0 for that of the height
uniform sampler2D heightField, colors;
uniform mat4 toClip;
uniform vec3 boxHalf, eye;
uniform vec2 colorRange;
uniform float lift, radius;
out float depth;
flat out vec3 ink;
void main() {
  vec2 size = vec2(textureSize(heightField, 0));
  vec4 r = textureLod(heightField, (place * (size - 1.0) + 0.5) / size, 0.0);
  bool gone = any(lessThan(place, vec2(0.0))) || any(greaterThan(place, vec2(1.0))) || r.w < 0.999 || r.x < 0.0 || r.x > 1.0;
  vec4 clip = toClip * vec4(place, r.x, 1.0);
  vec3 normal = normalize(vec3(-r.yz * boxHalf.z / boxHalf.xy, 1.0));
  float facing = clamp(20.0 * dot(normal, normalize(eye - (2.0 * vec3(place, r.x) - 1.0) * boxHalf)), -1.0, 1.0);
  depth = clip.z / clip.w * 0.5 + 0.5 - lift * facing;
  float t = shade < 0.0 ? clamp((r.x - colorRange.x) / (colorRange.y - colorRange.x), 0.0, 1.0) : shade;
  ink = textureLod(colors, vec2((t * 255.0 + 0.5) / 256.0, 0.5), 0.0).rgb;
  gl_Position = gone ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(clip.xy / clip.w, 0.0, 1.0);
  gl_PointSize = 2.0 * radius * dots + 1.0;
}
`;
  const POINTS = PLACES + VISIBLE + `
in float depth;
flat in vec3 ink;
uniform float opacity, radius;
out vec4 color;
void main() {
  float large = max(radius * dots, 0.5);
  float d = length(gl_PointCoord - 0.5) * (2.0 * radius * dots + 1.0);
  float a = clamp(large + 0.5 - d, 0.0, 1.0) * min(1.0, radius * dots / large) * opacity * visible(depth);
  color = vec4(ink, 1.0) * a;
}
`;

  // ---- The surface's own textures ----

  const OCCLUSION_SIZE = 128;

  /**
   * slopes returns of heights z in the box, NaN in holes, four numbers a point: the height,
   * the slopes over the unit square, and 1 where it is finite, as draw_height_field.comp.
   */
  function slopes(z, nx, ny) {
    const out = new Float32Array(4 * nx * ny);
    for (let j = 0, k = 0, o = 0; j < ny; j++) {
      const below = j > 0 ? nx : 0, above = j < ny - 1 ? nx : 0;
      const dy = (ny - 1) / ((below + above) / nx);
      for (let i = 0; i < nx; i++, k++, o += 4) {
        const h = z[k];
        if (h !== h) continue;
        const left = i > 0 ? 1 : 0, right = i < nx - 1 ? 1 : 0;
        const sx = (z[k + right] - z[k - left]) / (left + right) * (nx - 1), sy = (z[k + above] - z[k - below]) * dy;
        out[o] = h;
        out[o + 1] = sx === sx ? sx : 0; // next to a hole
        out[o + 2] = sy === sy ? sy : 0;
        out[o + 3] = 1;
      }
    }
    return out;
  }

  /**
   * meshHeights returns the heights of mx by my vertices over heights z. A vertex in a hole,
   * of which no fragment shows, has the height of what is nearest, so that triangles across
   * its rim stay on the surface.
   */
  function meshHeights(z, nx, ny, mx, my) {
    const out = new Float32Array(mx * my);
    const reach = 2 + Math.max(Math.floor(nx / mx), Math.floor(ny / my));
    const around = [[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, 1], [1, -1], [-1, -1]];
    for (let j = 0; j < my; j++) {
      const y = j * (ny - 1) / (my - 1), y0 = Math.min(Math.floor(y), ny - 2), ty = y - y0;
      for (let i = 0; i < mx; i++) {
        const x = i * (nx - 1) / (mx - 1), x0 = Math.min(Math.floor(x), nx - 2), tx = x - x0;
        const k = y0 * nx + x0;
        let v = (z[k] * (1 - tx) + z[k + 1] * tx) * (1 - ty) + (z[k + nx] * (1 - tx) + z[k + nx + 1] * tx) * ty;
        const cx = Math.round(x), cy = Math.round(y);
        for (let d = 0; d <= reach && v !== v; d++) {
          for (const [ax, ay] of around) {
            v = z[clamp(cy + d * ay, 0, ny - 1) * nx + clamp(cx + d * ax, 0, nx - 1)];
            if (v === v) break;
          }
        }
        out[j * mx + i] = v === v ? v : 0;
      }
    }
    return out;
  }

  /**
   * triangles returns the corners of the triangles over cells of step by step of a mesh of mx
   * by my vertices, those nearest to the eye first, so that few pixels are shaded twice.
   */
  function triangles(mx, my, step, toEye) {
    const nx = (mx - 1) / step, ny = (my - 1) / step, right = step, up = step * mx;
    const out = new Uint32Array(nx * ny * 6);
    let k = 0;
    for (let b = 0; b < ny; b++) {
      const j = toEye[1] > 0 ? ny - 1 - b : b;
      for (let c = 0; c < nx; c++) {
        const i = toEye[0] > 0 ? nx - 1 - c : c, v = step * (j * mx + i);
        out[k++] = v;
        out[k++] = v + right;
        out[k++] = v + up;
        out[k++] = v + up;
        out[k++] = v + right;
        out[k++] = v + right + up;
      }
    }
    return out;
  }

  // ---- The panel ----

  let panels = 0;
  const SETTLE = 110; // ms after which a draft is drawn finely
  const DRAFT_PIXELS = 1.3e5, MOST_PIXELS = 8e6; // of the surface's picture

  const make = (app, spec) => {
    const D = app.D, id = ++panels;
    const name = what => `surface ${id} ${what}`;
    let laid = { key: "" }; // the layout
    let terrain = null;   // the heights in the box
    let seen = null;      // what the frame drawn last shows: {plot, camera, pt, dpr}
    let trails = { key: "", list: [] };
    const carved = { key: "", open: "" }; // what carve has made, and from what
    let drawn = "";       // what the surface's picture was drawn from
    let moved = -1e9, lastPose = "", timer = 0;

    GL.whenRestored(() => app.redraw());

    const flat = D.camera.projection === "orthographic";
    const startZoom = D.camera.path === "still" ? D.camera.zoom : 1;

    /** pose returns where the camera stands: where a person has put it, else where the film has it. */
    function pose() {
      const c = app.camera, was = D.camera, pan = c && c.pan || was.pan;
      const moved = c && (c.elev !== was.elev || c.azim !== was.azim || c.zoom !== startZoom || c.pan.some((v, i) => v !== was.pan[i]));
      if (moved && c.own !== false) return { elev: c.elev, azim: c.azim, zoom: c.zoom, pan, taken: true };
      return { ...poseAt(D, app.reducedMotion ? 0 : app.frame || 0), pan, taken: false };
    }

    /** heights prepares the landscape on the scale of the box. */
    function heights() {
      const f = app.field, kind = D.surface.scale;
      const s = Fields.scaleOf(f, kind);
      const runs = P.visible(app, spec);
      const range = lossRange(s, runs);
      const key = `${f.id} ${f.version} ${range.a} ${range.b}`;
      if (terrain && terrain.key === key) return terrain;
      const coordinates = Fields.heightsOn(f, kind);
      const z = new Float32Array(coordinates.length), k = 1 / (range.b - range.a);
      for (let i = 0; i < z.length; i++) z[i] = (coordinates[i] - range.a) * k;
      const unit = x => (x - range.a) * k;
      const iso = Fields.evenLevels(s.levels(ISO_LINES));
      let low = unit(s.a), high = unit(s.b);
      if (high - low < 1e-6) high = low + 1;
      terrain = {
        key, z, nx: f.nx, ny: f.ny, scale: range, view: f.view, holes: f.holes,
        iso: { first: unit(iso.first), step: iso.step * k, n: iso.n }, low, high,
      };
      const { view } = f, { nx, ny } = f;
      terrain.of3 = (alpha, beta, loss) => [
        (alpha - view.x[0]) / (view.x[1] - view.x[0]), (beta - view.y[0]) / (view.y[1] - view.y[0]), range.unit(loss)];
      terrain.height = (u, v) => {
        if (!(u >= 0 && u <= 1 && v >= 0 && v <= 1)) return NaN;
        const x = u * (nx - 1), y = v * (ny - 1), i = Math.min(Math.floor(x), nx - 2), j = Math.min(Math.floor(y), ny - 2);
        const tx = x - i, ty = y - j, at = j * nx + i;
        return (z[at] * (1 - tx) + z[at + 1] * tx) * (1 - ty) + (z[at + nx] * (1 - tx) + z[at + nx + 1] * tx) * ty;
      };
      return terrain;
    }

    /**
     * lossRange returns the scale of the axis box: the landscape's with some room, and more
     * for the losses of runs that leave it by more than most of that, as
     * scenes/figure/figure.go.
     */
    function lossRange(s, runs) {
      const view = app.field.view;
      let lo = s.a, hi = s.b, all = hi - lo;
      for (const { run } of runs) {
        const n = P.points(app, run);
        for (let k = 0; k < n; k++) {
          const a = run.at[2 * k], b = run.at[2 * k + 1];
          if (a < view.x[0] || a > view.x[1] || b < view.y[0] || b > view.y[1]) continue;
          const l = s.to(run.traj.loss[k]);
          if (l < s.a - 0.02 * all && l > s.a - 0.5 * all) lo = Math.min(lo, l);
          else if (l > s.b + 0.02 * all && l < s.b + 0.5 * all) hi = Math.max(hi, l);
        }
      }
      all = hi - lo;
      if (all <= 1e-6 * Math.max(Math.abs(lo), Math.abs(hi), 1e-6)) {
        all = Math.max(Math.abs(hi), 1);
        return s.between(lo - all / 2, hi + all / 2);
      }
      return s.between(lo - 0.03 * all, hi + 0.03 * all);
    }

    /** layout places the box in the panel, and returns its plot and what is written there. */
    function layout(w, h, dpr, t) {
      const pt = P.pointSize(app, w, h);
      const key = [w, h, dpr, pt, P.idOf(app.theme), t.scale.a, t.scale.b, t.scale.kind, t.view.x, t.view.y, P.runsKey(P.visible(app, spec))].join(" ");
      if (laid.key === key) return laid;
      const sheet = new P.Sheet(app, w, h, dpr, pt), margin = MARGIN * pt;
      const title = spec.title ?? P.word(app, "title.surface");
      const base = sheet.round(margin + (P.empty(title) ? 0 : TITLE * pt * CAP)), top = sheet.round(base + TITLE_GAP * pt);
      const x = sheet.round(margin);
      const plot = { x, y: top, w: Math.max(8, sheet.round(w - margin) - x), h: Math.max(8, sheet.round(h - margin - (D.ensemble ? 1.5 * TICK * pt : 0)) - top) };
      const axis = (a, r) => Scales.linear(a.offset + r[0], a.offset + r[1]);
      const box = new Box(sheet, [axis(D.plane.alpha, t.view.x), axis(D.plane.beta, t.view.y), t.scale],
        [D.plane.alpha.name, D.plane.beta.name, P.word(app, "axis.loss", "Loss")], plot);
      const legend = legendIn(sheet, plot);
      let room = plot;
      if (legend) {
        const beside = { ...plot, x: plot.x + legend.w, w: plot.w - legend.w }, below = { ...plot, y: plot.y + legend.h, h: plot.h - legend.h };
        room = Math.min(beside.w, 1.2 * beside.h) > Math.min(below.w, 1.2 * below.h) ? beside : below;
      }
      box.plot = room;
      const list = poses(D), moves = D.camera.path !== "still";
      const fitted = box.fit(list, flat, moves);
      box.plot = plot;
      // How large the box may be at other poses, with as much room for labels.
      let reference = spread(list[0]);
      for (const p of list) {
        const s = spread(p);
        if (fits(s, room, fitted.room) < fits(reference, room, fitted.room)) reference = s;
      }
      laid = { key, sheet, pt, plot, base, title, box, legend, room, moves, reference, fitted };
      return laid;
    }

    /** legendIn returns a legend for the top left corner of a plot, null where another panel has the runs' names or there is no room. */
    function legendIn(sheet, plot) {
      const runs = P.visible(app, spec);
      if (runs.length < 2 || D.film.panels.length > 1) return null;
      const size = TICK * sheet.pt, most = Math.max(2, Math.min(P.MOST_ENTRIES, Math.trunc((0.4 * plot.h / size - 0.5) / P.LINE_STEP)));
      const g = new P.Legend(sheet, P.withStatus(app, P.runEntries(app, runs, most)), size);
      g.narrow(0.45 * plot.w);
      if (g.h > 0.4 * plot.h) return null;
      const x = plot.x + 4 * sheet.pt, y = plot.y + 4 * sheet.pt;
      g.at = sheet.whole(P.rect(x, y, x + g.w, y + g.h));
      return g;
    }

    /** spread returns the rectangle that the box covers at a pose, at a scale of 1. */
    function spread(p) {
      const c = cameraAt({ ...p, zoom: 1 }, flat);
      let r = NOWHERE;
      for (let i = 0; i < 8; i++) {
        const v = project(c, [i & 1, i >> 1 & 1, i >> 2]);
        r = unite(r, [v[0], v[1], v[0], v[1]]);
      }
      return r;
    }

    function fits(r, plot, room) { return Math.min((plot.w - room[0]) / (r[2] - r[0]), (plot.h - room[1]) / (r[3] - r[1])); }

    /** cameraIn returns the camera at a pose, with the box as large as the panel has room for. */
    function cameraIn(p, L) {
      const c = cameraAt(p, flat), { fitted, reference, room } = L;
      let { scale, cx, cy } = fitted;
      if (p.taken) {
        const r = spread(p);
        const k = Math.min(fits(r, room, fitted.room) / fits(reference, room, fitted.room), L.moves ? 1 : 1.15);
        // Around the middle of the box, as it was at the pose that it was fitted for.
        cx += scale * ((reference[0] + reference[2]) / 2 - k * (r[0] + r[2]) / 2);
        cy += scale * ((reference[1] + reference[3]) / 2 - k * (r[1] + r[3]) / 2);
        scale *= k;
      }
      c.scale = scale;
      c.cx = cx + p.pan[0] * L.plot.h;
      c.cy = cy - p.pan[1] * L.plot.h;
      return c;
    }

    // ---- Drawing by the device ----

    /**
     * carve makes the textures and the mesh that the surface is drawn from. A draft has the
     * ambient occlusion that there was before.
     */
    function carve(gl, t, L, dpr, draft) {
      // Triangles of some ten pixels; walls on another scale than a linear one are steeper. An
      // even number of cells, as a draft has half as many.
      const cells = clamp(Math.round(L.plot.w * dpr / (t.scale.kind === "linear" ? 10 : 5)), 64, 192);
      const mx = 2 * Math.ceil(Math.min(t.nx - 1, cells) / 2) + 1, my = 2 * Math.ceil(Math.min(t.ny - 1, cells) / 2) + 1;
      const key = `${t.key} ${mx} ${my} ${GL.generation}`;
      if (carved.key !== key) {
        carved.field = GL.texture(name("heights"), GL.can.linearFloats ? "rgba32f" : "rgba16f", t.nx, t.ny, slopes(t.z, t.nx, t.ny), true);
        GL.buffer(name("mesh"), meshHeights(t.z, t.nx, t.ny, mx, my));
        Object.assign(carved, { key, mx, my });
      }
      const open = `${t.key} ${GL.generation}`;
      if (carved.open === open || draft && carved.generation === GL.generation) return;
      const size = [Math.min(t.nx, OCCLUSION_SIZE), Math.min(t.ny, OCCLUSION_SIZE)];
      const o = GL.target(name("occlusion"), "rgba8", size[0], size[1], { linear: true });
      o.bind();
      gl.disable(gl.BLEND);
      gl.disable(gl.DEPTH_TEST);
      const p = GL.program("occlusion", GL.COVER, OCCLUSION);
      p.set({ heightField: carved.field, size, steepness: HALF[2] / HALF[0], directions: 12, steps: 10 });
      GL.cover();
      Object.assign(carved, { open, generation: GL.generation, occlusion: o.color });
    }

    /** surface draws the lit surface into its picture and its depths, unless it is there. */
    function surface(gl, t, L, c, w, h, samples, dots) {
      const theme = app.theme;
      const key = [carved.key, carved.open, matrix(c, L.plot), w, h, samples, theme.pane[2], dots].join(" ");
      const target = GL.target(name(samples > 1 ? "picture" : "draft"), "rgba8", w, h, { depth: true, samples });
      if (drawn === key) return target;
      const map = app.D.colormaps[D.surface.colormap], rgba = new Uint8Array(1024).fill(255);
      for (let i = 0; i < 256; i++) for (let k = 0; k < 3; k++) rgba[4 * i + k] = map[3 * i + k];
      const colors = GL.texture(`colours ${D.surface.colormap}`, "rgba8", 256, 1, rgba, true);
      target.bind();
      gl.disable(gl.BLEND);
      gl.enable(gl.DEPTH_TEST);
      gl.depthFunc(gl.LESS);
      gl.depthMask(true);
      gl.clearColor(0, 0, 0, 0);
      gl.clearDepth(1);
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
      const defines = {};
      if (t.holes) defines.HOLES = 1;
      if (D.surface.grid || D.surface.wireframe > 0) defines.NET = 1;
      if (samples === 1) defines.DRAFT = 1;
      const p = GL.program("surface", MESH_VERTEX, SHADE, defines);
      const part = D.surface.wireframe > 0 ? 1 / D.surface.wireframe : 0;
      const values = {
        heightField: carved.field, colors, occlusion: carved.occlusion,
        toClip: matrix(c, L.plot), viewport: [w, h], colorRange: [t.low, t.high], boxHalf: HALF, eye: eyeOf(c), light: sun(c),
        lineFirst: t.iso.first, lineStep: t.iso.step || 1, lineCount: D.surface.contours ? t.iso.n : 0, lineWidth: Math.max(ISO_WIDTH * L.pt * dots, 0.7),
        gridLines: D.surface.grid ? gridOf(L.box) : [0, 0, 0, 0], mesh: [part, part], floorColor: Fields.rgb(theme.pane[2]),
      };
      p.set({ ...values, plan: 0, meshSize: [carved.mx, carved.my] });
      const step = samples === 1 && carved.mx > 100 ? 2 : 1;
      const order = `${carved.mx} ${carved.my} ${c.toEye[0] > 0} ${c.toEye[1] > 0}`;
      const indices = GL.resource(name("indices of " + step), g => ({ buffer: g.createBuffer(), order: "", count: 0 }));
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, indices.buffer);
      if (indices.order !== order) {
        const corners = triangles(carved.mx, carved.my, step, c.toEye);
        gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, corners, gl.DYNAMIC_DRAW);
        Object.assign(indices, { order, count: corners.length });
      }
      gl.bindBuffer(gl.ARRAY_BUFFER, GL.resource("buffer " + name("mesh"), g => g.createBuffer()));
      gl.enableVertexAttribArray(p.attributes.height);
      gl.vertexAttribPointer(p.attributes.height, 1, gl.FLOAT, false, 0, 0);
      gl.drawElements(gl.TRIANGLES, indices.count, gl.UNSIGNED_INT, 0);
      gl.disableVertexAttribArray(p.attributes.height);
      if (D.surface.floor && c.toEye[2] > 0) {
        p.set({ plan: 1, meshSize: [2, 2] });
        gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
      }
      gl.disable(gl.DEPTH_TEST);
      target.resolve();
      drawn = key;
      return target;
    }

    /** gridOf returns the first tick in the box, and the way to the next, along x and y. */
    function gridOf(box) {
      const out = [0, 0, 0, 0];
      for (let axis = 0; axis < 2; axis++) {
        const t = box.marks[axis].values;
        if (t.length < 2) continue;
        const first = box.unit(axis, t[0]);
        out[2 * axis] = first;
        out[2 * axis + 1] = (box.unit(axis, t[t.length - 1]) - first) / (t.length - 1);
      }
      return out;
    }

    /** facing says whether the upper side of the surface at p faces the camera: from 1, if it does or p does not lie on it, to −1. */
    function facing(t, c, p) {
      const d = 1 / 256, z = (u, v) => t.height(clamp(u, 0, 1), clamp(v, 0, 1));
      if (!(Math.abs(z(p[0], p[1]) - p[2]) < 0.02)) return 1;
      const n = norm([
        (z(p[0] - d, p[1]) - z(p[0] + d, p[1])) / (2 * d) * HALF[2] / HALF[0],
        (z(p[0], p[1] - d) - z(p[0], p[1] + d)) / (2 * d) * HALF[2] / HALF[1], 1]);
      const e = dot(n, norm(sub(eyeOf(c), centred(p))));
      return e === e ? clamp(20 * e, -1, 1) : 1;
    }

    /** lifted projects a point, nearer to the eye by the depth lift if it lies on the upper side of the surface, and farther if that is turned away. */
    function lifted(t, c, p, lift) {
      const v = project(c, p);
      v[2] -= lift * facing(t, c, p);
      return v;
    }

    /** marks draws what lies on the surface onto the canvas of the context, over the surface's picture. */
    function marks(gl, t, L, c, target, w, h, dots) {
      GL.show(w, h);
      gl.disable(gl.DEPTH_TEST);
      target.copy();
      gl.enable(gl.BLEND);
      const over = () => {
        gl.blendEquation(gl.FUNC_ADD);
        gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
      };
      const fine = target.samples > 1;
      const places = { plot: [L.plot.x, L.plot.y, L.plot.w, L.plot.h], dots, depths: target.depth, softness: SOFTNESS };
      const atLeast = (points, least) => Math.max(points * L.pt, least / dots);

      /**
       * path strokes lines of [x, y, depth, faded], with marks on them, in a colour with a
       * casing. A direct one, without either, does not cross itself.
       */
      const path = (line, beads, width, bead, casing, xray, ink, casingColor, direct = false) => {
        if (!line.length && !beads.length) return;
        const reach = Math.max(width, bead) / 2 + casing + 1 / dots;
        const data = new Float32Array(4 * (line.length + beads.length));
        let x0 = Infinity, y0 = Infinity, x1 = -Infinity, y1 = -Infinity;
        line.concat(beads).forEach((v, i) => {
          data.set(v, 4 * i);
          if (v[2] < -8) return;
          x0 = Math.min(x0, v[0]);
          y0 = Math.min(y0, v[1]);
          x1 = Math.max(x1, v[0]);
          y1 = Math.max(y1, v[1]);
        });
        const left = Math.floor(clamp((x0 - reach - L.plot.x) * dots, 0, w)), right = Math.ceil(clamp((x1 + reach - L.plot.x) * dots, 0, w));
        const low = Math.floor(clamp(h - (y1 + reach - L.plot.y) * dots, 0, h)), high = Math.ceil(clamp(h - (y0 - reach - L.plot.y) * dots, 0, h));
        if (!(right > left && high > low)) return;
        let covers = null;
        if (direct) over();
        else {
          covers = GL.target(fine ? "covers" : "draft covers", "rg8", w, h);
          covers.bind();
          gl.enable(gl.SCISSOR_TEST);
          gl.scissor(left, low, right - left, high - low);
          gl.clearColor(0, 0, 0, 0);
          gl.clear(gl.COLOR_BUFFER_BIT);
          gl.blendEquation(gl.MAX);
          gl.blendFunc(gl.ONE, gl.ONE);
        }
        const p = GL.program("path", PATH_VERTEX, PATH, direct ? { DIRECT: 1 } : {});
        GL.buffer("path", data);
        const { from, to } = p.attributes;
        for (const a of [from, to]) {
          gl.enableVertexAttribArray(a);
          gl.vertexAttribDivisor(a, 1);
        }
        const strokes = (first, count, next, size) => {
          if (count < 1) return;
          p.set({ ...places, reach: size / 2 + casing + 1 / dots, radii: [size / 2 + casing, size / 2], xray: [xray / 2, xray], ink: [...Fields.rgb(ink), 1] });
          gl.vertexAttribPointer(from, 4, gl.FLOAT, false, 16, 16 * first);
          gl.vertexAttribPointer(to, 4, gl.FLOAT, false, 16, 16 * (first + next));
          gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, count);
        };
        if (line.length === 1) strokes(0, 1, 0, width);
        strokes(0, line.length - 1, 1, width);
        strokes(line.length, beads.length, 0, bead);
        for (const a of [from, to]) {
          gl.disableVertexAttribArray(a);
          gl.vertexAttribDivisor(a, 0);
        }
        if (direct) return;
        GL.show(w, h);
        over();
        const tone = GL.program("tone", GL.COVER, TONE);
        tone.set({ covers: covers.color, ink: [...Fields.rgb(ink), 1], casing: casing > 0 ? [...Fields.rgb(casingColor), 0.55] : [0, 0, 0, 0] });
        GL.cover();
        gl.disable(gl.SCISSOR_TEST);
      };
      const GAP = [0, 0, -9, 0];

      // The axes: the far end of one can lie behind the surface, but no axis in the floor
      // that it borders.
      const width = atLeast(AXIS_WIDTH, 0.9), axes = [];
      for (let axis = 0; axis < 3; axis++) {
        for (const p of edgeOf(c, axis)) {
          const v = project(c, p);
          axes.push([v[0], v[1], v[2] - liftOf(c, width), 0]);
        }
        axes.push(GAP);
      }
      path(axes, [], width, 0, 0, 0, app.theme.ink, "", true);

      ensemble(gl, t, L, c, places, over);
      star(t, L, c, path, atLeast, GAP);

      const runs = P.visible(app, spec), tail = D.path.trail;
      const pathWidth = L.sheet.pathWidth, bead = L.sheet.beadWidth;
      const casing = atLeast(CASING, 0.8), radius = atLeast(DOT, 4) / 2 * 1.25, lift = liftOf(c, pathWidth);
      const outside = [];
      for (let i = runs.length - 1; i >= 0; i--) {
        const { run } = runs[i], trail = trails.list[i];
        const updates = P.updatesOf(app, run);
        const line = [];
        let before = null;
        for (const [p, fade] of trail.upTo(updates, tail)) {
          if (!before) {
            if (inBox(p)) line.push([...lifted(t, c, p, lift), fade]);
          } else {
            const cut = clipLine(before, p);
            if (!cut) line.push(GAP);
            else {
              if (cut[2] > 0) line.push(GAP, [...lifted(t, c, cut[0], lift), fade]);
              line.push([...lifted(t, c, cut[1], lift), fade]);
            }
          }
          before = p;
        }
        const beads = trail.beadsUpTo(updates, tail).filter(([p]) => inBox(p)).map(([p, fade]) => [...lifted(t, c, p, lift), fade]);
        path(line, beads, pathWidth, bead, casing, XRAY_PATH, run.color, app.theme.casing);
        const at = trail.place(updates);
        if (inBox(at)) {
          const v = lifted(t, c, at, perUnit(c) * (1.5 * radius * pixel(c) + BULGE));
          over();
          const p = GL.program("ball", BALL_VERTEX, BALL);
          p.set({ ...places, ball: [v[0], v[1], radius, v[2]], perRadius: perUnit(c) * radius * pixel(c), xray: XRAY_DOT, ink: Fields.rgb(run.color) });
          gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
        } else {
          const v = project(c, at.map(x => clamp(x, 0, 1)));
          outside.push({ x: v[0], y: v[1], radius: atLeast(DOT, 4) / 2, rim: atLeast(1.1, 1), color: run.color });
        }
      }
      gl.disable(gl.BLEND);
      return outside;
    }

    /** star draws the minimum on the surface: in the plane, at the height that the surface has there. */
    function star(t, L, c, path, atLeast, GAP) {
      const m = app.minimum;
      if (!m || D.plane.star === false || !isFinite(m.alpha) || !isFinite(m.beta)) return;
      const at = t.of3(m.alpha, m.beta, 0);
      at[2] = t.height(at[0], at[1]);
      if (!inBox(at)) return;
      const radius = atLeast(STAR, 7) / 2, rim = atLeast(1.1, 1);
      const v = lifted(t, c, at, perUnit(c) * (1.5 * radius * pixel(c) + BULGE));
      const tips = r => {
        // The inner corners lie where lines from tip to tip cross.
        const inner = Math.cos(2 * Math.PI / 5) / Math.cos(Math.PI / 5), out = [];
        for (let i = 0; i < 11; i++) {
          const size = i % 2 ? r * inner : r, a = Math.PI * i / 5;
          out.push([v[0] + size * Math.sin(a), v[1] - size * Math.cos(a), v[2], 0]);
        }
        return out;
      };
      if (m.off > OFF_PLANE * (1 + Math.hypot(m.alpha, m.beta))) path(tips(radius), [], 2.6 * rim, 0, 0, XRAY_DOT, app.theme.casing);
      else {
        const fill = [];
        for (const size of [0.9, 0.7, 0.5, 0.3, 0.1]) fill.push(...tips(size * radius), GAP);
        path(fill, [], 0.16 * radius, 0, 0, XRAY_DOT, "#ffffff");
      }
      path(tips(radius), [], rim, 0, 0, XRAY_DOT, "#000000");
    }

    /** ensemble draws the runs of the scene's ensemble as points. */
    function ensemble(gl, t, L, c, places, over) {
      const e = Fields.ensemble(app);
      if (!e) return;
      over();
      const n = e.n, data = new Float32Array(3 * n);
      for (let i = 0; i < n; i++) {
        const p = t.of3(e.at[2 * i], e.at[2 * i + 1], 0);
        data[3 * i] = p[0] === p[0] ? p[0] : -9;
        data[3 * i + 1] = p[1] === p[1] ? p[1] : -9;
        data[3 * i + 2] = e.shade[i];
      }
      GL.buffer("points", data);
      const colors = GL.texture("ensemble colours", "rgba8", 256, 1, e.colors);
      const p = GL.program("points", POINTS_VERTEX, POINTS), radius = e.size * L.pt / 2;
      p.set({
        ...places, softness: 2 * SOFTNESS, heightField: carved.field, colors, toClip: matrix(c, L.plot), boxHalf: HALF, eye: eyeOf(c),
        colorRange: [t.low, t.high], lift: perUnit(c) * (3 * radius * pixel(c) + BULGE), radius, opacity: e.opacity,
      });
      const { place, shade } = p.attributes;
      gl.enableVertexAttribArray(place);
      gl.enableVertexAttribArray(shade);
      gl.vertexAttribPointer(place, 2, gl.FLOAT, false, 12, 0);
      gl.vertexAttribPointer(shade, 1, gl.FLOAT, false, 12, 8);
      gl.drawArrays(gl.POINTS, 0, n);
      gl.disableVertexAttribArray(place);
      gl.disableVertexAttribArray(shade);
    }

    // ---- What the page calls ----

    function draw(ctx, w, h, dpr) {
      const f = app.field;
      seen = null;
      ctx.fillStyle = app.theme.paper;
      ctx.fillRect(0, 0, w, h);
      if (!f || !(f.min <= f.max)) {
        words(ctx, w, h, dpr, "No loss of this landscape is finite.");
        return;
      }
      const t = heights(), L = layout(w, h, dpr, t), p = pose();
      const c = cameraIn(p, L), { plot, pt, box, sheet } = L;
      const [title, st, middle] = sheet.fitLine(L.title, sheet.style(TITLE, true), w / 2, MARGIN * pt, w - MARGIN * pt);
      sheet.text(ctx, title, st, middle, L.base, "center", false);
      const gl = GL.open();
      if (!gl) {
        words(ctx, w, h, dpr, `The surface cannot be drawn: ${GL.reason()}.` + (D.film.panels.some(p => p.kind === "contour") ? " The contours show the same landscape." : ""));
        return;
      }
      seen = { plot, camera: c, t };
      // Where the box is, for tests that compare the picture with the renderer's.
      const place = [c.scale, c.cx, c.cy].map(v => v.toFixed(3)).join(" ");
      if (ctx.canvas.dataset && ctx.canvas.dataset.box !== place) ctx.canvas.dataset.box = place;
      const beyond = c.dist < DISTANCE || p.pan[0] !== 0 || p.pan[1] !== 0;
      ctx.save();
      if (beyond) {
        ctx.beginPath();
        ctx.rect(plot.x, plot.y, plot.w, plot.h);
        ctx.clip();
      }
      drawPanes(ctx, box, c);

      // A draft while a hand moves what is shown, and the fine picture when it rests.
      const now = performance.now(), is = [p.elev, p.azim, p.zoom, p.pan, w, h, t.key].join(" ");
      if (is !== lastPose) {
        if (lastPose) moved = now;
        lastPose = is;
      }
      const draft = GL.can.software && !app.printing && now - moved < SETTLE;
      let dots = dpr * Math.min(1, Math.sqrt((draft ? DRAFT_PIXELS : MOST_PIXELS) / (plot.w * plot.h * dpr * dpr)));
      dots = Math.min(dots, GL.can.side / Math.max(plot.w, plot.h));
      const pw = Math.max(1, Math.round(plot.w * dots)), ph = Math.max(1, Math.round(plot.h * dots));
      carve(gl, t, L, dpr, draft);
      const target = surface(gl, t, L, c, pw, ph, draft ? 1 : GL.can.samples, dots);
      drape(t, L);
      const outside = marks(gl, t, L, c, target, pw, ph, dots);
      GL.copy(ctx, pw, ph, plot.x, plot.y, plot.w, plot.h);
      for (const o of outside) P.ring(ctx, o.x, o.y, 0.72 * o.radius, 0.275 * o.radius, o.color, app.theme.casing);
      const placed = box.place(c, p.taken || L.moves);
      // A label that is cut off says nothing.
      if (beyond) placed.labels = placed.labels.filter(l => l.box[0] >= plot.x && l.box[1] >= plot.y && l.box[2] <= plot.x + plot.w && l.box[3] <= plot.y + plot.h);
      drawLabels(ctx, placed, sheet);
      hovered(ctx, t, L, c);
      ctx.restore();
      if (L.legend) L.legend.draw(ctx, app.time);
      const e = Fields.ensemble(app);
      if (e) sheet.text(ctx, sheet.cut(e.text, sheet.tick, w - 2 * MARGIN * pt), sheet.tick, MARGIN * pt, h - MARGIN * pt, "left", false);
      if (draft) {
        clearTimeout(timer);
        timer = setTimeout(() => app.redraw(), SETTLE + 15);
      }
    }

    /** drape lays the runs over the surface, unless they lie there. */
    function drape(t, L) {
      const runs = P.visible(app, spec);
      const key = [t.key, L.fitted.scale, L.sheet.dpr, app.last, P.runsKey(runs)].join(" ");
      if (trails.key === key) return;
      const space = { of: t.of3, height: t.height }, unit = DISTANCE / L.fitted.scale / (2 * HALF[0]); // a CSS pixel in the box
      trails = { key, list: runs.map(({ run }) => new Trail(run, P.points(app, run), space, 0.2 * unit * L.sheet.hair, 7 * L.pt * unit, D.path.markers)) };
    }

    /** words writes a sentence in place of the surface. */
    function words(ctx, w, h, dpr, text) {
      const sheet = new P.Sheet(app, w, h, dpr, P.pointSize(app, w, h)), st = sheet.style(LABEL), lines = [""];
      for (const word of text.split(" ")) {
        const longer = lines[lines.length - 1] + (lines[lines.length - 1] ? " " : "") + word;
        if (sheet.width(longer, st) > 0.8 * w) lines.push(word);
        else lines[lines.length - 1] = longer;
      }
      lines.forEach((l, i) => sheet.text(ctx, l, st, w / 2, h / 2 + (i - (lines.length - 1) / 2) * 1.4 * st.size, "center", true));
    }

    /** hovered marks the place that is read, in this panel or another one, and the iterate. */
    function hovered(ctx, t, L, c) {
      const q = app.hover;
      if (!q) return;
      const put = at => {
        if (!inBox(at)) return;
        const v = project(c, at);
        P.mark(ctx, L.sheet, v[0], v[1]);
      };
      if (isFinite(q.alpha) && isFinite(q.beta) && q.alpha !== null && q.alpha !== undefined && !(q.run >= 0)) {
        const at = t.of3(q.alpha, q.beta, 0);
        at[2] = t.height(at[0], at[1]);
        put(at);
      }
      if (!(q.k >= 0)) return;
      P.visible(app, spec).forEach(({ index }, i) => {
        if (q.k < trails.list[i].n && (!(q.at >= 0) || q.at === index)) put(trails.list[i].at[q.k]);
      });
    }

    /** meets returns where the ray through a pixel first meets the surface, [u, v] on the unit square; null if it does not. */
    function meets(x, y) {
      const { camera: c, t } = seen;
      const dx = (x - c.cx) / c.scale, dy = (c.cy - y) / c.scale;
      const at = z => {
        const w = c.flat ? c.dist : z;
        const p = add(add(mul(c.right, dx * w), mul(c.up, dy * w)), mul(c.toEye, c.dist - z));
        return p.map((v, k) => (v / HALF[k] + 1) / 2);
      };
      const above = z => {
        const p = at(z);
        return p[2] - t.height(p[0], p[1]); // NaN outside
      };
      const near = Math.max(c.near, 1e-3), step = (c.far - near) / 600;
      let before = NaN;
      for (let i = 0; i <= 600; i++) {
        const z = near + i * step, here = above(z);
        if (before * here <= 0) {
          let lo = z - step, hi = z;
          for (let k = 0; k < 30; k++) {
            const mid = (lo + hi) / 2;
            if (before * above(mid) <= 0) hi = mid;
            else lo = mid;
          }
          const p = at(hi);
          return inBox([clamp(p[0], 0, 1), clamp(p[1], 0, 1), p[2]]) ? [clamp(p[0], 0, 1), clamp(p[1], 0, 1)] : null;
        }
        before = here;
      }
      return null;
    }

    function pick(x, y) {
      const at = seen && meets(x, y);
      if (!at) return seen ? { lines: null, alpha: NaN, beta: NaN, run: -1, cell: null, cursor: "grab" } : null;
      const v = seen.t.view, alpha = v.x[0] + at[0] * (v.x[1] - v.x[0]), beta = v.y[0] + at[1] * (v.y[1] - v.y[0]);
      return { lines: Panels.contour.reading(app, alpha, beta), alpha, beta, run: -1, cell: null, cursor: "grab" };
    }

    const wrap = a => {
      a %= 360;
      return a > 180 ? a - 360 : a < -180 ? a + 360 : a;
    };
    const tenths = a => Math.round(10 * a) / 10;

    /** turn has a person's camera stand elsewhere. */
    function turn(change) {
      const { taken, ...p } = pose(), c = { ...p, pan: Array.from(p.pan), own: true, ...change };
      c.elev = clamp(tenths(c.elev), -90, 90);
      c.azim = tenths(wrap(c.azim));
      c.zoom = clamp(c.zoom, MIN_ZOOM, MAX_ZOOM);
      c.pan = c.pan.map(v => clamp(v, -1, 1));
      app.setCamera(c);
    }

    function reset() {
      app.setCamera({ elev: D.camera.elev, azim: D.camera.azim, zoom: startZoom, pan: Array.from(D.camera.pan), own: false });
    }

    function down(x, y, event) {
      if (!seen) return null;
      const from = pose(), size = seen.plot.h;
      const panning = event && (event.button === 1 || event.button === 2 || event.shiftKey);
      if (app.hover) app.setHover(null);
      return {
        move(mx, my) {
          const dx = mx - x, dy = my - y;
          // As matplotlib: half a turn across the panel.
          if (panning) turn({ pan: [from.pan[0] + dx / size, from.pan[1] - dy / size] });
          else turn({ azim: from.azim - 180 * dx / size, elev: from.elev + 180 * dy / size });
        },
        up() { app.redraw(); },
      };
    }

    /** grips says whether a finger at a place turns the box, so that the page does not scroll. */
    function grips(x, y) {
      if (!seen) return false;
      let r = NOWHERE;
      for (let i = 0; i < 8; i++) {
        const v = project(seen.camera, [i & 1, i >> 1 & 1, i >> 2]);
        r = unite(r, [v[0], v[1], v[0], v[1]]);
      }
      return x > r[0] && x < r[2] && y > r[1] && y < r[3];
    }

    function wheel(x, y, dy, event) {
      if (!seen || !P.takesWheel(event)) return false;
      turn({ zoom: pose().zoom * Math.pow(1.1, -dy / 100) });
      return true;
    }

    function pinch(factor) {
      turn({ zoom: pose().zoom * factor });
      return true;
    }

    function keyDown(event) {
      const p = pose(), step = event.shiftKey ? 1 : 5;
      switch (event.key) {
        case "ArrowLeft": turn({ azim: p.azim + step }); return true;
        case "ArrowRight": turn({ azim: p.azim - step }); return true;
        case "ArrowUp": turn({ elev: p.elev + step }); return true;
        case "ArrowDown": turn({ elev: p.elev - step }); return true;
        case "+": case "=": turn({ zoom: p.zoom * 1.1 }); return true;
        case "-": case "_": turn({ zoom: p.zoom / 1.1 }); return true;
        case "0": case "Home": reset(); return true;
      }
      return false;
    }

    function describe() {
      const f = app.field, p = pose(), number = v => P.decimal(app, Scales.number(v));
      if (!f || !(f.min <= f.max)) return "The surface of the loss, of which no height is finite.";
      const all = P.visible(app, spec), runs = all.slice(0, 3).map(({ run, index }) => {
        const k = Math.trunc(P.updatesOf(app, run)), name = run.name || Scales.fill(P.word(app, "legend.run", "run {n}"), { n: index + 1 });
        return ` ${name}: loss ${number(run.traj.loss[k])} after ${k} updates.`;
      });
      const more = all.length > 3 ? ` ${all.length - 3} more runs are shown.` : "";
      return `The surface of the loss over ${D.plane.alpha.name} and ${D.plane.beta.name}, from ${number(f.min)} to ${number(f.max)}, seen from an elevation of ${Math.round(p.elev)} and an azimuth of ${Math.round(wrap(p.azim))} degrees.${runs.join("")}${more}`;
    }

    return { draw, pick, down, wheel, pinch, grips, doubleClick: reset, pans: true, key: keyDown, describe };
  };

  // Where the host's processor draws the surface, it draws the panel's canvas, too; else that
  // is of the GPU, which has the picture already.
  Object.defineProperty(make, "context", { get: () => GL.open() && GL.can.software ? P.CONTEXT : { alpha: false } });
  return make;
})();
