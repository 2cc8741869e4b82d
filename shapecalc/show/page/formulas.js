"use strict";
// Answers for every size from the records in the page: the engine's formulas, conditions and texts, evaluated in
// exact integers (BigInt). Nothing is asked of a network. What the records mean: live.py.
(() => {
  const data = JSON.parse(document.getElementById("records").textContent);
  data.sources = data.sources.map((source) => (typeof source === "number" ? [source] : source));
  const SAMPLES = 2n; // the batch, where a condition depends on it

  const floorDiv = (a, b) => { // b > 0
    const quotient = a / b;
    return a < 0n && quotient * b !== a ? quotient - 1n : quotient;
  };
  const gcd = (a, b) => (b ? gcd(b, a % b) : a < 0n ? -a : a);
  const isSymbol = (part) => typeof part === "string" && !/^-?\d/.test(part);

  const formulas = data.formulas.map(([first, ...rest]) =>
    isSymbol(first)
      ? { symbol: first, denominator: BigInt(rest[0]), pieces: rest.slice(1).map((piece) => piece.map(BigInt)) }
      : { denominator: BigInt(first), terms: rest.map(([c, ...factors]) => [BigInt(c), factors]) });
  // What a record leaves out is the usual.
  const steps = data.steps.map(({ out, params = 0, macs = 0, scales = "", unpadded, needs = [] }, number) => ({
    out, params, macs, scales,
    unpadded: (unpadded || data.sources[number])[0],
    needs: needs.map(([place, formula, relation]) =>
      [place, formula, relation === ">=" || relation === "==" ? relation : BigInt(relation)]),
  }));
  const legal = data.legal && data.legal.map((box) => box.map((set) => set.map((segment) => segment.map(BigInt))));

  function piecesAt(pieces, h) {
    let place = pieces.length - 1;
    while (place && h < pieces[place][0]) place -= 1;
    const [, slope, base, period, ...jumps] = pieces[place];
    let value = slope * h + base;
    for (let i = 0; i < jumps.length; i += 2) value += jumps[i + 1] * (floorDiv(h - jumps[i], period) + 1n);
    return value;
  }

  // The numerators of the formulas at the given sizes, each worked out once.
  function evaluator(sizes) {
    const known = new Array(formulas.length);
    const product = (k) => floorDiv(numerator(k), formulas[k].denominator);
    function numerator(k) {
      if (known[k] === undefined) {
        const { symbol, pieces, terms } = formulas[k];
        known[k] = symbol
          ? piecesAt(pieces, symbol in data.products ? product(data.products[symbol]) : sizes[symbol])
          : terms.reduce((sum, [c, factors]) => sum + factors.reduce((all, f) => all * numerator(f), c), 0n);
      }
      return known[k];
    }
    return numerator;
  }

  // An integer, or the text of a size with the batch in it.
  function reader(sizes) {
    const one = evaluator({ ...sizes, N: 1n });
    const two = evaluator({ ...sizes, N: SAMPLES });
    const size = (ref) => {
      if (typeof ref === "number") return BigInt(ref);
      if (typeof ref === "string") return ref === "N" ? ref : BigInt(ref);
      const [k, batch] = ref;
      const { denominator } = formulas[k];
      if (!batch) return two(k) / denominator;
      const rate = two(k) - one(k);
      const constant = one(k) - rate;
      if (!rate) return constant / denominator;
      const common = gcd(gcd(rate, constant), denominator);
      const [a, b, d] = [rate / common, constant / common, denominator / common];
      const [times, minus, gap, over] = batch === "N" ? ["·", "−", d === 1n ? " " : "", "/"] : ["*", "-", "", "//"];
      const product = `${a === 1n ? "" : `${a}${times}`}N`;
      const sum = b ? `${product}${gap}${b < 0n ? minus : "+"}${gap}${b < 0n ? -b : b}` : product;
      return d === 1n ? sum : `${b ? `(${sum})` : sum}${over}${d}`;
    };
    const holds = ([, k, relation]) => {
      const value = two(k) / formulas[k].denominator;
      return relation === ">=" ? value >= 0n : relation === "==" ? value === 0n : value % relation === 0n;
    };
    return { size, shape: (refs) => refs.map(size), holds };
  }

  const alike = (a, b) => a.length === b.length && a.every((size, axis) => size === b[axis]);
  const sample = (shape) => (shape[0] === "N" ? shape.slice(1) : shape);
  const extent = (shape) => (shape.length > 2 ? shape.slice(2) : shape.slice(1));
  const losesBatch = (shape) => !shape.includes("N") && shape.some((size) => typeof size === "string");
  function spelt(shape) {
    const texts = sample(shape).map(String);
    const plain = texts.every((text) => /^\w+$/.test(text));
    return texts.map((text) => (text.includes(" ") ? `(${text})` : text)).join(plain ? "x" : " × ") || "scalar";
  }

  // Of what a forward returns, the first that is most like its input, as `Trace.shape_out` finds it.
  function mostAlike(returned, input) {
    const has = (shape) => shape.length === input.length && shape[1] === input[1];
    return returned.find((shape) => alike(shape, input)) || returned.find(has) || returned[0];
  }

  // Everything about one input: shapes by source (0 is the input), the step that fails, the problems.
  function answer(sizes) {
    const read = reader(sizes);
    const shapes = [read.shape(data.input)];
    const problems = [];
    let failed = data.failed;
    for (let number = 0; number < steps.length; number += 1) {
      const broken = steps[number].needs.find((need) => !read.holds(need));
      if (broken) {
        failed = number;
        problems.push([`${number}.${broken[0]}`, number]);
        break;
      }
      shapes.push(read.shape(steps[number].out));
    }
    if (failed !== null && !problems.length) problems.push([`${failed}.!`, failed]);
    const ran = shapes.length - 1;
    const taken = (number) => shapes[data.sources[number][0]];
    const made = (number) => shapes[number + 1];
    const lastChange = (number) => {
      while (number >= 0 && alike(taken(number), made(number))) number -= 1;
      return number;
    };
    if (data.latent && data.latent[0] < ran && !alike(made(data.latent[0]), read.shape(data.latent[1]))) {
      const blamed = lastChange(data.latent[0]);
      problems.push([`latent.${blamed}`, blamed]);
    }
    let output = null;
    if (failed === null) {
      const returned = (data.returns || [ran]).map((source) => shapes[source]);
      output = data.mirrors ? mostAlike(returned, shapes[0]) : returned[0];
      if (losesBatch(output)) {
        let number = ran - 1;
        while (number > 0 && losesBatch(made(number - 1))) number -= 1;
        problems.push([`folded.${number}`, number]);
      } else {
        const wanted = data.output ? read.shape(data.output) : data.mirrors ? shapes[0] : output;
        const input = extent(shapes[0]);
        const restores = !data.output || (alike(extent(wanted), input) && !alike(extent(output), input));
        if (!alike(output, wanted)) {
          const wrong = restores && firstWrong(shapes);
          const blamed = wrong || [lastChange(ran - 1)];
          problems.push([[data.output ? "output" : "mirror", ...blamed].join("."), blamed[0]]);
        }
      }
    }
    const said = problems.map(([key, step]) => told(key, step, read.size)).filter(({ silent }) => !silent);
    return { shapes, failed, output, isBack: output !== null && alike(output, shapes[0]), read, problems: said };
  }

  // The first decoder step that does not give back what its partner took, as `pairing.first_wrong` finds it: the
  // steps that scale are paired first, then all that change the extent. [decoder, encoder, the wrong axis], or null.
  function firstWrong(shapes) {
    const ran = shapes.length - 1;
    const taken = (number) => shapes[data.sources[number][0]];
    const made = (number) => shapes[number + 1];
    const [start, stop] = data.decoder;
    const paired = (up, down) => up.slice(0, down.length).map((number, i) => [number, down[down.length - 1 - i]]);
    const numbers = [...Array(ran).keys()];
    const scaling = paired(
      numbers.filter((i) => i >= start && i < stop && scales(steps[i].scales, taken(i), made(i), true)),
      numbers.filter((i) => i < start && scales(steps[i].scales, taken(i), made(i), false)),
    );
    const found = (decoder, encoder, wanted) => {
      const returned = extent(made(decoder));
      const axis = returned.findIndex((size, place) => size !== wanted[place]);
      return [decoder, encoder, returned.length === wanted.length ? Math.max(axis, 0) : "-"];
    };
    for (const [i, [decoder, encoder]] of scaling.entries()) {
      const wanted = extent(shapes[steps[encoder].unpadded]);
      const end = i + 1 < scaling.length ? scaling[i + 1][0] : ran;
      if (!numbers.slice(decoder, end).some((number) => alike(extent(made(number)), wanted))) return found(decoder, encoder, wanted);
    }
    const changing = numbers.filter((i) => !alike(extent(taken(i)), extent(made(i))));
    for (const [decoder, encoder] of paired(changing.filter((i) => i >= start && i < stop), changing.filter((i) => i < start))) {
      const wanted = extent(taken(encoder));
      if (!alike(extent(made(decoder)), wanted)) return found(decoder, encoder, wanted);
    }
    return null;
  }
  function scales(how, taken, made, grows) {
    if (how === "up" || how === "down" || !how) return how === (grows ? "up" : "down");
    const sizes = taken.slice(2).map((size, axis) => [size, made[axis + 2]]);
    const known = sizes.filter((pair) => pair.every((size) => typeof size === "bigint"));
    if (taken.length !== made.length || !known.length) return false;
    if (how === "factor") return grows === known.every(([a, b]) => a <= b);
    return known.some(([a, b]) => (grows ? 2n * b >= 3n * a : 2n * a >= 3n * b));
  }

  // A problem's texts, their slots filled in.
  function told(key, step, size) {
    const own = data.messages[key]; // else what is said whatever is blamed
    const { code = "", path = null, message = null, note = null, silent = false } = own || data.messages[key.split(".")[0]] || {};
    const slot = (part) => size(typeof part === "number" ? [part] : [part[0], "as in Python"]);
    const fill = (parts) => parts && parts.map((part) => (typeof part === "string" ? part : slot(part))).join("");
    return { key, step: own ? step : null, code, path, message: fill(message), note: fill(note), silent };
  }

  // The nearest size without an error: by the least sum of changes, then the smaller.
  function below(set, h) {
    for (let place = set.length - 1, stop = h + 1n; place >= 0; stop = set[place][0] < stop ? set[place][0] : stop, place -= 1) {
      const [start, period, ...ends] = set[place];
      if (start >= stop) continue;
      let best = null;
      for (let i = 0; i < ends.length; i += 2) {
        const first = ends[i] + floorDiv(stop - 1n - ends[i], period) * period;
        const last = first + ends[i + 1] - ends[i] - 1n;
        const found = last < stop ? last : stop - 1n;
        if (best === null || found > best) best = found;
      }
      if (best !== null && best >= start) return best;
    }
    return null;
  }
  function above(set, h) {
    for (let place = 0; place < set.length; place += 1) {
      const [start, period, ...ends] = set[place];
      const stop = place + 1 < set.length ? set[place + 1][0] : null;
      if (stop !== null && stop <= h) continue;
      const from = h > start ? h : start;
      let best = null;
      for (let i = 0; i < ends.length; i += 2) {
        const first = ends[i] + floorDiv(from - ends[i], period) * period;
        const found = from < first + ends[i + 1] - ends[i] ? from : first + period;
        if (best === null || found < best) best = found;
      }
      if (best !== null && (stop === null || best < stop)) return best;
    }
    return null;
  }
  function nearestIn(set, h) {
    const [low, high] = [below(set, h), above(set, h)];
    if (low === null || high === null) return low === null ? high : low;
    return h - low <= high - h ? low : high;
  }
  function nearest(sizes) {
    let best = null;
    const order = data.symbols.map((name, place) => [name, place]).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const box of legal || []) {
      const point = data.symbols.map((name, place) => nearestIn(box[place], sizes[name]));
      if (point.includes(null)) continue;
      const change = point.reduce((sum, h, place) => {
        const by = h - sizes[data.symbols[place]];
        return sum + (by < 0n ? -by : by);
      }, 0n);
      const rank = [change, ...order.map(([, place]) => point[place])];
      const differs = best && rank.findIndex((part, place) => part !== best.rank[place]);
      if (!best || (differs >= 0 && rank[differs] < best.rank[differs])) best = { rank, point };
    }
    return best && Object.fromEntries(data.symbols.map((name, place) => [name, best.point[place]]));
  }

  window.shapecalc = { data, steps, answer, nearest, spelt, sample, reader, symbols: data.symbols, knowsLegal: Boolean(legal) };
})();
