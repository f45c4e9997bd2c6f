// Maths is the mathematics of the page: binary cross-entropy of a linear classifier, its
// gradient, seven optimizers, how runs end, minima and limits of stability, in float64. It
// is a port of the package cpu, which is the specification: formulas, constants, branches
// and the order of summation are cpu's, so that results differ by no more than exp, log1p
// and the like of two libraries do. It knows no document.
//
// Samples i = 1..n have d features x and a sign s = ±1 of their label. The bias is the
// last weight, so w has dim = d + 1 entries, and z = w · [x, 1].
const Maths = (() => {
  // So many samples are summed before the partial sum joins the total, as in cpu.
  const sumBlock = 1024;

  // cpu.Settings with its defaults.
  const gradTol = 1e-6;
  const normLimit = 1e9;
  const maxPeriod = 64;
  const periodTol = 2 ** -26;
  const minReturn = 1e-3;
  const periods = 4;
  const periodRounding = 4096;

  // cpu/status.go: what tells chaos from a torus.
  const chaosStretch = 52 * Math.LN2;
  const torusStretch = 1;
  const comesBack = 4;

  const epsilon = 2 ** -52;

  // ---- vectors ----

  /** hypot returns √(p² + q²) without overflow on the way, as Go's math.Hypot does. */
  function hypot(p, q) {
    p = Math.abs(p);
    q = Math.abs(q);
    if (p === Infinity || q === Infinity) return Infinity;
    if (p < q) {
      const t = p;
      p = q;
      q = t;
    }
    if (p === 0) return 0;
    q /= p;
    return p * Math.sqrt(1 + q * q);
  }

  /** norm returns the length of the n numbers of a from index `at` on; without them, of all. */
  function norm(a, at = 0, n = a.length - at) {
    let s = 0;
    for (let j = at; j < at + n; j++) s = hypot(s, a[j]);
    return s;
  }

  /** distance returns |a − b| of n numbers of one array, from two indices on. */
  function distance(w, a, b, n) {
    let s = 0;
    for (let j = 0; j < n; j++) s = hypot(s, w[a + j] - w[b + j]);
    return s;
  }

  function dot(a, b, n = a.length) {
    let s = 0;
    for (let j = 0; j < n; j++) s += a[j] * b[j];
    return s;
  }

  function allFinite(a, n = a.length) {
    for (let j = 0; j < n; j++) if (!Number.isFinite(a[j])) return false;
    return true;
  }

  // ---- the loss ----

  /** sigmoid returns 1/(1 + e^−z), accurate for every z. */
  function sigmoid(z) {
    const e = Math.exp(-Math.abs(z));
    return z < 0 ? e / (1 + e) : 1 / (1 + e);
  }

  /**
   * logLossOf returns −log(σ(t) + eps), the loss of a sample whose margin is t, with e = e^−|t|
   * at hand. With eps 0 it is softplus(−t).
   */
  function logLossOf(t, e, eps) {
    if (eps === 0) return t < 0 ? Math.log1p(e) - t : Math.log1p(e);
    if (t < 0) {
      // σ(t) is small: add to it and take the log, unless eps brings the sum near 1.
      const p = e / (1 + e) + eps;
      if (p < 0.5) return -Math.log(p);
      return -Math.log1p(eps - 1 / (1 + e));
    }
    // σ(t) + eps = 1 + (eps − σ(−t)), which is near 1 where it matters.
    return -Math.log1p(eps - e / (1 + e));
  }

  /** logLoss returns −log(σ(t) + eps). */
  const logLoss = (t, eps) => logLossOf(t, Math.exp(-Math.abs(t)), eps);

  /**
   * problem returns what all functions here take as p, from D.problem: n samples of d features
   * row by row in x, signs s, weights of samples (mean 1) or null, eps, l2, penalized (how many
   * weights, from the first on, the L2 term takes in), and separable (true, false, or null
   * where that is not known). The scratch in it makes calls with one p exclude each other.
   */
  function problem(of) {
    const { n, d } = of;
    const dim = d + 1;
    const s = new Float64Array(n);
    for (let i = 0; i < n; i++) s[i] = 2 * of.y[i] - 1;
    return {
      n, d, dim, s,
      x: of.x,
      y: of.y,
      weight: of.weight || null,
      eps: of.eps,
      l2: of.l2,
      penalized: of.penalizeBias === false ? d : dim,
      separable: of.separable ?? null,
      scratch: new Float64Array(dim),
      grad: new Float64Array(dim),
      minima: new Map(),
    };
  }

  /**
   * pass returns the loss at w without L2 term and, unless grad is null, stores its gradient
   * (of the loss without eps) in grad. Unless rows is null it takes the samples that rows lists
   * in place of all, and leaves out the loss. w may be a part of a larger array, from index at on.
   */
  function pass(p, w, grad, rows, at = 0) {
    if (p.d === 1) return passOne(p, w, grad, rows, at);
    const { x, s, d, dim, weight, eps, scratch } = p;
    const n = rows ? rows.length : p.n;
    const bias = w[at + d];
    if (grad) grad.fill(0);
    let total = 0;
    for (let lo = 0; lo < n; lo += sumBlock) {
      const hi = Math.min(lo + sumBlock, n);
      scratch.fill(0);
      let sum = 0;
      for (let i = lo; i < hi; i++) {
        const row = rows ? rows[i] : i;
        const from = row * d;
        let z = 0;
        for (let j = 0; j < d; j++) z += x[from + j] * w[at + j];
        z += bias;
        const si = s[row];
        const t = si * z;
        const e = Math.exp(-Math.abs(t));
        if (!rows) {
          const l = logLossOf(t, e, eps);
          sum += weight ? l * weight[row] : l;
        }
        if (!grad) continue;
        let g = -si / (1 + e);
        if (t >= 0) g *= e;
        if (weight) g *= weight[row];
        for (let j = 0; j < d; j++) scratch[j] += g * x[from + j];
        scratch[d] += g;
      }
      total += sum;
      if (grad) for (let j = 0; j < dim; j++) grad[j] += scratch[j];
    }
    if (grad) for (let j = 0; j < dim; j++) grad[j] /= n;
    return total / n;
  }

  /** passOne is pass for one feature, with all sums in registers. */
  function passOne(p, w, grad, rows, at) {
    const { x, s, weight, eps } = p;
    const n = rows ? rows.length : p.n;
    const slope = w[at];
    const bias = w[at + 1];
    let total = 0;
    let g0 = 0;
    let g1 = 0;
    for (let lo = 0; lo < n; lo += sumBlock) {
      const hi = Math.min(lo + sumBlock, n);
      let sum = 0;
      let s0 = 0;
      let s1 = 0;
      for (let i = lo; i < hi; i++) {
        const row = rows ? rows[i] : i;
        const xi = x[row];
        const si = s[row];
        const t = si * (xi * slope + bias);
        const e = Math.exp(-Math.abs(t));
        if (!rows) {
          const l = logLossOf(t, e, eps);
          sum += weight ? l * weight[row] : l;
        }
        let g = -si / (1 + e);
        if (t >= 0) g *= e;
        if (weight) g *= weight[row];
        s0 += g * xi;
        s1 += g;
      }
      total += sum;
      g0 += s0;
      g1 += s1;
    }
    if (grad) {
      grad[0] = g0 / n;
      grad[1] = g1 / n;
    }
    return total / n;
  }

  /** l2Term returns (l2/2) |w|² of the penalized weights. */
  function l2Term(p, w, l2, at = 0) {
    if (l2 === 0) return 0; // 0·|w|² would be NaN once |w|² overflows
    let square = 0;
    for (let j = at; j < at + p.penalized; j++) square += w[j] * w[j];
    return l2 / 2 * square;
  }

  /** addL2 adds l2 w to the penalized part of a gradient. */
  function addL2(p, grad, w, l2) {
    if (l2 === 0) return;
    for (let j = 0; j < p.penalized; j++) grad[j] += l2 * w[j];
  }

  /** loss returns the loss at the weights w, with eps, and with l2, the problem's own unless given. */
  function loss(p, w, l2 = p.l2) {
    return pass(p, w, null, null) + l2Term(p, w, l2);
  }

  /** lossGradient stores in out the gradient of the loss without eps, l2 w included, and returns the loss. */
  function lossGradient(p, w, l2 = p.l2, out = new Float64Array(p.dim)) {
    const value = pass(p, w, out, null);
    addL2(p, out, w, l2);
    return value + l2Term(p, w, l2);
  }

  /** gradient returns out with the gradient of the loss without eps, l2 w included. */
  function gradient(p, w, l2 = p.l2, out = new Float64Array(p.dim)) {
    lossGradient(p, w, l2, out);
    return out;
  }

  /** predict returns the probability of class 1 at the d features x. */
  function predict(p, w, x) {
    return sigmoid(dot(x, w, p.d) + w[p.d]);
  }

  /**
   * accuracy returns the fraction of samples, each counted by its weight, whose label w
   * predicts: 1 where z > 0, else 0. It is NaN if a weight is not finite.
   */
  function accuracy(p, w) {
    if (!allFinite(w, p.dim)) return NaN;
    let right = 0;
    let wrong = 0;
    for (let i = 0; i < p.n; i++) {
      let z = 0;
      for (let j = 0; j < p.d; j++) z += p.x[i * p.d + j] * w[j];
      z += w[p.d];
      const c = p.weight ? p.weight[i] : 1;
      if ((z > 0) === (p.s[i] > 0)) right += c;
      else wrong += c;
    }
    return right / (right + wrong);
  }

  // ---- mini-batches ----

  /** mulhi returns the upper 32 bits of the product of two unsigned words of 32 bits. */
  function mulhi(a, b) {
    const al = a & 0xffff;
    const ah = a >>> 16;
    const bl = b & 0xffff;
    const bh = b >>> 16;
    const t = ah * bl + ((al * bl) >>> 16);
    const u = al * bh + (t & 0xffff);
    return (ah * bh + (t >>> 16) + (u >>> 16)) >>> 0;
  }

  /**
   * philox stores in out the four random words that Philox4x32-10 makes of a counter of four
   * words and a key of two: J. K. Salmon and others, "Parallel random numbers: as easy as 1,
   * 2, 3", SC11, 2011.
   */
  function philox(c0, c1, c2, c3, k0, k1, out = new Uint32Array(4)) {
    for (let round = 0; round < 10; round++) {
      const ahi = mulhi(0xD2511F53, c0);
      const alo = Math.imul(0xD2511F53, c0);
      const bhi = mulhi(0xCD9E8D57, c2);
      const blo = Math.imul(0xCD9E8D57, c2);
      const n0 = bhi ^ c1 ^ k0;
      const n2 = ahi ^ c3 ^ k1;
      c0 = n0;
      c1 = blo;
      c2 = n2;
      c3 = alo;
      k0 = (k0 + 0x9E3779B9) | 0;
      k1 = (k1 + 0xBB67AE85) | 0;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
    return out;
  }

  const words = new Uint32Array(4);

  /** keyOf returns the two words of a seed: a number, or the decimal digits of one of up to 64 bits. */
  function keyOf(seed) {
    const s = BigInt(seed || 0);
    return [Number(s & 0xffffffffn), Number(s >> 32n & 0xffffffffn)];
  }

  /**
   * batch stores in rows the samples of the mini-batch of one update, 0 for the first, out of n:
   * draw i is ⌊word · n / 2³²⌋ of word i mod 4 of philox(counter {update, ⌊i/4⌋, 0, 0}, key).
   */
  function batch(rows, key, update, n) {
    for (let i = 0; i < rows.length; i++) {
      if (i % 4 === 0) philox(update, i / 4, 0, 0, key[0], key[1], words);
      rows[i] = mulhi(words[i % 4], n);
    }
    return rows;
  }

  // ---- optimizers ----

  /** unbias returns 1 − β^k without the cancellation of the subtraction. */
  const unbias = (beta, k) => -Math.expm1(k * Math.log(beta));

  /** inverse returns 1/(√s + eps), which updates take their steps times. */
  const inverse = (s, eps) => 1 / (Math.sqrt(s) + eps);

  /** inverseSlope returns the derivative of inverse in s; at 0, where it has none, 0. */
  function inverseSlope(s, eps) {
    if (s === 0) return 0;
    const root = Math.sqrt(s);
    return -0.5 / (root * (root + eps) * (root + eps));
  }

  function adam(r, k, n, w, g, ms) {
    const c1 = unbias(r.beta1, k);
    const c2 = unbias(r.beta2, k);
    for (let j = 0; j < n; j++) {
      const m = r.beta1 * ms[j] + (1 - r.beta1) * g[j];
      const s = r.beta2 * ms[n + j] + (1 - r.beta2) * g[j] * g[j];
      ms[j] = m;
      ms[n + j] = s;
      w[j] -= r.lr / c1 * m / (Math.sqrt(s) / Math.sqrt(c2) + r.epsilon);
    }
  }

  function adamTangent(r, k, n, g, ms, dw, dg, dms) {
    const c1 = unbias(r.beta1, k);
    const c2 = unbias(r.beta2, k);
    for (let j = 0; j < n; j++) {
      const dm = r.beta1 * dms[j] + (1 - r.beta1) * dg[j];
      const ds = r.beta2 * dms[n + j] + 2 * (1 - r.beta2) * g[j] * dg[j];
      dms[j] = dm;
      dms[n + j] = ds;
      dw[j] -= r.lr / c1 * (dm * inverse(ms[n + j] / c2, r.epsilon) + ms[j] * inverseSlope(ms[n + j] / c2, r.epsilon) * ds / c2);
    }
  }

  /**
   * optimizers are those of cpu/optimizer.go, in its order. step takes update k ≥ 1 with gradient
   * g of n weights w; vector v of the state is s[v n .. (v + 1) n). tangent takes the derivative
   * of an update in a direction (dw, ds; dg of the gradient), s being the state after it; without
   * one it is step itself, which is linear then.
   */
  const optimizers = [
    {
      name: "gd", state: 0, params: [], defaults: { lr: 1e-3, l2: 0 },
      step(r, k, n, w, g) {
        for (let j = 0; j < n; j++) w[j] -= r.lr * g[j];
      },
    },
    {
      name: "momentum", state: 1, params: ["momentum"], defaults: { lr: 1e-3, l2: 0, momentum: 0.9 },
      step(r, k, n, w, g, v) {
        for (let j = 0; j < n; j++) {
          v[j] = r.momentum * v[j] + g[j];
          w[j] -= r.lr * v[j];
        }
      },
    },
    {
      name: "nesterov", state: 1, params: ["momentum"], defaults: { lr: 1e-3, l2: 0, momentum: 0.9 },
      step(r, k, n, w, g, v) {
        for (let j = 0; j < n; j++) {
          v[j] = r.momentum * v[j] + g[j];
          w[j] -= r.lr * (g[j] + r.momentum * v[j]);
        }
      },
    },
    {
      name: "adagrad", state: 1, params: ["epsilon"], defaults: { lr: 1e-2, l2: 0, epsilon: 1e-10 },
      step(r, k, n, w, g, s) {
        for (let j = 0; j < n; j++) {
          s[j] += g[j] * g[j];
          w[j] -= r.lr * g[j] / (Math.sqrt(s[j]) + r.epsilon);
        }
      },
      tangent(r, k, n, g, s, dw, dg, ds) {
        for (let j = 0; j < n; j++) {
          ds[j] += 2 * g[j] * dg[j];
          dw[j] -= r.lr * (dg[j] * inverse(s[j], r.epsilon) + g[j] * inverseSlope(s[j], r.epsilon) * ds[j]);
        }
      },
    },
    {
      name: "rmsprop", state: 1, params: ["beta2", "epsilon"], defaults: { lr: 1e-2, l2: 0, beta2: 0.99, epsilon: 1e-8 },
      step(r, k, n, w, g, s) {
        for (let j = 0; j < n; j++) {
          s[j] = r.beta2 * s[j] + (1 - r.beta2) * g[j] * g[j];
          w[j] -= r.lr * g[j] / (Math.sqrt(s[j]) + r.epsilon);
        }
      },
      tangent(r, k, n, g, s, dw, dg, ds) {
        for (let j = 0; j < n; j++) {
          ds[j] = r.beta2 * ds[j] + 2 * (1 - r.beta2) * g[j] * dg[j];
          dw[j] -= r.lr * (dg[j] * inverse(s[j], r.epsilon) + g[j] * inverseSlope(s[j], r.epsilon) * ds[j]);
        }
      },
    },
    {
      name: "adam", state: 2, params: ["beta1", "beta2", "epsilon"],
      defaults: { lr: 1e-3, l2: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, step: adam, tangent: adamTangent,
    },
    {
      name: "adamw", state: 2, params: ["beta1", "beta2", "epsilon"], decoupled: true,
      defaults: { lr: 1e-3, l2: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, step: adam, tangent: adamTangent,
    },
  ];
  const byName = new Map(optimizers.map((o) => [o.name, o]));
  const ownParams = ["momentum", "beta1", "beta2", "epsilon"];

  /** optimizer returns the one of that name; another name is an error. */
  function optimizer(name) {
    const o = byName.get(name);
    if (!o) throw new Error(`unknown optimizer ${name}, want one of: ${optimizers.map((o) => o.name).join(", ")}`);
    return o;
  }

  /**
   * withOptimizer returns a copy of the run with another optimizer and the defaults of the
   * parameters that only some optimizers have; all else, lr and l2 included, stays.
   */
  function withOptimizer(run, name) {
    const o = optimizer(name);
    const out = { ...run, optimizer: name };
    if (run.optimizer !== name) for (const param of ownParams) out[param] = o.defaults[param] ?? 0;
    return out;
  }

  /** decay takes the decoupled decay of a step, before it: w ← (1 − lr l2) w, of penalized weights. */
  function decay(p, w, r) {
    for (let j = 0; j < p.penalized; j++) w[j] *= 1 - r.lr * r.l2;
  }

  // ---- runs ----

  /** stepper returns what takes a run's updates, one after the other: weights, state, gradient. */
  function stepper(p, r) {
    const o = optimizer(r.optimizer);
    return {
      p, r, o, k: 0,
      w: Float64Array.from(r.start),
      state: new Float64Array(o.state * p.dim),
      grad: new Float64Array(p.dim),
      scratch: new Float64Array(p.dim),
      rows: r.batch > 0 ? new Int32Array(r.batch) : null,
      key: r.batch > 0 ? keyOf(r.seed) : null,
    };
  }

  /** look returns the loss at t.w and leaves the gradient of the data in t.grad. */
  function look(t) {
    return pass(t.p, t.w, t.grad, null) + l2Term(t.p, t.w, t.r.l2);
  }

  /** gradNorm returns the norm of the gradient at t.w, l2 included, after look. */
  function gradNorm(t) {
    t.scratch.set(t.grad);
    addL2(t.p, t.scratch, t.w, t.r.l2);
    return norm(t.scratch);
  }

  /** step takes the next update. A full batch's gradient is the one that look left. */
  function step(t) {
    const { p, r, o } = t;
    if (t.rows) {
      batch(t.rows, t.key, t.k, p.n);
      pass(p, t.w, t.grad, t.rows);
    }
    if (o.decoupled) decay(p, t.w, r);
    else addL2(p, t.grad, t.w, r.l2);
    t.k++;
    o.step(r, t.k, p.dim, t.w, t.grad, t.state);
  }

  /**
   * descend takes a run through all of its steps. It returns its trajectory {dim, steps, w (steps + 1
   * states of dim weights), loss (steps + 1), diverged}: diverged is the first state that is not
   * finite, from which on all is NaN, or −1. And it returns how the run ends by the states alone, as
   * cpu's Endings: status, end (updates taken until then), period. The page's other ways to end,
   * quasi-periodic and chaotic, take as long again: see ending.
   */
  function descend(p, run) {
    const { dim } = p;
    const steps = run.steps;
    const w = new Float64Array((steps + 1) * dim);
    const losses = new Float64Array(steps + 1);
    const t = stepper(p, run);
    const epoch = run.batch > 0 ? Math.ceil(p.n / run.batch) : 1;
    const out = { dim, steps, w, loss: losses, diverged: -1, status: "step-limit", end: steps, period: 0 };
    let running = true;
    let best = Infinity;
    for (let k = 0; ; k++) {
      w.set(t.w, k * dim);
      losses[k] = look(t);
      if (running) {
        if (!(norm(t.w) <= normLimit)) {
          running = false;
          out.status = "diverged";
          out.end = k;
        } else if (k % epoch === 0 || k === steps) {
          best = Math.min(best, losses[k]);
          if (gradNorm(t) <= gradTol) {
            running = false;
            out.status = "converged";
            out.end = k;
          }
        }
      }
      if (k === steps) break;
      step(t);
      if (!allFinite(t.w)) {
        out.diverged = k + 1;
        w.fill(NaN, (k + 1) * dim);
        losses.fill(NaN, k + 1);
        if (running) {
          running = false;
          out.status = "diverged";
          out.end = k + 1;
        }
        break;
      }
    }
    if (running) {
      out.period = period(out, run);
      if (out.period > 0) out.status = "periodic";
      else if (run.l2 === 0 && p.separable === true && steps > 0 && losses[steps] <= best) out.status = "drifting";
    }
    return out;
  }

  /** period returns the period that the last states of a trajectory show, 0 if none: cpu.Settings.MaxPeriod. */
  function period(traj, run) {
    const { w, dim, steps } = traj;
    const longest = run.batch > 0 ? 0 : Math.min(maxPeriod, Math.floor(steps / 8));
    if (longest < 2) return 0;
    const back = (i) => (steps - i) * dim;
    const scale = 1 + norm(w, back(0), dim);
    const near = periodTol * scale;
    let apart = distance(w, back(0), back(1), dim);
    if (apart <= near) return 0; // the last states are one point
    let after = 2;
    for (; after <= longest; after++) {
      const d = distance(w, back(0), back(after), dim);
      if (d <= near) break;
      apart = Math.min(apart, d);
    }
    if (after > longest) return 0;
    const moved = new Float64Array(periods - 1);
    for (let i = 0; i < (periods - 1) * after; i++) {
      const at = Math.floor(i / after);
      moved[at] = Math.max(moved[at], distance(w, back(i), back(i + after), dim));
    }
    const left = stillMoves(moved, near, periodRounding * periodTol * periodTol * scale);
    return apart > near && left <= minReturn * apart ? after : 0;
  }

  /** stillMoves returns how far states a period apart will still move at most; NaN if they drift. */
  function stillMoves(moved, near, rounding) {
    let settled = moved[0] <= rounding;
    let ratio = 0;
    for (let i = 0; i < moved.length; i++) {
      if (!(moved[i] <= near)) return NaN;
      if (i > 0) {
        settled = settled && moved[i - 1] <= Math.max(moved[i], rounding);
        ratio = Math.max(ratio, (moved[i - 1] + rounding) / moved[i]);
      }
    }
    if (settled) return rounding;
    return ratio < 1 ? rounding + moved[0] * ratio / (1 - ratio) : NaN;
  }

  /**
   * ending returns {status, end, period, exponent} of a trajectory: what descend has found, and
   * of a run that has taken all of its steps whether it is quasi-periodic or chaotic, which a
   * tangent tells that its steps turn: see cpu/status.go. The exponent is the largest Lyapunov
   * exponent, NaN if there is none. It takes about as long as the run.
   */
  function ending(p, traj, run) {
    const out = { status: traj.status, end: traj.end, period: traj.period, exponent: NaN };
    if (out.status === "diverged") return out;
    const growth = grow(p, run, Math.floor(run.steps / 10));
    out.exponent = growth.sum / growth.steps;
    const drifts = run.l2 === 0 && p.separable === true;
    if (out.status === "step-limit" && !drifts) out.status = growthStatus(growth);
    return out;
  }

  function growthStatus(g) {
    if (g.sum > chaosStretch && g.last > chaosStretch / 2) return "chaotic";
    if (Math.abs(g.sum) <= torusStretch && Math.abs(g.last) <= torusStretch && g.nearest[1] <= comesBack * g.nearest[0] && g.nearest[1] > 0) {
      return "quasi-periodic";
    }
    return "step-limit";
  }

  /** startDirection returns the direction in which tangents start: cos 1, cos 2, ..., of length 1. */
  function startDirection(dim) {
    const u = new Float64Array(dim);
    for (let j = 0; j < dim; j++) u[j] = Math.cos(j + 1);
    const length = norm(u);
    for (let j = 0; j < dim; j++) u[j] /= length;
    return u;
  }

  /**
   * grow takes a run through all of its steps, and with it a vector of length 1, and returns what
   * the steps after the transient make of that: steps, sum and last (logarithms of the length,
   * of all steps and of the last half), nearest (distance to where they began, in either half).
   */
  function grow(p, run, transient) {
    const none = { steps: 0, sum: NaN, last: 0, nearest: [Infinity, Infinity] };
    if (run.batch > 0 || transient >= run.steps) return none;
    const { dim } = p;
    const t = stepper(p, run);
    const { o } = t;
    const u = new Float64Array(dim);
    u.set(startDirection(dim));
    const ds = new Float64Array(o.state * dim);
    const product = new Float64Array(dim);
    const began = new Float64Array(dim);
    const g = { steps: run.steps - transient, sum: 0, last: 0, nearest: [Infinity, Infinity] };
    while (t.k < run.steps) {
      if (t.k === transient) began.set(t.w);
      curvature(p, t.w, u, t.grad, product);
      if (o.decoupled) decay(p, u, run);
      else addL2(p, product, u, run.l2);
      step(t);
      if (o.tangent) o.tangent(run, t.k, dim, t.grad, t.state, u, product, ds);
      else o.step(run, t.k, dim, u, product, ds);
      const grown = hypot(norm(u), run.lr * norm(ds));
      if (grown > 0) {
        for (let j = 0; j < dim; j++) u[j] /= grown;
        for (let j = 0; j < ds.length; j++) ds[j] /= grown;
      }
      if (!allFinite(t.w) || Number.isNaN(grown)) return none;
      if (t.k <= transient) continue;
      const half = 2 * (t.k - transient) > g.steps ? 1 : 0;
      if (half) g.last += Math.log(grown);
      let away = 0;
      for (let j = 0; j < dim; j++) away = hypot(away, t.w[j] - began[j]);
      g.nearest[half] = Math.min(g.nearest[half], away);
      g.sum += Math.log(grown);
      if (g.sum === -Infinity) return g; // nothing is left of u, nor would be of another
    }
    return g;
  }

  /** curvature stores in grad the gradient of the data at w, and in product the Hessian of the data times u. */
  function curvature(p, w, u, grad, product) {
    const { x, s, d, dim, n, weight, scratch, grad: other } = p;
    grad.fill(0);
    product.fill(0);
    for (let lo = 0; lo < n; lo += sumBlock) {
      const hi = Math.min(lo + sumBlock, n);
      scratch.fill(0);
      other.fill(0);
      for (let i = lo; i < hi; i++) {
        const from = i * d;
        let z = 0;
        let moved = 0;
        for (let j = 0; j < d; j++) {
          z += x[from + j] * w[j];
          moved += x[from + j] * u[j];
        }
        z += w[d];
        moved += u[d];
        const t = s[i] * z;
        const e = Math.exp(-Math.abs(t));
        let g = -s[i] / (1 + e);
        if (t >= 0) g *= e;
        let h = e / (1 + e) / (1 + e) * moved;
        if (weight) {
          g *= weight[i];
          h *= weight[i];
        }
        for (let j = 0; j < d; j++) {
          scratch[j] += g * x[from + j];
          other[j] += h * x[from + j];
        }
        scratch[d] += g;
        other[d] += h;
      }
      for (let j = 0; j < dim; j++) {
        grad[j] += scratch[j];
        product[j] += other[j];
      }
    }
    for (let j = 0; j < dim; j++) {
      grad[j] /= n;
      product[j] /= n;
    }
  }

  // ---- planes ----

  /** planeAt returns out with the weights origin + α d1 + β d2. */
  function planeAt(plane, alpha, beta, out = new Float64Array(plane.origin.length)) {
    const { origin, d1, d2 } = plane;
    for (let j = 0; j < out.length; j++) out[j] = origin[j] + alpha * d1[j] + beta * d2[j];
    return out;
  }

  const bases = new WeakMap();

  /** basis returns what coordinates needs of a plane, by Gram-Schmidt: d2 = c e1 + n2 e2. */
  function basis(plane) {
    let b = bases.get(plane);
    if (b) return b;
    const unit = (a) => {
      const n = norm(a);
      return [n === 0 ? Float64Array.from(a) : Float64Array.from(a, (v) => v / n), n];
    };
    const [e1, n1] = unit(plane.d1);
    const c = dot(e1, plane.d2);
    const [e2, n2] = unit(plane.d2.map((v, j) => v - c * e1[j]));
    b = { e1, n1, c, e2, n2, valid: n1 > 0 && n2 >= 1e-8 * norm(plane.d2) };
    bases.set(plane, b);
    return b;
  }

  /**
   * coordinates returns [α, β, off] of the point of the plane that is nearest to the weights of w
   * from index at on, and its distance from them. They are NaN where the plane has no two directions.
   */
  function coordinates(plane, w, at = 0) {
    const { e1, n1, c, e2, n2, valid } = basis(plane);
    if (!valid) return [NaN, NaN, NaN];
    const { origin, d1, d2 } = plane;
    const dim = origin.length;
    let along1 = 0;
    let along2 = 0;
    for (let j = 0; j < dim; j++) {
      const r = w[at + j] - origin[j];
      along1 += e1[j] * r;
      along2 += e2[j] * r;
    }
    const beta = along2 / n2;
    const alpha = (along1 - beta * c) / n1;
    let off = 0;
    for (let j = 0; j < dim; j++) off = hypot(off, w[at + j] - origin[j] - (alpha * d1[j] + beta * d2[j]));
    return [alpha, beta, off];
  }

  /** project returns {at, off} of a trajectory: α and β of its states in turn, and their distances from the plane. */
  function project(plane, traj) {
    const at = new Float64Array(2 * (traj.steps + 1));
    const off = new Float64Array(traj.steps + 1);
    for (let k = 0; k <= traj.steps; k++) {
      const [alpha, beta, away] = coordinates(plane, traj.w, k * traj.dim);
      at[2 * k] = alpha;
      at[2 * k + 1] = beta;
      off[k] = away;
    }
    return { at, off };
  }

  // ---- curvature: eigenvalues, stability ----

  /** hessian returns the dim x dim second derivatives at w of the loss without eps, row by row. */
  function hessian(p, w, l2 = p.l2, out = new Float64Array(p.dim * p.dim), at = 0) {
    const { x, d, dim, n, weight } = p;
    out.fill(0);
    for (let i = 0; i < n; i++) {
      const from = i * d;
      let z = 0;
      for (let j = 0; j < d; j++) z += x[from + j] * w[at + j];
      z += w[at + d];
      const e = Math.exp(-Math.abs(z));
      let h = e / (1 + e) / (1 + e);
      if (weight) h *= weight[i];
      for (let j = 0; j < d; j++) {
        const hx = h * x[from + j];
        for (let k = j; k < d; k++) out[j * dim + k] += hx * x[from + k];
        out[j * dim + d] += hx;
      }
      out[d * dim + d] += h;
    }
    for (let j = 0; j < dim; j++) {
      for (let k = j; k < dim; k++) {
        const v = out[j * dim + k] / n + (j === k && j < p.penalized ? l2 : 0);
        out[j * dim + k] = v;
        out[k * dim + j] = v;
      }
    }
    return out;
  }

  /**
   * eigenvalues returns those of a symmetric n x n matrix, ascending, by Jacobi's rotations
   * (Golub and Van Loan, Matrix Computations, 8.5): each is right to some ε times the largest.
   * The matrix is overwritten.
   */
  function eigenvalues(a, n) {
    for (let sweep = 0; sweep < 50; sweep++) {
      let off = 0;
      let all = 0;
      for (let j = 0; j < n; j++) {
        for (let k = 0; k < n; k++) {
          const square = a[j * n + k] * a[j * n + k];
          all += square;
          if (j !== k) off += square;
        }
      }
      if (!(off > 1e-34 * all)) break;
      for (let j = 0; j < n - 1; j++) {
        for (let k = j + 1; k < n; k++) {
          const b = a[j * n + k];
          if (b === 0) continue;
          const theta = (a[k * n + k] - a[j * n + j]) / (2 * b);
          const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + hypot(1, theta));
          const c = 1 / Math.sqrt(1 + t * t);
          const s = t * c;
          for (let i = 0; i < n; i++) {
            const p = a[i * n + j];
            const q = a[i * n + k];
            a[i * n + j] = c * p - s * q;
            a[i * n + k] = s * p + c * q;
          }
          for (let i = 0; i < n; i++) {
            const p = a[j * n + i];
            const q = a[k * n + i];
            a[j * n + i] = c * p - s * q;
            a[k * n + i] = s * p + c * q;
          }
        }
      }
    }
    const out = new Float64Array(n);
    for (let j = 0; j < n; j++) out[j] = a[j * n + j];
    return out.sort();
  }

  // Up to so many weights the Hessian is made and all its eigenvalues are found; beyond, its
  // products with a vector do.
  const jacobiDim = 32;

  /**
   * sharpness returns the largest eigenvalue of the Hessian at the weights of w from index at on:
   * at a minimum, gradient descent is stable below a learning rate of 2 over it. It is NaN unless
   * they are finite.
   */
  function sharpness(p, w, l2 = p.l2, at = 0) {
    const { dim } = p;
    for (let j = at; j < at + dim; j++) if (!Number.isFinite(w[j])) return NaN;
    if (dim > jacobiDim) return powerIteration(p, w.subarray(at, at + dim), l2);
    const h = hessian(p, w, l2, new Float64Array(dim * dim), at);
    if (dim === 2) {
      return (h[0] + h[3]) / 2 + hypot((h[0] - h[3]) / 2, h[1]);
    }
    return eigenvalues(h, dim)[dim - 1];
  }

  /**
   * powerIteration is sharpness for many weights. The Rayleigh quotient is right to the square of
   * what the vector is off, so that it ends once it changes by less than 1e-13.
   */
  function powerIteration(p, w, l2) {
    let u = startDirection(p.dim);
    let product = new Float64Array(p.dim);
    const grad = new Float64Array(p.dim);
    let before = 0;
    for (let round = 0; round < 2000; round++) {
      curvature(p, w, u, grad, product);
      addL2(p, product, u, l2);
      const value = dot(u, product);
      const length = norm(product);
      if (!(length > 0) || Math.abs(value - before) <= 1e-13 * value) return value;
      before = value;
      for (let j = 0; j < p.dim; j++) product[j] /= length;
      [u, product] = [product, u];
    }
    return before;
  }

  const heavyBall = (beta) => 2 + 2 * beta;

  /**
   * stableBelow returns the learning rate below which the run's optimizer is stable at a minimum
   * where the Hessian's largest eigenvalue is lambda: see cpu/stability.go, which has the formulas
   * and their sources. It is NaN where none is known.
   */
  function stableBelow(run, lambda) {
    if (run.batch > 0 || !(lambda > 0)) return NaN;
    switch (run.optimizer) {
      case "gd":
        return 2 / lambda;
      case "momentum":
        return run.momentum >= 1 ? 0 : heavyBall(run.momentum) / lambda;
      case "nesterov":
        return run.momentum > 1 ? 0 : heavyBall(run.momentum) / (1 + 2 * run.momentum) / lambda;
      case "rmsprop":
        return 2 * run.epsilon / lambda;
      case "adam":
      case "adamw":
        if (run.optimizer === "adamw" && run.l2 !== 0) return NaN;
        return heavyBall(run.beta1) / (1 - run.beta1) * run.epsilon / lambda;
    }
    return NaN;
  }

  /** stabilityLimit returns lr λ up to which a run of gd, momentum or nesterov is stable; NaN of others. */
  function stabilityLimit(run) {
    return ["gd", "momentum", "nesterov"].includes(run.optimizer) ? stableBelow(run, 1) : NaN;
  }

  /** stabilities returns lr λ of each state of a trajectory; null of a run without a limit. */
  function stabilities(p, traj, run) {
    if (Number.isNaN(stabilityLimit(run))) return null;
    return Float64Array.from(traj.loss, (_, k) => run.lr * sharpness(p, traj.w, run.l2, k * traj.dim));
  }

  // ---- the minimum ----

  // Newton's steps take some ten times n dim² multiplications: beyond so many, minimum looks
  // for none, as that would stop the page.
  const newtonWork = 5e6;

  /** cholesky overwrites the lower triangle of a symmetric r x r matrix with L of L Lᵀ; false if it is not positive. */
  function cholesky(a, r) {
    let least = Infinity;
    let most = 0;
    for (let j = 0; j < r; j++) {
      for (let i = j; i < r; i++) {
        let v = a[i * r + j];
        for (let k = 0; k < j; k++) v -= a[i * r + k] * a[j * r + k];
        if (i > j) {
          a[i * r + j] = v / a[j * r + j];
          continue;
        }
        if (!(v > 0) || v === Infinity) return false;
        a[j * r + j] = Math.sqrt(v);
        least = Math.min(least, v);
        most = Math.max(most, v);
      }
    }
    return least > most * 1e-16; // else no digit of a solution is right
  }

  /** forward stores in out the solution of L out = b. */
  function forward(l, r, b, out) {
    for (let i = 0; i < r; i++) {
      let v = b[i];
      for (let k = 0; k < i; k++) v -= l[i * r + k] * out[k];
      out[i] = v / l[i * r + i];
    }
  }

  /** solve stores in out the solution of L Lᵀ out = b. */
  function solve(l, r, b, out) {
    forward(l, r, b, out);
    for (let i = r - 1; i >= 0; i--) {
      let v = out[i];
      for (let k = i + 1; k < r; k++) v -= l[k * r + i] * out[k];
      out[i] = v / l[i * r + i];
    }
  }

  /**
   * orthogonal returns an orthonormal base of vectors by Gram-Schmidt, each taken out twice for
   * the rounding of the first time; along[i] has the parts of vector i along the base then at
   * hand, and its last number is what is left of it. A vector of which no more than
   * least times its length is left is no part of the base: kept has the indices of the others.
   */
  function orthogonal(vectors, least) {
    const base = [];
    const kept = [];
    const along = [];
    vectors.forEach((vector, i) => {
      const v = Float64Array.from(vector);
      const size = norm(v);
      const parts = new Float64Array(base.length + 1);
      for (let round = 0; round < 2; round++) {
        base.forEach((b, k) => {
          const part = dot(b, v);
          parts[k] += part;
          for (let j = 0; j < v.length; j++) v[j] -= part * b[j];
        });
      }
      const left = norm(v);
      parts[base.length] = left;
      along.push(parts);
      if (base.length === v.length || !(left > least * size)) return;
      base.push(v.map((x) => x / left));
      kept.push(i);
    });
    return { base, kept, along };
  }

  /**
   * determined returns the samples without the columns that the others make up, as
   * cpu/minimum.go does: a (n x r, row by row) times c are the margins, and the weights are m
   * (dim x r, row by row) times c, of all with these margins the shortest by what an L2 term takes
   * in, |w|² of which is cᵀ gram c.
   */
  function determined(p) {
    const { x, n, d, dim, penalized } = p;
    const bias = d;
    // Columns count from their first value, so that of a constant one nothing is left, and by
    // powers of 2 that bring them near a length of 1.
    const scale = new Float64Array(dim);
    const columns = [];
    for (let j = 0; j < dim; j++) {
      const v = new Float64Array(n);
      let most = 0;
      for (let i = 0; i < n; i++) {
        v[i] = j === bias ? 1 : x[i * d + j] - x[j];
        most = Math.max(most, Math.abs(v[i]));
      }
      scale[j] = 1;
      if (most > 0) {
        scale[j] = 2 ** Math.max(-Math.floor(Math.log2(most * Math.sqrt(n))), -1000);
        for (let i = 0; i < n; i++) v[i] *= scale[j];
      }
      columns.push(v);
    }
    const order = Array.from({ length: dim }, (_, k) => (k + bias) % dim); // the bias first
    const { kept: at, along } = orthogonal(order.map((j) => columns[j]), 8 * Math.sqrt(n) * epsilon);
    const kept = at.map((k) => order[k]);
    const r = kept.length;
    const a = new Float64Array(n * r);
    for (let i = 0; i < n; i++) for (let k = 0; k < r; k++) a[i * r + k] = columns[kept[k]][i];
    // add adds to column col of a matrix of weights what v of column j of the data is.
    const add = (m, width, col, j, v) => {
      v *= scale[j];
      m[j * width + col] += v;
      if (j !== bias) m[bias * width + col] -= v * x[j];
    };
    const m = new Float64Array(dim * r);
    for (let k = 0; k < r; k++) add(m, r, k, kept[k], 1);
    if (r < dim) shorten(p, m, r, order, at, along, add);
    const gram = new Float64Array(r * r);
    for (let i = 0; i < penalized; i++) {
      for (let j = 0; j < r; j++) for (let k = 0; k < r; k++) gram[j * r + k] += m[i * r + j] * m[i * r + k];
    }
    return { a, r, m, gram };
  }

  /** shorten takes out of the weights m those that change no margin, of which the shortest have none. */
  function shorten(p, m, r, order, at, along, add) {
    const { d, dim, penalized, x } = p;
    const others = order.map((_, k) => k).filter((k) => !at.includes(k));
    const none = [];
    for (const o of others) {
      const v = new Float64Array(dim);
      add(v, 1, 0, order[o], 1);
      // What makes column o up of those that are kept: their parts along the base are a triangle.
      const made = new Float64Array(r);
      for (let k = r - 1; k >= 0; k--) {
        let part = k < along[o].length - 1 ? along[o][k] : 0;
        for (let q = k + 1; q < r; q++) part -= along[at[q]][k] * made[q];
        made[k] = part / along[at[k]][k];
        add(v, 1, 0, order[at[k]], -made[k]);
      }
      none.push(v.slice(0, penalized));
    }
    for (const e of orthogonal(none, epsilon).base) {
      for (let k = 0; k < r; k++) {
        let part = 0;
        for (let j = 0; j < penalized; j++) part += e[j] * m[j * r + k];
        for (let j = 0; j < penalized; j++) {
          m[j * r + k] -= part * e[j];
          // No margin changes, that of the first sample neither.
          if (penalized < dim) m[d * r + k] += part * e[j] * x[j];
        }
      }
    }
  }

  /** lookAt returns the loss at c of determined samples and, unless null, stores its derivatives. */
  function lookAt(p, f, l2, c, grad, hess) {
    const { n, s, weight } = p;
    const { a, r, gram } = f;
    if (grad) grad.fill(0);
    if (hess) hess.fill(0);
    let total = 0;
    for (let i = 0; i < n; i++) {
      const from = i * r;
      let z = 0;
      for (let j = 0; j < r; j++) z += a[from + j] * c[j];
      const t = s[i] * z;
      const e = Math.exp(-Math.abs(t));
      const v = weight ? weight[i] : 1;
      total += v * logLossOf(t, e, 0);
      if (!grad) continue;
      let g = -s[i] / (1 + e);
      if (t >= 0) g *= e;
      g *= v;
      const h = v * (e / (1 + e) / (1 + e));
      for (let j = 0; j < r; j++) {
        grad[j] += g * a[from + j];
        const hx = h * a[from + j];
        for (let k = 0; k <= j; k++) hess[j * r + k] += hx * a[from + k];
      }
    }
    let square = 0;
    for (let j = 0; j < r; j++) {
      let v = 0;
      for (let k = 0; k < r; k++) v += gram[j * r + k] * c[k];
      square += v * c[j];
      if (!grad) continue;
      grad[j] = grad[j] / n + l2 * v;
      for (let k = 0; k <= j; k++) hess[j * r + k] = hess[j * r + k] / n + l2 * gram[j * r + k];
    }
    return total / n + (l2 === 0 ? 0 : l2 / 2 * square);
  }

  /** separated reports whether c is proved to tell all labels right: its margins are above their rounding. */
  function separated(p, f, c) {
    const { a, r } = f;
    for (let i = 0; i < p.n; i++) {
      let z = 0;
      let size = 0;
      for (let j = 0; j < r; j++) {
        const v = a[i * r + j] * c[j];
        z += v;
        size += Math.abs(v);
      }
      if (!(p.s[i] * z > (r + 1) * epsilon * size)) return false;
    }
    return true;
  }

  /**
   * bounded reports whether the loss without L2 term has a minimum, from a point c with the factor
   * of its Hessian and gᵀH⁻¹g of its gradient: cpu/minimum.go has the proof (Bach, Self-concordant
   * analysis for logistic regression, 2010).
   */
  function bounded(p, f, l, c, slope) {
    const { a, r } = f;
    const solved = new Float64Array(r);
    let reach = 0;
    let size = 0;
    for (let i = 0; i < p.n; i++) {
      const row = a.subarray(i * r, (i + 1) * r);
      forward(l, r, row, solved);
      reach = Math.max(reach, dot(solved, solved));
      size += (p.weight ? p.weight[i] : 1) * sigmoid(-p.s[i] * dot(row, c));
    }
    const rounding = 64 * epsilon * reach * size / p.n;
    return Math.sqrt(Math.max(slope, 0) * reach) + rounding < 0.5;
  }

  /** newton takes damped Newton steps from 0 and returns c at the minimum; null if none is proved to exist. */
  function newton(p, f, l2) {
    const { r } = f;
    const c = new Float64Array(r);
    const next = new Float64Array(r);
    const grad = new Float64Array(r);
    const direction = new Float64Array(r);
    const hess = new Float64Array(r * r);
    let value = lookAt(p, f, l2, c, grad, hess);
    let before = Infinity;
    for (let round = 0; round < 200; round++) {
      if (l2 === 0 && separated(p, f, c)) {
        p.separable = true;
        return null; // any multiple has a lesser loss
      }
      if (!cholesky(hess, r)) return null;
      solve(hess, r, grad, direction);
      const slope = dot(direction, grad);
      // Near the minimum a step is right as it is, and losses differ by their rounding only;
      // so do gradients, once they no longer fall.
      const near = slope < 1e-8 * (1 + value);
      if (near && !(slope < before / 2)) {
        const both = p.s.includes(1) && p.s.includes(-1);
        const coercive = l2 !== 0 && (p.penalized === p.dim || both);
        return coercive || bounded(p, f, hess, c, slope) ? c : null;
      }
      before = slope;
      for (let share = 1; ; share /= 2) {
        for (let j = 0; j < r; j++) next[j] = c[j] - share * direction[j];
        if (near || lookAt(p, f, l2, next, null, null) <= value - 1e-4 * share * slope) break;
        if (share < 1e-9) return null;
      }
      c.set(next);
      value = lookAt(p, f, l2, c, grad, hess);
    }
    return null;
  }

  /**
   * minimum returns {w, loss, λ}: the weights of the least loss without eps, the loss there with
   * eps, and the largest eigenvalue of the Hessian there. It is null where no minimum is
   * proved to exist, and where the samples are too many for the page to look for one. Results
   * are kept in p by l2.
   */
  function minimum(p, l2 = p.l2) {
    if (p.minima.has(l2)) return p.minima.get(l2);
    let out = null;
    if (!(l2 === 0 && p.separable === true) && p.n * p.dim * p.dim <= newtonWork) {
      p.determined ??= determined(p);
      const f = p.determined;
      const c = newton(p, f, l2);
      if (c) {
        const w = new Float64Array(p.dim);
        for (let j = 0; j < p.dim; j++) for (let k = 0; k < f.r; k++) w[j] += f.m[j * f.r + k] * c[k];
        out = { w, loss: loss(p, w, l2), λ: sharpness(p, w, l2) };
      }
    }
    if (p.minima.size >= 256) p.minima.clear();
    p.minima.set(l2, out);
    return out;
  }

  // ---- ensembles ----

  /**
   * withParam returns a copy of a run with the value of a parameter by the name that a sweep calls
   * it: lr, l2, momentum, ..., or w1, w2, ... of its start.
   */
  function withParam(run, name, value) {
    const weight = /^w([1-9]\d*)$/.exec(name);
    if (!weight) return { ...run, [name]: value };
    const start = Array.from(run.start);
    start[weight[1] - 1] = value;
    return { ...run, start };
  }

  // Of an ensemble whose states take more bytes than this, none but the last is kept.
  const historyBytes = 64 << 20;

  /**
   * ensemble returns runs like run with every combination of the values of axes [{param, values}],
   * those of the last axis varying fastest, but at most `most` of them: then of each axis
   * an even choice. It has n (runs), all (how many there would be), which (their numbers among
   * all), chosen (for each axis the indices of its values), steps, dim, and
   *
   *   k, w            updates taken, and the n x dim weights after them, NaN from divergence on
   *   advance(k, ms)  goes to k updates, for about ms milliseconds, and returns whether it is there;
   *                   else calls that follow go on. Back to a state that is kept it goes at once,
   *                   else from the start
   *   state(k)        the n x dim weights after k updates as Float32Array, null unless they are kept
   *   value(i, axis)  of run i the value of an axis
   */
  function ensemble(p, run, axes, most = Infinity) {
    const { dim } = p;
    const all = axes.reduce((count, a) => count * a.values.length, 1);
    const share = Math.min(1, most / all) ** (1 / Math.max(1, axes.length));
    const chosen = axes.map((a) => {
      const length = a.values.length;
      const count = Math.max(1, Math.min(length, Math.floor(length * share + 1e-9)));
      return Int32Array.from({ length: count }, (_, i) => Math.floor((i + 0.5) * length / count));
    });
    const n = chosen.reduce((count, c) => count * c.length, 1);
    const which = new Uint32Array(n);
    const indices = axes.map(() => new Int32Array(n)); // into the values of an axis
    const runs = [];
    for (let i = 0; i < n; i++) {
      let rest = i;
      let stride = 1;
      let r = run;
      for (let a = axes.length - 1; a >= 0; a--) {
        const c = chosen[a];
        const at = c[rest % c.length];
        rest = Math.floor(rest / c.length);
        indices[a][i] = at;
        which[i] += at * stride;
        stride *= axes[a].values.length;
        r = withParam(r, axes[a].param, axes[a].values[at]);
      }
      runs.push(r);
    }
    const o = optimizer(run.optimizer);
    const width = o.state * dim;
    const steps = Math.max(0, ...new Set(runs.map((r) => r.steps)));
    const keep = n * dim * 4 * (steps + 1) <= historyBytes;
    const history = [];
    const every = Int32Array.from({ length: p.n }, (_, i) => i);
    const state = new Float64Array(n * width);
    const w = new Float64Array(n * dim); // after `taken` updates
    const one = new Float64Array(dim);
    const own = new Float64Array(width);
    const grad = new Float64Array(dim);
    const keys = runs.map((r) => (r.batch > 0 ? keyOf(r.seed) : null));
    const rowsOf = new Map();
    let taken = 0;
    function restart() {
      taken = 0;
      state.fill(0);
      for (let i = 0; i < n; i++) w.set(runs[i].start, i * dim);
      if (keep && history.length === 0) history.push(Float32Array.from(w));
    }
    function update() {
      for (let i = 0; i < n; i++) {
        const r = runs[i];
        const at = i * dim;
        if (taken >= r.steps || Number.isNaN(w[at])) continue;
        let rows = every;
        if (keys[i]) {
          if (!rowsOf.has(r.batch)) rowsOf.set(r.batch, new Int32Array(r.batch));
          rows = batch(rowsOf.get(r.batch), keys[i], taken, p.n);
        }
        for (let j = 0; j < dim; j++) one[j] = w[at + j];
        for (let j = 0; j < width; j++) own[j] = state[i * width + j];
        pass(p, one, grad, rows);
        if (o.decoupled) decay(p, one, r);
        else addL2(p, grad, one, r.l2);
        o.step(r, taken + 1, dim, one, grad, own);
        const finite = allFinite(one);
        for (let j = 0; j < dim; j++) w[at + j] = finite ? one[j] : NaN;
        for (let j = 0; j < width; j++) state[i * width + j] = own[j];
      }
      taken++;
      if (keep && history.length === taken) history.push(Float32Array.from(w));
    }
    restart();
    const out = {
      n, all, which, chosen, steps, dim, k: 0, w: Float64Array.from(w),
      state: (k) => history[k] || null,
      value: (i, axis) => axes[axis].values[indices[axis][i]],
      advance(k, budgetMs = Infinity) {
        k = Math.max(0, Math.min(k, steps));
        const until = performance.now() + budgetMs;
        if (k < taken && !keep) restart();
        while (taken < k) {
          update();
          if (taken < k && performance.now() >= until) break;
        }
        const reached = Math.min(k, taken);
        out.w.set(reached === taken ? w : history[reached]);
        out.k = reached;
        return reached === k;
      },
    };
    return out;
  }

  return {
    problem, loss, gradient, lossGradient, logLoss, sigmoid, predict, accuracy,
    philox, batch, keyOf,
    optimizers, optimizer, withOptimizer, withParam, descend, ending, startDirection,
    planeAt, coordinates, project,
    hessian, eigenvalues, sharpness, stableBelow, stabilityLimit, stabilities, minimum,
    ensemble,
  };
})();
