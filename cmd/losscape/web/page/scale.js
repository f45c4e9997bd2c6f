/*
 * Scales: where losses and parameters lie along an axis or a colour map, which ticks and
 * levels are good to read there, and how numbers are written beside them. It does what
 * the engine's package scenes/scale does, so that the page and a frame of the film have
 * the same ticks and the same texts; Scales.check compares the two.
 */
const Scales = (() => {
  // How many losses a scale of ranks keeps.
  const KNOTS = 257;

  // Steps between ticks, in units of a power of ten: of axes, as matplotlib's AutoLocator
  // has them, of axes of whole numbers, and of contour levels, as its MaxNLocator has them.
  const AXIS_STEPS = [1, 2, 2.5, 5, 10];
  const WHOLE_STEPS = [1, 2, 5, 10];
  const LEVEL_STEPS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

  // Numbers are plain from PLAIN_FROM up to PLAIN_TO, as 0.25, and else with a power of
  // ten, as 2.5·10⁻⁷.
  const PLAIN_FROM = 1e-4;
  const PLAIN_TO = 1e5;

  const MINUS = "−";
  const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻";

  // How far beyond an end, relatively, a tick of a logarithmic axis may be: ends that are
  // powers of ten are not exact.
  const SLACK = 1e-9;

  // How many float64 apart ticks are at least that are taken for decimal numbers; nearer
  // ones are written to the last digit.
  const FINE_GAP = 16;

  // Labels are shortened if they are longer than LONG_LABEL: by an offset if all ticks are
  // alike in four digits at least (matplotlib's axes.formatter.offset_threshold), and by a
  // unit if they have powers of ten.
  const LONG_LABEL = 6;
  const OFFSET_RATIO = 1e4;

  // How many characters the values of a parameter have at most that are all written.
  const SHORT_LABEL = 5;

  // Of the values below 0, the share that may lie beyond the lower end of a signed scale,
  // if the least is OUTLYING times as far from 0.
  const OUTLIERS = 0.01;
  const OUTLYING = 2;

  const MAX = Number.MAX_VALUE;
  const TINY = Number.MIN_VALUE;

  // The parameters of runs that take whole numbers only.
  const WHOLE_PARAMS = ["batch", "seed", "steps"];

  const bits = new DataView(new ArrayBuffer(8));

  /** The next float64 above x, a finite number. */
  function nextAbove(x) {
    if (x === 0) return TINY;
    bits.setFloat64(0, x);
    const n = bits.getBigInt64(0);
    bits.setBigInt64(0, x > 0 ? n + 1n : n - 1n);
    return bits.getFloat64(0);
  }

  /** The distance from x to the next float64. */
  const ulp = (x) => nextAbove(Math.abs(x)) - Math.abs(x);

  /**
   * The decimal logarithm as the engine computes it, by that of the fraction and the power
   * of two: its last digits decide on which side of a power of ten a span lies.
   */
  function log10(x) {
    if (!(x > 0) || !isFinite(x)) return Math.log10(x);
    let fraction = x, exponent = 0;
    if (fraction < 2.2250738585072014e-308) {
      fraction *= 2 ** 52;
      exponent = -52;
    }
    bits.setFloat64(0, fraction);
    const high = bits.getUint32(0);
    exponent += ((high >>> 20) & 0x7ff) - 1022;
    bits.setUint32(0, ((high & 0x800fffff) | 0x3fe00000) >>> 0);
    fraction = bits.getFloat64(0);
    const log2 = fraction === 0.5 ? exponent - 1 : Math.log(fraction) * (1 / Math.LN2) + exponent;
    return log2 * (Math.LN2 / Math.LN10);
  }

  /** 10 to the power of e, rounded once where e is whole. */
  const pow10 = (e) => (Number.isInteger(e) ? Number("1e" + e) : 10 ** e);

  /** The whole number nearest to x, the one farther from 0 of two. */
  const roundAway = (x) => Math.sign(x) * Math.floor(Math.abs(x) + (Math.abs(x) < 2 ** 52 && Math.abs(x) % 1 >= 0.5 ? 0.5 : 0));

  /** The first index of an ascending list whose value is at least v. */
  function search(sorted, v) {
    let lo = 0, hi = sorted.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (sorted[mid] < v) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  }

  // --- digits ---

  /**
   * Text of v, of a form such as 1.25e+3, with so many decimals, or with those that it has
   * if that is −1. Of two texts that are as near it takes the one with an even last digit,
   * as the engine does; JavaScript takes the larger one.
   */
  function exponential(v, decimals) {
    if (decimals < 0) return v.toExponential();
    const text = v.toExponential(decimals);
    if (decimals > 98) return text;
    const [more, e] = v.toExponential(decimals + 1).split("e");
    const lower = more.endsWith("5") && tied(more, v.toExponential(100).split("e")[0]);
    return lower ? lower + "e" + e : text;
  }

  /** Text of v with so many decimals and no power of ten, as exponential rounds. */
  function fixed(v, decimals) {
    if (decimals < 0) return plainShortest(v);
    const text = v.toFixed(decimals);
    if (decimals > 98 || text.includes("e")) return text;
    const more = v.toFixed(decimals + 1);
    return (more.endsWith("5") && tied(more, v.toFixed(100))) || text;
  }

  /** What more, the text of a number that ends with 5, is without that digit, if the number is exactly that and the digit before is even; else "". */
  function tied(more, exact) {
    const lower = more.slice(0, -1).replace(/\.$/, "");
    return exact.startsWith(more) && /^0*$/.test(exact.slice(more.length)) && Number(lower.slice(-1)) % 2 === 0 ? lower : "";
  }

  /** The shortest text of v without a power of ten. */
  function plainShortest(v) {
    const text = String(v);
    if (!text.includes("e")) return text;
    const [m, e] = text.split("e");
    const n = Number(e), sign = m.startsWith("-") ? "-" : "";
    const digits = m.replace(/[-.]/g, "");
    if (n < 0) return sign + "0." + "0".repeat(-n - 1) + digits;
    return sign + digits.padEnd(n + 1, "0");
  }

  /** x with so many significant digits; x itself if that is beyond float64. */
  function rounded(x, digits) {
    const r = Number(exponential(x, Math.max(digits, 1) - 1));
    return isFinite(r) ? r : x;
  }

  /** m·10^e, rounded once. */
  const decimal = (m, e) => Number(m.toFixed(0) + "e" + e.toFixed(0));

  /** x rounded to so many decimals, before the point if that is negative. */
  function roundTo(x, decimals) {
    if (x === 0) return 0;
    const digits = Math.floor(log10(Math.abs(x))) + decimals;
    const unit = decimal(1, -decimals);
    if (digits >= 0) return rounded(x, digits + 1);
    if (Math.abs(x) > unit / 2) return Math.sign(x) * unit;
    return 0;
  }

  // --- numbers as texts ---

  function notFinite(v) {
    if (v === Infinity) return "∞";
    return v === -Infinity ? MINUS + "∞" : "NaN";
  }

  const superscript = (n) => Array.from(String(n), (c) => (c === "-" ? SUPERSCRIPTS[10] : SUPERSCRIPTS[c])).join("");

  /** Digits below the line. */
  const subscript = (n) => Array.from(String(n), (c) => "₀₁₂₃₄₅₆₇₈₉"[c] ?? c).join("");

  /** v with so many decimals, or with those that it has if that is −1. Zero has no sign. */
  function plain(v, decimals) {
    let s = fixed(v, decimals);
    if (/^[-0.]*$/.test(s)) s = s.replace("-", "");
    return s.replace("-", MINUS);
  }

  /** v as a product with a power of ten, such as 2.5·10⁻³; 1·10⁵ is 10⁵. */
  function power(v, decimals) {
    const [m, e] = exponential(v, decimals).split("e");
    const ten = "10" + superscript(Number(e));
    if (m === "1") return ten;
    if (m === "-1") return MINUS + ten;
    return m.replace("-", MINUS) + "·" + ten;
  }

  /** A value with the digits that it has. */
  function short(v) {
    if (!isFinite(v)) return notFinite(v);
    const size = Math.abs(v);
    return v !== 0 && (size < PLAIN_FROM || size >= PLAIN_TO) ? power(v, -1) : plain(v, -1);
  }

  /** A value with four decimals, or with a power of ten if those say little. */
  function number(v) {
    if (!isFinite(v)) return notFinite(v);
    const size = Math.abs(v);
    return v !== 0 && (size >= PLAIN_TO || size < PLAIN_FROM / 2) ? power(v, 3) : plain(v, 4);
  }

  /** x with at most so many significant digits, and no zeros behind them. */
  const roundedText = (x, digits) => (isFinite(x) ? short(rounded(x, digits)) : notFinite(x));

  /** A parameter with at most six digits. */
  const parameter = (x) => roundedText(x, 6);

  /** x with so many significant digits, zeros behind them included, so that a read-out keeps its width. */
  function significant(x, digits) {
    if (!isFinite(x)) return notFinite(x);
    if (x === 0) return "0";
    digits = Math.max(digits, 1);
    const n = Number(exponential(x, digits - 1).split("e")[1]);
    return n < -4 || n >= 5 ? power(x, digits - 1) : plain(x, Math.max(digits - 1 - n, 0));
  }

  /** The number of characters of the longest text. */
  const longest = (texts) => texts.reduce((n, t) => Math.max(n, Array.from(t).length), 0);

  /** Values with at most so many digits, or as many more as tell neighbours well apart. */
  function distinct(values, digits) {
    const far = 0.01 * smallestGap(values);
    for (; ; digits++) {
      const out = values.map((v) => roundedText(v, digits));
      const told = values.every((v) => {
        const r = rounded(v, digits);
        return Math.abs(r - v) <= far || r === v;
      });
      if (told || digits >= 17) return out;
    }
  }

  // --- ticks ---

  /**
   * Multiples of a nice step that cover lo..hi, the first at or below lo and the last at or
   * above hi, with at most bins steps inside; fewer than minTicks inside make the step
   * smaller. It chooses as matplotlib's MaxNLocator does. lo < hi, both finite.
   */
  function niceTicks(lo, hi, bins, minTicks, steps) {
    const span = hi - lo, mid = (lo + hi) / 2;
    let offset = 0;
    if (Math.abs(mid) / span >= 100) {
      // Far from zero: count from a round number nearby, for its digits.
      offset = Math.sign(mid) * pow10(Math.floor(log10(Math.abs(mid))));
    }
    const scale = pow10(Math.floor(log10(span / bins)));
    const a = lo - offset, b = hi - offset;
    // The steps of the decade below, of this one, and the first of the next.
    const all = steps.slice(0, -1).map((s) => 0.1 * s * scale).concat(steps.map((s) => s * scale), [10 * steps[1] * scale]);
    let i = all.findIndex((s) => s >= span / bins);
    if (i < 0) i = all.length - 1;
    let ticks = [];
    for (; i >= 0; i--) {
      const step = all[i], base = Math.floor(a / step) * step;
      const low = edgeBelow((a - base) / step, step, offset), high = edgeAbove((b - base) / step, step, offset);
      ticks = [];
      let inside = 0;
      for (let n = low; n <= high; n++) {
        const t = n * step + base;
        if (t >= a && t <= b) inside++;
        ticks.push(t + offset);
      }
      if (inside >= minTicks) break;
    }
    return ticks;
  }

  // edgeBelow and edgeAbove round x down and up to an integer, where x counts steps and may
  // be off an integer by rounding, the more the larger offset is.
  function edgeBelow(x, step, offset) {
    const d = Math.floor(x);
    return closeTo(x - d, 1, step, offset) ? d + 1 : d;
  }

  function edgeAbove(x, step, offset) {
    const d = Math.floor(x);
    return closeTo(x - d, 0, step, offset) ? d : d + 1;
  }

  function closeTo(x, edge, step, offset) {
    let tol = 1e-10;
    if (offset !== 0) {
      const digits = log10(Math.abs(offset) / step);
      tol = Math.min(0.4999, Math.max(1e-10, 10 ** (digits - 12)));
    }
    return Math.abs(x - edge) < tol;
  }

  /**
   * The ticks of an axis inside lo..hi: round numbers, two at least and at most bins+1.
   * Where float64 has no round ones, they are the ends.
   */
  const ticks = (lo, hi, bins) => evenTicks(lo, hi, bins, AXIS_STEPS);

  function evenTicks(lo, hi, bins, steps) {
    if (!(hi > lo) || !isFinite(lo) || !isFinite(hi)) return [];
    bins = Math.max(bins, 1);
    if (Math.max(-lo, hi) > MAX / 100) { // steps beyond the ends would be infinite
      return evenTicks(lo / 10, hi / 10, bins, steps).map((t) => Math.min(Math.max(10 * t, lo), hi));
    }
    const out = [], slack = 1e-10 * (hi - lo);
    const all = niceTicks(lo, hi, bins, 2, steps);
    for (let t of all) {
      t = onGrid(t, all);
      if (t >= lo - slack && t <= hi + slack && (out.length === 0 || t > out[out.length - 1])) out.push(t);
    }
    const n = out.length;
    if (n === 0 || n > bins + 1) return [lo, hi];
    if (n === 1) return out[0] - lo > hi - out[0] ? [lo, out[0]] : [out[0], hi];
    return out;
  }

  /**
   * The float64 nearest to the decimal number that a tick is meant to be: its sum of
   * products is off by a few units in the last place.
   */
  function onGrid(t, all) {
    if (all.length < 2) return t;
    const step = all[1] - all[0];
    if (step < FINE_GAP * ulp(t)) return t;
    return roundTo(t, 2 - Math.floor(log10(step)));
  }

  /**
   * The ticks of a logarithmic axis from lo to hi, at most bins+1 major ones: powers of
   * ten, of which every second, third, ... where they are many, and where they are few also
   * twice and five times them. The minor ones are all else of 1 to 9 times a power, if each
   * power is a major one; else the powers left out. There may be fewer than two major ones.
   */
  function logTicks(lo, hi, bins) {
    if (!(lo > 0 && hi > lo)) return { major: [], minor: [] };
    const first = Math.ceil(log10(lo) - SLACK), last = Math.floor(log10(hi) + SLACK);
    const inside = (v) => v >= lo * (1 - SLACK) && v <= hi * (1 + SLACK) && isFinite(v);
    const multiples = (...of) => {
      const out = [];
      for (let e = first - 1; e <= last; e++) {
        for (const m of of) {
          const v = decimal(m, e);
          if (inside(v)) out.push(v);
        }
      }
      return out;
    };
    let stride = 1, major = [];
    if (last - first < 2) major = multiples(1, 2, 5);
    if (major.length < 2 || major.length > bins + 1) {
      stride = Math.max(1, Math.ceil((last - first) / bins));
      let from = Math.ceil(first / stride) * stride;
      if (from + stride > last) from = first; // else there would be one alone
      major = [];
      for (let e = from; e <= last; e += stride) major.push(decimal(1, e));
    }
    const minor = stride > 1 ? multiples(1) : multiples(1, 2, 3, 4, 5, 6, 7, 8, 9);
    return { major, minor: minor.filter((v) => !major.includes(v)) };
  }

  /** 0 and the ticks of logarithmic axes of either sign beyond bend. There may be fewer than two. */
  function asinhTicks(lo, hi, bend, bins) {
    const zero = lo <= 0 && hi >= 0;
    const left = zero ? bins : bins + 1;
    const below = Math.max(0, -lo), above = Math.max(0, hi); // the greatest size on either side
    const side = (from, to, share) => {
      const n = Math.trunc(left * share);
      from = Math.max(from, bend);
      if (n < 1 || !(to > from)) return { major: [], minor: [] };
      let { major, minor } = logTicks(from, to, Math.max(1, n - 1));
      if (major.length > n) {
        // One alone: the greatest.
        minor = major.slice(0, -1).concat(minor).sort((x, y) => x - y);
        major = major.slice(-1);
      }
      return { major, minor };
    };
    const a = Math.asinh(below / bend), b = Math.asinh(above / bend);
    const negative = side(-hi, below, a / (a + b)), positive = side(lo, above, b / (a + b));
    return {
      major: merge(negative.major, zero, positive.major),
      minor: merge(negative.minor, false, positive.minor),
    };
  }

  /** The ascending ticks of both signs and 0 in one list. */
  function merge(negative, zero, positive) {
    const out = negative.map((v) => -v).reverse();
    if (zero) out.push(0);
    return out.concat(positive);
  }

  // --- labels ---

  /**
   * Ticks with as many digits as tell them apart, all with as many decimals or all with
   * powers of ten.
   */
  const labels = (values) => (values.length === 0 ? [] : labelsWithin(values, tolerance(values)));

  /** Labels of at least one tick; each label is within tol of its tick. */
  function labelsWithin(values, tol) {
    const top = values.reduce((m, t) => Math.max(m, Math.abs(t)), 0);
    if (top === 0 || (top >= 1e-3 && top < PLAIN_TO)) return plainLabels(values, tol);
    const out = values.map((t) => powerLabel(t, tol));
    const size = log10(top);
    if (size < -20 || size > 20) return out;
    const p = plainLabels(values, tol);
    return longest(p) < longest(out) ? p : out;
  }

  /** Ticks with as many decimals as they need, all alike. */
  function plainLabels(values, tol) {
    for (let decimals = 0; ; decimals++) {
      const exact = values.every((t) => Math.abs(Number(fixed(t, decimals)) - t) <= tol);
      if (exact || decimals === 40) return values.map((t) => plain(t, decimals));
    }
  }

  /** A tick as 1.25·10⁶, with the digits that it needs. */
  function powerLabel(t, tol) {
    if (Math.abs(t) <= tol) return "0";
    for (let digits = 1; digits < 17; digits++) {
      const r = rounded(t, digits);
      if (Math.abs(r - t) <= tol) return power(r, -1);
    }
    return power(t, -1);
  }

  /**
   * Ticks of a logarithmic axis each with its own digits, or all with powers of ten if some
   * are far from one.
   */
  function logLabels(values) {
    const near = values.every((v) => v === 0 || (Math.abs(v) > 0.9e-3 && Math.abs(v) < 1.1e4));
    return values.map((v) => (near || v === 0 ? plain(v, -1) : power(v, 0)));
  }

  /** The least distance of neighbours in ascending ticks; for a single one its size. */
  function smallestGap(values) {
    if (values.length === 1) return Math.abs(values[0]);
    let gap = MAX;
    for (let i = 1; i < values.length; i++) gap = Math.min(gap, Math.abs(values[i] - values[i - 1]));
    return gap;
  }

  /**
   * How far a label may be from its tick: a thousandth of a step, but not less than the
   * error of a decimal number in float64.
   */
  function tolerance(values) {
    const top = values.reduce((m, t) => Math.max(m, Math.abs(t)), 0);
    const gap = smallestGap(values);
    if (gap < FINE_GAP * ulp(top)) return 0;
    return Math.max(1e-3 * gap, 0.75 * ulp(top));
  }

  // --- marks ---

  /**
   * Marks are the ticks of an axis: values and labels of the major ones, minor the values of
   * those without a label, all ascending. The value of a tick is its label, times unit, plus
   * offset: a power of ten such as "10⁻⁷" and a number with its sign such as "+3.14159",
   * which long labels leave out, to be written once beside the axis. Both are empty on most.
   */
  const makeMarks = (values, texts, minor) => ({ values, labels: texts, minor: minor ?? [], offset: "", unit: "" });

  /** Marks with labels that leave out what they have in common, where that makes long ones of evenly spaced ticks shorter. */
  function shortened(m, isEven) {
    const n = m.values.length;
    if (!isEven || n < 2 || longest(m.labels) <= LONG_LABEL) return m;
    const first = m.values[0], last = m.values[n - 1];
    const top = Math.max(Math.abs(first), Math.abs(last));
    if (!isFinite(last - first) || smallestGap(m.values) < FINE_GAP * ulp(top)) return m;
    const offset = top >= OFFSET_RATIO * (last - first) ? among(first, last) : 0;
    let rest = m.values.map((v) => v - offset);
    const most = rest.reduce((x, v) => Math.max(x, Math.abs(v)), 0);
    const out = { ...m }, tol = tolerance(m.values);
    out.labels = labelsWithin(rest, tol);
    if (out.labels.some((l) => l.includes("10") && Array.from(l).some((c) => SUPERSCRIPTS.includes(c)))) {
      const e = Math.floor(log10(most)), unit = decimal(1, e);
      rest = rest.map((v) => v / unit);
      out.labels = plainLabels(rest, tol / unit);
      out.unit = "10" + superscript(e);
    }
    if (offset !== 0) {
      out.offset = labelsWithin([offset], 0)[0];
      if (offset > 0) out.offset = "+" + out.offset;
    }
    return longest(out.labels) >= longest(m.labels) ? m : out;
  }

  /** The number with the fewest digits that is among ticks from first to last. */
  function among(first, last) {
    const mid = first + (last - first) / 2;
    for (let e = Math.floor(log10(Math.max(Math.abs(first), Math.abs(last)))); ; e--) {
      const v = roundTo(mid, -e);
      if (Math.abs(v - mid) <= 0.51 * (last - first)) return v;
    }
  }

  /** The words beside an axis: its name, and what its labels are of it, as in "w₁ − 3.14159" or "(w₁ − 3.14159) / 10⁻⁷". */
  function axisName(m, name) {
    if (m.offset.startsWith(MINUS)) name += " + " + m.offset.slice(1);
    else if (m.offset !== "") name += " " + MINUS + " " + m.offset.replace(/^\+/, "");
    if (m.unit === "") return name;
    return m.offset !== "" ? "(" + name + ") / " + m.unit : name + " / " + m.unit;
  }

  // --- scales of losses ---

  /**
   * A Scale is how losses become heights, colours and places on an axis: even steps of the
   * coordinate to(loss), from a to b. kind is "linear", "log", "asinh", "rank" or "signed",
   * which is linear to either side of 0, with ends at −1 and 1.
   */
  class Scale {
    constructor(kind, a, b) {
      this.kind = kind;
      this.a = a;
      this.b = b;
      this.least = 0; // log: losses below it count as this
      this.bend = 0; // asinh: about linear up to this, logarithmic beyond
      this.knots = null; // rank: ascending losses at even fractions of the landscape
      this.low = 0; // signed: the values at −1 and 1
      this.high = 0;
    }

    /** The coordinate of a loss along which the scale is even. */
    to(v) {
      switch (this.kind) {
        case "log":
          return log10(Math.max(v, this.least));
        case "asinh":
          return Math.asinh(v / this.bend);
        case "rank": {
          const k = this.knots, last = k.length - 1;
          const i = Math.min(Math.max(search(k, v) - 1, 0), last - 1);
          const t = (v - k[i]) / (k[i + 1] - k[i]);
          return (i + Math.min(Math.max(t, 0), 1)) / last;
        }
        case "signed":
          return v < 0 ? v / -this.low : v / this.high;
      }
      return v;
    }

    /** The loss at a coordinate. */
    from(x) {
      switch (this.kind) {
        case "log":
          return pow10(x);
        case "asinh":
          return this.bend * Math.sinh(x);
        case "rank": {
          const k = this.knots, last = k.length - 1;
          x = Math.min(Math.max(x, 0), 1) * last;
          const i = Math.min(Math.trunc(x), last - 1);
          return k[i] + (x - i) * (k[i + 1] - k[i]);
        }
        case "signed":
          return x < 0 ? -x * this.low : x * this.high;
      }
      return x;
    }

    /** The losses at the ends. */
    ends() {
      return [this.from(this.a), this.from(this.b)];
    }

    /** Where a loss lies: 0 at a, 1 at b, and beyond outside. */
    unit(v) {
      return this.fraction(this.to(v));
    }

    /** Where a coordinate lies, as unit does; halves, as the difference of two finite numbers may not be finite. */
    fraction(x) {
      return (x / 2 - this.a / 2) / (this.b / 2 - this.a / 2);
    }

    /** The scale with other ends, two coordinates. */
    between(a, b) {
      const s = Object.assign(new Scale(this.kind, a, b), { least: this.least, bend: this.bend, knots: this.knots, low: this.low, high: this.high });
      if (s.kind === "log") s.least = Math.min(s.least, pow10(a));
      return s;
    }

    /**
     * The ticks between the ends that are good to read: two at least, or none if the scale
     * has no width, and at most bins+1 with a label.
     */
    marks(bins) {
      const [m, isEven] = this.fullMarks(bins);
      return shortened(m, isEven);
    }

    /** The ticks that marks returns as [{value, text}], with labels in full. */
    ticks(bins) {
      const [m] = this.fullMarks(bins);
      return m.values.map((value, i) => ({ value, text: m.labels[i] }));
    }

    /** [marks with labels in full, whether their values are evenly spaced]. */
    fullMarks(bins) {
      bins = Math.max(bins, 1);
      let [lo, hi] = this.ends();
      if (lo > hi) [lo, hi] = [hi, lo];
      if (!(hi > lo)) return [makeMarks([], []), false];
      if (this.kind === "log" || this.kind === "asinh") {
        const t = this.kind === "log" ? logTicks(lo, hi, bins) : asinhTicks(lo, hi, this.bend, bins);
        if (t.major.length > 1) return [makeMarks(t.major, logLabels(t.major), t.minor), false];
      } else if (this.kind === "signed") {
        const t = this.signedTicks(bins);
        return [makeMarks(t, labels(t)), false];
      } else if (this.kind === "rank") {
        const [t, texts] = this.rankTicks(bins);
        return [makeMarks(t, texts), false];
      }
      const t = ticks(lo, hi, bins);
      return [makeMarks(t, labels(t)), true];
    }

    /** The ticks of a scale to either side of 0, which is one of them: each side has half of the room. */
    signedTicks(bins) {
      const [lo, hi] = this.ends();
      if (!(lo < 0 && hi > 0)) return ticks(lo, hi, bins);
      const side = (end) => (bins > 1 ? ticks(0, end, Math.max(Math.trunc(bins / 2), 1)).filter((t) => t > 0) : []);
      const t = merge(side(-lo), true, side(hi));
      return t.length < 2 ? [lo, hi] : t;
    }

    /** [losses at about even ranks, of as few digits as place them well; their texts]. */
    rankTicks(bins) {
      const lo = this.knots[0], hi = this.knots[this.knots.length - 1];
      const out = [], texts = [];
      for (let i = 0; i <= bins; i++) {
        const x = i / bins, v = this.from(x);
        let round = v, best = Infinity;
        for (let digits = 0; digits < 17 && best > 0.2 / bins; digits++) {
          const unit = pow10(Math.floor(log10(Math.abs(v))) - digits);
          for (const step of [-1, 0, 1]) {
            const r = Number(exponential((roundAway(v / unit) + step) * unit, digits));
            const d = Math.abs(this.to(r) - x);
            if (isFinite(r) && d < best && r >= lo && r <= hi) {
              round = r;
              best = d;
            }
          }
        }
        if (out.length === 0 || round > out[out.length - 1]) {
          out.push(round);
          texts.push(short(round));
        }
      }
      return [out, texts];
    }

    /**
     * The coordinates, evenly spaced, of the levels that n bands or lines of the scale get:
     * the first is at or below a, the last at or above b. A scale of no width has none.
     */
    levels(n) {
      const lo = this.a, hi = this.b;
      if (!(hi > lo) || !isFinite(hi - lo)) return [];
      const all = niceTicks(lo, hi, n + 1, 1, LEVEL_STEPS);
      let first = 0, last = all.length;
      for (let i = 0; i < all.length; i++) {
        if (all[i] < lo) first = i;
        if (all[i] > hi) {
          last = i + 1;
          break;
        }
      }
      return last - first < 3 ? all : all.slice(first, last);
    }
  }

  const linear = (lo, hi) => new Scale("linear", lo, hi);

  /** The scale of powers from lo to hi, both above 0. */
  function log(lo, hi) {
    const s = new Scale("log", log10(lo), log10(hi));
    s.least = lo;
    return s;
  }

  /**
   * The scale to either side of 0 of finite values in ascending order. It has no side that
   * has no values; the least ones may lie beyond its lower end.
   */
  function signed(sorted) {
    const s = new Scale("signed", 0, 0), n = sorted.length;
    s.low = -1;
    s.high = 1;
    const below = search(sorted, 0);
    if (below > 0) {
      s.a = -1;
      s.low = sorted[0];
      const most = sorted[Math.trunc(OUTLIERS * below)];
      if (s.low < OUTLYING * most) s.low = most;
    }
    if (n > 0 && sorted[n - 1] > 0) {
      s.b = 1;
      s.high = sorted[n - 1];
    }
    return s;
  }

  /** The finite ones of some values in ascending order, as a Float64Array. */
  const finiteSorted = (values) => Float64Array.from(values).filter(isFinite).sort();

  /**
   * The scale of a kind that spans the finite ones of some losses; "auto" picks one. One of
   * a single loss, and of none, is linear and has no width.
   */
  const of = (kind, losses) => ofSorted(kind, finiteSorted(losses));

  /** The same, from finite losses in ascending order. */
  function ofSorted(kind, sorted) {
    const n = sorted.length;
    if (n === 0 || sorted[0] === sorted[n - 1]) {
      const lo = n > 0 ? sorted[0] : 0;
      return linear(lo, lo);
    }
    const lo = sorted[0], hi = sorted[n - 1];
    if (kind === "auto") {
      // Needles: half of the landscape in the lowest twentieth of the heights.
      const flat = sorted[n >> 1] - lo < 0.05 * (hi - lo);
      kind = !flat ? "linear" : lo > 0 ? "log" : "asinh";
    }
    const s = new Scale(kind, 0, 0);
    if (kind === "signed") return signed(sorted);
    if (kind === "log") {
      const i = search(sorted, TINY);
      if (i === n) return linear(lo, hi); // nothing above 0
      s.least = sorted[i];
    } else if (kind === "asinh") {
      const size = Float64Array.from(sorted, Math.abs).sort();
      s.bend = Math.max(size[Math.trunc(n / 20)], 1e-6 * size[n - 1]);
    } else if (kind === "rank") {
      s.knots = new Float64Array(KNOTS);
      for (let i = 0; i < KNOTS; i++) {
        const v = sorted[Math.trunc((i * (n - 1)) / (KNOTS - 1))];
        s.knots[i] = i > 0 && v <= s.knots[i - 1] ? nextAbove(s.knots[i - 1]) : v;
      }
    }
    s.a = s.to(lo);
    s.b = s.to(hi);
    return s;
  }

  /** A scale that the engine has written into the page, as {kind, A, B, ...}; null for none. */
  function read(o) {
    if (!o) return null;
    const get = (...names) => names.map((n) => o[n]).find((v) => v !== undefined && v !== null);
    const s = new Scale(get("kind", "Kind"), get("A", "a"), get("B", "b"));
    s.least = get("least", "Least") ?? get("lo") ?? 0;
    s.bend = get("bend", "Bend") ?? 1;
    s.knots = get("knots", "Knots") ?? null;
    s.low = get("low", "Low") ?? get("lo") ?? -1;
    s.high = get("high", "High") ?? get("hi") ?? 1;
    if (s.kind === "rank" && !s.knots) return null;
    return s;
  }

  /**
   * The scale, linear or log, of the losses that the film shows, with some room: runs holds
   * the losses of each. What is far beyond the landscape's highest loss and the starts of
   * the runs, as losses of a run that diverges are, is left out unless the scale is
   * logarithmic.
   */
  function history(kind, highest, runs) {
    let limit = Infinity;
    if (kind === "linear") {
      limit = highest > 0 ? highest : 0;
      for (const losses of runs) limit = Math.max(limit, 4 * Math.abs(losses[0]));
    }
    let lo = Infinity, hi = -Infinity;
    for (const losses of runs) {
      for (const v of losses) {
        if (v > limit || (kind === "log" && v <= 0)) continue;
        if (v < lo) lo = v;
        if (v > hi) hi = v;
      }
    }
    if (lo > hi) { // nothing to show
      lo = 1;
      hi = 10;
    } else if (kind === "log") {
      let room = (hi / lo) ** 0.05;
      if (room < 1.01) room = 1.2;
      lo = Math.max(lo / room, TINY);
      hi = Math.min(hi * room, MAX);
    } else {
      let room = 0.05 * (hi - lo);
      if (room < 1e-9 * Math.max(Math.abs(lo), Math.abs(hi), 1e-9)) room = Math.max(Math.abs(hi) / 2, 0.5);
      lo -= room;
      hi += room;
    }
    return kind === "log" ? log(lo, hi) : linear(lo, hi);
  }

  // --- axes of parameters ---

  /** Whether f makes values evenly spaced, as far as float64 lets them be. */
  function spaced(v, f) {
    const n = v.length;
    if (n < 2) return true;
    const from = f(v[0]), to = f(v[n - 1]), step = (to - from) / (n - 1);
    if (step === 0 || !isFinite(step)) return false;
    return Array.prototype.every.call(v, (x, i) => {
      // A value is rounded, and so are the ends.
      const rounding = 2 * Math.abs(f(nextAbove(x)) - f(x));
      return Math.abs(f(x) - (from + i * step)) <= 1e-3 * Math.abs(step) + rounding;
    });
  }

  /**
   * A ParamAxis is a swept parameter along an axis: even steps from value to value, the
   * logarithm's where they are even so, or the number of the value for other lists. param
   * is its name, values has at least one.
   */
  class ParamAxis {
    constructor(param, values, isLog) {
      this.param = param;
      this.values = Array.from(values);
      this.list = false;
      const v = this.values, first = v[0], last = v[v.length - 1];
      if (v.length > 1 && !isLog && spaced(v, (x) => x)) {
        this.scale = linear(first, last);
      } else if (v.length > 1 && (isLog || spaced(v, Math.log))) {
        this.scale = log(first, last);
        this.scale.least = Math.min(first, last);
      } else {
        this.scale = linear(0, Math.max(v.length - 1, 1));
        this.list = true;
      }
      // Each value has a cell of its own: from half a step before the first value to half a
      // step after the last.
      const step = (this.scale.b - this.scale.a) / Math.max(v.length - 1, 1);
      this.cells = this.scale.between(this.scale.a - step / 2, this.scale.b + step / 2);
      if (v.length === 1) this.cells = this.scale.between(-0.5, 0.5);
      this.cells.least = 0;
    }

    get whole() {
      return WHOLE_PARAMS.includes(this.param);
    }

    /** What the scale takes for value i. */
    at(i) {
      return this.list ? i : this.values[i];
    }

    /** Where a value, or the number of one, lies along a side of cells, 0 to 1. */
    unit(x) {
      return this.cells.unit(x);
    }

    /** Where v lies along a side of cells, 0 to 1; null if it is not in the axis's range, or not in its list. */
    find(v) {
      if (this.list) {
        const i = this.values.indexOf(v);
        return i >= 0 ? this.unit(i) : null;
      }
      if (this.scale.kind === "log" && v <= 0) return null;
      const u = this.unit(v);
      return u >= 0 && u <= 1 ? u : null;
    }

    /** The number of the cell at u of a side, 0 to 1. */
    cell(u) {
      return Math.min(Math.max(Math.floor(u * this.values.length), 0), this.values.length - 1);
    }

    /** The value at u of a side of cells: between those of the axis, but of a list the value of the cell. */
    valueAt(u) {
      if (this.list) return this.values[this.cell(u)];
      const v = this.cells.from(this.cells.a + u * (this.cells.b - this.cells.a));
      return this.whole ? Math.round(v) : v;
    }

    /** As Scale.marks: each value if all are few and short, each second, third, ... of a list, and only whole numbers of a parameter that has no others. */
    marks(bins) {
      const [m, isEven] = this.fullMarks(Math.max(bins, 1));
      return shortened(m, isEven);
    }

    fullMarks(bins) {
      const all = this.allMarks(bins);
      if (all) return [all, false];
      if (this.list) return [this.someMarks(bins), false];
      if (!this.whole) return this.scale.fullMarks(bins);
      let [lo, hi] = this.scale.ends();
      [lo, hi] = [Math.ceil(Math.min(lo, hi) - SLACK), Math.floor(Math.max(lo, hi) + SLACK)];
      let minor = [];
      if (this.scale.kind === "log") {
        const [m] = this.scale.fullMarks(bins);
        m.minor = minor = m.minor.filter(Number.isInteger);
        if (m.values.every(Number.isInteger)) return [m, false];
      }
      let values = evenTicks(lo, hi, bins, WHOLE_STEPS).filter(Number.isInteger);
      if (values.length < 2) values = lo === hi ? [lo] : [lo, hi];
      return [makeMarks(values, labels(values), minor), true];
    }

    /** A tick for each value, if they are few and all short; else null. */
    allMarks(bins) {
      if (this.values.length > bins + 1) return null;
      const values = this.values.map((_, i) => this.at(i)), texts = this.values.map(short);
      if (longest(texts) > SHORT_LABEL) return null;
      if (values.length > 1 && values[0] > values[values.length - 1]) {
        values.reverse();
        texts.reverse();
      }
      return makeMarks(values, texts);
    }

    /** Ticks of a list, at most bins+1. */
    someMarks(bins) {
      const every = Math.max(1, Math.trunc((this.values.length + bins) / (bins + 1)));
      const at = [], values = [];
      for (let i = 0; i < this.values.length; i += every) {
        at.push(i);
        values.push(this.values[i]);
      }
      return makeMarks(at, distinct(values, 6));
    }
  }

  // --- words of a scene ---

  /** The text of numbers with the scene's decimal mark, "." or ",", in place of each point between two digits. */
  const withMark = (text, mark) => (mark === "," ? text.replace(/(\d)\.(?=\d)/g, "$1,") : text);

  /** A whole number with its digits in groups of three; where the decimal mark is a comma, with no-break spaces. */
  const whole = (n, mark) => String(Math.trunc(n)).replace(/\B(?=(\d{3})+$)/g, mark === "," ? "\u00a0" : ",");

  /** A label with what its places stand for, as fill("period {n}", {n: 2}). */
  const fill = (label, values) => Object.entries(values).reduce((s, [k, v]) => s.replaceAll("{" + k + "}", v), label);

  // --- against the engine ---

  // What a case of check can ask for, by its name. A scale is [kind, losses...] or its ends.
  const asked = {
    number: (v) => number(Number(v)),
    parameter: (v) => parameter(Number(v)),
    short: (v) => short(Number(v)),
    rounded: (v, digits) => roundedText(Number(v), digits),
    significant: (v, digits) => significant(Number(v), digits),
    labels: (values) => labels(values),
    whole: (n, mark) => whole(n, mark),
    decimal: (text, mark) => withMark(text, mark),
    linear: (lo, hi, bins) => shown(linear(lo, hi).marks(bins)),
    log: (lo, hi, bins) => shown(log(lo, hi).marks(bins)),
    of: (kind, losses, bins) => {
      const s = of(kind, losses);
      return [s.kind, ...shown(s.marks(bins))];
    },
    levels: (kind, losses, n) => of(kind, losses).levels(n),
    to: (kind, losses, at) => at.map((v) => of(kind, losses).to(v)),
    from: (kind, losses, at) => at.map((x) => of(kind, losses).from(x)),
    history: (kind, highest, runs) => history(kind, highest, runs).ends(),
    param: (name, values, isLog, bins) => {
      const a = new ParamAxis(name, values, isLog);
      return [...shown(a.marks(bins)), a.list, a.unit(a.at(0)), a.unit(a.at(values.length - 1))];
    },
    name: (name, lo, hi, bins) => axisName(linear(lo, hi).marks(bins), name),
  };

  const shown = (m) => [m.values, m.labels, m.minor, m.offset, m.unit];

  // How far a number of check may be from the engine's, relatively: a few units in the last
  // place of float64, as the two compute logarithms and powers in different ways.
  const CHECK_TOLERANCE = 1e-14;

  function same(a, b) {
    if (Array.isArray(b)) return Array.isArray(a) && a.length === b.length && b.every((x, i) => same(a[i], x));
    if (typeof b === "number") return Math.abs(a - b) <= CHECK_TOLERANCE * Math.max(1e-300, Math.abs(b));
    return a === b;
  }

  /**
   * Compares with what the engine returned: cases are [name of what is asked, arguments,
   * answer]. Returns a line for each difference.
   */
  function check(cases) {
    const failures = [];
    for (const [what, args, want] of cases) {
      let got;
      try {
        got = asked[what](...args);
      } catch (error) {
        got = String(error);
      }
      if (!same(got, want)) failures.push(`scale: ${what}(${JSON.stringify(args)}) is ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
    }
    return failures;
  }

  return {
    Scale, ParamAxis, of, ofSorted, linear, log, signed, read, history, finiteSorted, spaced,
    ticks, labels, number, parameter, short, rounded: roundedText, roundedNumber: rounded, significant,
    subscript, superscript, axisName, withMark, whole, fill, check, log10, pow10, search, MINUS,
  };
})();
