// SelfTest computes once more, in the page, what the program has put into D.vectors from its
// float64 reference (cmd/losscape/web/vectors.go), and compares.
//
// Differences are held to 1e-12, relative to what their rounding is relative to: of a loss, which
// sums numbers that are not negative, itself (with eps, which its terms count from, where that is
// larger); of a gradient, the sum of the absolute values of its terms; of a state of a run, the
// greatest value that the weight has on its way. States whose rounding the run amplifies so far
// that 1e-12 cannot be expected are not among the vectors. What is written about a vector of many
// weights is some of its components and its product with Maths.startDirection.
const SelfTest = (() => {
  const tolerance = 1e-12;

  // The landscape is float32 numbers of the device, within 1e-5 of the loss (go doc
  // losscape/gpu/compute), and 2e-5 of eps where that takes the loss to nothing.
  const fieldTolerance = 1e-5;
  const fieldPoints = 64;

  // Known answers of Random123 (tests/kat_vectors, "philox4x32 10"): counter, key, words.
  const philoxAnswers = [
    [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]],
  ];

  /**
   * run compares all that there is, the page's landscape with it if app is given. It resolves
   * to {pass, failures, counts, worst}: failures are lines that name what differs, counts how many numbers of each kind were compared, and worst the
   * greatest difference of each kind in units of its tolerance.
   */
  async function run(D, app) {
    const t = tester();
    const V = D.vectors;
    const p = Maths.problem(D.problem);
    testPhilox(t);
    if (V) {
      const digest = digester(V, p);
      testPoints(t, D, V, p, digest);
      testSteps(t, D, V, p, digest);
      testRuns(t, D, V, p, digest);
      testMinima(t, V, p, digest);
      testSource(t, V, p);
    } else {
      t.failures.push("the page has no test vectors");
    }
    if (D.field) testField(t, D, p);
    if (D.field && app) await testShader(t, app);
    for (const kind of Object.keys(t.counts)) {
      if (t.counts[kind] === 0) t.failures.push(`nothing was compared of ${kind}`);
    }
    return { pass: t.failures.length === 0, failures: t.failures, counts: t.counts, worst: t.worst };
  }

  function tester() {
    const t = { failures: [], counts: {}, worst: {} };
    /** near compares two numbers; want is null where it is not finite. */
    t.near = (kind, what, have, want, bound) => {
      t.counts[kind] = (t.counts[kind] || 0) + 1;
      if (want === null) {
        if (Number.isFinite(have)) t.failures.push(`${kind}: ${what} is ${have}, want none that is finite`);
        return;
      }
      const off = Math.abs(have - want);
      if (off > 0) t.worst[kind] = Math.max(t.worst[kind] || 0, off / bound);
      if (!(off <= bound)) t.failures.push(`${kind}: ${what} is ${have}, want ${want} to ${bound.toPrecision(2)}`);
    };
    t.nearAll = (kind, what, have, want, bounds) => {
      want.forEach((x, i) => t.near(kind, `${what}[${i}]`, have[i], x, bounds[i]));
    };
    t.same = (kind, what, have, want) => {
      t.counts[kind] = (t.counts[kind] || 0) + 1;
      if (have !== want) t.failures.push(`${kind}: ${what} is ${have}, want ${want}`);
    };
    return t;
  }

  /** digester returns what writes the vector of weights in w from index at on as the program has. */
  function digester(V, p) {
    const direction = Maths.startDirection(p.dim);
    return (w, at = 0) => {
      const out = V.index.map((j) => w[at + j]);
      if (V.index.length < p.dim) {
        let sum = 0;
        for (let j = 0; j < p.dim; j++) sum += direction[j] * w[at + j];
        out.push(sum);
      }
      return out;
    };
  }

  function testPhilox(t) {
    for (const [counter, key, want] of philoxAnswers) {
      const have = Maths.philox(...counter, ...key);
      want.forEach((word, i) => t.same("random numbers", `word ${i}`, have[i], word));
    }
    // Words of the first known answer, of 100 samples.
    const rows = Maths.batch(new Int32Array(4), [0, 0], 0, 100);
    [39, 88, 73, 60].forEach((row, i) => t.same("random numbers", `draw ${i}`, rows[i], row));
  }

  const floor = 1e-300; // where float64 loses digits

  function testPoints(t, D, V, p, digest) {
    for (const point of V.points) {
      const w = Maths.planeAt(D.plane, point.at[0], point.at[1]).map((x) => x * point.scale);
      V.l2.forEach((l2, i) => {
        const what = `at ${point.scale} times (${point.at}), l2 ${l2}`;
        const bound = tolerance * (Math.abs(point.loss[i]) + p.eps) + floor;
        t.near("losses", what, Maths.loss(p, w, l2), point.loss[i], bound);
        const grad = new Float64Array(p.dim);
        t.near("losses", `${what}, with its gradient,`, Maths.lossGradient(p, w, l2, grad), point.loss[i], bound);
        t.nearAll("gradients", what, digest(grad), point.grad[i], point.terms.map((x) => tolerance * x + floor));
      });
    }
  }

  function testStates(t, kind, what, p, traj, v, digest) {
    const bounds = v.size.map((x) => tolerance * x);
    for (const state of v.states) {
      const at = `${what}, state ${state.k}`;
      t.nearAll(kind, at, digest(traj.w, state.k * traj.dim), state.w, bounds);
      if (state.loss !== null) t.near(kind, `loss of ${at}`, traj.loss[state.k], state.loss, tolerance * (Math.abs(state.loss) + p.eps) + floor);
    }
  }

  function testSteps(t, D, V, p, digest) {
    const start = Maths.planeAt(D.plane, V.start[0], V.start[1]);
    for (const v of V.steps) {
      const any = { optimizer: "", lr: v.lr, l2: V.decay, batch: v.batch, seed: V.seed, start, steps: 4 };
      const r = Maths.withOptimizer(any, v.optimizer);
      testStates(t, "steps", `${v.optimizer}, batch ${v.batch}`, p, Maths.descend(p, r), v, digest);
      testEnsemble(t, p, r);
    }
  }

  /** testEnsemble holds the runs of an ensemble to the same runs alone, to the last bit. */
  function testEnsemble(t, p, r) {
    const axes = [{ param: "lr", values: [r.lr, r.lr / 2] }, { param: "w1", values: [r.start[0], r.start[0] + 1] }];
    const runs = Maths.ensemble(p, r, axes);
    runs.advance(r.steps);
    for (let i = 0; i < runs.n; i++) {
      const alone = axes.reduce((one, a, k) => Maths.withParam(one, a.param, runs.value(i, k)), r);
      const traj = Maths.descend(p, alone);
      for (let j = 0; j < p.dim; j++) {
        t.same("ensembles", `${r.optimizer}, run ${i}, weight ${j}`, runs.w[i * p.dim + j], traj.w[traj.steps * p.dim + j]);
      }
    }
  }

  function testRuns(t, D, V, p, digest) {
    for (const v of V.runs) {
      const r = { ...D.runs[v.run], steps: v.steps };
      const traj = Maths.descend(p, r);
      const what = `run ${v.run}`;
      testStates(t, "runs", what, p, traj, v, digest);
      const ends = (kind, have, want) => {
        if (!want) return;
        t.same("endings", `status of ${what}${kind}`, have.status, want.status);
        t.same("endings", `period of ${what}${kind}`, have.period, want.period);
        if (want.end >= 0) t.same("endings", `end of ${what}${kind}`, have.end, want.end);
      };
      ends("", traj, v.ending);
      if (v.finally) ends(" by its exponent", Maths.ending(p, traj, r), v.finally);
    }
  }

  function testMinima(t, V, p, digest) {
    for (const v of V.minima) {
      const have = Maths.minimum(p, v.l2);
      const what = `l2 ${v.l2}`;
      t.same("minima", `a minimum of ${what}`, have !== null, v.w !== null);
      if (!have || !v.w) continue;
      t.nearAll("minima", what, digest(have.w), v.w, v.tolerance);
      // At a minimum the loss is right to the square of what the weights are off.
      t.near("minima", `loss of ${what}`, have.loss, v.loss, tolerance * (Math.abs(v.loss) + p.eps));
      t.near("minima", `sharpness of ${what}`, have.λ, v.sharpness, 1e-9 * v.sharpness);
    }
  }

  /** testSource holds gradients to differences of losses: a fault that vectors and page share shows there. */
  function testSource(t, V, p) {
    if (p.eps > 1e-6) return; // gradients are of the loss without eps
    const w = Maths.startDirection(p.dim);
    const direction = Maths.startDirection(p.dim + 1).subarray(1);
    let most = 0;
    for (let i = 0; i < p.n; i++) {
      let z = direction[p.d];
      for (let j = 0; j < p.d; j++) z += Math.abs(p.x[i * p.d + j] * direction[j]);
      most = Math.max(most, Math.abs(z));
    }
    // Margins move by 1e-3: the difference is right to its square, and to 1e-13 of the loss.
    const h = 1e-3 / most;
    const at = (side) => Maths.loss(p, w.map((x, j) => x + side * h * direction[j]), V.l2[1]);
    const slope = (at(1) - at(-1)) / (2 * h);
    const grad = Maths.gradient(p, w, V.l2[1]);
    let have = 0;
    let scale = 0;
    for (let j = 0; j < p.dim; j++) {
      have += grad[j] * direction[j];
      scale += Math.abs(grad[j] * direction[j]);
    }
    t.near("differences", "a slope", have, slope, 1e-5 * Math.max(scale, most));
  }

  /** testField holds heights of the landscape, as they are decoded, to the losses that are computed here. */
  function testField(t, D, p) {
    const f = D.field;
    const [x, y] = [f.x || D.view.x, f.y || D.view.y];
    const w = new Float64Array(p.dim);
    const size = f.nx * f.ny;
    for (let i = 0; i < fieldPoints; i++) {
      const at = Math.floor((i + 0.5) * size / fieldPoints + i * 7919) % size;
      const [col, row] = [at % f.nx, Math.floor(at / f.nx)];
      const alpha = x[0] + (x[1] - x[0]) * col / Math.max(1, f.nx - 1);
      const beta = y[0] + (y[1] - y[0]) * row / Math.max(1, f.ny - 1);
      const want = Maths.loss(p, Maths.planeAt(D.plane, alpha, beta, w), f.l2 ?? p.l2);
      const decoded = (f.error || 0) * (f.relative ? Math.abs(want) : 1);
      const bound = decoded + fieldTolerance * Math.abs(want) + 2 * fieldTolerance * p.eps + 2 ** -126;
      t.near("landscape", `height ${col}, ${row}`, f.values[at], Number.isFinite(want) ? want : null, bound);
    }
  }

  /** testShader holds what the page's shader makes of the landscape to the losses that are computed here. */
  async function testShader(t, app) {
    const land = await Fields.check(app);
    if (land.count) t.counts.shader = land.count;
    t.failures.push(...land.failures);
  }

  return { run };
})();
