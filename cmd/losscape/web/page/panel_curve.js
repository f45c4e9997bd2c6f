/*
 * The panel of the data of one feature with the probabilities that the weights give them;
 * of more features, how the samples of either class lie along their log-odds.
 */
Panels.curve = (() => {
  const P = Plots;

  const BIN = 6; // least width of a histogram's bin, in points
  const MOST_BIN = 0.45; // height of the fullest bin, in shares of a probability of 1
  const ODDS_ROOM = 0.03; // room beside the farthest log-odds, in shares of their range
  const DOT_ALPHA = 0.75;

  const sigmoid = (z) => 1 / (1 + Math.exp(-z));

  /** The ends of an axis that shows feature j of all samples, with some room. */
  function featureRange(problem, j) {
    let lo = Infinity, hi = -Infinity;
    for (let i = 0; i < problem.n; i++) {
      const x = problem.x[i * problem.d + j];
      lo = Math.min(lo, x);
      hi = Math.max(hi, x);
    }
    const margin = 0.05 * (hi - lo) || Math.max(0.5, Math.abs(lo) / 2);
    return [lo - margin, hi + margin];
  }

  /** The log-odds of all samples. */
  function logOdds(problem, w, out) {
    const { n, d, x } = problem;
    for (let i = 0; i < n; i++) {
      let z = w[d];
      for (let j = 0; j < d; j++) z += x[i * d + j] * w[j];
      out[i] = z;
    }
    return out;
  }

  /** Lines of a legend for the two classes. */
  function classEntries(app) {
    const [one, zero] = app.D.problem.classes ?? ["1", "0"];
    return [{ text: one, dot: true, color: app.theme.positive }, { text: zero, dot: true, color: app.theme.negative }];
  }

  // --- one feature ---

  class Curve extends P.Flat {
    basis() {
      const { app } = this;
      return [app.D.curve?.negative, this.shown.map(({ run, index }) => index + run.color).join()].join("/");
    }

    open(sheet) {
      const { app } = this, D = app.D, [lo, hi] = featureRange(D.problem, 0);
      this.lo = lo;
      this.hi = hi;
      this.low = D.curve?.negative ?? 0; // where the samples of label 0 lie
      this.axes = new P.Axes(sheet, {
        title: this.title, xName: P.word(app, "axis.x", D.problem.features?.[0] || "x"), yName: P.word(app, "axis.prediction", "Prediction"),
        horizontal: Scales.linear(lo, hi), vertical: Scales.linear(Math.min(0, this.low) - 0.1, 1.1),
      });
      const plot = this.axes.plot, n = Math.max(8, Math.ceil(P.wide(plot) / sheet.atLeast(3, 4)));
      this.xs = Array.from({ length: n + 1 }, (_, i) => lo + ((hi - lo) * i) / n);
      this.legend = null;
      this.legendKey = "";
    }

    /** The curve of σ(s (w x + b)), denser where it bends. */
    points(w, b, s) {
      const at = this.xs.slice(), a = this.axes, out = new Array(2 * at.length);
      if (w !== 0) {
        const bends = [];
        for (let z = -9; z <= 9; z += 0.25) {
          const x = (z - b) / w;
          if (x > this.lo && x < this.hi) bends.push(x);
        }
        if (bends.length) at.push(...bends);
        at.sort((p, q) => p - q);
      }
      at.forEach((x, i) => {
        out[2 * i] = a.x(x);
        out[2 * i + 1] = a.y(sigmoid(s * (w * x + b)));
      });
      return out;
    }

    paint(ctx) {
      const { app, sheet: s, axes } = this, D = app.D.problem, radius = s.atLeast(P.SAMPLE, 2) / 2;
      axes.grid(ctx);
      P.within(ctx, axes.plot, () => {
        const seen = new Set(), fine = 4 * s.dpr; // dots nearer than a quarter of a pixel are one
        for (let i = 0; i < D.n; i++) {
          const x = Math.round(axes.x(D.x[i]) * fine), key = 2 * x + D.y[i];
          if (seen.has(key)) continue;
          seen.add(key);
          ctx.fillStyle = P.alpha(D.y[i] ? app.theme.positive : app.theme.negative, DOT_ALPHA);
          P.disc(ctx, x / fine, axes.y(D.y[i] ? 1 : this.low), radius);
        }
      });
      axes.draw(ctx);
    }

    /** At most so many lines of the legend: classes first, then curves. */
    entries(most) {
      const { app } = this, runs = this.shown, entries = classEntries(app);
      if (most <= 3) return entries;
      if (runs.length !== 1) return entries.concat(P.runEntries(app, runs, most - 2, P.word(app, "legend.probability", "p(y=1|x)") + ", "));
      const zero = String(this.low).replace("-", Scales.MINUS);
      return entries.concat(
        { text: P.word(app, "legend.positive", "p(y=1|x; w)"), color: app.theme.curves[0] },
        { text: P.word(app, "legend.negative", `p(y=${zero}|x; w)`), color: app.theme.curves[1] });
    }

    /** The curves at the start, in the middle and at the end, roughly. */
    ways() {
      const signs = this.shown.length === 1 ? [1, -1] : [1], out = [];
      for (const { run } of this.shown) {
        const last = P.points(this.app, run) - 1;
        for (const k of [0, last >> 1, last]) {
          const w = P.weightsAt(this.app, run, k);
          for (const s of signs) out.push(this.points(w[0], w[1], s).filter((_, i) => i % 4 < 2));
        }
      }
      return out;
    }

    /**
     * Makes the legend of as many lines as have room, where the runs are others. Where
     * curves come into it, and it would hide much or another panel names the runs, it is of
     * the classes alone.
     */
    settle() {
      const { app, sheet: s, axes, low } = this;
      const key = P.runsKey(this.shown) + this.shown.map(({ run }) => run.name).join() + P.told(app, this.shown);
      if (key === this.legendKey) return;
      this.legendKey = key;
      const corner = this.legend?.corner ?? -1;
      this.legend = null;
      const room = axes.y(low + 0.06) - axes.y(low + 0.96), ways = this.ways();
      for (let most = P.MOST_ENTRIES; most >= 2; most--) {
        const entries = this.entries(most);
        const size = Math.min(P.TICK * s.pt, room / (entries.length * P.LINE_STEP + 0.9));
        const g = new P.Legend(s, entries, Math.max(size, Math.min(s.least, P.TICK * s.pt)));
        if (g.h > 1.3 * room) continue; // without any, a thumbnail
        g.corner = corner;
        const over = this.place(g, room, ways);
        this.legend = g;
        if (entries.length <= 2 || !over || (g.h < 0.5 * P.high(axes.plot) && !P.told(app, this.shown))) return;
      }
    }

    /** Puts a legend below the curves, where the samples of label 0 lie at −1, else where the fewest curves come into it; returns whether any does. */
    place(g, room, ways) {
      const { sheet: s, axes, low } = this, plot = axes.plot, gap = 6 * s.pt;
      g.narrow(0.8 * P.wide(plot) - gap);
      if (low < 0) {
        const x1 = plot.x1 - gap, mid = (axes.y(low + 0.04) + axes.y(low + 0.98)) / 2;
        g.at = s.whole(P.rect(x1 - g.w, mid - g.h / 2, x1, mid + g.h / 2));
        return false;
      }
      const free = g.h + 2 * gap < room ? P.rect(plot.x0, axes.y(0.97), plot.x1, axes.y(0.03)) : plot;
      g.stand(free, ways);
      return P.hits(ways, g.at) > 0;
    }

    frame(ctx) {
      const { app, sheet: s, axes } = this, runs = this.shown, width = s.atLeast(P.CURVE_WIDTH, 1.2);
      this.settle();
      P.within(ctx, axes.plot, () => {
        for (let i = runs.length - 1; i >= 0; i--) {
          const { run } = runs[i], w = P.weightsNow(app, run);
          if (runs.length > 1) {
            P.line(ctx, this.points(w[0], w[1], 1), width, run.color);
          } else {
            P.line(ctx, this.points(w[0], w[1], 1), width, app.theme.curves[0]);
            P.line(ctx, this.points(w[0], w[1], -1), width, app.theme.curves[1]);
          }
        }
        const w = probed(app);
        if (w && w.length === 2) P.line(ctx, this.points(w[0], w[1], 1), s.atLeast(1.4, 1.2), P.mix(app.theme.paper, app.theme.ink, 0.75));
      });
      if (this.legend) this.legend.draw(ctx);
    }

    pick(x, y) {
      if (!this.inPlot(x, y)) return null;
      const { app, axes } = this, text = (v) => P.decimal(app, Scales.significant(v, 4));
      const at = this.lo + ((x - axes.plot.x0) / P.wide(axes.plot)) * (this.hi - this.lo);
      const lines = [P.word(app, "axis.x", app.D.problem.features?.[0] || "x") + ": " + text(at)];
      this.shown.slice(0, P.MOST_ENTRIES).forEach(({ run, index }) => {
        const w = P.weightsNow(app, run);
        const name = this.shown.length > 1 ? P.nameOf(app, index) : P.word(app, "legend.positive", "p(y=1|x; w)");
        lines.push(name + ": " + text(sigmoid(w[0] * at + w[1])));
      });
      return { lines, run: -1, cursor: "crosshair" };
    }

    describe() {
      return `${this.title}. ${samples(this.app)} ${fits(this.app, P.visible(this.app, this.spec))}`;
    }
  }

  /** The weights of the plane's point under the cursor, wherever that is; null without one. */
  function probed(app) {
    const h = app.hover;
    if (!h || !isFinite(h.alpha) || !isFinite(h.beta) || h.alpha === null || h.beta === null) return null;
    return Maths.planeAt(app.D.plane, h.alpha, h.beta);
  }

  /** What the data are, in a sentence. */
  function samples(app) {
    const D = app.D.problem, [one, zero] = D.classes ?? ["1", "0"];
    let ones = 0;
    for (let i = 0; i < D.n; i++) ones += D.y[i];
    return `${D.n} samples${D.of > D.n ? ` of ${D.of}` : ""}, ${ones} of ${one} and ${D.n - ones} of ${zero}.`;
  }

  /** How well the runs fit now, in a sentence. */
  function fits(app, runs) {
    const parts = runs.slice(0, P.MOST_ENTRIES).map(({ run, index }) => {
      const w = P.weightsNow(app, run), right = Maths.accuracy(app.problem, w);
      return (runs.length > 1 ? P.nameOf(app, index) + ": " : "") + `${P.decimal(app, Scales.rounded(100 * right, 3))} % right`;
    });
    return `After ${Math.trunc(app.time)} updates ${parts.join(", ")}.`;
  }

  // --- more features ---

  /**
   * The probability against the log-odds z = w · [x, 1], and how the samples of either class
   * lie along these, as histograms from above for label 1 and from below for label 0. A
   * bin's height is the share of its class that it has; the fullest one of a picture is as
   * high as MOST_BIN. The outermost bins hold what lies beyond the axis.
   */
  class Margins extends P.Flat {
    basis() {
      return P.runsKey(this.shown) + P.told(this.app, this.shown);
    }

    open(sheet) {
      const { app } = this, problem = app.D.problem;
      this.z = new Float64Array(problem.n);
      this.kept = new Map();
      let lo = -6, hi = 6; // p from 0.0025 to 0.9975 at least
      for (const { run } of this.shown) {
        const last = P.points(app, run) - 1;
        for (let j = 0; j < 8; j++) {
          for (const z of logOdds(problem, P.weightsAt(app, run, (last * (j + 1)) / 8), this.z)) {
            if (!isFinite(z)) continue;
            lo = Math.min(lo, z);
            hi = Math.max(hi, z);
          }
        }
      }
      const room = ODDS_ROOM * (hi - lo);
      this.lo = lo - room;
      this.hi = hi + room;
      this.axes = new P.Axes(sheet, {
        title: this.title, xName: P.word(app, "axis.odds", "Log-odds"), yName: P.word(app, "axis.prediction", "Prediction"),
        horizontal: Scales.linear(this.lo, this.hi), vertical: Scales.linear(-0.02, 1.02),
      });
      this.curve = this.sigmoid();
      this.settle();
    }

    sigmoid() {
      const a = this.axes, at = [this.lo];
      for (let z = -12; z <= 12; z += 0.1) if (z > this.lo && z < this.hi) at.push(z);
      at.push(this.hi);
      return at.flatMap((z) => [a.x(z), a.y(sigmoid(z))]);
    }

    settle() {
      const { app, sheet: s, axes } = this, corner = this.legend?.corner ?? -1;
      let entries = classEntries(app);
      if (this.shown.length > 1) entries = P.told(app, this.shown) ? [] : P.runEntries(app, this.shown, P.MOST_ENTRIES);
      this.legend = null;
      const g = new P.Legend(s, entries);
      g.narrow(0.6 * P.wide(axes.plot));
      if (entries.length === 0 || g.h > 0.5 * P.high(axes.plot)) return;
      const ways = [this.curve];
      for (const { run } of this.shown) {
        const last = P.points(app, run) - 1;
        for (const k of [0, last / 2, last]) ways.push(...this.histograms(run, k));
      }
      g.corner = corner;
      g.stand(axes.plot, ways);
      this.legend = g;
    }

    paint(ctx) {
      this.axes.grid(ctx);
      this.axes.draw(ctx);
    }

    /** The outlines of the histograms of label 0 and of label 1 after some updates. */
    histograms(run, updates) {
      const { app, sheet: s, axes } = this, D = app.D.problem, plot = axes.plot;
      const z = logOdds(D, P.weightsAt(app, run, updates), this.z);
      let total = D.n;
      if (D.weight) total = D.weight.reduce((a, b) => a + b, 0);
      // Twice as many bins as by Rice's rule, 2 ∛n, as the log-odds of most moments are on a part of the axis.
      const most = P.wide(plot) / s.atLeast(BIN, 4);
      const bins = Math.round(Math.min(4 * Math.cbrt(Math.max(D.n, total)), 60, Math.max(8, most)));
      const count = [new Float64Array(bins), new Float64Array(bins)], all = [0, 0];
      for (let i = 0; i < D.n; i++) {
        const own = D.weight ? D.weight[i] : 1, at = (z[i] - this.lo) / (this.hi - this.lo);
        all[D.y[i]] += own;
        if (at === at) count[D.y[i]][Math.trunc(Math.min(Math.max(at, 0) * bins, bins - 1))] += own;
      }
      let highest = 0;
      for (const c of [0, 1]) for (const v of count[c]) highest = Math.max(highest, all[c] ? v / all[c] : 0);
      if (highest === 0) return [[], []];
      const x = (bin) => s.round(plot.x0 + (bin / bins) * P.wide(plot));
      return [0, 1].map((c) => {
        const y = (height) => axes.y(c === 1 ? 1 - height : height);
        const out = [x(0), y(0)];
        for (let bin = 0; bin < bins; bin++) {
          const top = y((MOST_BIN * (all[c] ? count[c][bin] / all[c] : 0)) / highest);
          out.push(x(bin), top, x(bin + 1), top);
        }
        out.push(x(bins), y(0));
        return out;
      });
    }

    frame(ctx) {
      const { app, sheet: s, axes } = this, runs = this.shown;
      P.within(ctx, axes.plot, () => {
        for (let i = runs.length - 1; i >= 0; i--) {
          const { run } = runs[i];
          this.histograms(run, P.updatesOf(app, run)).forEach((outline, c) => {
            let color = c ? app.theme.positive : app.theme.negative;
            if (runs.length === 1) fill(ctx, outline, P.alpha(color, 0.45));
            else color = run.color;
            P.line(ctx, outline, s.atLeast(0.8, 0.8), color);
          });
        }
        P.line(ctx, this.curve, s.atLeast(P.CURVE_WIDTH, 1.2), app.theme.ink);
      });
      if (this.legend) this.legend.draw(ctx);
    }

    pick(x, y) {
      if (!this.inPlot(x, y)) return null;
      const { app, axes } = this, text = (v) => P.decimal(app, Scales.significant(v, 4));
      const z = this.lo + ((x - axes.plot.x0) / P.wide(axes.plot)) * (this.hi - this.lo);
      return { lines: [P.word(app, "axis.odds", "Log-odds") + ": " + text(z), P.word(app, "legend.positive", "p(y=1|x; w)") + ": " + text(sigmoid(z))], run: -1, cursor: "crosshair" };
    }

    describe() {
      return `${this.title}. ${samples(this.app)} ${fits(this.app, P.visible(this.app, this.spec))}`;
    }
  }

  /** Fills a histogram from its outline. */
  function fill(ctx, outline, color) {
    if (outline.length === 0) return;
    ctx.beginPath();
    ctx.moveTo(outline[0], outline[1]);
    for (let k = 2; k < outline.length; k += 2) ctx.lineTo(outline[k], outline[k + 1]);
    ctx.closePath();
    ctx.fillStyle = color;
    ctx.fill();
  }

  return P.kind((app, spec) => (app.D.problem.d === 1 ? new Curve(app, spec) : new Margins(app, spec)), { featureRange, classEntries, probed, samples, fits });
})();
