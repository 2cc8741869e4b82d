"use strict";
// The page: what is typed, and what is shown of the answer (formulas.js).
(() => {
  const { data, steps, answer, nearest, spelt, sample, reader, knowsLegal } = window.shapecalc;
  const MOST_DIGITS = 12; // as the engine takes them
  const byId = (id) => document.getElementById(id);
  const fields = data.symbols.map((name) => byId(`size-${name}`));
  const rows = [...document.querySelectorAll(".layers tbody tr")].map((row) => {
    const [path, , size, , params, macs] = row.children;
    return { row, size, params, macs, path: path.textContent };
  });
  const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
  const setText = (element, text) => { if (element && element.textContent !== text) element.textContent = text; };
  const setClass = (row, name) => { if (row.className !== name) row.className = name; };

  function typed() {
    const sizes = {};
    for (const [place, field] of fields.entries()) {
      const text = field.value.trim();
      const right = /^\d+$/.test(text) && text.length <= MOST_DIGITS && BigInt(text) > 0n;
      field.setAttribute("aria-invalid", String(!right));
      if (!right) return null;
      sizes[data.symbols[place]] = BigInt(text);
    }
    return sizes;
  }

  function drawRows(found) {
    const blamed = new Map(found.problems.map(({ step }) => [step, true]));
    rows.forEach(({ row, size, macs, params }, number) => {
      const ran = number + 1 < found.shapes.length;
      const isFailed = number === found.failed;
      const taken = () => data.sources[number].map((source) => spelt(found.shapes[source])).join(" and ");
      let text = "not reached";
      if (ran) {
        const shapes = [taken(), spelt(found.shapes[number + 1])];
        text = shapes[0] === shapes[1] ? shapes[1] : shapes.join(" → ");
      } else if (isFailed) text = `${taken()} → ✗`;
      setText(size, text);
      setText(params, ran ? amount(found.read.size(steps[number].params)) : "");
      setText(macs, ran ? amount(counts(found, number)) : "");
      setClass(row, isFailed ? "failed" : blamed.has(number) ? "wrong" : ran ? "" : "unreached");
    });
  }
  const amount = (number) => (number ? grouped(number) : "");
  const counts = (found, number) => found.read.size(steps[number].macs);

  function drawTotals(found) {
    const rest = found.failed === null ? data.unplaced : 0;
    let [macs, numbers, params, known] = [0n, 0n, BigInt(rest), true];
    for (let number = 0; number + 1 < found.shapes.length; number += 1) {
      params += found.read.size(steps[number].params);
      const parts = [counts(found, number), ...sample(found.shapes[number + 1])];
      known = known && parts.every((part) => typeof part === "bigint");
      if (known) macs += parts[0];
      if (known) numbers += parts.slice(1).reduce((all, size) => all * size, 1n);
    }
    for (const id of ["total-params", "column-params"]) setText(byId(id), grouped(params));
    if (byId("unplaced")) byId("unplaced").hidden = !rest;
    setText(byId("total-macs"), known ? grouped(macs) : "–");
    setText(byId("total-flops"), known ? grouped(2n * macs) : "–");
    setText(byId("total-numbers"), known ? grouped(numbers) : "–");
    setText(byId("total-bytes"), known ? grouped(4n * numbers) : "–");
    setText(byId("column-macs"), known ? grouped(macs) : "–");
  }

  function drawAnswer(sizes, found) {
    const input = spelt(found.shapes[0]);
    const errors = found.problems.length;
    const comesBack = data.mirrors && found.isBack && !errors;
    const verdict = found.failed !== null ? "cannot run"
      : errors ? "runs, but the contract is broken" : comesBack ? "comes back unchanged" : "runs";
    setText(byId("verdict"), `${input} ${verdict}${found.output && !comesBack ? `; out comes ${spelt(found.output)}` : ""}`);
    byId("verdict").className = errors ? "bad" : "good";
    byId("said").replaceChildren(...found.problems.map(drawProblem));
    const near = errors ? nearest(sizes) : null;
    byId("near").hidden = !errors;
    byId("use").hidden = !near;
    if (errors) {
      setText(byId("near-text"), near ? "Nearest size without an error: "
        : knowsLegal ? "Every size has an error."
        : Object.keys(data.products).length ? "Which size without an error is nearest, no formula says."
        : "The nearest size without an error is no simple set; `shapecalc sizes --near` searches for it.");
      if (near) {
        byId("use").dataset.sizes = JSON.stringify(data.symbols.map((name) => String(near[name])));
        setText(byId("use"), spelt(reader(near).shape(data.input)));
      }
    }
  }

  function drawProblem({ code, path, message, note, step }) {
    const item = document.createElement("li");
    const where = path || (step !== null && rows[step] && rows[step].path);
    const head = document.createElement("p");
    head.className = "said";
    const label = document.createElement("strong");
    label.textContent = `error[${code || "?"}]`;
    head.append(label, ` ${where ? `${where}: ` : ""}${message || "`shapecalc check` with this input has the words"}`);
    item.append(head);
    if (note) {
      const small = document.createElement("p");
      small.className = "note";
      small.textContent = `note: ${note}`;
      item.append(small);
    }
    return item;
  }

  function draw() {
    const start = performance.now();
    const sizes = typed();
    const isGiven = sizes && data.given && data.symbols.every((name) => sizes[name] === BigInt(data.given[name]));
    if (sizes) {
      const found = answer(sizes);
      drawRows(found);
      drawTotals(found);
      drawAnswer(sizes, found);
    } else {
      setText(byId("verdict"), `type a size of 1 or more for ${data.symbols.join(" and ")}, of at most ${MOST_DIGITS} digits`);
      byId("verdict").className = "";
      byId("said").replaceChildren();
      byId("near").hidden = true;
    }
    byId("elsewhere").hidden = !sizes || isGiven;
    window.shapecalc.milliseconds = performance.now() - start;
  }

  fields.forEach((field, place) => {
    field.addEventListener("input", draw);
    field.addEventListener("beforeinput", (event) => { // 10x474, typed in one go or pasted; 1x10x474 too
      const text = (event.data || "").trim();
      const sizes = (text.match(/\d+/g) || []).slice(-fields.length);
      if (/^[x×*]$/i.test(text) && fields[place + 1]) {
        event.preventDefault();
        fields[place + 1].focus();
        fields[place + 1].select();
      } else if (/^\d+(\s*[x×*,]\s*\d+)+$/i.test(text) && sizes.length === fields.length) {
        event.preventDefault();
        sizes.forEach((size, axis) => { fields[axis].value = size; });
        draw();
      }
    });
  });
  byId("sizes").addEventListener("submit", (event) => event.preventDefault());
  byId("use").addEventListener("click", () => {
    JSON.parse(byId("use").dataset.sizes).forEach((size, place) => { fields[place].value = size; });
    draw();
    fields[0].focus();
  });
  byId("reset").addEventListener("click", () => {
    for (const field of fields) field.value = field.defaultValue;
    if (data.given) draw();
    else location.reload();
  });
  byId("sizes").hidden = false;
  if (data.given) draw();
})();
