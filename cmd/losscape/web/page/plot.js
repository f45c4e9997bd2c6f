/*
 * What the flat panels of the page have in common: sizes, text, axes with their ticks and
 * names, legends, colour bars, markers, and the panel itself, which keeps a layer of all
 * that does not move. The choices are those of the engine's package scenes/figure, so that
 * a panel looks as in a frame of the film.
 *
 * Places are CSS pixels from the panel's top left corner, y down. Rectangles are {x0, y0,
 * x1, y1}. Ways over a plot are flat arrays x0, y0, x1, y1, ...
 */
const Panels = {};

const Plots = (() => {
  // Sizes in points: 1/432 of the height of a picture of one row of panels.
  const TICK = 11; // letters of tick labels and legends
  const LABEL = 12; // of axis names and read-outs
  const TITLE = 13.5;
  const MARGIN = 9;
  const TICK_LENGTH = 3.5;
  const MINOR_LENGTH = 2;
  const TICK_GAP = 3.5;
  const LABEL_GAP = 5;
  const TITLE_GAP = 7;
  const AXIS_WIDTH = 0.8;
  const GRID_WIDTH = 0.8;
  const CURVE_WIDTH = 2;
  const CASING = 1; // light border on either side of a path
  const BEAD = 11 / 6; // diameter of an iterate's mark, in widths of its path
  const DOT = 8.5; // diameter of the current point
  const SAMPLE = 4; // of a sample
  const STAR = 2.2 * DOT; // of the star at the minimum
  const BAR = 11; // width of a colour bar
  const BAR_GAP = 9;
  const ISO_LINES = 10; // about how many lines of equal loss there are

  const SMALLEST = 10; // pixels of the smallest letters that are read on a page
  const THUMBNAIL = 8.5; // the same, of a very small panel
  const MOST_LETTERS = 1.1; // size of tick labels at most, in those of the page's text
  const CAP = 0.716; // height of a capital, in ems
  const LABEL_SHARE = 0.28; // of the panel's width that labels beside a plot take at most, before they become smaller
  const SMALLEST_SHARE = 0.6; // how much smaller letters become to fit
  const LEAST_LETTERS = 0.85; // how much smaller a line becomes before it is cut
  const LABEL_STEP = 1.1; // least distance of tick labels above each other, in ems
  const LINE_STEP = 1.35; // of the lines of a legend, in ems
  const DIGIT = 0.6; // about the width of a digit, in ems
  const CELL_GAP = 2; // how near text comes to the panel's edge, in points
  const MOST_ENTRIES = 9; // lines of a legend
  const LEAST_PLOT = 8;
  const OFF_PLANE = 1e-6; // a distance from the plane, in shares of 1 + that from its origin, that is no rounding

  const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", "Liberation Sans", Arial, sans-serif';

  // --- small things ---

  const rect = (x0, y0, x1, y1) => ({ x0, y0, x1, y1 });
  const wide = (r) => r.x1 - r.x0;
  const high = (r) => r.y1 - r.y0;
  const inset = (r, d) => rect(r.x0 + d, r.y0 + d, r.x1 - d, r.y1 - d);
  const contains = (r, x, y) => x >= r.x0 && x <= r.x1 && y >= r.y0 && y <= r.y1;
  const clamp = (v, lo, hi) => Math.min(Math.max(v, lo), hi);
  const empty = (text) => !text || text.trim() === "";

  /** "#rrggbb" as [r, g, b]. */
  function rgb(color) {
    const n = parseInt(color.slice(1, 7), 16);
    return [n >> 16, (n >> 8) & 255, n & 255];
  }

  const hex = (c) => "#" + c.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("");

  /** A colour between two others, at a share of the way. */
  function mix(a, b, share) {
    const [x, y] = [rgb(a), rgb(b)];
    return hex(x.map((v, i) => v + share * (y[i] - v)));
  }

  const alpha = (color, a) => {
    const [r, g, b] = rgb(color);
    return `rgba(${r},${g},${b},${a})`;
  };

  /** The colour at u of a colour map of 256 rgb colours, 0 to 1; beyond, that of the end. */
  function colorAt(map, u) {
    const i = 3 * clamp(Math.trunc(u * 256), 0, 255);
    return hex([map[i], map[i + 1], map[i + 2]]);
  }

  // Numbers that tell objects apart, for keys of what is kept.
  const ids = new WeakMap();
  let lastId = 0;
  function idOf(object) {
    if (object === null || object === undefined) return 0;
    let id = ids.get(object);
    if (!id) ids.set(object, (id = ++lastId));
    return id;
  }

  /** A word of the scene by its path, such as "axis.loss"; fallback where the page has none. */
  function word(app, path, fallback = "") {
    let at = app.D.labels;
    for (const name of path.split(".")) at = at?.[name];
    return typeof at === "string" && at !== "" ? at : fallback;
  }

  const decimal = (app, text) => Scales.withMark(text, app.D.labels.mark);

  /** A value behind the word for it, as in "Loss: 0.5"; a word of one space writes nothing. */
  const labelled = (name, value) => (empty(name) ? value : name + ": " + value);

  // --- a sheet: sizes and text of one panel ---

  const ruler = document.createElement("canvas").getContext("2d");
  const widths = new Map();

  /**
   * The CSS pixels of a point, the same for all panels of the page, as in a frame of the
   * film: 1/432 of the panels' common height, but so that the smallest panel has 330 x 250
   * points, letters are read, and they are not much larger than those around the panels. w
   * and h are the size of a panel.
   */
  function pointSize(app, w, h) {
    let pt = Math.min(w / 330, h / 250), top = Infinity, bottom = -Infinity;
    for (const { figure } of app.panels) {
      const { offsetWidth: wide, offsetHeight: high, offsetTop: y } = figure;
      if (!(wide > 1 && high > 1)) continue;
      pt = Math.min(pt, wide / 330, high / 250);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + high);
    }
    if (bottom > top) pt = Math.min(pt, (bottom - top) / 432);
    const least = w < 200 || h < 140 ? THUMBNAIL : SMALLEST; // a thumbnail need not be read
    const most = MOST_LETTERS * parseFloat(getComputedStyle(document.body).fontSize);
    return Math.max(Math.min(pt, most / TICK), least / TICK);
  }

  /** Sheet is a panel's area of w x h CSS pixels with its sizes, colours and decimal mark. */
  class Sheet {
    constructor(app, w, h, dpr, pt = pointSize(app, w, h)) {
      this.app = app;
      this.w = w;
      this.h = h;
      this.dpr = dpr;
      this.theme = app.theme;
      this.pt = pt;
      this.least = Math.min(SMALLEST, TICK * pt);
      this.hair = 1 / dpr;
    }

    /** A place or a length on whole device pixels. */
    round(x) {
      return Math.round(x * this.dpr) / this.dpr;
    }

    whole(r) {
      return rect(this.round(r.x0), this.round(r.y0), this.round(r.x1), this.round(r.y1));
    }

    /** The width of a straight line: whole device pixels, at least one. */
    line(points) {
      return Math.max(1, Math.round(points * this.pt * this.dpr)) / this.dpr;
    }

    /** A size of so many points, but at least so many CSS pixels. */
    atLeast(points, pixels) {
      return Math.max(points * this.pt, pixels);
    }

    get pathWidth() {
      return this.atLeast(this.app.D.path.width, 1.2);
    }

    get beadWidth() {
      return Math.max(BEAD * this.app.D.path.width * this.pt, this.pathWidth);
    }

    get dotRadius() {
      return this.atLeast(DOT, 4) / 2;
    }

    style(points, medium) {
      return { size: points * this.pt, medium: !!medium };
    }

    get tick() {
      return this.style(TICK);
    }

    get name() {
      return this.style(LABEL);
    }

    /** The width of a line of text; sizes are in proportion, so each text is measured once. */
    width(text, st) {
      if (text === "") return 0;
      const key = (st.medium ? "m" : "r") + text;
      let w = widths.get(key);
      if (w === undefined) {
        ruler.font = (st.medium ? "600" : "400") + " 100px " + FONT;
        w = ruler.measureText(text).width / 100;
        if (widths.size > 5000) widths.clear();
        widths.set(key, w);
      }
      return w * st.size;
    }

    widest(texts, st) {
      return texts.reduce((w, t) => Math.max(w, this.width(t, st)), 0);
    }

    /** Writes a line: align is "left", "center" or "right" of x; y is the baseline, or with middle the middle of a capital. */
    text(ctx, text, st, x, y, align, middle, color) {
      if (empty(text)) return;
      ctx.font = (st.medium ? "600 " : "400 ") + st.size + "px " + FONT;
      ctx.textAlign = align;
      ctx.textBaseline = "alphabetic";
      ctx.fillStyle = color ?? this.theme.ink;
      ctx.fillText(text, x, middle ? y + (CAP / 2) * st.size : y);
    }

    /** Writes a line upwards around (x, y), the middle of its capitals. */
    upwards(ctx, text, st, x, y) {
      ctx.save();
      ctx.translate(x, y);
      ctx.rotate(-Math.PI / 2);
      this.text(ctx, text, st, 0, 0, "center", true);
      ctx.restore();
    }

    /** A line shortened to a width. */
    cut(text, st, width) {
      if (this.width(text, st) <= width) return text;
      const all = Array.from(text);
      const begin = (n) => all.slice(0, n).join("").replace(/[ ,.:;(]+$/, "") + "…";
      let lo = 0, hi = all.length;
      while (lo + 1 < hi) {
        const mid = (lo + hi) >> 1;
        if (this.width(begin(mid), st) <= width) lo = mid;
        else hi = mid;
      }
      return lo === 0 ? "" : begin(lo);
    }

    smaller(st) {
      return { ...st, size: Math.max(st.size * LEAST_LETTERS, Math.min(st.size, this.least)) };
    }

    /**
     * A line that fits between two places: around the middle if it can, else moved, then in
     * smaller letters, then cut. Returns [text, style, its own middle].
     */
    fitLine(text, st, middle, lo, hi) {
      let w = this.width(text, st);
      if (w > hi - lo) {
        st = this.smaller(st);
        text = this.cut(text, st, hi - lo);
        w = this.width(text, st);
      }
      return [text, st, Math.max(Math.min(middle, hi - w / 2), lo + w / 2)];
    }

    /** A size of letters in which text of a width has room. */
    fitting(width, room, st) {
      return width <= room ? st.size : st.size * Math.max(SMALLEST_SHARE, room / width);
    }

    /** A width rounded up to whole digits: labels that change seldom move the plot. */
    wholeLetters(width) {
      const digit = DIGIT * TICK * this.pt;
      return Math.ceil(width / digit - 1e-6) * digit;
    }

    /** Ticks of an axis with labels as they are written. */
    marks(of, bins) {
      const m = of.marks(bins), mark = this.app.D.labels.mark;
      return { ...m, labels: m.labels.map((t) => Scales.withMark(t, mark)), offset: Scales.withMark(m.offset, mark) };
    }

    /** Fills a straight line of some width around y from x0 to x1, or around x, on whole device pixels. */
    across(ctx, x0, x1, y, width) {
      ctx.fillRect(x0, this.round(y - width / 2), x1 - x0, width);
    }

    down(ctx, x, y0, y1, width) {
      ctx.fillRect(this.round(x - width / 2), y0, width, y1 - y0);
    }

    /** The frame around a plot, which lies outside. */
    frame(ctx, r, width, color) {
      const d = Math.floor((width * this.dpr) / 2) / this.dpr;
      const o = inset(r, -d);
      ctx.fillStyle = color;
      ctx.fillRect(o.x0, o.y0, wide(o), width);
      ctx.fillRect(o.x0, o.y1 - width, wide(o), width);
      ctx.fillRect(o.x0, o.y0, width, high(o));
      ctx.fillRect(o.x1 - width, o.y0, width, high(o));
    }
  }

  /** How many steps between its ticks an axis of a height has room for. */
  const verticalBins = (height, st) => Math.trunc(clamp(height / (2.2 * st.size), 1, 9));

  /** Empties labels that are nearer to the last one that stays than a step. */
  function thin(labels, at, step) {
    let last = Infinity;
    for (let i = 0; i < labels.length; i++) {
      if (Math.abs(last - at(i)) < step) labels[i] = "";
      else last = at(i);
    }
  }

  /** Minor ticks that have room, a line's width and as much between them: all of them, else those of 2 and 5, else none. */
  function apart(minor, at, line) {
    const room = (ticks) => ticks.every((v, i) => i === 0 || Math.abs(at(v) - at(ticks[i - 1])) >= 2 * line);
    if (room(minor)) return minor;
    const some = minor.filter((v) => {
      const a = Math.abs(v), digit = Math.round(a / 10 ** Math.floor(Math.log10(a) + 1e-9));
      return digit === 2 || digit === 5;
    });
    return room(some) ? some : [];
  }

  // --- axes ---

  /**
   * Axes around the plot of a panel. horizontal and vertical are rulers: unit(v) says where
   * a value lies, 0 to 1, and marks(bins) where the ticks are. beside(plot), if there is
   * one, returns how wide is what stands right of the plot, with its gap, and part(room)
   * what of its room the plot takes.
   */
  class Axes {
    constructor(sheet, { title, xName, yName, horizontal, vertical, beside, part }) {
      Object.assign(this, { sheet, title, xName, yName, horizontal, vertical, beside, part });
      const s = sheet, pt = s.pt, margin = MARGIN * pt;
      this.base = s.round(margin + TITLE * pt * CAP); // of the title
      if (empty(title)) this.base = s.round(margin * 0.6);
      const below = (TICK_LENGTH + TICK_GAP + TICK + LABEL_GAP + LABEL * 0.95) * pt;
      const left = (TICK_LENGTH + TICK_GAP + 5 * 0.6 * TICK + LABEL_GAP + LABEL) * pt;
      const right = beside ? 0 : 9 * pt; // half a tick label
      this.plot = s.whole(rect(margin + left, this.base + TITLE_GAP * pt, s.w - margin - right, s.h - margin - below));
      this.plot.x1 = Math.max(this.plot.x1, this.plot.x0 + LEAST_PLOT);
      this.plot.y1 = Math.max(this.plot.y1, this.plot.y0 + LEAST_PLOT);
      this.reach = 0; // how far left of the plot the name upwards is at least
      this.lay();
    }

    x(v) {
      return this.plot.x0 + this.horizontal.unit(v) * wide(this.plot);
    }

    y(v) {
      return this.plot.y1 - this.vertical.unit(v) * high(this.plot);
    }

    /** Puts the axes around the plot that their labels leave. */
    lay() {
      const s = this.sheet, room = { ...this.plot }, base = this.base;
      this.chooseUp();
      const st = { ...s.tick, size: this.upSize };
      const need = (MARGIN + LABEL + LABEL_GAP + TICK_GAP + TICK_LENGTH) * s.pt + s.wholeLetters(s.widest(this.up.labels, st));
      room.x0 = s.round(need);
      if (this.beside) room.x1 = Math.min(room.x1, s.round(s.w - MARGIN * s.pt - this.beside(room)));
      room.x1 = Math.max(room.x1, room.x0 + LEAST_PLOT);
      for (let i = 0; i < 3; i++) {
        this.plot = { ...room };
        if (this.part) {
          this.plot = this.part(room);
          this.base = base + this.plot.y0 - room.y0; // the title stays near the plot
        }
        this.chooseUp();
        this.chooseAcross();
        const over = this.overhang();
        if (over <= 0 || over > 0.2 * wide(room)) break;
        room.x1 = s.round(room.x1 - over - 0.5 * s.hair);
      }
      this.keepInside();
      this.xText = Scales.axisName(this.across, this.xName);
      this.yText = Scales.axisName(this.up, this.yName);
    }

    /** The ticks of the vertical axis, and letters that leave most of the width to the plot. */
    chooseUp() {
      const s = this.sheet, st = s.tick;
      this.up = s.marks(this.vertical, verticalBins(high(this.plot), st));
      thin(this.up.labels, (i) => this.y(this.up.values[i]), LABEL_STEP * st.size);
      this.upSize = s.fitting(s.widest(this.up.labels, st), LABEL_SHARE * s.w, st);
    }

    /** The ticks of the horizontal axis: as many as there is room for, at most ten. */
    chooseAcross() {
      const s = this.sheet, st = s.tick;
      for (let bins = 9; bins >= 1; bins--) {
        this.across = s.marks(this.horizontal, bins);
        let room = Infinity;
        for (let i = 1; i < this.across.values.length; i++) {
          room = Math.min(room, Math.abs(this.x(this.across.values[i]) - this.x(this.across.values[i - 1])));
        }
        if (s.widest(this.across.labels, st) + 0.8 * st.size < room) return;
      }
      // Not even the fewest have room: those that have it keep their labels.
      let end = -Infinity;
      this.across.labels = this.across.labels.map((text, i) => {
        const w = s.width(text, st), x = this.x(this.across.values[i]);
        if (x - w / 2 < end + 0.4 * st.size) return "";
        end = x + w / 2;
        return text;
      });
    }

    /** How far the last label below the plot reaches out of the panel. */
    overhang() {
      const s = this.sheet;
      return this.across.labels.reduce((over, text, i) =>
        Math.max(over, this.x(this.across.values[i]) + s.width(text, s.tick) / 2 - s.w + CELL_GAP * s.pt), 0);
    }

    /** Empties labels below the plot that reach out of the panel. */
    keepInside() {
      const s = this.sheet, edge = (CELL_GAP / 2) * s.pt;
      this.across.labels = this.across.labels.map((text, i) => {
        const x = this.x(this.across.values[i]), w = s.width(text, s.tick);
        return x - w / 2 < edge || x + w / 2 > s.w - edge ? "" : text;
      });
    }

    /** Lines at the ticks. */
    grid(ctx) {
      const s = this.sheet, w = s.line(GRID_WIDTH), p = this.plot;
      ctx.fillStyle = s.theme.grid;
      for (const v of this.across.values) s.down(ctx, this.x(v), p.y0, p.y1, w);
      for (const v of this.up.values) s.across(ctx, p.x0, p.x1, this.y(v), w);
    }

    /** The frame of the plot, ticks, their labels, names and the title. */
    draw(ctx) {
      const s = this.sheet, pt = s.pt, w = s.line(AXIS_WIDTH), margin = MARGIN * pt;
      s.frame(ctx, this.plot, w, s.theme.ink);
      const below = this.drawAcross(ctx, w), beyond = Math.max(this.drawUp(ctx, w), this.reach);
      const middle = (this.plot.x0 + this.plot.x1) / 2;
      const [xText, xStyle, at] = s.fitLine(this.xText, s.name, middle, margin, s.w - margin);
      s.text(ctx, xText, xStyle, at, below + (LABEL_GAP + LABEL * 0.95) * pt, "center");

      // The name upwards stays below the title, whose line may be as long as the panel, and
      // above the other name, where that reaches below it.
      const top = this.base + 0.35 * TITLE * pt;
      let bottom = s.h - margin;
      const x = Math.max(this.plot.x0 - beyond - (LABEL_GAP + (LABEL * CAP) / 2) * pt, CELL_GAP * pt + (CAP / 2) * s.name.size);
      if (at - s.width(xText, xStyle) / 2 < x + s.name.size) bottom = below + (LABEL_GAP / 2) * pt;
      const [yText, yStyle, up] = s.fitLine(this.yText, s.name, (this.plot.y0 + this.plot.y1) / 2, top, bottom);
      s.upwards(ctx, yText, yStyle, x, up);
      this.drawTitle(ctx);
    }

    /** The title over the plot: beside the top label, not above it, if it has room there. */
    drawTitle(ctx) {
      if (empty(this.title)) return;
      const s = this.sheet, margin = MARGIN * s.pt;
      let st = s.style(TITLE, true), base = this.base, lo = margin, hi = s.w - margin;
      if (this.labelNear(base + 5 * s.pt)) {
        const right = Math.min(hi, this.plot.x1 + (this.beside ? (BAR_GAP + BAR) * s.pt : 0));
        const small = s.smaller(st);
        if (s.width(this.title, small) > right - this.plot.x0) {
          st = small;
          base -= 2 * s.pt;
        } else {
          lo = this.plot.x0;
          hi = right;
        }
      }
      const [text, style, at] = s.fitLine(this.title, st, (this.plot.x0 + this.plot.x1) / 2, lo, hi);
      s.text(ctx, text, style, at, base, "center");
    }

    /** The ticks below the plot; returns the baseline of their labels. */
    drawAcross(ctx, w) {
      const s = this.sheet, p = this.plot, tick = s.round(TICK_LENGTH * s.pt), minor = s.round(MINOR_LENGTH * s.pt);
      const below = p.y1 + tick + (TICK_GAP + TICK * CAP) * s.pt;
      ctx.fillStyle = s.theme.ink;
      for (const v of this.across.values) s.down(ctx, this.x(v), p.y1, p.y1 + tick, w);
      for (const v of apart(this.across.minor, (v) => this.x(v), w)) s.down(ctx, this.x(v), p.y1, p.y1 + minor, w);
      this.across.labels.forEach((text, i) => s.text(ctx, text, s.tick, this.x(this.across.values[i]), below, "center"));
      return below;
    }

    /** The ticks left of the plot; returns how far their labels reach. */
    drawUp(ctx, w) {
      const s = this.sheet, p = this.plot, st = { ...s.tick, size: this.upSize };
      const tick = s.round(TICK_LENGTH * s.pt), minor = s.round(MINOR_LENGTH * s.pt);
      ctx.fillStyle = s.theme.ink;
      for (const v of apart(this.up.minor, (v) => this.y(v), w)) s.across(ctx, p.x0 - minor, p.x0, this.y(v), w);
      for (const v of this.up.values) s.across(ctx, p.x0 - tick, p.x0, this.y(v), w);
      this.up.labels.forEach((text, i) => s.text(ctx, text, st, p.x0 - tick - TICK_GAP * s.pt, this.y(this.up.values[i]), "right", true));
      return tick + TICK_GAP * s.pt + s.widest(this.up.labels, st);
    }

    /** Whether a label of the vertical axis reaches above the height y. */
    labelNear(y) {
      return this.up.values.some((v, i) => this.up.labels[i] !== "" && this.y(v) - (CAP / 2) * this.upSize < y);
    }
  }

  // --- colour bars and axes on the right ---

  const BAR_SHARE = 0.4; // of its plot's width that the labels of a colour bar take at most

  /** The ticks of a scale right of a plot and the style of their labels, which are empty where there is no room. */
  function barMarks(s, plot, scale, name) {
    const st = s.tick, bins = verticalBins(high(plot), st);
    let m = s.marks(scale, bins);
    if (empty(name)) {
      // Without a name nothing can say what the labels leave out.
      const full = scale.ticks(bins), mark = s.app.D.labels.mark;
      m = { ...m, values: full.map((t) => t.value), labels: full.map((t) => Scales.withMark(t.text, mark)), offset: "", unit: "" };
    }
    thin(m.labels, (i) => plot.y1 - scale.unit(m.values[i]) * high(plot), LABEL_STEP * st.size);
    return [m, { ...st, size: s.fitting(s.widest(m.labels, st), BAR_SHARE * wide(plot), st) }];
  }

  /** How wide the axis is that rightAxis draws. */
  function rightWide(s, plot, scale, name) {
    const [m, st] = barMarks(s, plot, scale, name);
    const nameRoom = empty(name) ? 0 : LABEL_GAP + 0.95 * LABEL;
    return (TICK_LENGTH + TICK_GAP + nameRoom) * s.pt + s.wholeLetters(s.widest(m.labels, st));
  }

  /** How wide a colour bar beside a plot is, with its gap and its name. */
  const barWide = (s, plot, scale, name) => (BAR_GAP + BAR) * s.pt + rightWide(s, plot, scale, name);

  /** The ticks of a scale and its name right of an area beside a plot, or of the plot itself. */
  function rightAxis(ctx, s, bar, plot, scale, name) {
    const w = s.line(AXIS_WIDTH), [m, st] = barMarks(s, plot, scale, name);
    const tick = s.round(TICK_LENGTH * s.pt), minor = s.round(MINOR_LENGTH * s.pt);
    const at = (v) => bar.y1 - scale.unit(v) * high(bar);
    ctx.fillStyle = s.theme.ink;
    for (const v of apart(m.minor, at, w)) s.across(ctx, bar.x1, bar.x1 + minor, at(v), w);
    for (const v of m.values) s.across(ctx, bar.x1, bar.x1 + tick, at(v), w);
    const from = bar.x1 + tick + TICK_GAP * s.pt;
    m.labels.forEach((text, i) => s.text(ctx, text, st, from, at(m.values[i]), "left", true));
    if (!empty(name)) {
      const [text, style, middle] = s.fitLine(Scales.axisName(m, name), s.name, (bar.y0 + bar.y1) / 2, bar.y0, bar.y1);
      s.upwards(ctx, text, style, from + s.widest(m.labels, st) + (LABEL_GAP + (LABEL * CAP) / 2) * s.pt, middle);
    }
  }

  /** A colour bar beside a plot: bands of the scale, n from the coordinate first on, each step wide; color(i) is that of one. None of a scale without a width. */
  function colorBar(ctx, s, plot, scale, bands, color, name) {
    if (!(scale.b > scale.a)) return;
    const x0 = s.round(plot.x1 + BAR_GAP * s.pt);
    const bar = rect(x0, plot.y0, x0 + s.round(BAR * s.pt), plot.y1);
    const y = (x) => bar.y1 - s.round(((x - scale.a) / (scale.b - scale.a)) * high(bar));
    for (let i = 0; i < bands.n; i++) {
      const lo = Math.max(bands.first + i * bands.step, scale.a), hi = Math.min(bands.first + (i + 1) * bands.step, scale.b);
      ctx.fillStyle = color(i);
      ctx.fillRect(bar.x0, y(hi), wide(bar), y(lo) - y(hi));
    }
    const w = s.line(AXIS_WIDTH);
    if (scale.kind === "signed") {
      ctx.fillStyle = "#ffffff";
      s.across(ctx, bar.x0, bar.x1, clamp(y(0), bar.y0 + w, bar.y1 - w), 2 * w);
    }
    s.frame(ctx, bar, w, s.theme.ink);
    rightAxis(ctx, s, bar, plot, scale, name);
  }

  /** The bands of 256 smooth colours of a colour map for a scale, and their colours: [bands, color]. */
  function smoothBands(scale, map) {
    const bands = { first: scale.a, step: (scale.b - scale.a) / 256, n: 256 };
    const color = (i) => {
      const x = bands.first + (i + 0.5) * bands.step;
      return colorAt(map, scale.kind === "signed" ? (x + 1) / 2 : scale.fraction(x));
    };
    return [bands, color];
  }

  /** The bands of filled contours and their colours: [bands, color]; n is how many there are about, 0 for 256. */
  function contourBands(scale, n, map) {
    let bands = { first: scale.a, step: (scale.b - scale.a) / 256, n: 256 };
    if (n > 0) {
      const all = scale.levels(n);
      bands = all.length < 2 ? { first: 0, step: 1, n: 1 } : { first: all[0], step: (all[all.length - 1] - all[0]) / (all.length - 1), n: all.length - 1 };
    }
    if (!(bands.step > 0)) bands.step = 1;
    return [bands, (i) => colorAt(map, (i + 0.5) / bands.n)];
  }

  // --- legends ---

  /** How many steps of ways come into an area. */
  function hits(ways, r) {
    let n = 0;
    for (const way of ways) {
      for (let k = 0; k < way.length; k += 2) {
        const p = Math.max(k - 2, 0);
        if (crosses(way[p], way[p + 1], way[k], way[k + 1], r)) n++;
      }
    }
    return n;
  }

  /** Whether a straight line from (x0, y0) to (x1, y1) comes into a rectangle. */
  function crosses(x0, y0, x1, y1, r) {
    if (Math.max(x0, x1) < r.x0 || Math.min(x0, x1) > r.x1 || Math.max(y0, y1) < r.y0 || Math.min(y0, y1) > r.y1) return false;
    let lo = 0, hi = 1;
    const cut = (from, by, least, most) => {
      if (by === 0) {
        if (from < least || from > most) hi = -1;
        return;
      }
      const a = (least - from) / by, b = (most - from) / by;
      lo = Math.max(lo, Math.min(a, b));
      hi = Math.min(hi, Math.max(a, b));
    };
    cut(x0, x1 - x0, r.x0, r.x1);
    cut(y0, y1 - y0, r.y0, r.y1);
    return lo <= hi;
  }

  // Where a plate may stand in a plot, in order of preference, as shares of the free width and height.
  const CORNERS = [[1, 1], [0, 1], [1, 0], [0, 0], [1, 0.5], [0, 0.5]];

  /** A plate of w by h at one of the corners of a plot. */
  function cornerPlate(s, plot, w, h, corner) {
    const room = inset(plot, 6 * s.pt), [u, v] = CORNERS[corner];
    const x = room.x0 + u * (wide(room) - w), y = room.y0 + v * (high(room) - h);
    return s.whole(rect(x, y, x + w, y + h));
  }

  /**
   * The corner of a plot for a plate of w by h that ways come least into: bottom right if it
   * is free; or half way up a side. last, the corner where the plate stood before, stays
   * unless another one is much better: a legend does not jump while a hand moves.
   */
  function freeCorner(s, plot, w, h, ways, last) {
    let best = 0, least = Infinity;
    const counts = CORNERS.map((_, i) => hits(ways, inset(cornerPlate(s, plot, w, h, i), -DOT * s.pt)));
    counts.forEach((n, i) => {
      if (n < least) [best, least] = [i, n];
    });
    return last >= 0 && counts[last] <= 2 * least + 2 ? last : best;
  }

  /**
   * Legend is a table of what is what on a plate: entries are {text, dot, color, status,
   * ended}; without a color a line is text alone. status stands behind the text from the
   * update ended on.
   */
  class Legend {
    constructor(sheet, entries, size) {
      this.sheet = sheet;
      this.entries = entries;
      this.st = { size: size ?? TICK * sheet.pt };
      this.corner = -1;
      this.measure();
    }

    measure() {
      const s = this.sheet, size = this.st.size;
      const widest = this.entries.reduce((w, e) => Math.max(w, s.width(e.text + (e.status ?? ""), this.st)), 0);
      this.pad = 0.55 * size;
      this.swatch = 1.9 * size;
      this.w = widest + this.swatch + 3 * this.pad;
      this.h = (this.entries.length * LINE_STEP + 0.5) * size;
    }

    /** Makes a legend fit into a width: if a text would lose much for what stands behind it, that is left out, and texts are cut. */
    narrow(width) {
      if (this.w <= width) return;
      const s = this.sheet, room = width - this.swatch - 3 * this.pad;
      for (const e of this.entries) {
        let left = room - s.width(e.status ?? "", this.st);
        const text = s.width(e.text, this.st);
        if (text > left && left < 0.7 * Math.min(text, room)) {
          e.status = "";
          left = room;
        }
        e.text = s.cut(e.text, this.st, left);
      }
      this.measure();
    }

    /** Puts the legend where the fewest ways come into it. */
    stand(plot, ways) {
      this.corner = freeCorner(this.sheet, plot, this.w, this.h, ways, this.corner);
      this.at = cornerPlate(this.sheet, plot, this.w, this.h, this.corner);
    }

    /** Draws the legend; updates says which runs have ended. */
    draw(ctx, updates = -1) {
      const s = this.sheet, r = this.at;
      plate(ctx, s, r);
      this.entries.forEach((e, i) => {
        const x = r.x0 + this.pad, y = r.y0 + (0.25 + (i + 0.5) * LINE_STEP) * this.st.size;
        if (e.color) {
          ctx.fillStyle = e.color;
          if (e.dot) disc(ctx, x + this.swatch / 2, y, s.atLeast(SAMPLE * 1.15, 2) / 2);
          else s.across(ctx, x, x + this.swatch, y, s.line(CURVE_WIDTH));
        }
        const text = e.status && updates >= e.ended ? e.text + e.status : e.text;
        s.text(ctx, text, this.st, x + this.swatch + this.pad, y, "left", true);
      });
    }
  }

  /** The ground of a legend. */
  function plate(ctx, s, r) {
    const w = s.line(0.7), radius = 3 * s.pt;
    ctx.fillStyle = s.theme.rim;
    roundRect(ctx, r, radius);
    ctx.fill();
    ctx.fillStyle = s.theme.plate;
    roundRect(ctx, inset(r, w), Math.max(radius - w, 0));
    ctx.fill();
  }

  function roundRect(ctx, r, radius) {
    ctx.beginPath();
    ctx.roundRect(r.x0, r.y0, wide(r), high(r), radius);
  }

  // --- marks ---

  function disc(ctx, x, y, radius) {
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.fill();
  }

  /** Fills discs around the places of a way at once, which is much faster than one by one. */
  function discs(ctx, way, radius) {
    if (way.length === 0) return;
    ctx.beginPath();
    for (let i = 0; i < way.length; i += 2) {
      ctx.moveTo(way[i] + radius, way[i + 1]);
      ctx.arc(way[i], way[i + 1], radius, 0, 2 * Math.PI);
    }
    ctx.fill();
  }

  /** A ring of the width of two rims between casings. */
  function ring(ctx, x, y, radius, rim, color, casing) {
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.strokeStyle = casing;
    ctx.lineWidth = 4 * rim;
    ctx.stroke();
    ctx.strokeStyle = color;
    ctx.lineWidth = 2 * rim;
    ctx.stroke();
  }

  /** Marks where a run is in a plot; outside of it, a ring at the edge, where it left. */
  function dot(ctx, s, plot, x, y, radius, color) {
    if (!(isFinite(x) && isFinite(y))) return;
    const rim = s.atLeast(1.1, 1);
    if (contains(inset(plot, -0.5), x, y)) {
      ctx.fillStyle = s.theme.casing;
      disc(ctx, x, y, radius + rim);
      ctx.fillStyle = color;
      disc(ctx, x, y, radius);
      return;
    }
    ring(ctx, clamp(x, plot.x0 + radius, plot.x1 - radius), clamp(y, plot.y0 + radius, plot.y1 - radius), radius, rim, color, s.theme.casing);
  }

  /** The mark of what is read under the cursor. */
  function mark(ctx, s, x, y) {
    const radius = 3.4 * s.pt, rim = s.atLeast(1.2, 1);
    ctx.beginPath();
    ctx.arc(x, y, radius + rim / 2, 0, 2 * Math.PI);
    ctx.strokeStyle = s.theme.casing;
    ctx.lineWidth = 3 * rim;
    ctx.stroke();
    ctx.strokeStyle = s.theme.ink;
    ctx.lineWidth = rim;
    ctx.stroke();
  }

  /** A star of five tips at the minimum, white with a dark rim, hollow where the minimum is off the plane. */
  function star(ctx, s, x, y, hollow) {
    const radius = s.atLeast(STAR, 7) / 2, rim = s.atLeast(1.1, 1);
    // The inner corners lie where lines from tip to tip cross.
    const inner = Math.cos((2 * Math.PI) / 5) / Math.cos(Math.PI / 5);
    ctx.beginPath();
    for (let i = 0; i < 10; i++) {
      const r = i % 2 === 1 ? radius * inner : radius, a = (Math.PI * i) / 5;
      ctx.lineTo(x + r * Math.sin(a), y - r * Math.cos(a));
    }
    ctx.closePath();
    ctx.lineJoin = "round";
    if (hollow) {
      ctx.strokeStyle = s.theme.casing;
      ctx.lineWidth = 2.6 * rim;
      ctx.stroke();
    } else {
      ctx.fillStyle = "#ffffff";
      ctx.fill();
    }
    ctx.strokeStyle = "#000000";
    ctx.lineWidth = rim;
    ctx.stroke();
  }

  /** Strokes a way with round corners. */
  function line(ctx, way, width, color, cap = "round") {
    if (way.length < 4) return;
    ctx.beginPath();
    ctx.moveTo(way[0], way[1]);
    for (let k = 2; k < way.length; k += 2) ctx.lineTo(way[k], way[k + 1]);
    ctx.lineJoin = "round";
    ctx.lineCap = cap;
    ctx.lineWidth = width;
    ctx.strokeStyle = color;
    ctx.stroke();
  }

  const TAP = 8; // pixels that a finger moves at most in a tap

  /** A drag that does something at (x, y) if it is a tap: where the finger moves, the page scrolls. */
  function tap(x, y, act) {
    let still = true;
    return {
      move(px, py) {
        still = still && Math.hypot(px - x, py - y) <= TAP;
      },
      up(event) {
        if (still && event && event.type !== "pointercancel") act(x, y);
      },
    };
  }

  /** Does something within a plot alone. */
  function within(ctx, r, f) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(r.x0, r.y0, wide(r), high(r));
    ctx.clip();
    f();
    ctx.restore();
  }

  /** Whether the wheel is for the panel that it turns over: where the page scrolls, it zooms only what has the focus. */
  function takesWheel(event) {
    const page = document.documentElement, scrolls = page.scrollHeight > page.clientHeight + 2;
    return !scrolls || !!event?.ctrlKey || document.activeElement === event?.currentTarget;
  }

  // --- runs ---

  /** The last update that the page shows. */
  const lastUpdate = (app) => app.last;

  // By trajectory, how many of its points can be shown.
  const shown = new WeakMap();

  /** How many points of a run can be shown, the start included: those that the film reaches and that are finite. */
  function points(app, run) {
    const t = run.traj, most = Math.min(t.loss.length, lastUpdate(app) + 1);
    let n = shown.get(t);
    if (n === undefined) {
      n = 0;
      while (n < t.loss.length && isFinite(t.loss[n]) && isFinite(run.at[2 * n]) && isFinite(run.at[2 * n + 1])) n++;
      shown.set(t, n);
    }
    return Math.min(n, most);
  }

  /** The distances of a run's first n points from the plane, null if it stays there but for rounding. */
  function offPlane(run, n) {
    for (let k = 0; run.off && k < n; k++) {
      if (run.off[k] > OFF_PLANE * (1 + Math.hypot(run.at[2 * k], run.at[2 * k + 1]))) return run.off;
    }
    return null;
  }

  /** Whether another panel of the page has the names and losses of all of some runs, as visible returns them. */
  function told(app, runs) {
    if (runs.length < 2 || runs.some(({ run }) => offPlane(run, points(app, run)))) return false;
    return app.panels.some(({ panel }) => panel.named && runs.every(({ index }) => panel.named().includes(index)));
  }

  /** How many updates of a run are seen now, on the way to the next if it is not whole. */
  const updatesOf = (app, run) => clamp(app.time, 0, Math.max(points(app, run) - 1, 0));

  /** Whether the time is past a run's last finite point. */
  const gone = (app, run) => run.traj.status === "diverged" && app.time >= points(app, run);

  /** The weights of a run after some updates, between two on the straight way. */
  function weightsAt(app, run, updates) {
    const { dim, w } = run.traj, k = Math.trunc(updates), share = updates - k;
    const out = new Float64Array(dim);
    for (let j = 0; j < dim; j++) {
      out[j] = w[k * dim + j];
      if (share > 0) out[j] += share * (w[(k + 1) * dim + j] - out[j]);
    }
    return out;
  }

  /** The weights of a run now. */
  const weightsNow = (app, run) => weightsAt(app, run, updatesOf(app, run));

  /** The runs that a panel shows and that have a finite point, as [{run, index}]. */
  function visible(app, spec) {
    return app.visible(spec).filter(({ run }) => run && run.traj && points(app, run) > 0);
  }

  /** The name of a run. */
  const nameOf = (app, index) => app.runs[index].name;

  /** Lines of a legend for runs, as visible returns them, at most most; the last of them then says how many are left out. */
  function runEntries(app, runs, most, prefix = "") {
    const out = [];
    for (const { run, index } of runs) {
      if (out.length === most - 1 && out.length < runs.length - 1) {
        out.push({ text: Scales.fill(word(app, "legend.more", "and {n} more"), { n: runs.length - out.length }) });
        break;
      }
      out.push({ text: prefix + run.name, color: run.color, index });
    }
    return out;
  }

  /** The word for how a run ends, "" where it took all of its steps. */
  const endingText = (app, run) => (run.traj.status === "step-limit" ? "" : word(app, "status." + run.traj.status, run.traj.status));

  /** Has lines of a legend say how their runs end. */
  function withStatus(app, entries) {
    for (const e of entries) {
      if (e.index === undefined) continue;
      const run = app.runs[e.index], text = endingText(app, run);
      if (text !== "") {
        e.status = ", " + text;
        e.ended = run.traj.end ?? points(app, run);
      }
    }
    return entries;
  }

  /** What the counter says of some updates, such as "Updates: 12", or "Iter: 12" and "Start" as the notebook counts. */
  function counterText(app, updates) {
    const notebook = app.D.film.count === "notebook";
    const n = Math.trunc(updates) - (notebook ? 1 : 0);
    if (n < 0) return word(app, "start", "Start");
    return word(app, "iter", notebook ? "Iter" : word(app, "axis.updates", "Updates")) + ": " + n;
  }

  /** What tells apart all that legends and paths depend on in the runs of a panel. */
  const runsKey = (runs) => runs.map(({ run, index }) => [index, run.color, idOf(run.traj), run.name].join(":")).join(",");

  // --- panels ---

  /**
   * Flat is a panel with axes. It keeps a layer of what does not move, drawn anew when
   * what that depends on changes. A panel of a kind extends it by
   *
   *   basis()       what the layer depends on besides size and theme
   *   open(sheet)   makes this.axes, and all that depends on basis()
   *   paint(ctx)    draws the layer
   *   frame(ctx)    draws what moves
   */
  class Flat {
    constructor(app, spec) {
      this.app = app;
      this.spec = spec;
      this.layer = document.createElement("canvas");
      this.drawn = ""; // the key of what the layer has
    }

    get title() {
      return this.spec.title ?? word(this.app, "title." + this.spec.kind);
    }

    get runs() {
      return visible(this.app, this.spec);
    }

    draw(ctx, w, h, dpr) {
      if (!(w > 0 && h > 0)) return;
      const app = this.app;
      this.shown = this.runs; // of this picture
      const pt = pointSize(app, w, h);
      const key = [w, h, dpr, pt, idOf(app.theme), idOf(app.D.labels), this.basis()].join("|");
      if (key !== this.drawn) {
        this.sheet = new Sheet(app, w, h, dpr, pt);
        this.open(this.sheet);
        const canvas = this.layer, W = Math.max(1, Math.round(w * dpr)), H = Math.max(1, Math.round(h * dpr));
        if (canvas.width !== W || canvas.height !== H) [canvas.width, canvas.height] = [W, H];
        const own = canvas.getContext("2d", CONTEXT);
        own.setTransform(dpr, 0, 0, dpr, 0, 0);
        own.fillStyle = app.theme.paper;
        own.fillRect(0, 0, w, h);
        this.paint(own);
        this.drawn = key;
      }
      ctx.save();
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(this.layer, 0, 0, this.layer.width / dpr, this.layer.height / dpr);
      ctx.imageSmoothingEnabled = true;
      this.frame(ctx);
      ctx.restore();
    }

    /** Whether a place lies in the plot; false before the first picture. */
    inPlot(x, y) {
      return !!this.axes && contains(this.axes.plot, x, y);
    }

    pick() {
      return null;
    }

    down() {
      return null;
    }

    describe() {
      return this.title;
    }
  }

  // How the canvas of a flat panel is drawn on: by the CPU, which is ten times faster than a
  // GPU in software, and on a GPU fast enough, as what does not move is kept in a layer.
  const CONTEXT = { alpha: false, willReadFrequently: true };

  /** What makes panels of a kind: app and spec to the panel, with how its canvas is drawn on. */
  const kind = (make, more) => Object.assign(make, { context: CONTEXT }, more);

  return {
    kind, CONTEXT, TICK, LABEL, TITLE, MARGIN, TICK_LENGTH, TICK_GAP, LABEL_GAP, AXIS_WIDTH, CURVE_WIDTH, CASING, BEAD, DOT, SAMPLE, STAR, BAR, BAR_GAP,
    ISO_LINES, CAP, LINE_STEP, LABEL_STEP, LABEL_SHARE, MOST_ENTRIES, LEAST_LETTERS, SMALLEST_SHARE, CELL_GAP, FONT,
    rect, wide, high, inset, contains, clamp, empty, rgb, hex, mix, alpha, colorAt, idOf, word, decimal, labelled,
    pointSize, Sheet, Axes, Legend, Flat, barWide, rightWide, rightAxis, colorBar, smoothBands, contourBands,
    hits, crosses, freeCorner, cornerPlate, plate, roundRect, disc, discs, ring, dot, mark, star, line, tap, within, takesWheel,
    OFF_PLANE, lastUpdate, points, offPlane, told, updatesOf, gone, weightsAt, weightsNow, visible, nameOf, runEntries, endingText, withStatus, counterText, runsKey,
  };
})();
