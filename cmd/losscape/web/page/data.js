// What the page knows of the scene: the text of the element "data" is deflated JSON, and
// bytes that it refers to, in base 64 (see pack.go and field.go).
const Data = (() => {
  const element = 4; // bytes of the length of the JSON

  /** Returns the bytes that base 64 text stands for. */
  const bytesOf = text => {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const binary = atob(text), out = new Uint8Array(binary.length);
    for (let i = 0; i < out.length; i++) out[i] = binary.charCodeAt(i);
    return out;
  };

  /** Returns what raw deflate made of bytes. */
  const inflate = async bytes => {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  /** Returns whole numbers of 24 bits from three planes of bytes of what each is more than
   *  left + below − (left and below). */
  const levels = (bytes, nx) => {
    const n = bytes.length / 3, out = new Int32Array(n);
    for (let k = 0; k < n; k++) {
      const i = k % nx, row = k >= nx;
      const left = i > 0 ? out[k - 1] : 0, below = row ? out[k - nx] : 0, both = i > 0 && row ? out[k - nx - 1] : 0;
      const d = bytes[k] | bytes[n + k] << 8 | bytes[2 * n + k] << 16;
      out[k] = (left + below - both + d) & 0xffffff;
    }
    return out;
  };

  /** Returns the losses that a field's levels stand for, NaN for those that are not finite. */
  const losses = f => {
    const q = levels(f.levels, f.nx), out = new Float32Array(q.length);
    for (let k = 0; k < q.length; k++) {
      const v = f.lo + (q[k] - 1) * f.step;
      out[k] = q[k] === 0 ? NaN : f.log ? Math.exp(v) : v;
    }
    return out;
  };

  /** Returns a canvas with a map's cells, one pixel each, the uppermost row first. */
  const picture = p => {
    const canvas = document.createElement("canvas");
    canvas.width = p.nx;
    canvas.height = p.ny;
    const ctx = canvas.getContext("2d"), image = ctx.createImageData(p.nx, p.ny);
    const colors = p.colors.map(c => parseInt(c.slice(1), 16));
    for (let j = 0; j < p.ny; j++) {
      for (let i = 0, to = 4 * (p.ny - 1 - j) * p.nx; i < p.nx; i++, to += 4) {
        const at = j * p.nx + i, c = colors[p.lo[at] | (p.hi ? p.hi[at] << 8 : 0)];
        image.data[to] = c >> 16; image.data[to + 1] = c >> 8 & 255; image.data[to + 2] = c & 255; image.data[to + 3] = 255;
      }
    }
    ctx.putImageData(image, 0, 0);
    return canvas;
  };

  /** Reads the payload of a document. */
  const read = async () => {
    const all = await inflate(bytesOf(document.getElementById("data").textContent.trim()));
    const size = new DataView(all.buffer).getUint32(0, true);
    const from = element + size + (8 - (element + size) % 8) % 8;
    const kinds = { f64: Float64Array, f32: Float32Array, i32: Int32Array, u8: Uint8Array };
    const revive = (_, v) => {
      if (!v || typeof v !== "object" || v.$ === undefined) return v;
      if (v.$ === "field") return all.slice(from + v.at, from + v.at + 3 * v.n);
      return new kinds[v.$](all.buffer, from + v.at, v.n);
    };
    const D = JSON.parse(new TextDecoder().decode(all.subarray(element, element + size)), revive);
    D.toml = document.getElementById("toml").textContent;
    if (D.field) {
      D.field.values = losses(D.field);
      D.field.relative = D.field.log;
      D.field.source = "engine";
      D.field.bits = 24;
    }
    if (D.map) D.map.image = picture(D.map.pixels);
    return D;
  };

  return { read };
})();
