// The page: what it shows, what a hand changes, and the loop that draws.
const App = (() => {
  const root = document.documentElement;
  const $ = id => document.getElementById(id);
  const app = { D: null, panels: [], runs: [], time: 0, frame: 0, selected: 0, l2: 0, hover: null, dark: false, moving: false, playing: false };
  let opened = null; // the runs, L2 weight and camera that the scene has

  // ---- numbers ----

  const clamp = (x, lo, hi) => Math.min(Math.max(x, lo), hi);
  const digits = (x, n) => Number(x.toPrecision(n));
  /** Writes a number for people, with the scene's decimal mark. */
  const say = (x, n = 4) => {
    if (!Number.isFinite(x)) return "not finite";
    const text = String(digits(x, n)).replace("-", "−").replace(/e([+-−]?)(\d+)/, (_, sign, k) => "·10" + (sign === "−" ? "⁻" : "") + [...k].map(c => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]).join(""));
    return app.D.labels.mark === "," ? text.replace(".", ",") : text;
  };

  // ---- runs ----

  const optimizer = name => Maths.optimizers.find(o => o.name === name);
  const has = (spec, param) => ["lr", "l2", "batch", "seed", "steps"].includes(param) || optimizer(spec.optimizer).params.includes(param);
  const copy = spec => ({ ...spec, start: [...spec.start] });
  const same = (a, b) => Object.keys(a).every(k => Array.isArray(a[k]) ? a[k].length === b[k].length && a[k].every((v, i) => v === b[k][i]) : a[k] === b[k]);

  /** Names the runs: by their own names, else by what tells them apart, as figure.RunNames does. */
  const nameRuns = () => {
    const l = app.D.labels.legend, number = x => say(x, 6);
    const rate = s => fill(l.rate, { rate: number(s.lr) });
    const method = s => s.optimizer, batch = s => s.batch ? fill(l.batch, { n: s.batch }) : l.all, weight = s => "l2 " + number(s.l2);
    const start = s => fill(l.from, { start: s.start.map(number).join(app.D.labels.mark === "," ? "; " : ", ") });
    const differ = of => new Set(app.runs.map(r => of(r.spec))).size > 1;
    const which = [[method, 1], [rate, 0], [weight, 1], [batch, 1], [start, 1]].filter(([of]) => app.runs.length > 1 && differ(of));
    for (const run of app.runs) {
      const spec = run.spec, parts = spec.name ? [spec.name] : [];
      for (const [of, unnamed] of which) {
        const text = of(spec);
        if (of === start && spec.start.length > 2 || spec.name && (unnamed || spec.name.includes(text))) continue;
        parts.push(text);
      }
      run.name = parts.join(", ");
    }
    app.runs.map(r => r.name).forEach((name, i, names) => {
      const alike = names.indexOf(name) !== names.lastIndexOf(name);
      if (!name || alike && !app.runs[i].spec.name) app.runs[i].name = (name ? name + ", " : "") + fill(l.run, { n: i + 1 });
    });
  };
  const fill = (label, places) => Object.entries(places).reduce((text, [k, v]) => text.replaceAll("{" + k + "}", v), label);

  const paint = () => {
    app.theme = app.D.themes[app.dark ? "dark" : "light"];
    const colors = app.D.path.colors && app.D.path.colors.length ? app.D.path.colors : app.theme.runs;
    app.runs.forEach((run, i) => { run.color = colors[i % colors.length]; });
  };

  /** Computes a run anew. */
  const compute = run => {
    run.traj = Maths.descend(app.problem, run.spec);
    const { dim, steps, w } = run.traj, plane = app.D.plane;
    const at = new Float64Array(2 * (steps + 1)), off = new Float64Array(steps + 1);
    for (let k = 0; k <= steps; k++) {
      const c = Maths.coordinates(plane, w.subarray(k * dim, (k + 1) * dim));
      at[2 * k] = c[0]; at[2 * k + 1] = c[1]; off[k] = c[2];
    }
    run.at = at;
    run.off = off;
    run.planeLoss = null;
    run.version = (run.version || 0) + 1;
  };

  /** The minimum of the loss with the present L2 weight, where there is one. */
  const findMinimum = () => {
    const m = Maths.minimum(app.problem, app.l2);
    if (!m) { app.minimum = null; return; }
    const c = Maths.coordinates(app.D.plane, m.w);
    app.minimum = { ...m, alpha: c[0], beta: c[1], off: c[2] };
  };

  const longest = () => Math.max(0, ...app.runs.map(r => r.spec.steps));
  /** The last update that the page shows: that of the film, and of runs made longer all. */
  const findLast = () => {
    const u = app.D.film.updates, film = u.length > 1 ? Math.ceil(u[u.length - 1] - 1e-9) : 0;
    const stated = app.runs.every((r, i) => opened.runs[i] && r.spec.steps === opened.runs[i].steps);
    app.last = stated && film > 0 ? Math.min(film, longest()) : longest();
  };

  /** Changes runs: those that are selected (i −1: all), or run i. */
  app.changeRun = (i, change) => {
    const which = i < 0 ? app.runs : [app.runs[i]];
    if (change.l2 !== undefined) setL2(change.l2, which);
    for (const run of which) {
      const before = copy(run.spec);
      if (change.optimizer && change.optimizer !== run.spec.optimizer) run.spec = { ...Maths.withOptimizer(run.spec, change.optimizer), start: run.spec.start };
      for (const [key, v] of Object.entries(change)) {
        if (key === "optimizer" || key === "l2") continue;
        if (key === "start") run.spec.start = Array.from(v);
        else if (has(run.spec, key)) run.spec[key] = v;
      }
      if (!same(before, run.spec)) {
        run.spec.name = "";
        run.stale = true;
      }
    }
    changed();
  };

  /** Sets the L2 weight of runs, of the landscape, which is theirs then, and of all runs that
   *  had the landscape's. */
  const setL2 = (l2, which) => {
    const old = app.l2;
    if (l2 === old && which.every(r => r.spec.l2 === l2)) return;
    app.l2 = l2;
    app.fieldStale = app.minimumStale = true;
    for (const run of app.runs) {
      if (run.spec.l2 === l2 || !(run.spec.l2 === old || which.includes(run))) continue;
      run.spec.l2 = l2;
      if (which.includes(run)) run.spec.name = "";
      run.stale = true;
    }
  };

  // ---- work: what is stale is computed in the next frame, or, where that takes long, when
  // the hand rests ----

  let cost = 0, resting = 0;
  const slow = 40; // milliseconds that a hand may wait for
  const changed = () => {
    nameRuns();
    if (cost > slow) {
      notice("Computing …");
      clearTimeout(resting);
      resting = setTimeout(() => { catchUp(); notice(""); app.redraw(); }, 80);
    }
    controlsStale = true;
    remember();
    app.redraw();
  };
  const catchUp = () => {
    const from = performance.now();
    let any = false;
    if (app.minimumStale) { findMinimum(); app.minimumStale = false; }
    if (app.fieldStale && app.field) { app.field.update(app.problem, app.l2, app.D.problem.penalizeBias); app.fieldStale = false; }
    for (const run of app.runs) if (run.stale || !run.traj) { compute(run); run.stale = false; any = true; }
    if (any) { cost = performance.now() - from; findLast(); app.time = Math.min(app.time, app.last); controlsStale = true; }
  };

  // ---- drawing ----

  let asked = false, controlsStale = true;
  app.redraw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(draw);
  };
  const draw = () => {
    asked = false;
    const from = performance.now();
    if (cost <= slow || !app.runs.every(r => r.traj)) catchUp();
    for (const p of app.panels) if (p.seen) drawPanel(p);
    showTime();
    if (controlsStale) showControls();
    root.dataset.answerMs = (performance.now() - from).toFixed(1);
    clearTimeout(describing);
    describing = setTimeout(describe, 400);
  };
  const drawPanel = p => {
    const box = p.canvas.getBoundingClientRect(), dpr = p.dpr || window.devicePixelRatio || 1;
    // As many pixels as the browser gives the canvas, whose edges it rounds to whole ones.
    const x = box.left + window.scrollX, y = box.top + window.scrollY;
    const wide = Math.round((x + box.width) * dpr) - Math.round(x * dpr), high = Math.round((y + box.height) * dpr) - Math.round(y * dpr);
    const w = wide / dpr, h = high / dpr;
    if (w < 2 || h < 2) return;
    if (p.canvas.width !== wide || p.canvas.height !== high) { p.canvas.width = wide; p.canvas.height = high; }
    // Of what is drawn for print Chromium keeps only what comes after a picture by WebGL: all is
    // drawn elsewhere, and put here at once.
    const ctx = app.printing ? element("canvas", { width: wide, height: high }).getContext("2d") : p.ctx;
    ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
    p.panel.draw(ctx, w, h, dpr);
    if (ctx !== p.ctx) {
      p.ctx.setTransform(1, 0, 0, 1, 0, 0);
      p.ctx.drawImage(ctx.canvas, 0, 0);
    }
  };
  let describing = 0;
  const describe = () => {
    if ($("landscape")) $("landscape").textContent = " " + Fields.noteOf(app);
    // Whether a run is chaotic takes longer to find out than the run does: once the hand rests.
    for (const run of app.runs) {
      if (!run.traj || run.traj.status !== "step-limit" || run.ending && run.ending.of === run.traj || cost > 500) continue;
      run.ending = { ...Maths.ending(app.problem, run.traj, run.spec), of: run.traj };
      if (run.ending.status !== run.traj.status) { controlsStale = true; app.redraw(); }
    }
    for (const p of app.panels) {
      const text = p.panel.describe ? p.panel.describe() : p.spec.title;
      if (p.canvas.getAttribute("aria-label") !== text) p.canvas.setAttribute("aria-label", text);
    }
  };

  app.setHover = h => { app.hover = h; app.redraw(); };
  app.setCamera = c => { Object.assign(app.camera, { own: true }, c); remember(); app.redraw(); };
  app.setView = v => { app.view = v; remember(); app.redraw(); };
  app.visible = spec => app.runs.map((run, index) => ({ run, index })).filter(r => !spec.runs || spec.runs.includes(r.index));

  // ---- time ----

  const frameOf = updates => { // of the film, not whole
    const u = app.D.film.updates;
    let lo = 0, hi = u.length - 1;
    if (hi < 1 || updates >= u[hi]) return hi;
    while (hi - lo > 1) { const mid = (lo + hi) >> 1; if (u[mid] <= updates) lo = mid; else hi = mid; }
    return u[hi] > u[lo] ? lo + (updates - u[lo]) / (u[hi] - u[lo]) : lo;
  };
  const setTime = t => {
    app.time = clamp(t, 0, app.last);
    app.frame = frameOf(app.time);
    remember();
    app.redraw();
  };
  app.setTime = setTime;
  let then = 0;
  const tick = now => {
    if (!app.playing) return;
    const u = app.D.film.updates, fps = app.D.film.fps, passed = Math.min((now - then) / 1000, 0.25);
    then = now;
    // The film's clock where it goes so far, and its speed beyond.
    const speed = u.length > 1 ? fps * (app.D.film.iterationsPerFrame || 1) / (app.D.film.framesPerIteration || 1) : 10;
    if (u.length > 1 && app.time < u[u.length - 1]) {
      app.frame = Math.min(frameOf(app.time) + fps * passed, u.length - 1);
      const k = Math.floor(app.frame), share = app.frame - k;
      const t = k + 1 < u.length ? u[k] + share * (u[k + 1] - u[k]) : u[k];
      app.time = Math.min(t > app.time ? t : app.time + speed * passed, app.last);
    } else {
      app.time = Math.min(app.time + speed * passed, app.last);
    }
    if (app.time >= app.last) play(false);
    app.redraw();
    if (app.playing) requestAnimationFrame(tick);
  };
  const play = on => {
    if (on === app.playing) return;
    app.playing = on;
    $("play").setAttribute("aria-label", on ? "Pause" : "Play");
    $("play").textContent = on ? "❚❚" : "▶\uFE0E";
    if (on) {
      if (app.time >= app.last) app.time = 0;
      then = performance.now();
      requestAnimationFrame(tick);
    } else {
      remember();
    }
  };
  const step = by => { play(false); setTime(by > 0 ? Math.floor(app.time) + by : Math.ceil(app.time) + by); };
  const showTime = () => {
    const t = $("time"), l = app.D.labels;
    const whole = Math.floor(app.time + 1e-9), n = app.D.film.count === "notebook" ? whole - 1 : whole;
    const text = n < 0 ? l.start : `${l.iter}: ${n}`;
    t.max = app.last;
    t.value = app.time;
    t.disabled = app.last === 0;
    for (const id of ["play", "back", "forward"]) $(id).disabled = app.last === 0;
    if ($("clock").textContent !== text) {
      $("clock").textContent = text;
      t.setAttribute("aria-valuetext", `${text} of ${app.D.film.count === "notebook" ? app.last - 1 : app.last}`);
    }
  };

  // ---- sliders, as those of the window: see cmd/losscape/view/control.go ----

  const sliders = {
    lr: { label: "Learning rate", lo: 0.01, hi: 100, log: true },
    l2: { label: "L2 weight", lo: 1e-6, hi: 10, log: true, off: 0.03 },
    momentum: { label: "Momentum", lo: 0, hi: 0.99, step: 0.01 },
  };
  // Of the way of a slider, each of which an arrow key goes: as many as it has values, where these are few.
  const partsOf = s => s.step ? Math.round((s.hi - s.lo) / s.step) : 1000;
  const place = (s, v) => {
    if (!s.log) return clamp((v - s.lo) / (s.hi - s.lo), 0, 1);
    const off = s.off || 0;
    if (off && v < s.lo) return 0;
    return off + (1 - off) * clamp(Math.log(v / s.lo) / Math.log(s.hi / s.lo), 0, 1);
  };
  const valueAt = (s, at) => {
    if (!s.log) return clamp(Math.round((s.lo + at * (s.hi - s.lo)) / s.step) * s.step, s.lo, s.hi);
    const off = s.off || 0;
    if (off && at < off) return 0;
    return digits(s.lo * Math.pow(s.hi / s.lo, (at - off) / (1 - off)), 3);
  };
  const first = () => app.runs[Math.max(0, app.selected)].spec;

  const element = (tag, attributes = {}, ...children) => {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(attributes)) if (v !== undefined) e.setAttribute(k, v);
    e.append(...children);
    return e;
  };

  const buildControls = () => {
    const words = app.D.labels.parameter;
    for (const [name, s] of Object.entries(sliders)) {
      s.label = words[name] || s.label;
      if (name === "lr") for (const r of opened.runs) { // whole powers of ten
        s.lo = Math.min(s.lo, Math.pow(10, Math.floor(Math.log10(r.lr) + 1e-9)));
        s.hi = Math.max(s.hi, Math.pow(10, Math.ceil(Math.log10(r.lr) - 1e-9)));
      }
      s.range = element("input", { type: "range", id: name, min: 0, max: partsOf(s), step: 1 });
      s.number = element("input", { type: "number", id: name + "-number", step: "any", min: 0, "aria-label": s.label + ", as a number" });
      s.way = element("div", { class: "way" }, s.range);
      s.box = element("div", { class: "slider", id: name + "-box" }, element("label", { for: name }, s.label), s.number, s.way);
      s.range.addEventListener("input", () => app.changeRun(app.selected, { [name]: valueAt(s, s.range.value / partsOf(s)) }));
      s.number.addEventListener("change", () => {
        const v = Number(s.number.value.replace(",", "."));
        const good = s.number.value !== "" && Number.isFinite(v) && (name === "lr" ? v > 0 : v >= 0) && (name !== "momentum" || v < 1);
        if (good) app.changeRun(app.selected, { [name]: v });
        else notice(`${s.label}: want a number ${name === "lr" ? "above 0" : name === "momentum" ? "from 0 to below 1" : "of at least 0"}.`, 4000);
        controlsStale = true;
        app.redraw();
      });
      $("sliders").append(s.box);
    }
    const choose = element("select", { id: "optimizer" }, ...Maths.optimizers.map(o => element("option", { value: o.name }, o.name)));
    choose.addEventListener("change", () => app.changeRun(app.selected, { optimizer: choose.value }));
    const steps = element("input", { type: "number", id: "steps", min: 0, max: maxSteps, step: 1 });
    steps.addEventListener("change", () => {
      const v = Math.round(Number(steps.value));
      if (steps.value !== "" && v >= 0 && v <= maxSteps) app.changeRun(app.selected, { steps: v });
      else notice(`Steps: want a whole number from 0 to ${maxSteps}.`, 4000);
      controlsStale = true;
      app.redraw();
    });
    $("sliders").append(element("div", { class: "choice" },
      element("label", { for: "optimizer" }, "Optimizer"), choose, element("label", { for: "steps" }, "Steps"), steps));
    buildTable();
  };
  const maxSteps = 100000;

  const buildTable = () => {
    const several = app.runs.length > 1, l = app.D.labels;
    const head = element("tr", {}, ...["Run", "lr", "l2", "Ends", l.quantity.loss].map((t, i) => element("th", { scope: "col", class: i === 1 || i === 2 || i === 4 ? "number" : "" }, t)));
    $("runs").tHead.replaceChildren(head);
    const rows = app.runs.map((_, i) => row(i, several));
    if (several) rows.push(row(-1, true));
    $("runs").tBodies[0].replaceChildren(...rows);
  };
  const row = (i, several) => {
    const cells = [element("td"), element("td", { class: "number" }), element("td", { class: "number" }), element("td"), element("td", { class: "number" })];
    const swatch = i >= 0 ? [element("span", { class: "swatch" })] : [];
    const name = element("span", { class: "name" });
    if (several) {
      const radio = element("input", { type: "radio", name: "run", value: i });
      radio.addEventListener("change", () => { app.selected = i; controlsStale = true; remember(); app.redraw(); });
      cells[0].append(element("label", {}, radio, ...swatch, name));
    } else {
      cells[0].append(element("label", {}, ...swatch, name));
    }
    return element("tr", { "data-run": i }, ...cells);
  };

  const endText = t => {
    const l = app.D.labels, word = l.status[t.status] || t.status;
    if (t.status === "periodic") return fill(l.legend.period, { n: t.period });
    return t.status === "converged" || t.status === "diverged" ? `${word}, ${t.end}` : word;
  };

  const showControls = () => {
    controlsStale = false;
    const spec = first();
    for (const [name, s] of Object.entries(sliders)) {
      const on = has(spec, name), v = spec[name];
      const at = Math.round(place(s, v) * partsOf(s));
      if (Number(s.range.value) !== at && !(document.activeElement === s.range && valueAt(s, s.range.value / partsOf(s)) === v)) s.range.value = at;
      s.range.disabled = s.number.disabled = !on;
      s.range.setAttribute("aria-valuetext", on ? say(v) : "not of this optimizer");
      if (document.activeElement !== s.number) s.number.value = on ? digits(v, 6) : "";
    }
    const marks = stabilityMarks(spec), lr = sliders.lr;
    lr.way.querySelectorAll(".mark").forEach(m => m.remove());
    marks.forEach((m, i) => {
      const e = element("div", { class: "mark", "aria-hidden": "true" }, element("span", {}, m.label));
      e.style.left = `calc(9px + (100% - 18px) * ${m.at})`;
      const next = marks[i + 1], before = marks[i - 1], width = lr.way.clientWidth || 200;
      if (next && (next.at - m.at) * width < 40) e.dataset.side = "left";
      if (before && (m.at - before.at) * width < 40) e.dataset.side = "right";
      lr.way.append(e);
    });
    lr.range.setAttribute("aria-description", marks.map(m => `${m.label} is ${say(m.value)}`).join(", "));
    $("optimizer").value = spec.optimizer;
    if (document.activeElement !== $("steps")) $("steps").value = spec.steps;
    for (const tr of $("runs").tBodies[0].rows) {
      const i = Number(tr.dataset.run), radio = tr.querySelector("input");
      const on = i === app.selected;
      if (radio) radio.checked = on;
      if (on && app.runs.length > 1) tr.dataset.on = ""; else delete tr.dataset.on;
      if (i < 0) { tr.querySelector(".name").textContent = "all runs"; continue; }
      const run = app.runs[i], t = run.traj, cells = tr.cells;
      tr.querySelector(".name").textContent = run.name;
      tr.querySelector(".swatch").style.background = run.color;
      cells[1].textContent = say(run.spec.lr);
      cells[2].textContent = say(run.spec.l2);
      cells[3].textContent = endText(run.ending && run.ending.of === t ? run.ending : t);
      cells[4].textContent = say(t.loss[t.steps], 6);
    }
  };

  const sharpnesses = new Map(); // largest eigenvalues at the minimum, by L2 weight; NaN without one
  const sharpnessOf = l2 => {
    if (l2 === app.l2) return app.minimum ? app.minimum.λ : NaN;
    if (!sharpnesses.has(l2)) {
      if (sharpnesses.size > 100) sharpnesses.clear();
      const m = Maths.minimum(app.problem, l2);
      sharpnesses.set(l2, m ? m.λ : NaN);
    }
    return sharpnesses.get(l2);
  };

  /** Where the run's optimizer stops being stable at the minimum, and of gd where it begins to
   *  overshoot, on the slider of learning rates. */
  const stabilityMarks = spec => {
    const lambda = sharpnessOf(spec.l2);
    const edge = Maths.stableBelow(spec, lambda), rule = Maths.stableBelow(spec, 1);
    if (!(edge > 0)) return [];
    const all = [{ value: edge, label: say(rule, 3) + "/λ" }];
    if (spec.optimizer === "gd") all.unshift({ value: 1 / lambda, label: "1/λ" });
    return all.map(m => ({ ...m, at: place(sliders.lr, m.value) })).filter(m => m.at > 0 && m.at < 1);
  };

  // ---- notices and the reading under the cursor ----

  let noticing = 0;
  const standing = [];
  const notice = (text, ms) => {
    clearTimeout(noticing);
    const all = [text, ...standing].filter(Boolean).join(" ");
    if ($("notice").textContent !== all) { $("notice").textContent = all; $("notice").hidden = all === ""; fit(); }
    if (ms) noticing = setTimeout(() => notice(""), ms);
  };
  const read = (lines, x, y) => {
    const e = $("reading");
    e.textContent = lines ? lines.join("\n") : "";
    if (!lines) return;
    const w = e.offsetWidth, h = e.offsetHeight;
    e.style.left = `${clamp(x + 16, 4, window.innerWidth - w - 4)}px`;
    e.style.top = `${y + 18 + h > window.innerHeight - 4 ? Math.max(4, y - h - 10) : y + 18}px`;
  };

  // ---- panels ----

  const buildPanels = () => {
    const D = app.D;
    D.film.panels.forEach((spec, i) => {
      const make = Panels[spec.kind];
      if (!make) throw new Error(`no panel "${spec.kind}"`);
      const canvas = element("canvas", { tabindex: 0, role: "img", "aria-label": spec.title, "data-panel": spec.name, "data-kind": spec.kind });
      const figure = element("figure", {}, canvas);
      $("panels").append(figure);
      const p = { spec, canvas, figure, seen: true, ctx: canvas.getContext("2d", Panels[spec.kind].context), panel: make(app, spec), area: "p" + i };
      figure.style.gridArea = p.area;
      app.panels.push(p);
      listen(p);
    });
    new ResizeObserver(() => app.redraw()).observe($("panels"));
    const seen = new IntersectionObserver(entries => {
      for (const e of entries) { const p = app.panels.find(p => p.figure === e.target); p.seen = e.isIntersecting; if (p.seen) app.redraw(); }
    }, { rootMargin: "200px" });
    for (const p of app.panels) seen.observe(p.figure);
  };

  /** Divides an area into cells for panels, as figure.arrange does. */
  const arrange = (n, aspect) => {
    const rows = app.D.film.layout;
    const kinds = app.panels.map(p => p.spec.kind);
    if (rows) return rows.map(r => r.map(name => app.panels.find(p => p.spec.name === name).area));
    const areas = app.panels.map(p => p.area);
    if (n === 3 && aspect > 0.75 && aspect < 2.1) {
      const large = Math.max(0, kinds.indexOf("surface") < 0 ? 2 : kinds.indexOf("surface"));
      const [a, b] = areas.filter((_, i) => i !== large), l = areas[large];
      return aspect > 1.15 ? [[l, l, a], [l, l, b]] : [[l, l], [l, l], [a, b]];
    }
    if (n === 4 && aspect > 0.6 && aspect < 2.6) return [areas.slice(0, 2), areas.slice(2)];
    if (n > 4) {
      const columns = Math.max(1, Math.ceil(n / Math.max(1, Math.round(Math.sqrt(n / aspect * 1.3)))));
      const out = [];
      for (let i = 0; i < n; i += columns) {
        const r = areas.slice(i, i + columns);
        while (r.length < columns) r.push(r[r.length - 1]);
        out.push(r);
      }
      return out;
    }
    return aspect >= 0.75 * Math.sqrt(n) || n === 1 ? [areas] : areas.map(a => [a]);
  };

  const leastRow = 165; // pixels
  const fit = () => {
    const main = $("panels"), n = app.panels.length;
    const w = app.printing ? paperWidth : window.innerWidth;
    let rows, height;
    if (app.printing) {
      height = Math.round(0.8 * w);
      rows = arrange(n, w / height);
    } else if (w < 600) {
      const each = clamp(Math.round((w - 12) * 0.78), 240, 420);
      rows = app.panels.map(p => [p.area]);
      height = n * (each + 6);
    } else {
      const around = document.querySelector("header").offsetHeight + $("controls").offsetHeight + ($("notice").hidden ? 0 : $("notice").offsetHeight + 4);
      const room = window.innerHeight - around - 8, least = w < 900 ? 420 : 340;
      height = Math.max(room, least);
      rows = arrange(n, (w - 24) / height);
      if (rows.length > 2 && height / rows.length < leastRow) height = rows.length * leastRow;
    }
    main.style.height = `${height}px`;
    main.style.gridTemplateAreas = rows.map(r => `"${r.join(" ")}"`).join(" ");
    main.style.gridTemplateColumns = `repeat(${rows[0].length}, minmax(0, 1fr))`;
    main.style.gridTemplateRows = `repeat(${rows.length}, minmax(0, 1fr))`;
    app.redraw();
  };

  const listen = p => {
    const { canvas } = p, fingers = new Map();
    let drag = null, apart = 0;
    const at = e => { const b = canvas.getBoundingClientRect(); return [e.clientX - b.left, e.clientY - b.top]; };
    const spread = () => { const [a, b] = [...fingers.values()]; return Math.hypot(a[0] - b[0], a[1] - b[1]); };
    canvas.addEventListener("touchstart", e => {
      const b = canvas.getBoundingClientRect(), t = e.touches[0];
      const grip = e.touches.length > 1 || (p.panel.grips && p.panel.grips(t.clientX - b.left, t.clientY - b.top));
      if (grip) e.preventDefault(); // the page does not scroll: the hand moves what is there
    }, { passive: false });
    canvas.addEventListener("pointerdown", e => {
      const [x, y] = at(e);
      fingers.set(e.pointerId, [x, y]);
      canvas.focus({ preventScroll: true });
      try { canvas.setPointerCapture(e.pointerId); } catch { /* the pointer has gone */ }
      if (fingers.size === 2) { if (drag && drag.up) drag.up(); drag = null; apart = spread(); return; }
      app.moving = true;
      drag = p.panel.down ? p.panel.down(x, y, e) : null;
      if (drag) read(null);
    });
    canvas.addEventListener("pointermove", e => {
      const [x, y] = at(e);
      if (fingers.has(e.pointerId)) fingers.set(e.pointerId, [x, y]);
      if (fingers.size === 2) {
        const d = spread(), [a, b] = [...fingers.values()];
        if (p.panel.pinch && apart > 0) p.panel.pinch(d / apart, (a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
        apart = d;
        return;
      }
      if (drag) { if (drag.move) drag.move(x, y, e); return; }
      hover(p, x, y, e);
    });
    const end = e => {
      const was = fingers.delete(e.pointerId);
      if (was && drag) { if (drag.up) drag.up(e); drag = null; }
      if (fingers.size === 0) { app.moving = false; app.redraw(); }
    };
    canvas.addEventListener("pointerup", end);
    canvas.addEventListener("pointercancel", end);
    canvas.addEventListener("pointerleave", e => { if (!fingers.has(e.pointerId)) { read(null); if (app.hover) app.setHover(null); } });
    canvas.addEventListener("wheel", e => {
      if (!p.panel.wheel) return;
      const [x, y] = at(e);
      if (p.panel.wheel(x, y, e.deltaY * (e.deltaMode === 1 ? 16 : 1), e) !== false) e.preventDefault();
    }, { passive: false });
    canvas.addEventListener("dblclick", e => { if (p.panel.doubleClick) p.panel.doubleClick(...at(e)); });
    canvas.addEventListener("contextmenu", e => { if (p.panel.pans) e.preventDefault(); });
    canvas.addEventListener("keydown", e => {
      if (p.panel.key && !e.ctrlKey && !e.metaKey && !e.altKey && p.panel.key(e)) { e.preventDefault(); e.stopPropagation(); }
    });
  };

  const hover = (p, x, y, e) => {
    const hit = p.panel.pick ? p.panel.pick(x, y) : null;
    p.canvas.style.cursor = hit && hit.cursor || "";
    if (!hit) {
      read(null);
      if (app.hover) app.setHover(null);
      return;
    }
    read(hit.lines, e.clientX, e.clientY);
    app.setHover({ panel: p.spec.name, alpha: hit.alpha, beta: hit.beta, run: hit.run, k: hit.k, cell: hit.cell });
  };

  // ---- the state in the address: what differs from the scene ----

  let remembering = 0;
  const remember = () => {
    clearTimeout(remembering);
    remembering = setTimeout(() => {
      const text = fragment();
      if (decodeURIComponent(location.hash.slice(1)) !== text) {
        try { history.replaceState(null, "", text ? "#" + text : location.pathname + location.search); } catch { location.hash = text; }
      }
    }, 200);
  };
  const params = ["lr", "l2", "momentum", "beta1", "beta2", "epsilon", "batch", "steps"];
  const fragment = () => {
    const q = [];
    app.runs.forEach((run, i) => {
      const was = opened.runs[i], spec = run.spec;
      if (spec.optimizer !== was.optimizer) q.push(`r${i}.optimizer=${spec.optimizer}`);
      const base = spec.optimizer === was.optimizer ? was : Maths.withOptimizer(was, spec.optimizer);
      for (const k of params) if (spec[k] !== base[k] && has(spec, k)) q.push(`r${i}.${k}=${spec[k]}`);
      if (spec.start.some((v, j) => v !== was.start[j])) q.push(`r${i}.start=${spec.start.join(":")}`);
    });
    if (app.l2 !== opened.l2) q.push(`l2=${app.l2}`);
    if (app.selected !== 0) q.push(`run=${app.selected}`);
    if (Math.abs(app.time - opened.time) > 1e-9) q.push(`t=${digits(app.time, 8)}`);
    if (app.dark !== (app.D.film.theme === "dark")) q.push(`theme=${app.dark ? "dark" : "light"}`);
    const c = app.camera;
    if (c.own) q.push(`camera=${[c.elev, c.azim, c.zoom, ...c.pan].map(v => digits(v, 5)).join(":")}`);
    const v = app.view, was = app.D.view;
    if (v.x[0] !== was.x[0] || v.x[1] !== was.x[1] || v.y[0] !== was.y[0] || v.y[1] !== was.y[1]) q.push(`view=${[...v.x, ...v.y].map(n => digits(n, 7)).join(":")}`);
    return q.join("&");
  };

  /** Sets the state that an address has; what is not a setting of this page is left out, and said. */
  const recall = () => {
    let text = "";
    try { text = decodeURIComponent(location.hash.slice(1)); } catch { /* not an address that this page writes */ }
    const bad = [];
    reset();
    const number = (v, ok) => { const x = Number(v); return v !== "" && Number.isFinite(x) && ok(x) ? x : undefined; };
    const ranges = { lr: x => x > 0, l2: x => x >= 0, momentum: x => x >= 0, beta1: x => x >= 0 && x < 1, beta2: x => x >= 0 && x < 1, epsilon: x => x > 0, batch: x => Number.isInteger(x) && x >= 0 && x <= app.D.problem.n, steps: x => Number.isInteger(x) && x >= 0 && x <= maxSteps };
    const settings = text.split("&").filter(s => s && s !== "selftest").map(s => { const k = s.indexOf("="); return k < 0 ? [s, ""] : [s.slice(0, k), s.slice(k + 1)]; });
    settings.sort((a, b) => b[0].endsWith(".optimizer") - a[0].endsWith(".optimizer"));
    for (const [key, v] of settings) {
      const of = /^r(\d+)\.(\w+)$/.exec(key), run = of && app.runs[Number(of[1])];
      let ok = false;
      if (run && of[2] === "optimizer") {
        if (ok = !!optimizer(v)) run.spec = { ...Maths.withOptimizer(run.spec, v), start: run.spec.start, name: "" };
      } else if (run && of[2] === "start") {
        const w = v.split(":").map(x => number(x, () => true));
        if (ok = w.length === run.spec.start.length && w.every(x => x !== undefined)) Object.assign(run.spec, { start: w, name: "" });
      } else if (run && ranges[of[2]]) {
        const x = number(v, ranges[of[2]]);
        if (ok = x !== undefined && has(run.spec, of[2])) Object.assign(run.spec, { [of[2]]: x, name: "" });
      } else if (key === "l2") {
        const x = number(v, ranges.l2);
        if (ok = x !== undefined) { app.l2 = x; app.fieldStale = true; }
      } else if (key === "run") {
        const x = number(v, x => Number.isInteger(x) && x >= -1 && x < app.runs.length);
        if (ok = x !== undefined) app.selected = x;
      } else if (key === "t") {
        const x = number(v, x => x >= 0);
        if (ok = x !== undefined) app.wanted = x;
      } else if (key === "theme") {
        if (ok = v === "dark" || v === "light") setTheme(v === "dark");
      } else if (key === "camera") {
        const c = v.split(":").map(x => number(x, () => true));
        if (ok = c.length === 5 && c.every(x => x !== undefined) && c[2] > 0) Object.assign(app.camera, { elev: clamp(c[0], -90, 90), azim: c[1], zoom: clamp(c[2], 0.25, 4), pan: [clamp(c[3], -4, 4), clamp(c[4], -4, 4)], own: true });
      } else if (key === "view") {
        const c = v.split(":").map(x => number(x, () => true));
        if (ok = c.length === 4 && c.every(x => x !== undefined) && c[0] < c[1] && c[2] < c[3]) app.view = { x: [c[0], c[1]], y: [c[2], c[3]], fixed: app.D.view.fixed };
      }
      if (!ok) bad.push(key);
    }
    nameRuns();
    for (const run of app.runs) run.stale = true;
    app.minimumStale = true;
    catchUp();
    app.time = Math.min(app.wanted ?? opened.time, app.last);
    app.frame = frameOf(app.time);
    controlsStale = true;
    if (bad.length) notice(`The address has settings that this page does not know: ${bad.join(", ")}.`, 8000);
  };

  /** Returns to the scene as it was written. */
  const reset = () => {
    const D = app.D;
    play(false);
    app.runs = opened.runs.map((spec, i) => ({ ...(app.runs[i] || {}), spec: copy(spec), stale: true }));
    app.fieldStale = app.l2 !== opened.l2 || app.fieldStale;
    app.l2 = opened.l2;
    app.minimumStale = true;
    app.selected = 0;
    app.wanted = undefined;
    app.camera = { elev: D.camera.elev, azim: D.camera.azim, zoom: D.camera.path === "dolly" || D.camera.path === "keys" ? 1 : D.camera.zoom, pan: [...D.camera.pan], own: false };
    app.view = { x: [...D.view.x], y: [...D.view.y], fixed: D.view.fixed };
    setTheme(D.film.theme === "dark");
    nameRuns();
    controlsStale = true;
  };

  const setTheme = dark => {
    app.dark = dark;
    root.dataset.theme = dark ? "dark" : "light";
    $("theme").setAttribute("aria-pressed", String(dark));
    paint();
    controlsStale = true;
    app.redraw();
  };

  // ---- buttons and keys ----

  const tomlNumber = v => Number.isInteger(v) && Math.abs(v) < 1e15 ? String(v) : String(v).replace("e+", "e");
  const tomlText = v => JSON.stringify(v).replace(/\u007f/g, "\\u007F");
  /** The scene with the runs and the L2 weight as they are now, as TOML. */
  const sceneText = () => {
    const D = app.D;
    if (app.l2 === opened.l2 && app.runs.every((r, i) => same(r.spec, opened.runs[i]))) return D.toml;
    const runs = app.runs.map(({ spec: r }) => {
      const lines = ["[[run]]"];
      if (r.name) lines.push(`name = ${tomlText(r.name)}`);
      lines.push(`optimizer = ${tomlText(r.optimizer)}`, `lr = ${tomlNumber(r.lr)}`, `l2 = ${tomlNumber(r.l2)}`);
      for (const k of optimizer(r.optimizer).params) lines.push(`${k} = ${tomlNumber(r[k])}`);
      if (r.batch) lines.push(`batch = ${r.batch}`, `seed = ${r.seed}`);
      lines.push(`start = [${r.start.map(tomlNumber).join(", ")}]`, `steps = ${r.steps}`);
      return lines.join("\n") + "\n";
    });
    const head = D.tomlParts[0].replace(/(\[loss\][^[]*?\nl2 = )[^\n]*/, (_, before) => before + tomlNumber(app.l2));
    return head + runs.join("\n") + "\n" + D.tomlParts[1];
  };
  const save = () => {
    const url = URL.createObjectURL(new Blob([sceneText()], { type: "application/toml" }));
    const a = element("a", { href: url, download: app.D.name.replace(/[^\w.-]+/g, "-") + ".toml" });
    a.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  const copyLink = async () => {
    const text = fragment();
    try { history.replaceState(null, "", "#" + text); } catch { location.hash = text; }
    try {
      await navigator.clipboard.writeText(location.href);
      notice("The address of this state is in the clipboard.", 4000);
    } catch {
      notice("The address bar has the address of this state.", 6000);
    }
  };

  const buttons = () => {
    $("play").addEventListener("click", () => play(!app.playing));
    $("back").addEventListener("click", () => step(-1));
    $("forward").addEventListener("click", () => step(1));
    $("time").addEventListener("input", () => { play(false); setTime(Number($("time").value)); });
    $("theme").addEventListener("click", () => { setTheme(!app.dark); remember(); });
    $("save").addEventListener("click", save);
    $("link").addEventListener("click", copyLink);
    $("reset").addEventListener("click", () => { reset(); catchUp(); app.time = opened.time; app.frame = frameOf(app.time); remember(); app.redraw(); });
    document.addEventListener("keydown", e => {
      if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
      const typing = e.target.closest && e.target.closest("input, select, textarea, button, summary, a, pre");
      if (e.key === " " && !typing) { e.preventDefault(); play(!app.playing); }
      if (typing && typing.type === "number") return;
      if (e.key === ",") step(-1);
      if (e.key === ".") step(1);
    });
    window.addEventListener("resize", fit);
    window.addEventListener("hashchange", () => { recall(); app.redraw(); });
    window.addEventListener("beforeprint", () => print(true));
    window.addEventListener("afterprint", () => print(false));
    matchMedia("(prefers-reduced-motion: reduce)").addEventListener("change", e => { app.reducedMotion = e.matches; });
  };

  // On paper the page is light, as wide as a sheet between its margins, and sharp.
  const paperWidth = 700, paperDensity = 3;
  let screenDark = false;
  const print = on => {
    if (on === !!app.printing) return;
    app.printing = on;
    if (on) screenDark = app.dark;
    setTheme(on ? false : screenDark);
    $("panels").style.width = on ? `${paperWidth}px` : "";
    fit();
    for (const p of app.panels) { p.dpr = on ? paperDensity : 0; p.seen = true; if (on) drawPanel(p); }
  };

  const facts = () => {
    const D = app.D, add = (t, d) => $("facts").append(element("dt", {}, t), element("dd", {}, d));
    const p = D.problem;
    add("Samples", (D.taken ? D.taken + ". " : "") + `${p.n.toLocaleString("en")} samples, ${p.d === 1 ? "1 feature" : p.d + " features"}`);
    if (p.of > p.n) add("A fair sample", sampleText());
    if (D.field) {
      const f = D.field;
      add("Landscape", `${f.nx} x ${f.ny} points by losscape, as 24-bit numbers, at most ${f.error.toExponential(1)} ${f.log ? "of their value " : ""}off; between them cubics. Another L2 weight changes it exactly.`);
      $("facts").lastElementChild.append(element("span", { id: "landscape" }));
    }
    add("Runs", "Computed by this page in float64, by the formulas of losscape's reference.");
    const test = element("a", { href: "#selftest" }, "Test this page");
    test.addEventListener("click", e => { e.preventDefault(); selfTest(); });
    const dd = element("dd", { id: "selftest" }, test, " against numbers of that reference.");
    $("facts").append(element("dt", {}, "Self-test"), dd);
  };
  const sampleText = () => {
    const p = app.D.problem;
    return `All of this page is of ${p.n.toLocaleString("en")} of ${p.of.toLocaleString("en")} samples, drawn at random; where the runs end, losses of all samples differ by at most ${say(p.beyond, 2)}.`;
  };

  const selfTest = async () => {
    let result;
    try { result = await SelfTest.run(app.D, app); } catch (e) { result = { pass: false, failures: [String(e)], counts: {} }; }
    root.dataset.selftest = result.pass ? "pass" : "fail";
    root.dataset.selftestFailures = JSON.stringify(result.failures.slice(0, 20));
    const n = Object.values(result.counts || {}).reduce((a, b) => a + b, 0);
    $("selftest").textContent = result.pass ? `Passed: ${n} numbers agree.` : `Failed: ${result.failures.length} of ${n}, first ${result.failures[0]}`;
    $("about").open = $("about").open || !result.pass;
  };

  const start = async () => {
    const D = app.D = await Data.read();
    app.problem = Maths.problem(D.problem);
    app.reducedMotion = matchMedia("(prefers-reduced-motion: reduce)").matches;
    app.field = D.field ? Fields.make(D, GL) : null;
    const updates = D.film.updates;
    opened = { runs: D.runs, l2: D.problem.l2, time: 0 };
    app.l2 = opened.l2;
    app.runs = D.runs.map(spec => ({ spec: copy(spec) }));
    findLast();
    opened.time = updates.length > 1 ? Math.min(updates[updates.length - 1], app.last) : app.last;
    buildControls();
    recall();
    buildPanels();
    if (D.problem.of > D.problem.n) standing.push(sampleText());
    if (D.map && D.map.zoomed) standing.push("The film zooms into the map; this page shows all of it.");
    buttons();
    facts();
    showTime();
    showControls();
    notice("");
    fit();
    draw();
    describe();
    root.dataset.ready = "1";
    if (location.hash.slice(1).split("&").includes("selftest")) await selfTest();
  };

  start().catch(e => {
    root.dataset.failed = String(e && e.stack || e);
    $("notice").hidden = false;
    $("notice").textContent = typeof DecompressionStream === "undefined" ? "This browser is too old for this page: want one of 2023 or later." : "This page does not start: " + e;
    throw e;
  });
  return app;
})();
