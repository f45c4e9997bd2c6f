/*
 * The panel of the filled contours: the landscape seen from above, the paths of the runs so
 * far, where they are, and the minimum. A hand drags the start of a run, moves what is
 * shown, and zooms.
 */
Panels.contour = (() => {
  const P = Plots;

  const ISO_WIDTH = 0.55; // of lines of equal loss, in points
  const BEADS_APART = 7; // least distance of the marks on a path, in points
  const GRAB = 9, TOUCH = 22; // how near a start point a cursor, and a finger, has it: points, pixels
  const NEAR = 9; // how near an iterate is read, in points
  const CASING_ALPHA = 0.55;
  const PLATE_ALPHA = 225 / 255;
  const PLATE_SHARE = 0.36; // of the plot's height that the read-out takes, before its letters become smaller
  const LEAST_SPAN = 1e-6, GREATEST_SPAN = 1e6; // that a person can zoom to; the first in shares of 1 + the largest coordinate
  const FADES = 12; // steps in which a trail fades
  const NUDGE = 0.01; // of the view, that an arrow key moves a start by

  const span = (r) => r[1] - r[0];

  class Contour extends P.Flat {
    get view() {
      return this.app.view ?? this.app.D.view;
    }

    basis() {
      const { app } = this, v = this.view, c = this.contours();
      this.now = c;
      return [v.x, v.y, c ? c.key : "", app.moving ? "" : this.labelKey()].join("/");
    }

    contours() {
      const { app } = this, plot = this.axes?.plot;
      if (!app.field) return null;
      return plot ? Fields.contours(app, P.wide(plot) * this.sheet.dpr, P.high(plot) * this.sheet.dpr) : Fields.contours(app, 400, 300);
    }

    /** What the labels of lines depend on besides; they are placed anew where a hand rests. */
    labelKey() {
      return this.app.D.contour.labels ? P.runsKey(this.shown) : "";
    }

    open(sheet) {
      const { app } = this, D = app.D, c = this.now, look = D.contour, v = this.view;
      const axis = (of, range) => Scales.linear(of.offset + range[0], of.offset + range[1]);
      const bar = c && look.colorbar ? P.word(app, "axis.loss", "Loss") : null;
      this.axes = new P.Axes(sheet, {
        title: this.title, xName: D.plane.alpha.name, yName: D.plane.beta.name,
        horizontal: axis(D.plane.alpha, v.x), vertical: axis(D.plane.beta, v.y),
        beside: bar !== null ? (plot) => P.barWide(sheet, plot, c.scale, bar) : null,
        part: look.aspect === "equal" ? (room) => toScale(room, v, sheet) : null,
      });
      this.bar = bar;
      this.trailKey = "";
    }

    x(alpha) {
      const { plot } = this.axes, r = this.view.x;
      return plot.x0 + ((alpha - r[0]) / span(r)) * P.wide(plot);
    }

    y(beta) {
      const { plot } = this.axes, r = this.view.y;
      return plot.y1 - ((beta - r[0]) / span(r)) * P.high(plot);
    }

    /** The point of the plane at a place of the plot, as [α, β]. */
    at(x, y) {
      const { plot } = this.axes, v = this.view;
      return [v.x[0] + ((x - plot.x0) / P.wide(plot)) * span(v.x), v.y[0] + ((plot.y1 - y) / P.high(plot)) * span(v.y)];
    }

    /** α and β of a CSS pixel. */
    get unit() {
      const { plot } = this.axes, v = this.view;
      return [span(v.x) / P.wide(plot), span(v.y) / P.high(plot)];
    }

    paint(ctx) {
      const { app, sheet: s, axes, now: c } = this, plot = axes.plot;
      if (c) {
        const width = s.atLeast(ISO_WIDTH, 0.7 / s.dpr) * s.dpr;
        const picture = Fields.contourImage(app, Math.round(P.wide(plot) * s.dpr), Math.round(P.high(plot) * s.dpr), width);
        this.paintPicture(ctx, picture);
        if (this.bar !== null) P.colorBar(ctx, s, plot, c.scale, c.bands, (i) => P.hex(c.colors[i]), this.bar);
        if (app.D.contour.labels && !app.moving) {
          this.trails();
          for (const label of lineLabels(this, c)) drawLabel(ctx, s, label);
        }
      } else {
        axes.grid(ctx);
      }
      axes.draw(ctx);
    }

    /** Fills the plot with a picture: with its pixels, not the canvas, which a browser may keep on the device and read back each time. A draft is smaller than the plot. */
    paintPicture(ctx, picture) {
      const { sheet: s, axes: { plot } } = this, { width, height } = picture;
      const pixels = picture.getContext("2d").getImageData(0, 0, width, height);
      if (width === Math.round(P.wide(plot) * s.dpr) && height === Math.round(P.high(plot) * s.dpr)) {
        ctx.putImageData(pixels, Math.round(plot.x0 * s.dpr), Math.round(plot.y0 * s.dpr));
        return;
      }
      const draft = (this.draft ??= document.createElement("canvas"));
      [draft.width, draft.height] = [width, height];
      draft.getContext("2d", P.CONTEXT).putImageData(pixels, 0, 0);
      ctx.imageSmoothingEnabled = true;
      ctx.drawImage(draft, plot.x0, plot.y0, P.wide(plot), P.high(plot));
    }

    // --- paths ---

    /** The ways of the runs over the plot, made anew where the runs or the axes are others. */
    trails() {
      const key = [P.runsKey(this.shown), this.app.last, P.told(this.app, this.shown)].join();
      if (key === this.trailKey) return this.ways;
      this.trailKey = key;
      const { app, sheet: s } = this, every = app.D.path.markers;
      this.ways = this.shown.map(({ run }) => {
        const n = P.points(app, run), x = new Float64Array(n), y = new Float64Array(n), when = [], beads = [];
        const far = (a, b) => Math.hypot(x[a] - x[b], y[a] - y[b]);
        for (let k = 0; k < n; k++) {
          x[k] = this.x(run.at[2 * k]);
          y[k] = this.y(run.at[2 * k + 1]);
          if (when.length === 0 || far(k, when[when.length - 1]) >= 0.2 * s.hair) when.push(k);
          if (every > 0 && k % every === 0 && (beads.length === 0 || far(k, beads[beads.length - 1]) >= BEADS_APART * s.pt)) beads.push(k);
        }
        return { x, y, n, when, beads, off: P.offPlane(run, n) };
      });
      this.readout = new Readout(this);
      return this.ways;
    }

    place(way, updates) {
      const k = Math.min(Math.trunc(updates), way.n - 1), share = k + 1 < way.n ? updates - k : 0;
      return [way.x[k] + (share > 0 ? share * (way.x[k + 1] - way.x[k]) : 0), way.y[k] + (share > 0 ? share * (way.y[k + 1] - way.y[k]) : 0)];
    }

    /**
     * The path of a run as it is after some updates, in parts that fade alike, the oldest
     * first: [{fade (0 to 1), way, beads}]. Of a tail of so many updates what is older is
     * gone; 0 keeps all.
     */
    path(way, updates, tail) {
      const end = this.place(way, updates), begin = tail > 0 ? updates - tail : -1;
      const points = [], ages = [];
      if (begin > 0) {
        points.push(this.place(way, begin));
        ages.push(tail);
      }
      for (let i = begin > 0 ? Scales.search(way.when, begin + 1e-12) : 0; i < way.when.length && way.when[i] <= updates; i++) {
        const k = way.when[i];
        points.push([way.x[k], way.y[k]]);
        ages.push(updates - k);
      }
      points.push(end);
      ages.push(0);
      const beads = way.beads.filter((k) => k <= updates && (tail === 0 || updates - k < tail));
      if (tail === 0) return [{ fade: 0, way: points.flat(), beads: beads.flatMap((k) => [way.x[k], way.y[k]]) }];
      const steps = Math.max(1, Math.min(FADES, tail)), parts = [];
      const step = (age) => Math.min(Math.trunc((steps * age) / tail), steps - 1);
      for (let i = 1; i < points.length; i++) {
        const of = step((ages[i - 1] + ages[i]) / 2);
        let part = parts[parts.length - 1];
        if (!part || part.of !== of) parts.push((part = { of, fade: (of + 0.5) / steps, way: [...points[i - 1]], beads: [] }));
        part.way.push(...points[i]);
      }
      for (const k of beads) {
        const part = parts.find((p) => p.of === step(updates - k)) ?? parts[parts.length - 1];
        if (part) part.beads.push(way.x[k], way.y[k]);
      }
      if (parts.length) parts[parts.length - 1].fade = 0.5 / steps;
      return parts;
    }

    drawPath(ctx, parts, width, bead, color, opacity) {
      for (const part of parts) {
        ctx.globalAlpha = opacity * (1 - part.fade);
        P.line(ctx, part.way, width, color, parts.length > 1 ? "butt" : "round");
        ctx.fillStyle = color;
        P.discs(ctx, part.beads, bead / 2);
      }
      ctx.globalAlpha = 1;
    }

    frame(ctx) {
      const { app, sheet: s, axes } = this, plot = axes.plot, runs = this.shown, ways = this.trails();
      const width = s.pathWidth, bead = s.beadWidth, casing = s.atLeast(P.CASING, 0.8), tail = app.D.path.trail;
      P.within(ctx, plot, () => {
        this.drawEnsemble(ctx);
        for (let i = runs.length - 1; i >= 0; i--) {
          const parts = this.path(ways[i], P.updatesOf(app, runs[i].run), tail);
          this.drawPath(ctx, parts, width + 2 * casing, bead + 2 * casing, app.theme.casing, CASING_ALPHA);
          this.drawPath(ctx, parts, width, bead, runs[i].run.color, 1);
        }
        const m = this.minimum();
        if (m && P.contains(plot, this.x(m.alpha), this.y(m.beta))) P.star(ctx, s, this.x(m.alpha), this.y(m.beta), m.hollow);
        this.drawStarts(ctx);
      });
      if (!this.readout.high) this.readout.draw(ctx);
      for (let i = runs.length - 1; i >= 0; i--) {
        const [x, y] = this.place(ways[i], P.updatesOf(app, runs[i].run));
        P.dot(ctx, s, plot, x, y, s.dotRadius, runs[i].run.color);
      }
      if (this.readout.high) this.readout.draw(ctx);
      this.drawHover(ctx);
    }

    /** The minimum where the page shows it, as {alpha, beta, hollow}; null for none. */
    minimum() {
      const { app } = this, m = app.minimum;
      if (!m || app.D.plane.star === false || !isFinite(m.alpha) || !isFinite(m.beta)) return null;
      return { alpha: m.alpha, beta: m.beta, hollow: m.off > P.OFF_PLANE * (1 + Math.hypot(m.alpha, m.beta)) };
    }

    /** Rings at the starts, which a hand can drag: the one that it has, or is at, is thick. */
    drawStarts(ctx) {
      const { app, sheet: s } = this, radius = 0.62 * s.dotRadius, rim = s.atLeast(0.8, 0.8);
      for (let i = this.shown.length - 1; i >= 0; i--) {
        const { run, index } = this.shown[i], [x, y] = this.startOf(run);
        const held = this.held === index || (app.hover?.panel === this.spec.name && app.hover.run === index);
        P.ring(ctx, x, y, held ? 1.35 * radius : radius, held ? 1.3 * rim : 0.8 * rim, run.color, app.theme.casing);
      }
    }

    /** The runs of the scene's ensemble as points, coloured alike in turn. */
    drawEnsemble(ctx) {
      const { app, sheet: s } = this, e = app.D.ensemble ? Fields.ensemble(app) : null;
      if (!e) return;
      const side = Math.max(e.size * s.pt, 1 / s.dpr), plot = this.axes.plot, scale = this.now?.scale;
      const [r, ux, uy] = [this.view, P.wide(plot) / span(this.view.x), P.high(plot) / span(this.view.y)];
      const places = Array.from({ length: 256 }, () => []);
      for (let i = 0; i < e.n; i++) {
        const x = plot.x0 + (e.at[2 * i] - r.x[0]) * ux, y = plot.y1 - (e.at[2 * i + 1] - r.y[0]) * uy;
        if (!P.contains(plot, x, y)) continue;
        const u = e.shade[i] >= 0 || !scale ? e.shade[i] : scale.unit(this.lossAt(e.at[2 * i], e.at[2 * i + 1]));
        places[P.clamp(Math.trunc(256 * u), 0, 255) || 0].push(x, y);
      }
      ctx.globalAlpha = e.opacity;
      places.forEach((at, c) => {
        ctx.fillStyle = `rgb(${e.colors[4 * c]},${e.colors[4 * c + 1]},${e.colors[4 * c + 2]})`;
        if (side > 2) P.discs(ctx, at, side / 2);
        else for (let i = 0; i < at.length; i += 2) ctx.fillRect(at[i] - side / 2, at[i + 1] - side / 2, side, side);
      });
      ctx.globalAlpha = 1;
    }

    /** The loss of the landscape's point nearest to one of the plane. */
    lossAt(alpha, beta) {
      const f = this.now.field;
      const i = Math.round(((alpha - f.view.x[0]) / span(f.view.x)) * (f.nx - 1)), j = Math.round(((beta - f.view.y[0]) / span(f.view.y)) * (f.ny - 1));
      return f.values[P.clamp(j, 0, f.ny - 1) * f.nx + P.clamp(i, 0, f.nx - 1)];
    }

    drawHover(ctx) {
      const { app, sheet: s } = this, h = app.hover;
      if (!h) return;
      P.within(ctx, this.axes.plot, () => {
        if (isFinite(h.alpha) && isFinite(h.beta) && h.alpha !== null && !(h.run >= 0)) P.mark(ctx, s, this.x(h.alpha), this.y(h.beta));
        if (!(h.k >= 0)) return;
        this.shown.forEach(({ index }, i) => {
          if (h.k < this.ways[i].n && (!(h.at >= 0) || h.at === index)) P.mark(ctx, s, this.ways[i].x[h.k], this.ways[i].y[h.k]);
        });
      });
    }

    // --- what the cursor reads ---

    /** Where the start of a run is in the plot. */
    startOf(run) {
      return [this.x(run.at[0]), this.y(run.at[1])];
    }

    /** The run whose start is at a place, −1 for none. Of several the selected one, else the first. */
    startAt(x, y, reach) {
      const found = this.shown.filter(({ run }) => {
        const [a, b] = this.startOf(run);
        return Math.hypot(a - x, b - y) <= reach && P.contains(P.inset(this.axes.plot, -1), a, b);
      });
      if (found.length === 0) return -1;
      const own = found.find(({ index }) => index === this.app.selected);
      return (own ?? found[0]).index;
    }

    pick(x, y) {
      if (!this.inPlot(x, y) || !this.ways) return null;
      const { app, sheet: s } = this, [alpha, beta] = this.at(x, y);
      const run = this.startAt(x, y, GRAB * s.pt);
      const near = run < 0 ? this.iterateAt(x, y) : null;
      if (near) {
        const r = app.runs[near.index];
        return { lines: [P.nameOf(app, near.index) + ", " + P.counterText(app, near.k), ...weightLines(app, r.traj.w.subarray(near.k * r.traj.dim, (near.k + 1) * r.traj.dim), r.traj.loss[near.k], r.spec.l2)], run: -1, k: near.k, at: near.index, cursor: "crosshair" };
      }
      const w = run >= 0 ? app.runs[run].traj.w.subarray(0, app.runs[run].traj.dim) : null;
      const lines = run >= 0 ? [`${P.nameOf(app, run)}: drag its start`, ...weightLines(app, w, NaN, app.l2 ?? app.D.problem.l2)] : reading(app, alpha, beta);
      return { lines, alpha, beta, run, cursor: run >= 0 ? "grab" : "crosshair" };
    }

    /** The iterate under a place that is seen now, as {index of the run, k}; null for none. */
    iterateAt(x, y) {
      let best = null, least = (NEAR * this.sheet.pt) / 2;
      this.shown.forEach(({ run, index }, i) => {
        const way = this.ways[i], until = Math.trunc(P.updatesOf(this.app, run));
        for (let k = this.app.D.path.trail > 0 ? Math.max(0, until - this.app.D.path.trail) : 0; k <= until; k++) {
          const far = Math.hypot(way.x[k] - x, way.y[k] - y);
          if (far < least) [best, least] = [{ index, k }, far];
        }
      });
      return best;
    }

    // --- what a hand does ---

    /** Whether a finger at a place moves what is there, so that the page does not scroll. */
    grips(x, y) {
      return !!this.ways && this.startAt(x, y, TOUCH) >= 0;
    }

    get pans() {
      return true;
    }

    down(x, y, event) {
      if (!this.ways || !this.inPlot(x, y)) return null;
      const { app, sheet: s } = this, touch = event?.pointerType === "touch";
      if (!(event?.button > 0) && !event?.shiftKey) {
        const run = this.startAt(x, y, touch ? TOUCH : GRAB * s.pt);
        if (run >= 0) return this.dragStart(run, x, y);
        if (touch) return null; // the page scrolls
      }
      return this.dragView(x, y);
    }

    /** Drags the start of a run; of all that start there where all runs are selected. */
    dragStart(index, x, y) {
      const { app } = this, plane = app.D.plane;
      if (app.selected >= 0 && app.selected !== index) app.selected = index;
      const from = Array.from(app.runs[index].spec.start), [a, b, off] = Maths.coordinates(plane, from);
      const which = app.selected >= 0 ? [index] : this.shown.filter(({ run }) => run.spec.start.every((v, j) => v === from[j])).map((r) => r.index);
      this.held = index;
      return {
        // By the distance from the press, so that the point stays under the cursor.
        move: (px, py) => {
          const [ux, uy] = this.unit, w = this.point(a + (px - x) * ux, b - (py - y) * uy);
          if (off > 1e-9 * (1 + Math.hypot(a, b))) {
            const foot = Maths.planeAt(plane, a, b);
            for (let j = 0; j < w.length; j++) w[j] += from[j] - foot[j]; // as far from the plane as it was
          }
          for (const i of which) app.changeRun(i, { start: w });
        },
        up: () => {
          this.held = -1;
          app.redraw();
        },
      };
    }

    /** The weights at a point of the plane. What the axes show there, weights or coordinates, is rounded to what a pixel tells apart. */
    point(alpha, beta) {
      const plane = this.app.D.plane, [ux, uy] = this.unit;
      const a = plane.alpha.weight ?? -1, b = plane.beta.weight ?? -1;
      const w = Array.from(Maths.planeAt(plane, a < 0 ? finest(alpha, ux) : alpha, b < 0 ? finest(beta, uy) : beta));
      if (a >= 0) w[a] = finest(w[a], ux);
      if (b >= 0) w[b] = finest(w[b], uy);
      return w;
    }

    dragView(x, y) {
      const v = this.view, [ux, uy] = this.unit;
      let moved = false;
      return {
        move: (px, py) => {
          if (!moved && Math.hypot(px - x, py - y) < 3) return;
          moved = true;
          const da = -(px - x) * ux, db = (py - y) * uy;
          this.show([v.x[0] + da, v.x[1] + da], [v.y[0] + db, v.y[1] + db]);
        },
        up() {},
      };
    }

    /** Shows another range of the plane; false where it is too small or too large. */
    show(x, y) {
      for (const r of [x, y]) {
        if (span(r) < LEAST_SPAN * (1 + Math.max(Math.abs(r[0]), Math.abs(r[1]))) || span(r) > GREATEST_SPAN) return false;
      }
      this.app.setView({ x, y });
      return true;
    }

    /** Zooms around a place of the plot. */
    zoom(factor, x, y) {
      const v = this.view, [a, b] = this.at(x, y), around = (r, at) => [at - (at - r[0]) / factor, at + (r[1] - at) / factor];
      return this.show(around(v.x, a), around(v.y, b));
    }

    wheel(x, y, dy, event) {
      if (!this.inPlot(x, y) || !P.takesWheel(event)) return false;
      this.zoom(1.15 ** (-dy / 100), x, y);
      return true;
    }

    pinch(factor, x, y) {
      // Fingers that move together move the view.
      const now = performance.now();
      if (this.pinched && now - this.pinched.when < 250) {
        const v = this.view, [ux, uy] = this.unit, da = (this.pinched.x - x) * ux, db = (y - this.pinched.y) * uy;
        this.show([v.x[0] + da, v.x[1] + da], [v.y[0] + db, v.y[1] + db]);
      }
      this.pinched = { when: now, x, y };
      this.zoom(factor, x, y);
    }

    doubleClick(x, y) {
      const { app } = this;
      if (!this.inPlot(x, y) || this.startAt(x, y, GRAB * this.sheet.pt) >= 0) return;
      app.changeRun(app.selected, { start: this.point(...this.at(x, y)) });
    }

    key(event) {
      const { app } = this, step = NUDGE * (event.shiftKey ? 10 : 1), v = this.view, plot = this.axes?.plot;
      if (!plot) return false;
      const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      const by = arrows[event.key];
      if (by) {
        const run = app.runs[Math.max(0, app.selected)], [a, b] = run.at;
        app.changeRun(app.selected, { start: this.point(a + by[0] * step * span(v.x), b + by[1] * step * span(v.y)) });
        return true;
      }
      const middle = [(plot.x0 + plot.x1) / 2, (plot.y0 + plot.y1) / 2];
      if (event.key === "+" || event.key === "=") this.zoom(1.25, ...middle);
      else if (event.key === "-" || event.key === "−") this.zoom(0.8, ...middle);
      else if (event.key === "0") app.setView({ x: Array.from(app.D.view.x), y: Array.from(app.D.view.y) });
      else return false;
      return true;
    }

    describe() {
      const { app } = this, text = (v) => P.decimal(app, Scales.number(v)), v = this.view, D = app.D.plane;
      const range = (of, r) => `${of.name} from ${P.decimal(app, Scales.rounded(of.offset + r[0], 3))} to ${P.decimal(app, Scales.rounded(of.offset + r[1], 3))}`;
      const m = this.minimum(), runs = P.visible(app, this.spec);
      const parts = runs.slice(0, P.MOST_ENTRIES).map(({ run, index }) => {
        const k = Math.trunc(P.updatesOf(app, run));
        return `${P.nameOf(app, index)} at ${text(D.alpha.offset + run.at[2 * k])}, ${text(D.beta.offset + run.at[2 * k + 1])} with loss ${text(run.traj.loss[k])}`;
      });
      return `${this.title}: the loss over ${range(D.alpha, v.x)} and ${range(D.beta, v.y)}.` +
        (parts.length ? ` After ${Math.trunc(app.time)} updates: ${parts.join("; ")}.` : "") +
        (m ? ` The minimum is at ${text(D.alpha.offset + m.alpha)}, ${text(D.beta.offset + m.beta)}, loss ${text(app.minimum.loss)}.` : "");
    }
  }

  /** What a plot of a view takes of its room, in the middle, if a unit of the plane is as long along both axes. */
  function toScale(room, view, s) {
    const unit = Math.min(P.wide(room) / span(view.x), P.high(room) / span(view.y));
    const w = Math.max(8, s.round(unit * span(view.x))), h = Math.max(8, s.round(unit * span(view.y)));
    const x = s.round((room.x0 + room.x1 - w) / 2), y = s.round((room.y0 + room.y1 - h) / 2);
    return P.rect(x, y, x + w, y + h);
  }

  /** A weight or a coordinate rounded to the power of ten that is just finer than a pixel. */
  function finest(x, pixel) {
    const digits = -Math.floor(Math.log10(pixel));
    if (!(pixel > 0) || digits > 15) return x;
    const ten = 10 ** Math.abs(digits);
    return digits < 0 ? Math.round(x / ten) * ten : Math.round(x * ten) / ten;
  }

  // --- texts of the reading ---

  const MOST_WEIGHTS = 6;

  /** The coordinates of a point of the plane, where the weights do not say them. */
  function axesLine(app, alpha, beta) {
    const D = app.D.plane, most = Math.max(D.alpha.weight ?? -1, D.beta.weight ?? -1);
    if (Math.min(D.alpha.weight ?? -1, D.beta.weight ?? -1) >= 0 && most < MOST_WEIGHTS) return [];
    const text = (v) => P.decimal(app, Scales.significant(v, 4));
    return [D.alpha.name + ": " + text(D.alpha.offset + alpha) + ",  " + D.beta.name + ": " + text(D.beta.offset + beta)];
  }

  /** Weights by name, their loss and the norm of its gradient; loss is computed if it is NaN. */
  function weightLines(app, w, loss, l2) {
    const text = (v) => P.decimal(app, Scales.significant(v, 4)), names = app.D.problem.weightTitles ?? app.D.problem.weights;
    const lines = [];
    for (let j = 0; j < w.length && j < MOST_WEIGHTS; j++) lines.push(names[j] + ": " + text(w[j]));
    if (w.length > MOST_WEIGHTS) lines.push("…");
    if (loss !== loss) loss = Maths.loss(app.problem, w, l2);
    const g = Maths.gradient(app.problem, w, l2, new Float64Array(w.length));
    lines.push(P.word(app, "loss", "Loss") + ": " + text(loss), "Gradient norm: " + text(Math.hypot(...g)));
    return lines;
  }

  // --- the read-out ---

  /**
   * Readout says in the panel where the runs are: a line for a single run, a small table for
   * several, and but for the counter nothing where a legend beside their losses says it
   * all. Its size is that of its widest moment, so that nothing moves but digits.
   */
  class Readout {
    constructor(panel) {
      const { app, sheet: s, axes } = panel, plot = axes.plot, all = panel.shown;
      Object.assign(this, { panel, app, s });
      this.all = all.map((r, i) => ({ ...r, off: panel.ways[i].off, n: panel.ways[i].n }));
      this.single = all.length === 1;
      this.table = !this.single && this.all.some((r) => r.off);
      this.runs = this.all;
      this.more = "";
      if (P.told(app, panel.shown)) this.runs = [];
      else this.keep(P.MOST_ENTRIES - 1);
      // What the points of an ensemble are a surface says at its foot.
      if (this.more === "" && app.D.ensemble && !app.panels.some((p) => p.spec.kind === "surface")) this.more = Fields.ensemble(app)?.text ?? "";
      const least = Math.min(s.least, P.LABEL * s.pt);
      this.st = s.name;
      const most = (P.high(plot) * PLATE_SHARE) / this.lines / P.LINE_STEP;
      if (this.st.size > most) this.st = { size: Math.max(most, least) };
      // In letters as small as they may be, as many runs as have room.
      while (this.height > 0.7 * P.high(plot) && this.runs.length > 1) this.keep(this.lines - 2);
      const room = P.wide(plot) - 8 * s.pt;
      this.fit(room);
      this.high = this.height > 0.5 * P.high(plot);
      const ways = panel.ways.map((w) => w.when.flatMap((k) => [w.x[k], w.y[k]]));
      this.corner = P.freeCorner(s, plot, Math.min(this.width, room), this.height, ways, panel.corner ?? -1);
      panel.corner = this.corner;
      this.plate = P.cornerPlate(s, plot, Math.min(this.width, room), this.height, this.corner);
    }

    keep(most) {
      if (this.all.length <= most) return;
      this.runs = this.all.slice(0, Math.max(0, most - 1));
      this.more = Scales.fill(P.word(this.app, "legend.more", "and {n} more"), { n: this.all.length - this.runs.length });
    }

    get lines() {
      if (this.single) return 1 + (this.stacked ? 1 : 0) + (this.all[0].off ? 2 : 0) + (this.more ? 1 : 0);
      return 1 + this.runs.length + (this.more ? 1 : 0);
    }

    get height() {
      return ((this.lines - 1) * P.LINE_STEP + 1.75) * this.st.size;
    }

    get width() {
      const c = this.columns;
      let w = this.lead + c.loss + c.plane + c.off;
      if (this.single) w = Math.max((this.stacked ? 0 : c.first) + c.loss, c.plane, c.off);
      return Math.max(w, c.last, c.first) + this.st.size - c.space;
    }

    /** How far right of the plate's text the columns of numbers begin. */
    get lead() {
      const c = this.columns;
      return this.table ? Math.max(c.swatch + c.name, c.first) : c.swatch + c.name;
    }

    /**
     * Finds the columns in a width: where there is no room, letters become smaller, the loss
     * of a single run goes below the counter, what is known of the plane is left out, and
     * names are cut or left out, colours having to do.
     */
    fit(room) {
      const size = this.st.size, s = this.s;
      const smaller = (least) => {
        for (let k = size; ; k *= 0.95) {
          this.st = { size: Math.max(k, least) };
          this.columns = this.measure();
          if (this.width <= room) return true;
          if (k <= least) return false;
        }
      };
      const least = Math.min(size, Math.max(P.LEAST_LETTERS * size, s.least)), tiny = Math.min(size, Math.max(P.SMALLEST_SHARE * size, 0.9 * s.least));
      if (smaller(least)) return;
      this.stacked = this.single;
      if (this.stacked && smaller(least)) return;
      this.planeless = this.table;
      if (this.planeless && smaller(tiny)) return;
      const over = this.width - room, shortest = this.table ? Math.max(4 * this.st.size, this.columns.first - this.columns.swatch) : 4 * this.st.size;
      if (!this.single && this.columns.name - over > shortest) {
        this.columns.name -= over;
        this.names = this.names.map((name) => s.cut(name, this.st, this.columns.name - this.columns.space));
        return;
      }
      this.nameless = true;
      if (smaller(tiny)) return;
      this.offless = true;
      smaller(tiny);
    }

    measure() {
      const { app, s, st } = this, width = (t) => (t ? s.width(t, st) : 0), space = 2 * width(" ");
      const c = { space, swatch: 0, name: 0, loss: 0, plane: 0, off: 0 };
      c.first = width(P.counterText(app, app.last)) + space;
      c.last = width(this.more) + space;
      this.names = this.runs.map(({ run }) => run.name);
      if (!this.single) {
        c.swatch = 1.3 * st.size;
        if (!this.nameless) for (const name of this.names) c.name = Math.max(c.name, width(name) + space);
      }
      const wider = (key, text) => {
        if (text) c[key] = Math.max(c[key], width(text) + space);
      };
      for (const r of this.runs) {
        for (let i = 0; i <= 24; i++) { // digits hardly differ in width
          const k = Math.round(((r.n - 1) * i) / 24);
          wider("loss", this.lossText(r, k));
          if (i % 4 === 0) wider("plane", this.planeText(r, k));
          wider("off", this.offText(r, k));
        }
        if (P.gone(app, r.run) || r.run.traj.status === "diverged") wider("loss", P.word(app, "status.diverged", "diverged"));
      }
      if (this.table) {
        wider("loss", P.word(app, "loss"));
        if (!this.planeless) wider("plane", P.word(app, "plane"));
        if (!this.offless) wider("off", P.word(app, "off"));
      }
      for (const key of ["loss", "plane", "off"]) if (c[key] > 0) c[key] = s.wholeLetters(c[key]);
      return c;
    }

    value(name, x) {
      const text = P.decimal(this.app, Scales.number(x));
      return this.table ? text : P.labelled(name, text);
    }

    lossText(r, k) {
      return this.value(P.word(this.app, "loss", "Loss"), r.run.traj.loss[k]);
    }

    /** The loss of the plane's nearest point, and how far the run is from it; "" of one that stays in the plane. */
    planeText(r, k) {
      if (!r.off || this.planeless) return "";
      const w = Maths.planeAt(this.app.D.plane, r.run.at[2 * k], r.run.at[2 * k + 1]);
      return this.value(P.word(this.app, "plane", "On the plane"), Maths.loss(this.app.problem, w, r.run.spec.l2));
    }

    offText(r, k) {
      return r.off && !this.offless ? this.value(P.word(this.app, "off", "Off the plane"), r.off[k]) : "";
    }

    draw(ctx) {
      const { app, s, st, plate, columns: c } = this;
      ctx.fillStyle = P.alpha(app.theme.plate, PLATE_ALPHA);
      P.roundRect(ctx, plate, 3 * s.pt);
      ctx.fill();
      const x = plate.x0 + st.size / 2, right = plate.x1 - st.size / 2;
      let y = plate.y0 + 0.875 * st.size;
      const put = (text, at) => {
        if (text) s.text(ctx, s.cut(text, st, right - at + 1), st, at, y, "left", true);
      };
      put(P.counterText(app, app.time), x);
      const now = (r) => Math.trunc(P.updatesOf(app, r.run));
      const loss = (r) => (P.gone(app, r.run) ? P.word(app, "status.diverged", "diverged") : this.lossText(r, now(r)));
      if (this.single) {
        const r = this.all[0];
        if (this.stacked) y += P.LINE_STEP * st.size;
        put(loss(r), x + (this.stacked ? 0 : c.first));
        for (const text of [this.planeText(r, now(r)), this.offText(r, now(r)), this.more].filter(Boolean)) {
          y += P.LINE_STEP * st.size;
          put(text, x);
        }
        return;
      }
      const columns = (a, b, d) => {
        const at = x + this.lead;
        put(a, at);
        put(b, at + c.loss);
        put(d, at + c.loss + c.plane);
      };
      if (this.table && this.runs.length) columns(P.word(app, "loss"), this.planeless ? "" : P.word(app, "plane"), this.offless ? "" : P.word(app, "off"));
      this.runs.forEach((r, i) => {
        y += P.LINE_STEP * st.size;
        ctx.fillStyle = r.run.color;
        P.disc(ctx, x + 0.45 * st.size, y, 0.36 * st.size);
        if (!this.nameless) put(this.names[i], x + c.swatch);
        columns(loss(r), this.planeText(r, now(r)), this.offText(r, now(r)));
      });
      y += P.LINE_STEP * st.size;
      put(this.more, x);
    }
  }

  // --- labels of lines ---

  const LETTERS = 9.5; // size, in points
  const PAD = 2; // between the number and the edge of its plate
  const GAP = 10; // between two plates
  const CELL = 1.5; // side of a cell of the map of what lies where
  const EDGE = 24; // nearer to the plot's edge is worse
  const PATH = 4; // from a plate to the way of a run
  const STEP = 4; // from one place to the next that is tried
  const TRACED = 160; // points a side at which lines are traced
  const SEVERAL = -1;

  function drawLabel(ctx, s, label) {
    ctx.fillStyle = label.color;
    P.roundRect(ctx, label.plate, 0.25 * P.high(label.plate));
    ctx.fill();
    s.text(ctx, label.text, label.st, (label.plate.x0 + label.plate.x1) / 2, (label.plate.y0 + label.plate.y1) / 2, "center", true, label.ink);
  }

  /** Black or white, which of the two differs more from a colour (relative luminance and contrast ratio of WCAG 2.1: both are equal at 0.179). */
  function inkOn(color) {
    const [r, g, b] = P.rgb(color).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
  }

  /** The losses of lines: those that the scene states as they are, and of others as many digits as tell them apart. */
  function levelTexts(app, c) {
    const losses = c.lines.map((x) => c.scale.from(x));
    let texts;
    if (app.D.contour.levels) texts = losses.map((v) => Scales.rounded(v, 12)); // the scale's rounding errors are smaller
    else if (c.scale.kind === "linear") texts = Scales.labels(losses);
    else {
      for (let digits = 3; digits < 17; digits++) {
        texts = losses.map((v) => Scales.rounded(v, digits));
        if (new Set(texts).size === texts.length) break;
      }
    }
    return texts.map((t) => P.decimal(app, t));
  }

  /** The heights over the plot on the scale of the contours, nx by ny points, row by row from the lowest β; NaN in holes and outside. */
  function heightsOver(panel, c) {
    const f = c.field, v = panel.view, n = Math.min(TRACED, Math.max(f.nx, f.ny)), z = new Float64Array(n * n);
    for (let j = 0; j < n; j++) {
      const b = ((v.y[0] + (j / (n - 1)) * span(v.y) - f.view.y[0]) / span(f.view.y)) * (f.ny - 1), q = Math.min(Math.max(Math.trunc(b), 0), f.ny - 2);
      for (let i = 0; i < n; i++) {
        const a = ((v.x[0] + (i / (n - 1)) * span(v.x) - f.view.x[0]) / span(f.view.x)) * (f.nx - 1), p = Math.min(Math.max(Math.trunc(a), 0), f.nx - 2);
        if (a < -1e-6 || b < -1e-6 || a > f.nx - 1 + 1e-6 || b > f.ny - 1 + 1e-6) {
          z[j * n + i] = NaN;
          continue;
        }
        const at = (i, j) => c.scale.to(f.values[j * f.nx + i]), s = a - p, t = b - q;
        z[j * n + i] = (at(p, q) * (1 - s) + at(p + 1, q) * s) * (1 - t) + (at(p, q + 1) * (1 - s) + at(p + 1, q + 1) * s) * t;
      }
    }
    return { n, z };
  }

  /** The lines of a level through heights over a plot, as ways, by marching squares. */
  function trace({ n, z }, level, plot) {
    const x = (i) => plot.x0 + (i / (n - 1)) * P.wide(plot), y = (j) => plot.y1 - (j / (n - 1)) * P.high(plot);
    // An edge of the grid has a number: 2k of the one from point k to the right, 2k+1 of that upwards.
    const links = new Map(), points = new Map();
    const point = (edge) => {
      if (points.has(edge)) return;
      const k = edge >> 1, i = k % n, j = (k - i) / n, up = edge & 1, to = up ? k + n : k + 1;
      const t = (level - z[k]) / (z[to] - z[k]);
      points.set(edge, [x(i + (up ? 0 : t)), y(j + (up ? t : 0))]);
    };
    const link = (a, b) => {
      point(a);
      point(b);
      for (const [p, q] of [[a, b], [b, a]]) {
        if (!links.has(p)) links.set(p, []);
        links.get(p).push(q);
      }
    };
    for (let j = 0; j + 1 < n; j++) {
      for (let i = 0; i + 1 < n; i++) {
        const k = j * n + i, a = z[k], b = z[k + 1], c = z[k + n + 1], d = z[k + n];
        if (!(a - a === 0 && b - b === 0 && c - c === 0 && d - d === 0)) continue;
        const cut = [];
        if (a < level !== b < level) cut.push(2 * k);
        if (b < level !== c < level) cut.push(2 * (k + 1) + 1);
        if (d < level !== c < level) cut.push(2 * (k + n));
        if (a < level !== d < level) cut.push(2 * k + 1);
        if (cut.length === 2) link(cut[0], cut[1]);
        else if (cut.length === 4) { // a saddle: the middle says which corners are on one side
          const joined = (a + b + c + d) / 4 < level === a < level;
          link(cut[0], joined ? cut[1] : cut[3]);
          link(cut[2], joined ? cut[3] : cut[1]);
        }
      }
    }
    const out = [], used = new Set();
    const follow = (from) => {
      const way = [];
      for (let at = from, before = -1; ; ) {
        used.add(at);
        way.push(...points.get(at));
        const next = links.get(at).find((e) => e !== before && !used.has(e)) ?? (links.get(at).includes(from) && before !== from && at !== from ? from : undefined);
        if (next === undefined) break;
        before = at;
        if (next === from) {
          way.push(...points.get(from));
          break;
        }
        at = next;
      }
      return way;
    };
    for (const [edge, to] of links) if (to.length === 1 && !used.has(edge)) out.push(follow(edge));
    for (const edge of links.keys()) if (!used.has(edge)) out.push(follow(edge));
    return out.filter((way) => way.length >= 4);
  }

  /** Line is a traced line with the way from its start to each point. */
  class Line {
    constructor(points, level) {
      this.points = points;
      this.level = level;
      this.way = [0];
      const n = points.length;
      for (let k = 2; k < n; k += 2) this.way.push(this.way[k / 2 - 1] + Math.hypot(points[k] - points[k - 2], points[k + 1] - points[k - 1]));
      this.length = this.way[this.way.length - 1];
      this.closed = points[0] === points[n - 2] && points[1] === points[n - 1];
    }

    /** The point after some way from the start. A closed line goes round. */
    at(way) {
      if (this.closed) way -= Math.floor(way / this.length) * this.length;
      const k = Math.min(Math.max(Scales.search(this.way, way), 1), this.way.length - 1), p = this.points, i = 2 * k;
      const d = this.way[k] - this.way[k - 1], t = d > 0 ? P.clamp((way - this.way[k - 1]) / d, 0, 1) : 0;
      return [p[i - 2] + t * (p[i] - p[i - 2]), p[i - 1] + t * (p[i + 1] - p[i - 1])];
    }

    /** How far two places are from each other along the line. */
    apart(a, b) {
      const d = Math.abs(a - b);
      return this.closed ? Math.min(d, this.length - d) : d;
    }
  }

  /**
   * The labels of a panel's lines: at most one on each, where it is long and straight, far
   * from the edges, from where runs pass and from other lines, and none where there is no
   * such place.
   */
  function lineLabels(panel, c) {
    const { app, sheet: s, axes } = panel, heights = heightsOver(panel, c), texts = levelTexts(app, c);
    const lines = c.lines.flatMap((level, i) => (level > c.scale.a && level < c.scale.b ? trace(heights, level, axes.plot).map((way) => new Line(way, i)) : []));
    const map = new LineMap(panel, heights, lines);
    const map256 = app.D.colormaps[app.D.contour.colormap], out = [];
    // The longest have their choice first.
    for (const i of lines.map((_, i) => i).sort((a, b) => lines[b].length - lines[a].length)) {
      const color = P.colorAt(map256, c.scale.fraction(c.lines[lines[i].level]));
      const st = { size: Math.max(LETTERS * s.pt, Math.min(s.least, P.TICK * s.pt)) }, text = texts[lines[i].level];
      const plate = map.place(i, s.width(text, st) + 2 * PAD * s.pt, P.CAP * st.size + 2 * PAD * s.pt);
      if (plate) out.push({ text, st, color, ink: inkOn(color), plate: s.whole(plate) });
    }
    return out;
  }

  /** LineMap says what lies where in a plot, in small square cells. */
  class LineMap {
    constructor(panel, heights, lines) {
      const { sheet: s, axes } = panel, plot = axes.plot;
      Object.assign(this, { s, plot, heights, lines, side: CELL * s.pt });
      this.nx = Math.ceil(P.wide(plot) / this.side);
      this.ny = Math.ceil(P.high(plot) / this.side);
      const n = this.nx * this.ny;
      this.line = new Int32Array(n); // 1 + index of the line that passes, or SEVERAL
      this.way = new Float64Array(n); // along that line
      this.path = new Uint8Array(n); // a run passes
      lines.forEach((t, i) => {
        for (let way = 0; way < t.length; way += this.side / 2) {
          const k = this.cell(...t.at(way));
          if (this.line[k] === 0) [this.line[k], this.way[k]] = [i + 1, way];
          else if (this.line[k] !== i + 1) this.line[k] = SEVERAL;
        }
      });
      this.taken = [P.inset(panel.readout.plate, -4 * s.pt)]; // where no label may be
      const around = (P.DOT / 2 + 3) * s.pt;
      for (const w of panel.ways) {
        for (let i = 1; i < w.when.length; i++) this.pass(w.x[w.when[i - 1]], w.y[w.when[i - 1]], w.x[w.when[i]], w.y[w.when[i]]);
        for (const k of [0, w.n - 1]) this.taken.push(P.inset(P.rect(w.x[k], w.y[k], w.x[k], w.y[k]), -around));
      }
    }

    cell(x, y) {
      const i = P.clamp(Math.trunc((x - this.plot.x0) / this.side), 0, this.nx - 1), j = P.clamp(Math.trunc((y - this.plot.y0) / this.side), 0, this.ny - 1);
      return j * this.nx + i;
    }

    /** Notes that a run goes straight from one place to another. */
    pass(x0, y0, x1, y1) {
      if (!P.crosses(x0, y0, x1, y1, this.plot)) return;
      const n = Math.min(4000, 1 + Math.ceil((2 * Math.hypot(x1 - x0, y1 - y0)) / this.side));
      for (let i = 0; i <= n; i++) {
        const x = x0 + ((x1 - x0) * i) / n, y = y0 + ((y1 - y0) * i) / n;
        if (P.contains(this.plot, x, y)) this.path[this.cell(x, y)] = 1;
      }
    }

    /** Whether a cell in an area has a property. */
    any(area, has) {
      for (let y = area.y0; y < area.y1 + this.side; y += this.side) {
        for (let x = area.x0; x < area.x1 + this.side; x += this.side) {
          if (has(this.cell(Math.min(x, area.x1), Math.min(y, area.y1)))) return true;
        }
      }
      return false;
    }

    /** The best place of a plate of w by h on line i, which it takes; null if there is none. */
    place(i, w, h) {
      const t = this.lines[i];
      let least = Infinity, plate = null;
      for (let way = 0; way < t.length; way += STEP * this.s.pt) {
        const [x, y] = t.at(way), at = P.rect(x - w / 2, y - h / 2, x + w / 2, y + h / 2), cost = this.cost(i, way, at);
        if (cost < least) [plate, least] = [at, cost];
      }
      if (plate) this.taken.push(P.inset(plate, -GAP * this.s.pt));
      return plate;
    }

    /** What speaks against a plate on line i, infinity where it cannot be. */
    cost(i, way, plate) {
      const { plot } = this, pt = this.s.pt;
      const edge = Math.min(plate.x0 - plot.x0, plate.y0 - plot.y0, plot.x1 - plate.x1, plot.y1 - plate.y1) / pt;
      if (edge < PAD) return Infinity;
      if (this.taken.some((r) => r.x0 < plate.x1 && plate.x0 < r.x1 && r.y0 < plate.y1 && plate.y0 < r.y1)) return Infinity;
      // The line under the plate, and as much on either side as shows that it goes on.
      const t = this.lines[i], h = P.high(plate);
      let [ax, ay] = t.at(way - h / 2), [bx, by] = t.at(way + h / 2);
      const along = Math.hypot(bx - ax, by - ay);
      if (along === 0) return Infinity;
      const cos = Math.abs(bx - ax) / along, sin = Math.abs(by - ay) / along;
      const half = Math.min(P.wide(plate) / 2 / Math.max(cos, 1e-9), h / 2 / Math.max(sin, 1e-9)) + 4 * pt;
      if ((!t.closed && (way < half || way > t.length - half)) || 4 * half > t.length) return Infinity;
      [ax, ay] = t.at(way - half);
      [bx, by] = t.at(way + half);
      const straight = Math.hypot(bx - ax, by - ay) / (2 * half);
      if (straight < 0.92 || !this.free(i, way, half, plate)) return Infinity;
      let cost = 6 * (1 - straight) + 0.3 * sin + 0.15 * Math.abs(way / t.length - 0.5);
      if (edge < EDGE) cost += 0.5 * (1 - edge / EDGE);
      return cost;
    }

    /** Whether nothing but line i passes under a plate, within half of way, no run comes near, and all losses there are finite. */
    free(i, way, half, plate) {
      const pt = this.s.pt;
      if (this.any(P.inset(plate, -PATH * pt), (k) => this.path[k])) return false;
      plate = P.inset(plate, -pt);
      const t = this.lines[i];
      if (this.any(plate, (k) => this.line[k] !== 0 && (this.line[k] !== i + 1 || t.apart(this.way[k], way) > half + 2 * this.side))) return false;
      const { n, z } = this.heights;
      return [[plate.x0, plate.y0], [plate.x1, plate.y0], [plate.x0, plate.y1], [plate.x1, plate.y1]].every(([x, y]) => {
        const u = Math.round(((x - this.plot.x0) / P.wide(this.plot)) * (n - 1)), v = Math.round(((this.plot.y1 - y) / P.high(this.plot)) * (n - 1));
        return isFinite(z[P.clamp(v, 0, n - 1) * n + P.clamp(u, 0, n - 1)]);
      });
    }
  }

  /** The lines of the read-out at a point of the plane, which other panels show, too. */
  const reading = (app, alpha, beta) => [...axesLine(app, alpha, beta), ...weightLines(app, Maths.planeAt(app.D.plane, alpha, beta), NaN, app.l2 ?? app.D.problem.l2)];

  return P.kind((app, spec) => new Contour(app, spec), { reading });
})();
