/*
 * The panel of a map: a run is a cell, never mixed with another. Rings are the page's runs
 * at their parameters. A click or a drag gives a run the parameters of the run under the
 * cursor, which the page computes at once.
 */
Panels.map = (() => {
  const P = Plots;

  const KEY_LINE = 1.5; // distance of the lines of the key, in ems, where there is room
  const GRAB = 11, TOUCH = 24; // how near a ring a cursor, and a finger, has it: points, pixels

  /** What a run has of a parameter: a hyper-parameter, or a weight that it starts from; undefined for none. */
  function paramOf(spec, name) {
    const weight = /^w([1-9]\d*)$/.exec(name);
    const v = weight ? spec.start[weight[1] - 1] : spec[name];
    return v === undefined || v === null ? undefined : Number(v);
  }

  /** The change of a run that gives it parameters {name: value}. */
  function changeOf(spec, params) {
    const change = {};
    for (const [name, v] of Object.entries(params)) {
      const weight = /^w([1-9]\d*)$/.exec(name);
      if (weight) (change.start ??= Array.from(spec.start))[weight[1] - 1] = v;
      else change[name] = v;
    }
    return change;
  }

  // --- the line where runs become unstable ---

  const STABLE_WIDTH = 1, STABLE_GAP = 4, STABLE_PAD = 2; // of the line, from it to the letters, around them; in points
  const STABLE_INK = "#000000", STABLE_RIM = "rgba(255,255,255,0.92)";

  /** The way over a plot of points [learning rate, other parameter]; lr and other are their axes, across says that the learning rate is the horizontal one. other is null of a line of one learning rate. */
  function stableWay(points, plot, lr, other, across) {
    const way = [];
    const put = (u, rate) => {
      const v = rate > 0 ? lr.unit(rate) : NaN;
      if (v !== v) return;
      if (across) way.push(plot.x0 + v * P.wide(plot), plot.y1 - u * P.high(plot));
      else way.push(plot.x0 + u * P.wide(plot), plot.y1 - v * P.high(plot));
    };
    if (!other) {
      put(0, points[0][0]);
      put(1, points[0][0]);
      return way;
    }
    const at = (v) => other.unit(other.list ? other.values.indexOf(v) : v);
    const first = at(points[0][1]), last = at(points[points.length - 1][1]), down = first > last;
    put(down ? 1 : 0, points[0][0]);
    for (const [rate, v] of points) put(at(v), rate);
    put(down ? 0 : 1, points[points.length - 1][0]);
    return way;
  }

  /** Draws the line, and beside it what it is: its label, clear of it, as near as can be to its end upwards or to the right. */
  function drawStable(ctx, s, plot, way, label, across, alone) {
    if (way.length < 4) return;
    const width = s.atLeast(STABLE_WIDTH, 1);
    P.within(ctx, plot, () => {
      if (alone) {
        P.line(ctx, way, 1.2 * width, s.theme.ink, "butt");
      } else {
        P.line(ctx, way, 2.4 * width, STABLE_RIM);
        P.line(ctx, way, width, STABLE_INK);
      }
    });
    if (P.empty(label)) return;
    const places = [], PARTS = 48;
    for (let i = 2; i < way.length; i += 2) {
      for (let k = 0; k < PARTS; k++) {
        const t = (k + 0.5) / PARTS, x = way[i - 2] + t * (way[i] - way[i - 2]), y = way[i - 1] + t * (way[i + 1] - way[i - 1]);
        if (P.contains(plot, x, y)) places.push([x, y]);
      }
    }
    const st = { size: 0.9 * s.tick.size }, pad = STABLE_PAD * s.pt, gap = STABLE_GAP * s.pt;
    const w = s.width(label, st) + 4 * pad, h = 1.15 * st.size + pad, room = P.inset(plot, gap);
    places.sort((a, b) => (across ? a[1] - b[1] : b[0] - a[0]));
    for (const [x, y] of places) {
      const sides = across
        ? [P.rect(x + gap, y, x + gap + w, y + h), P.rect(x - gap - w, y, x - gap, y + h)]
        : [P.rect(x - w, y - gap - h, x, y - gap), P.rect(x - w, y + gap, x, y + gap + h)];
      for (const box of sides) {
        const near = P.inset(box, -gap / 2);
        if (!P.contains(room, box.x0, box.y0) || !P.contains(room, box.x1, box.y1) || places.some(([a, b]) => P.contains(near, a, b))) continue;
        ctx.fillStyle = STABLE_RIM;
        P.roundRect(ctx, box, pad);
        ctx.fill();
        s.text(ctx, label, st, (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2, "center", true, STABLE_INK);
        return;
      }
    }
  }

  // --- the panel ---

  class MapPanel extends P.Flat {
    constructor(app, spec) {
      super(app, spec);
      const D = app.D.map;
      this.horizontal = new Scales.ParamAxis(D.axes[0].param, D.axes[0].values, D.axes[0].log);
      this.vertical = new Scales.ParamAxis(D.axes[1].param, D.axes[1].values, D.axes[1].log);
      this.scale = Scales.read(D.scale);
    }

    get D() {
      return this.app.D.map;
    }

    /** What the key has besides a colour bar, as [{text, color, runs}]. */
    get swatches() {
      return this.D.swatches ?? [];
    }

    basis() {
      return "";
    }

    open(sheet) {
      const { D } = this, [nx, ny] = [this.horizontal.values.length, this.vertical.values.length];
      this.barName = this.title === D.title ? "" : D.title;
      this.axes = new P.Axes(sheet, {
        title: this.title, xName: D.axes[0].title, yName: D.axes[1].title, horizontal: this.horizontal, vertical: this.vertical,
        beside: (plot) => this.keyWide(sheet, plot),
        part: (room) => wholeCells(room, nx, ny, sheet),
      });
    }

    // --- the key ---

    /** The style of the texts of the key that explain single colours, and the distance of their lines: all have room beside a plot, and half of it where there is a colour bar, too. */
    keyStyle(s, plot) {
      const st = s.tick, n = Math.max(1, this.swatches.length);
      const step = Math.min(KEY_LINE * st.size, P.high(plot) / (this.scale ? 2 : 1) / n);
      return [{ ...st, size: Math.min(st.size, step / P.LABEL_STEP) }, step];
    }

    keyWide(s, plot) {
      const [st] = this.keyStyle(s, plot);
      const texts = Math.min(s.widest(this.swatches.map((e) => e.text), st), P.LABEL_SHARE * s.w);
      let wide = s.wholeLetters(texts) + (P.BAR_GAP + P.BAR + P.TICK_LENGTH + P.TICK_GAP) * s.pt;
      if (this.scale) wide = Math.max(wide, P.barWide(s, this.barPlot(s, plot), this.scale, this.barName));
      return wide;
    }

    /** The plot without the height that the rest of the key takes below a colour bar. */
    barPlot(s, plot) {
      const n = this.swatches.length;
      if (n === 0) return plot;
      const [st, step] = this.keyStyle(s, plot);
      return { ...plot, y1: s.round(plot.y1 - n * step - 0.35 * st.size) };
    }

    paintKey(ctx) {
      const { D, sheet: s, app } = this, plot = this.axes.plot, [st, step] = this.keyStyle(s, plot);
      const x0 = s.round(plot.x1 + P.BAR_GAP * s.pt), side = s.round((P.BAR * s.pt * st.size) / s.tick.size), w = s.line(P.AXIS_WIDTH);
      let y = plot.y0;
      if (this.scale) {
        P.colorBar(ctx, s, this.barPlot(s, plot), this.scale, ...P.smoothBands(this.scale, app.D.colormaps[D.colormap]), this.barName);
        y = plot.y1 - this.swatches.length * step;
      }
      for (const e of this.swatches) {
        const at = s.whole(P.rect(x0, y + step - side, x0 + side, y + step)), x = at.x1 + (P.TICK_LENGTH + P.TICK_GAP) * s.pt;
        ctx.fillStyle = e.color;
        ctx.fillRect(at.x0, at.y0, P.wide(at), P.high(at));
        s.frame(ctx, at, w, s.theme.ink);
        s.text(ctx, s.cut(e.text, st, s.w - P.CELL_GAP * s.pt - x), st, x, (at.y0 + at.y1) / 2, "left", true);
        y += step;
      }
    }

    paint(ctx) {
      const { D, sheet: s, axes } = this, plot = axes.plot;
      // Cells smaller than pixels are averaged, larger ones stay square.
      const fine = D.image.width > P.wide(plot) * s.dpr || D.image.height > P.high(plot) * s.dpr;
      ctx.imageSmoothingEnabled = fine;
      ctx.imageSmoothingQuality = "high";
      ctx.drawImage(D.image, plot.x0, plot.y0, P.wide(plot), P.high(plot));
      if (D.stable && D.stable.length) {
        const across = D.axes[0].param === "lr", lr = across ? this.horizontal : this.vertical;
        if (!lr.list) drawStable(ctx, s, plot, stableWay(D.stable, plot, lr, across ? this.vertical : this.horizontal, across), D.edge, across, false);
      }
      axes.draw(ctx);
      this.paintKey(ctx);
    }

    // --- the runs ---

    /** Where a run lies in the plot; null where the map has no such run. */
    placeOf(run) {
      const [x, y] = [this.horizontal, this.vertical].map((a) => {
        const v = paramOf(run.spec, a.param);
        return v === undefined ? null : a.find(v);
      });
      const plot = this.axes.plot;
      return x === null || y === null ? null : [plot.x0 + x * P.wide(plot), plot.y1 - y * P.high(plot)];
    }

    frame(ctx) {
      const { app, sheet: s } = this, radius = 1.15 * s.dotRadius, rim = s.atLeast(1.1, 1);
      for (let i = this.shown.length - 1; i >= 0; i--) {
        const { run, index } = this.shown[i], at = this.placeOf(run);
        if (!at) continue;
        const own = this.shown.length > 1 && index === app.selected;
        P.ring(ctx, at[0], at[1], own ? 1.2 * radius : radius, rim, run.color, app.theme.casing);
      }
      const c = app.hover?.panel === this.spec.name ? app.hover.cell : null;
      if (c) this.drawCell(ctx, c);
    }

    /** The outline of the cell under the cursor, where cells are large enough to be seen. */
    drawCell(ctx, c) {
      const s = this.sheet, plot = this.axes.plot, w = P.wide(plot) / this.horizontal.values.length, h = P.high(plot) / this.vertical.values.length;
      if (Math.min(w, h) < 4) return;
      ctx.strokeStyle = s.theme.ink;
      ctx.lineWidth = s.line(1);
      ctx.strokeRect(plot.x0 + c.i * w, plot.y1 - (c.j + 1) * h, w, h);
    }

    /** The cell at a place of the plot, nearest to places outside. */
    cellAt(x, y) {
      const plot = this.axes.plot;
      return { i: this.horizontal.cell((x - plot.x0) / P.wide(plot)), j: this.vertical.cell((plot.y1 - y) / P.high(plot)) };
    }

    params(c) {
      return { [this.horizontal.param]: this.horizontal.values[c.i], [this.vertical.param]: this.vertical.values[c.j] };
    }

    /** What the map says of a cell, from its colour: [text]. */
    cellText(c) {
      const { D, app } = this, p = D.pixels, at = c.j * p.nx + c.i, color = p.colors[p.lo[at] | (p.hi ? p.hi[at] << 8 : 0)];
      const swatch = this.swatches.find((e) => e.color === color);
      if (swatch) return swatch.text;
      if (!this.scale) return "";
      const map = app.D.colormaps[D.colormap], [r, g, b] = P.rgb(color);
      for (let k = 0; k < 256; k++) {
        if (map[3 * k] !== r || map[3 * k + 1] !== g || map[3 * k + 2] !== b) continue;
        const s = this.scale, u = (k + 0.5) / 256, x = s.kind === "signed" ? 2 * u - 1 : s.a + u * (s.b - s.a);
        return `${D.title}: about ${P.decimal(app, Scales.rounded(s.from(x), 2))}`;
      }
      return this.scale.kind === "signed" ? `${D.title}: about 0` : "";
    }

    pick(x, y) {
      if (!this.inPlot(x, y)) return null;
      const { app, D } = this, c = this.cellAt(x, y), text = (v) => P.decimal(app, Scales.parameter(v));
      const lines = [this.horizontal, this.vertical].map((a, k) => `${D.axes[k].title}: ${text(a.values[k === 0 ? c.i : c.j])}`);
      lines.push(this.cellText(c));
      return { lines: lines.filter(Boolean), run: -1, cell: { ...c, params: this.params(c) }, cursor: this.ringAt(x, y, GRAB * this.sheet.pt) >= 0 ? "grab" : "pointer" };
    }

    // --- what a hand does ---

    /** The run whose ring is at a place, −1 for none. */
    ringAt(x, y, reach) {
      let best = -1, least = reach;
      for (const { run, index } of this.shown ?? []) {
        const at = this.placeOf(run), far = at ? Math.hypot(at[0] - x, at[1] - y) : Infinity;
        if (far <= least) [best, least] = [index, far];
      }
      return best;
    }

    /** Whether a finger at a place moves what is there, so that the page does not scroll. */
    grips(x, y) {
      return !!this.axes && this.ringAt(x, y, TOUCH) >= 0;
    }

    /** Gives a run the parameters under the cursor: the one whose ring is there, else the selected one. */
    down(x, y, event) {
      if (event?.button > 0 || !this.inPlot(x, y)) return null;
      const { app } = this, touch = event?.pointerType === "touch", ring = this.ringAt(x, y, touch ? TOUCH : GRAB * this.sheet.pt);
      const shown = this.shown.map((r) => r.index);
      let which = ring >= 0 ? ring : app.selected;
      if (which >= 0 && !shown.includes(which)) which = shown.length ? shown[0] : -1;
      if (which < 0 && app.selected >= 0) return null;
      if (ring >= 0 && app.selected >= 0) app.selected = ring;
      let last = "";
      const to = (px, py) => {
        const c = this.cellAt(px, py), key = c.i + "," + c.j;
        if (key === last) return;
        last = key;
        this.setTo(which, this.params(c));
      };
      if (ring < 0 && touch) return P.tap(x, y, to);
      if (ring < 0) to(x, y);
      return { move: to, up() {} };
    }

    setTo(which, params) {
      const { app } = this;
      for (const i of which < 0 ? this.shown.map((r) => r.index) : [which]) app.changeRun(i, changeOf(app.runs[i].spec, params));
    }

    key(event) {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!by || !this.axes) return false;
      const { app } = this, index = Math.max(0, app.selected), at = this.placeOf(app.runs[index]), plot = this.axes.plot;
      const c = at ? this.cellAt(...at) : { i: this.horizontal.values.length >> 1, j: this.vertical.values.length >> 1 };
      const step = event.shiftKey ? 10 : 1;
      if (at || !plot) {
        c.i = P.clamp(c.i + step * by[0], 0, this.horizontal.values.length - 1);
        c.j = P.clamp(c.j + step * by[1], 0, this.vertical.values.length - 1);
      }
      this.setTo(app.selected, this.params(c));
      return true;
    }

    describe() {
      const { app, D } = this, text = (v) => P.decimal(app, Scales.parameter(v));
      const range = (k, a) => `${D.axes[k].title} from ${text(a.values[0])} to ${text(a.values[a.values.length - 1])}`;
      const n = this.horizontal.values.length * this.vertical.values.length, mark = app.D.labels.mark;
      const parts = this.swatches.map((e) => `${e.text} ${Scales.whole(e.runs, mark)}`);
      return `${P.empty(this.title) ? D.title : this.title}: ${D.title} of ${Scales.whole(n, mark)} runs of ${D.steps} steps, by ${range(0, this.horizontal)} and ${range(1, this.vertical)}.` +
        (parts.length ? ` ${parts.join(", ")}.` : "");
    }
  }

  /** What a map of nx by ny cells takes of its room: if it may be so, so much that every cell has the same number of whole device pixels. */
  function wholeCells(room, nx, ny, s) {
    const fit = (length, n) => {
      const pixels = Math.round(length * s.dpr), whole = Math.floor(pixels / n) * n;
      return whole < 0.9 * pixels ? length : whole / s.dpr;
    };
    return P.rect(room.x0, room.y1 - fit(P.high(room), ny), room.x0 + fit(P.wide(room), nx), room.y1);
  }

  return P.kind((app, spec) => new MapPanel(app, spec), { paramOf, changeOf, stableWay, drawStable, wholeCells, GRAB, TOUCH });
})();
