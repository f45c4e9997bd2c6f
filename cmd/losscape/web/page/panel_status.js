/*
 * The panel of how many runs are under way and how many have ended in which way, against the
 * number of updates: of the runs that the engine has counted, if the page has such, else of
 * those that the page computes.
 */
Panels.status = (() => {
  const P = Plots;

  // Statuses in the order of the engine, a code each as in D.counted.status, and in that of legends.
  const CODES = ["step-limit", "diverged", "converged", "periodic", "quasi-periodic", "chaotic", "drifting"];
  const ORDER = ["converged", "drifting", "periodic", "quasi-periodic", "chaotic", "diverged"];

  /** A scale whose ticks are whole numbers. */
  class Whole {
    constructor(scale) {
      this.scale = scale;
    }

    unit(v) {
      return this.scale.unit(v);
    }

    marks(bins) {
      return this.scale.marks(Math.min(bins, Math.max(1, Math.trunc(this.scale.b))));
    }
  }

  class Status extends P.Flat {
    basis() {
      const c = this.app.D.counted;
      return (c ? "counted" : this.app.runs.map((r) => P.idOf(r.traj) + r.traj.status).join(",")) + "/" + P.lastUpdate(this.app);
    }

    open(sheet) {
      const { app } = this, last = P.lastUpdate(app);
      this.count();
      this.last = Math.max(1, isFinite(last) ? last : Math.max(...app.runs.map((r) => r.traj.loss.length - 1)));
      this.axes = new P.Axes(sheet, {
        title: this.title, xName: P.word(app, "axis.updates", "Updates"), yName: P.word(app, "axis.runs", "Runs"),
        horizontal: Scales.linear(0, this.last), vertical: new Whole(Scales.linear(0, 1.05 * Math.max(1, this.n))),
      });
      const g = new P.Legend(sheet, this.classes.map((c) => ({ text: c.text, color: c.color, status: this.numberText(this.n), ended: 0 })));
      g.narrow(0.7 * P.wide(this.axes.plot));
      this.legend = null;
      if (g.h > 0.7 * P.high(this.axes.plot)) return; // a thumbnail
      g.stand(this.axes.plot, this.classes.map((c) => this.way(c, this.last)));
      this.legend = g;
    }

    numberText(n) {
      return ": " + Scales.whole(n, this.app.D.labels.mark);
    }

    /**
     * Counts the runs after each update, into classes {text, color, steps, count}: from
     * update steps[j] on there are count[j]. A run that has neither converged nor diverged is
     * under way until it has taken all of its steps, as only then it is known how it ends.
     */
    count() {
      const { app } = this, D = app.D, theme = app.theme;
      const runs = D.counted
        ? { n: D.counted.n, status: (i) => CODES[D.counted.status[i]], steps: (i) => D.counted.steps[i] }
        : { n: app.runs.length, status: (i) => app.runs[i].traj.status, steps: (i) => app.runs[i].traj.end };
      this.n = runs.n;
      const ends = new Map(ORDER.map((st) => [st, []])), left = [];
      for (let i = 0; i < runs.n; i++) {
        const st = runs.status(i);
        if (!ends.has(st)) continue;
        ends.get(st).push(runs.steps(i));
        left.push(runs.steps(i));
      }
      this.classes = [{ text: P.word(app, "status.running", "under way"), color: P.mix(theme.paper, theme.ink, 0.6), ...tally(runs.n, -1, left) }];
      for (const [st, at] of ends) {
        if (at.length > 0) this.classes.push({ text: P.word(app, "status." + st, st), color: D.statusColors?.[st] ?? theme.ink, ...tally(0, 1, at) });
      }
    }

    /** How many of a class there are after some updates. */
    at(c, updates) {
      return c.count[Scales.search(c.steps, updates + 1) - 1];
    }

    /** The steps of a count up to an update. */
    way(c, until) {
      const a = this.axes, out = [];
      let y = 0;
      for (let j = 0; j < c.steps.length && c.steps[j] <= until; j++) {
        const x = a.x(c.steps[j]);
        if (j > 0) out.push(x, y);
        y = a.y(c.count[j]);
        out.push(x, y);
      }
      out.push(a.x(until), y);
      return out;
    }

    paint(ctx) {
      this.axes.grid(ctx);
      this.axes.draw(ctx);
    }

    get now() {
      return Math.min(Math.trunc(this.app.time), this.last);
    }

    frame(ctx) {
      const s = this.sheet, plot = this.axes.plot, until = this.now;
      P.within(ctx, plot, () => {
        for (const c of this.classes) P.line(ctx, this.way(c, until), s.pathWidth, c.color);
      });
      if (this.legend) {
        this.classes.forEach((c, i) => {
          this.legend.entries[i].status = this.numberText(this.at(c, until));
        });
        this.legend.draw(ctx, 0);
      }
      for (const c of this.classes) P.dot(ctx, s, plot, this.axes.x(until), this.axes.y(this.at(c, until)), 0.7 * s.dotRadius, c.color);
    }

    pick(x, y) {
      if (!this.inPlot(x, y)) return null;
      const a = this.axes, k = Math.round(((x - a.plot.x0) / P.wide(a.plot)) * this.last);
      const lines = [P.word(this.app, "axis.updates", "Updates") + ": " + k];
      for (const c of this.classes) lines.push(c.text + ": " + Scales.whole(this.at(c, k), this.app.D.labels.mark));
      return { lines, run: -1, k, cursor: "crosshair" };
    }

    describe() {
      if (!this.classes) this.count();
      const k = Math.trunc(this.app.time);
      const parts = this.classes.map((c) => `${c.text} ${Scales.whole(this.at(c, k), this.app.D.labels.mark)}`);
      return `${this.title}. After ${k} updates of ${Scales.whole(this.n, this.app.D.labels.mark)} runs: ${parts.join(", ")}.`;
    }
  }

  /** The counts that begin at n and change by one at each of some updates. */
  function tally(n, by, ends) {
    const steps = [0], count = [n];
    for (const k of Int32Array.from(ends).sort()) {
      n += by;
      if (steps[steps.length - 1] === k) count[count.length - 1] = n;
      else {
        steps.push(k);
        count.push(n);
      }
    }
    return { steps, count };
  }

  return P.kind((app, spec) => new Status(app, spec));
})();
