/*
 * The panel of an orbit diagram: where the last states of many runs are, by one parameter.
 * The page's runs are points in the columns of their parameter. A click or a drag gives a
 * run the parameter under the cursor.
 */
Panels.orbit = (() => {
  const P = Plots;
  const { paramOf, changeOf, stableWay, drawStable, wholeCells, TOUCH } = Panels.map;

  const TRAIL = 400; // states of a run that are seen at most
  const NEAR = 6; // how near a column of a run a cursor has it, in points
  const BANDS = 256;

  class Orbit extends P.Flat {
    constructor(app, spec) {
      super(app, spec);
      const D = app.D.orbit;
      this.across = new Scales.ParamAxis(D.axis.param, D.axis.values, D.axis.log);
      this.up = Scales.linear(D.range[0], D.range[1]);
      this.share = Scales.log(D.least, 1);
      const weight = /^w([1-9]\d*)$/.exec(D.of);
      this.weight = weight ? weight[1] - 1 : -1; // that it shows; −1 shows losses
    }

    get D() {
      return this.app.D.orbit;
    }

    basis() {
      return "";
    }

    /** The colour of a share at u of its scale, 0 to 1: what many states share is dark on a light ground and light on a dark one. */
    shade(u) {
      const { app, D } = this, [from, to] = D.ends[app.dark ? "dark" : "light"];
      return P.colorAt(app.D.colormaps[D.colormap], from + (to - from) * u);
    }

    open(sheet) {
      const { app, D } = this;
      this.barName = Scales.fill(P.word(app, "legend.share", "Share of {n} states"), { n: Scales.whole(D.last, app.D.labels.mark) });
      this.axes = new P.Axes(sheet, {
        title: this.title, xName: D.axis.title, yName: D.title, horizontal: this.across, vertical: this.up,
        beside: (plot) => P.barWide(sheet, plot, this.share, this.barName),
        part: (room) => wholeCells(room, D.nx, 1, sheet),
      });
      this.image = this.picture();
    }

    /** The diagram as a picture of a pixel for each place, the uppermost row first. */
    picture() {
      const { app, D } = this, canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [D.nx, D.ny];
      const ctx = canvas.getContext("2d", { willReadFrequently: true }), image = ctx.createImageData(D.nx, D.ny);
      const colors = Array.from({ length: 256 }, (_, c) => P.rgb(c === 0 ? app.theme.paper : this.shade((c - 1) / 254)));
      for (let j = 0; j < D.ny; j++) {
        for (let i = 0, to = 4 * (D.ny - 1 - j) * D.nx; i < D.nx; i++, to += 4) {
          image.data.set(colors[D.codes[j * D.nx + i]], to);
          image.data[to + 3] = 255;
        }
      }
      ctx.putImageData(image, 0, 0);
      return canvas;
    }

    paint(ctx) {
      const { D, sheet: s, axes } = this, plot = axes.plot;
      ctx.imageSmoothingEnabled = D.nx > P.wide(plot) * s.dpr || D.ny > P.high(plot) * s.dpr;
      ctx.imageSmoothingQuality = "high";
      ctx.drawImage(this.image, plot.x0, plot.y0, P.wide(plot), P.high(plot));
      if (D.stable && D.stable.length && !this.across.list) drawStable(ctx, s, plot, stableWay(D.stable, plot, this.across, null, true), D.edge, true, true);
      axes.draw(ctx);
      const bands = { first: this.share.a, step: (this.share.b - this.share.a) / BANDS, n: BANDS };
      P.colorBar(ctx, s, plot, this.share, bands, (i) => this.shade((i + 0.5) / BANDS), this.barName);
    }

    /** What the diagram shows of a run after some updates, on the way to the next if they are not whole. */
    value(run, updates) {
      const t = run.traj, of = (k) => (this.weight >= 0 ? t.w[k * t.dim + this.weight] : t.loss[k]);
      const k = Math.trunc(updates), v = of(k), share = updates - k;
      return share > 0 ? v + share * (of(k + 1) - v) : v;
    }

    /** The column of a run, null where the diagram has none. */
    columnOf(run) {
      const v = paramOf(run.spec, this.across.param), u = v === undefined ? null : this.across.find(v);
      return u === null ? null : this.axes.plot.x0 + u * P.wide(this.axes.plot);
    }

    frame(ctx) {
      const { app, sheet: s, axes } = this, plot = axes.plot, radius = 0.85 * s.dotRadius, tail = app.D.path.trail;
      const trail = tail > 0 ? Math.min(TRAIL, tail) : TRAIL;
      for (let i = this.shown.length - 1; i >= 0; i--) {
        const { run } = this.shown[i], x = this.columnOf(run);
        if (x === null) continue;
        const at = P.updatesOf(app, run), now = Math.trunc(at);
        P.within(ctx, plot, () => {
          ctx.fillStyle = run.color;
          for (let j = Math.max(0, now - trail + 1); j < now; j++) {
            ctx.globalAlpha = 1 - (0.85 * (now - j)) / trail;
            P.disc(ctx, x, axes.y(this.value(run, j)), 0.45 * radius);
          }
          ctx.globalAlpha = 1;
        });
        P.dot(ctx, s, plot, x, axes.y(this.value(run, at)), radius, run.color);
      }
      const h = app.hover;
      if (h?.panel === this.spec.name && h.cell) {
        ctx.fillStyle = P.alpha(s.theme.ink, 0.5);
        s.down(ctx, plot.x0 + ((h.cell.i + 0.5) / this.across.values.length) * P.wide(plot), plot.y0, plot.y1, s.line(P.AXIS_WIDTH));
      }
    }

    valueAt(x) {
      const plot = this.axes.plot;
      return this.across.values[this.across.cell((x - plot.x0) / P.wide(plot))];
    }

    pick(x, y) {
      if (!this.inPlot(x, y)) return null;
      const { app, D, axes } = this, plot = axes.plot, v = this.valueAt(x), i = this.across.cell((x - plot.x0) / P.wide(plot));
      const at = this.up.from(this.up.a + ((plot.y1 - y) / P.high(plot)) * (this.up.b - this.up.a));
      const column = Math.min(Math.floor((i * D.nx) / this.across.values.length), D.nx - 1);
      const row = P.clamp(Math.floor(((plot.y1 - y) / P.high(plot)) * D.ny), 0, D.ny - 1), code = D.codes[row * D.nx + column];
      const share = code === 0 ? 0 : D.least ** (1 - (code - 1) / 254);
      const text = (v, n) => P.decimal(app, Scales.rounded(v, n));
      const lines = [`${D.axis.title}: ${P.decimal(app, Scales.parameter(v))}`, `${D.title}: ${P.decimal(app, Scales.significant(at, 4))}`];
      if (share > 0) lines.push(`${this.barName}: about ${text(share, 2)}`);
      return {
        lines, run: -1, cell: { i, params: { [this.across.param]: v } }, cursor: "pointer",
      };
    }

    /** Whether a finger at a place moves what is there, so that the page does not scroll. */
    grips(x, y) {
      return this.inPlot(x, y) && this.columnAt(x, TOUCH / 2) >= 0;
    }

    /** The run whose column is nearest to a place, −1 if none is near. */
    columnAt(x, reach) {
      let best = -1, least = reach;
      for (const { run, index } of this.shown ?? []) {
        const at = this.columnOf(run);
        if (at !== null && Math.abs(at - x) <= least) [best, least] = [index, Math.abs(at - x)];
      }
      return best;
    }

    /** Gives a run the parameter under the cursor: the one whose column is there, else the selected one. */
    down(x, y, event) {
      if (event?.button > 0 || !this.inPlot(x, y)) return null;
      const { app } = this, touch = event?.pointerType === "touch", held = this.columnAt(x, touch ? TOUCH / 2 : NEAR * this.sheet.pt);
      const shown = this.shown.map((r) => r.index);
      let which = held >= 0 ? held : app.selected;
      if (which >= 0 && !shown.includes(which)) which = shown.length ? shown[0] : -1;
      if (held >= 0 && app.selected >= 0) app.selected = held;
      let last;
      const to = (px) => {
        const v = this.valueAt(px);
        if (v === last) return;
        last = v;
        this.setTo(which, v);
      };
      if (held < 0 && touch) return P.tap(x, y, to);
      if (held < 0) to(x);
      return { move: to, up() {} };
    }

    setTo(which, v) {
      const { app } = this;
      for (const i of which < 0 ? this.shown.map((r) => r.index) : [which]) app.changeRun(i, changeOf(app.runs[i].spec, { [this.across.param]: v }));
    }

    key(event) {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || !this.axes) return false;
      const { app } = this, run = app.runs[Math.max(0, app.selected)], x = this.columnOf(run), last = this.across.values.length - 1, plot = this.axes.plot;
      const i = x === null ? last >> 1 : this.across.cell((x - plot.x0) / P.wide(plot));
      this.setTo(app.selected, this.across.values[P.clamp(i + by * (event.shiftKey ? 10 : 1), 0, last)]);
      return true;
    }

    describe() {
      const { app, D } = this, text = (v) => P.decimal(app, Scales.parameter(v)), v = this.across.values;
      const runs = P.visible(app, this.spec).slice(0, P.MOST_ENTRIES).map(({ run, index }) =>
        `${P.nameOf(app, index)} is at ${P.decimal(app, Scales.number(this.value(run, Math.trunc(P.updatesOf(app, run)))))}`);
      return `${this.title}: ${D.title} in the last ${D.last} states of ${v.length} runs, by ${D.axis.title} from ${text(v[0])} to ${text(v[v.length - 1])}.` +
        (runs.length ? ` After ${Math.trunc(app.time)} updates ${runs.join(", ")}.` : "");
    }
  }

  return P.kind((app, spec) => new Orbit(app, spec));
})();
