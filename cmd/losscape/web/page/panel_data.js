/*
 * The panel of samples of two features: each class in its colour, the line on which both are
 * as likely by the weights of each run, and, of a single run, shades of how likely they are.
 */
Panels.data = (() => {
  const P = Plots;
  const { featureRange, classEntries, probed, samples, fits } = Panels.curve;

  const SHADES = 16; // between the two classes, an even number, so that one border of them is the decision line
  const MOST_SAMPLES = 20_000; // dots

  class Data extends P.Flat {
    basis() {
      return this.shown.map(({ run, index }) => index + run.color + run.name).join() + P.told(this.app, this.shown);
    }

    open(sheet) {
      const { app } = this, D = app.D.problem;
      const [x0, x1] = (this.rangeX = featureRange(D, 0)), [y0, y1] = (this.rangeY = featureRange(D, 1));
      const name = (j) => D.features?.[j] || "x" + Scales.subscript(j + 1);
      this.names = [name(0), name(1)];
      this.axes = new P.Axes(sheet, { title: this.title, xName: name(0), yName: name(1), horizontal: Scales.linear(x0, x1), vertical: Scales.linear(y0, y1) });
      // Samples nearer than half a dot to one of their class are one; more where they are too many.
      for (let step = sheet.atLeast(P.SAMPLE, 2) / 4; ; step *= 1.5) {
        this.dots = this.thinned(step);
        if (this.dots.length <= MOST_SAMPLES) break;
      }
      this.paintDots(sheet);
      this.settle();
    }

    /** A dot for all samples of a class in a square of some width, as [x, y, label]. */
    thinned(step) {
      const { axes } = this, D = this.app.D.problem, seen = new Set(), out = [];
      for (let i = 0; i < D.n; i++) {
        const x = axes.x(D.x[i * D.d]), y = axes.y(D.x[i * D.d + 1]);
        const key = `${Math.round(x / step)},${Math.round(y / step)},${D.y[i]}`;
        if (seen.has(key)) continue;
        seen.add(key);
        out.push([x, y, D.y[i]]);
      }
      return out;
    }

    /** Draws the samples, which lie between shades and lines, on a sheet of their own. */
    paintDots(s) {
      const { app } = this, canvas = (this.sampleLayer ??= document.createElement("canvas"));
      [canvas.width, canvas.height] = [Math.max(1, Math.round(s.w * s.dpr)), Math.max(1, Math.round(s.h * s.dpr))];
      const ctx = canvas.getContext("2d", { willReadFrequently: true });
      ctx.setTransform(s.dpr, 0, 0, s.dpr, 0, 0);
      const radius = s.atLeast(P.SAMPLE, 2) / 2, colors = [app.theme.negative, app.theme.positive].map((c) => P.alpha(c, 0.75));
      P.within(ctx, this.axes.plot, () => {
        for (const [x, y, label] of this.dots) {
          ctx.fillStyle = colors[label];
          P.disc(ctx, x, y, radius);
        }
      });
    }

    /** Makes the legend: of the classes, and of the runs where no other panel names them. */
    settle() {
      const { app, sheet: s, axes } = this;
      const classes = classEntries(app), most = 0.6 * P.high(axes.plot);
      const runs = this.shown.length > 1 && !P.told(app, this.shown) ? P.runEntries(app, this.shown, P.MOST_ENTRIES - 2) : [];
      this.legend = null;
      let g = new P.Legend(s, classes.concat(runs));
      if (g.h > most) g = new P.Legend(s, classes);
      g.narrow(0.7 * P.wide(axes.plot));
      if (g.h > most) return; // a thumbnail
      const every = 1 + Math.trunc(this.dots.length / 500);
      g.stand(axes.plot, this.dots.filter((_, i) => i % every === 0).map(([x, y]) => [x, y]));
      this.legend = g;
    }

    paint(ctx) {
      this.axes.grid(ctx);
      this.axes.draw(ctx);
    }

    /** A distance that reaches beyond the plot from anywhere in it. */
    get far() {
      return 2 * (P.wide(this.axes.plot) + P.high(this.axes.plot));
    }

    /**
     * The line in the plot on which the log-odds are z: [its point that is nearest to the
     * plot's middle, and the direction, of length 1, in which they grow]; null if no such
     * line is near the plot.
     */
    level(w, z) {
      const p = this.axes.plot, [x0, x1] = this.rangeX, [y0, y1] = this.rangeY;
      const gx = (w[0] * (x1 - x0)) / P.wide(p), gy = (-w[1] * (y1 - y0)) / P.high(p);
      const middle = (w[0] * (x0 + x1)) / 2 + (w[1] * (y0 + y1)) / 2 + w[2], g = Math.hypot(gx, gy), off = (z - middle) / g;
      if (!(Math.abs(off) < this.far / 2)) return null; // flat, or not finite
      const ux = gx / g, uy = gy / g;
      return { x: (p.x0 + p.x1) / 2 + off * ux, y: (p.y0 + p.y1) / 2 + off * uy, ux, uy };
    }

    /** Draws the line on which both classes are as likely. */
    border(ctx, w, width, color) {
      const l = this.level(w, 0), far = this.far;
      if (l) P.line(ctx, [l.x - far * l.uy, l.y + far * l.ux, l.x + far * l.uy, l.y - far * l.ux], width, color, "butt");
    }

    /** Fills the plot with how likely the classes are: from the colour of one, by that of the paper in the middle, to that of the other. */
    shade(ctx, w) {
      if (!w.every(isFinite)) return;
      const p = this.axes.plot, far = this.far, logit = (i) => Math.log(i / (SHADES - i));
      const least = w[2] + Math.min(w[0] * this.rangeX[0], w[0] * this.rangeX[1]) + Math.min(w[1] * this.rangeY[0], w[1] * this.rangeY[1]);
      let first = 0; // of the shades that the plot has
      while (first + 1 < SHADES && least > logit(first + 1)) first++;
      ctx.fillStyle = this.probability((first + 0.5) / SHADES);
      ctx.fillRect(p.x0, p.y0, P.wide(p), P.high(p));
      // Under each shade the one before goes on, so that no seam shows between them.
      for (let i = first + 1; i < SHADES; i++) {
        const l = this.level(w, logit(i));
        if (!l) continue;
        const corner = (along, out) => [l.x + far * (out * l.ux - along * l.uy), l.y + far * (out * l.uy + along * l.ux)];
        ctx.beginPath();
        [corner(-1, 0), corner(1, 0), corner(1, 2), corner(-1, 2)].forEach((c) => ctx.lineTo(...c));
        ctx.fillStyle = this.probability((i + 0.5) / SHADES);
        ctx.fill();
      }
    }

    /** The shade of a probability of label 1. */
    probability(p) {
      const th = this.app.theme;
      return p < 0.5 ? P.mix(th.paper, th.negative, 0.45 * (1 - 2 * p)) : P.mix(th.paper, th.positive, 0.45 * (2 * p - 1));
    }

    frame(ctx) {
      const { app, sheet: s, axes } = this, runs = this.shown;
      P.within(ctx, axes.plot, () => {
        if (runs.length === 1) this.shade(ctx, P.weightsNow(app, runs[0].run));
        const layer = this.sampleLayer;
        ctx.drawImage(layer, 0, 0, layer.width / s.dpr, layer.height / s.dpr);
        for (let i = runs.length - 1; i >= 0; i--) {
          const { run } = runs[i];
          this.border(ctx, P.weightsNow(app, run), s.atLeast(P.CURVE_WIDTH, 1.2), runs.length === 1 ? app.theme.ink : run.color);
        }
        const w = probed(app);
        if (w && w.length === 3) this.border(ctx, w, s.atLeast(1.4, 1.2), P.mix(app.theme.paper, app.theme.ink, 0.75));
      });
      if (this.legend) this.legend.draw(ctx);
    }

    pick(x, y) {
      if (!this.inPlot(x, y)) return null;
      const { app, axes } = this, p = axes.plot, text = (v) => P.decimal(app, Scales.significant(v, 4));
      const a = this.rangeX[0] + ((x - p.x0) / P.wide(p)) * (this.rangeX[1] - this.rangeX[0]);
      const b = this.rangeY[0] + ((p.y1 - y) / P.high(p)) * (this.rangeY[1] - this.rangeY[0]);
      const lines = [this.names[0] + ": " + text(a), this.names[1] + ": " + text(b)];
      const one = app.D.problem.classes?.[0] ?? "1";
      this.shown.slice(0, P.MOST_ENTRIES).forEach(({ run, index }) => {
        const prediction = Maths.predict(app.problem, P.weightsNow(app, run), [a, b]);
        lines.push((this.shown.length > 1 ? P.nameOf(app, index) + ", " : "") + one + ": " + text(prediction));
      });
      return { lines, run: -1, cursor: "crosshair" };
    }

    describe() {
      return `${this.title}. ${samples(this.app)} ${fits(this.app, P.visible(this.app, this.spec))}`;
    }
  }

  return P.kind((app, spec) => new Data(app, spec));
})();
