/*
 * The panel of the runs' losses against the number of updates, and of a second quantity
 * against an axis on the right: how near to their limit of stability they are, if the scene
 * asks for that, else their distances from the plane, if they leave it. What is to come
 * shows through, so that a hand that moves a slider sees it at any time.
 */
Panels.loss = (() => {
  const P = Plots;

  const THIN = 0.7; // width of the curve of the second quantity, in points
  const DASH = [5, 3.5]; // of a limit of stability: a dash and the gap behind it, in points
  const TO_COME = 0.25; // how much of a curve's colour is seen before its time

  // By trajectory, lr λ of each of its states.
  const stabilities = new WeakMap();

  class Loss extends P.Flat {
    basis() {
      const f = this.app.field;
      return [P.runsKey(this.shown), f ? P.idOf(f) + "." + f.version : 0, P.lastUpdate(this.app)].join("/");
    }

    open(sheet) {
      const { app } = this, runs = this.shown;
      this.ns = runs.map(({ run }) => P.points(app, run));
      const last = Math.max(1, ...this.ns.map((n) => n - 1));
      const losses = runs.map(({ run }, i) => run.traj.loss.subarray(0, this.ns[i]));
      const vertical = Scales.history(app.D.film.lossScale ?? "linear", this.highest(), losses);
      this.second = null;
      this.limits = [];
      if (app.D.stability ?? app.D.film.stability) this.openStability();
      else this.openOff();
      const right = this.right, rightName = this.rightName;
      this.axes = new P.Axes(sheet, {
        title: this.title, xName: P.word(app, "axis.updates", "Updates"), yName: P.word(app, "axis.loss", "Loss"),
        horizontal: Scales.linear(0, last), vertical,
        beside: right ? (plot) => P.rightWide(sheet, plot, right, rightName) : null,
      });
      const a = this.axes;
      this.ways = runs.map(({ run }, i) => this.fall(this.ns[i], (k) => a.y(run.traj.loss[k])));
      this.thin = runs.map((_, i) => {
        const x = this.second?.[i];
        return x ? this.fall(this.ns[i], (k) => this.rightY(x[k])) : null;
      });
      this.makeLegend(sheet);
    }

    /** The greatest loss of the landscape, 0 without one. */
    highest() {
      const f = this.app.field;
      if (!f || !f.values) return 0;
      const key = P.idOf(f) + "." + f.version;
      if (this.highestKey !== key) {
        let most = 0;
        for (const v of f.values) if (v > most && v < Infinity) most = v;
        [this.highestKey, this.highestLoss] = [key, most];
      }
      return this.highestLoss;
    }

    /** Makes the axis of the distances from the plane, unless all runs stay in it. */
    openOff() {
      this.second = this.shown.map(({ run }, i) => P.offPlane(run, this.ns[i]));
      let farthest = 0;
      this.second.forEach((x, i) => {
        for (let k = 0; x && k < this.ns[i]; k++) farthest = Math.max(farthest, x[k]);
      });
      this.right = farthest > 0 ? Scales.linear(0, 1.05 * farthest) : null;
      this.rightName = P.word(this.app, "axis.off", "Off the plane (thin)");
    }

    /** Makes the axis of lr λ along the runs, with the limits of those that have one. */
    openStability() {
      const { app } = this;
      let most = 0;
      this.second = this.shown.map(({ run }, i) => {
        const limit = Maths.stabilityLimit(run.spec);
        if (!isFinite(limit)) return null;
        most = Math.max(most, limit);
        let of = this.limits.find((l) => l.at === limit);
        if (!of) this.limits.push((of = { at: limit, colors: [] }));
        of.colors.push(run.color);
        let x = stabilities.get(run.traj);
        if (x === undefined) stabilities.set(run.traj, (x = Maths.stabilities(app.problem, run.traj, run.spec)));
        for (let k = 0; x && k < this.ns[i]; k++) if (x[k] > most) most = x[k];
        return x;
      });
      this.right = most > 0 ? Scales.linear(0, 1.05 * most) : null;
      this.rightName = P.word(app, "axis.stability", "lr λ (thin), limit dashed");
    }

    rightY(v) {
      const p = this.axes.plot;
      return p.y1 - this.right.unit(v) * P.high(p);
    }

    /**
     * The way of n values over the plot by their heights, as {way, when (updates at each
     * point)}. Of the points in half a pixel's width only the first, the last, the lowest
     * and the highest are kept.
     */
    fall(n, height) {
      const a = this.axes, p = a.plot, far = 4 * P.high(p), per = P.wide(p) / (a.horizontal.b - a.horizontal.a);
      const y = new Float64Array(n);
      for (let k = 0; k < n; k++) y[k] = P.clamp(height(k), p.y0 - far, p.y1 + far);
      const way = [], when = [];
      const put = (k) => {
        if (when.length && when[when.length - 1] >= k) return;
        way.push(p.x0 + k * per, y[k]);
        when.push(k);
      };
      for (let k = 0; k < n; ) {
        let end = k, low = k, high = k;
        const column = Math.floor(2 * k * per);
        while (end + 1 < n && Math.floor(2 * (end + 1) * per) === column) {
          end++;
          if (y[end] < y[low]) low = end;
          if (y[end] > y[high]) high = end;
        }
        put(k);
        put(Math.min(low, high));
        put(Math.max(low, high));
        put(end);
        k = end + 1;
      }
      return { way, when, y, x0: p.x0, per };
    }

    /** Where a way is after some updates, between two on the straight line. */
    place(of, updates) {
      const k = Math.min(Math.trunc(updates), of.y.length - 1), share = updates - k;
      const y = share > 0 && k + 1 < of.y.length ? of.y[k] + share * (of.y[k + 1] - of.y[k]) : of.y[k];
      return [of.x0 + updates * of.per, y];
    }

    /** The points of a way until some updates, and from then on. */
    parted(of, updates) {
      const i = Scales.search(of.when, updates + 1e-12), now = this.place(of, updates);
      return [of.way.slice(0, 2 * i).concat(now), now.concat(of.way.slice(2 * i))];
    }

    /** Makes the legend; where it names other runs than before, other panels are drawn anew. */
    makeLegend(sheet) {
      const before = this.named().join();
      this.placeLegend(sheet);
      if (this.named().join() !== before) this.app.redraw();
    }

    placeLegend(sheet) {
      const { app } = this, plot = this.axes.plot;
      const last = this.legend?.corner ?? -1;
      this.legend = null;
      if (this.shown.length < 2) return;
      const most = Math.trunc(Math.max(2, Math.min(P.MOST_ENTRIES, (P.high(plot) * 0.62) / (P.LINE_STEP * P.TICK * sheet.pt))));
      const g = new P.Legend(sheet, P.withStatus(app, P.runEntries(app, this.shown, most)));
      g.narrow(0.85 * P.wide(plot));
      if (g.h > 0.7 * P.high(plot)) return; // a thumbnail
      g.corner = last;
      g.stand(plot, this.ways.concat(this.thin.filter(Boolean)).map((t) => t.way));
      this.legend = g;
    }

    /** The indices of the runs that the panel names: the contours need not name them again. */
    named() {
      if (!this.legend) return [];
      return this.legend.entries.map((e) => e.index).filter((i) => i !== undefined);
    }

    paint(ctx) {
      this.axes.grid(ctx);
      this.axes.draw(ctx);
      if (this.right) {
        P.rightAxis(ctx, this.sheet, this.axes.plot, this.axes.plot, this.right, this.rightName);
        this.paintLimits(ctx);
      }
    }

    /** The limits, dashed: a single one in the colour of the axes, of several each in the colours of its runs in turn. */
    paintLimits(ctx) {
      const s = this.sheet, p = this.axes.plot, w = s.line(1), [dash, gap] = DASH.map((x) => x * s.pt);
      for (const limit of this.limits) {
        const colors = this.limits.length === 1 ? [s.theme.ink] : limit.colors;
        let k = 0;
        for (let x = p.x0; x < p.x1; x += dash + gap) {
          ctx.fillStyle = colors[k++ % colors.length];
          s.across(ctx, x, Math.min(x + dash, p.x1), this.rightY(limit.at), w);
        }
      }
    }

    frame(ctx) {
      const { app, sheet: s, axes } = this, plot = axes.plot, runs = this.shown;
      const at = runs.map(({ run }) => P.updatesOf(app, run));
      P.within(ctx, plot, () => {
        const draw = (ways, width) => {
          for (let i = runs.length - 1; i >= 0; i--) {
            if (!ways[i]) continue;
            const [past, future] = this.parted(ways[i], at[i]);
            if (future.length > 4) P.line(ctx, future, width, P.alpha(runs[i].run.color, TO_COME), "butt");
            P.line(ctx, past, width, runs[i].run.color);
          }
        };
        draw(this.thin, s.atLeast(THIN, 0.7));
        draw(this.ways, s.pathWidth);
        this.drawHover(ctx);
      });
      if (this.legend) this.legend.draw(ctx, app.time);
      for (let i = runs.length - 1; i >= 0; i--) {
        const [x, y] = this.place(this.ways[i], at[i]);
        P.dot(ctx, s, plot, x, y, 0.85 * s.dotRadius, runs[i].run.color);
      }
    }

    /** A line at the update under the cursor, with a mark on each curve. */
    drawHover(ctx) {
      const { app, sheet: s, axes } = this, h = app.hover;
      if (!h || !(h.k >= 0)) return;
      const own = h.panel === this || h.panel === this.spec || h.panel === this.spec.name;
      if (own) {
        ctx.fillStyle = P.mix(s.theme.paper, s.theme.ink, 0.5);
        s.down(ctx, axes.x(h.k), axes.plot.y0, axes.plot.y1, s.line(P.AXIS_WIDTH));
      }
      this.shown.forEach(({ index }, i) => {
        if (h.k >= this.ns[i] || (!own && h.run >= 0 && h.run !== index)) return;
        P.mark(ctx, s, ...this.place(this.ways[i], h.k));
      });
    }

    /** The update at a place of the plot. */
    updateAt(x) {
      const a = this.axes, u = (x - a.plot.x0) / P.wide(a.plot);
      return P.clamp(Math.round(a.horizontal.a + u * (a.horizontal.b - a.horizontal.a)), 0, a.horizontal.b);
    }

    pick(x, y) {
      if (!this.inPlot(x, y)) return null;
      const { app } = this, k = this.updateAt(x);
      const text = (v) => P.decimal(app, Scales.number(v));
      const lines = [P.word(app, "axis.updates", "Updates") + ": " + k];
      let nearest = -1, least = Infinity;
      this.shown.forEach(({ run, index }, i) => {
        if (k >= this.ns[i]) return;
        const far = Math.abs(this.ways[i].y[k] - y);
        if (far < least) [nearest, least] = [index, far];
        if (lines.length <= P.MOST_ENTRIES) {
          const second = this.second?.[i] && this.right ? ",  " + (this.limits.length ? "lr λ" : P.word(app, "off", "Off the plane")) + " " + text(this.second[i][k]) : "";
          const name = this.shown.length > 1 ? P.nameOf(app, index) : P.word(app, "loss", "Loss");
          lines.push(name + ": " + text(run.traj.loss[k]) + second);
        }
      });
      return { lines, run: -1, nearest, k, cursor: app.setTime ? "ew-resize" : "crosshair" };
    }

    /** Scrubs through the film. */
    down(x, y, event) {
      const { app } = this;
      if (!app.setTime || event?.button > 0 || !this.inPlot(x, y)) return null;
      const to = (x) => app.setTime(this.updateAt(x));
      if (event?.pointerType === "touch") return P.tap(x, y, to);
      to(x);
      return { move: to, up() {} };
    }

    describe() {
      const { app } = this, runs = P.visible(app, this.spec);
      const text = (v) => P.decimal(app, Scales.number(v));
      const parts = runs.slice(0, P.MOST_ENTRIES).map(({ run, index }) => {
        const k = Math.trunc(P.updatesOf(app, run));
        const ending = P.endingText(app, run), state = P.gone(app, run) ? P.word(app, "status.diverged", "diverged") : text(run.traj.loss[k]);
        return `${P.nameOf(app, index)}: ${text(run.traj.loss[0])} at the start, ${state} now` + (ending && ending !== state ? `, ${ending} in the end` : "");
      });
      return `${this.title}. Losses after ${Math.trunc(app.time)} updates: ${parts.join("; ")}.`;
    }
  }

  return P.kind((app, spec) => new Loss(app, spec));
})();
