// The page: a form made from a model's columns, its prediction while one types, a curve, tables. Text from the service is put into the
// page as text alone; nothing is asked of any other host.
"use strict";

const at = (id) => document.getElementById(id);
const state = { models: [], model: null, asked: 0, key: sessionStorage.getItem("key") };

function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children.map(String));
  return node;
}

function drawn(tag, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// Six digits at most, as a person reads them.
function number(x) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return x.toExponential(4);
  return Number(x.toPrecision(6)).toLocaleString("en", { maximumFractionDigits: 8 });
}

function notice(text) {
  at("notice").textContent = text;
  at("notice").hidden = !text;
}

function headers(more) {
  return state.key ? { ...more, Authorization: "Bearer " + state.key } : more;
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: headers((options || {}).headers || {}) });
  } catch {
    throw new Error("The service does not answer.");
  }
  if (response.ok) return response;
  if (response.status === 401) {
    at("key-form").hidden = false;
    at("app").hidden = true;
  }
  const body = await response.json().catch(() => ({}));
  throw new Error(body.error || "The service answered with status " + response.status + ".");
}

async function predict(rows, interval) {
  const body = { model: state.model.name, rows };
  if (interval && state.model.has_intervals) body.interval = 0.95;
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return (await ask("predict", options)).json();
}

// The form.

function typicalText(column) {
  return column.typical === null || column.typical === undefined ? "" : String(Number.isFinite(column.typical) ? Number(column.typical.toPrecision(6)) : column.typical);
}

function numberField(column, id) {
  const input = element("input", { id, type: "text", inputmode: "decimal", "data-column": column.name });
  const hint = element("p", { class: "hint", id: id + "-hint" });
  hint.textContent = column.range ? "in training " + number(column.range[0]) + " to " + number(column.range[1]) : "";
  input.setAttribute("aria-describedby", id + "-hint");
  return [input, hint];
}

function categoryField(column, id) {
  const levels = column.categories || [];
  if (levels.length > 60) {
    const input = element("input", { id, type: "text", list: id + "-levels", "data-column": column.name });
    const list = element("datalist", { id: id + "-levels" });
    for (const level of levels) list.append(element("option", { value: level }));
    return [input, list];
  }
  const select = element("select", { id, "data-column": column.name });
  select.append(element("option", { value: "" }, "(missing)"));
  for (const level of levels) select.append(element("option", { value: level }, level));
  return [select];
}

function showForm() {
  const fields = at("fields");
  fields.replaceChildren();
  state.model.columns.forEach((column, i) => {
    const id = "field-" + i;
    const field = element("div", { class: "field" });
    field.append(element("label", { for: id }, column.name));
    field.append(...(column.kind === "number" ? numberField(column, id) : categoryField(column, id)));
    fields.append(field);
  });
  fillTypical();
  const choice = at("curve-column");
  choice.replaceChildren();
  for (const column of state.model.columns) {
    if (column.kind === "number" && column.range && column.range[0] < column.range[1]) choice.append(element("option", { value: column.name }, column.name));
  }
  at("curve-card").hidden = choice.options.length === 0;
}

function fillTypical() {
  state.model.columns.forEach((column, i) => { at("field-" + i).value = typicalText(column); });
}

function row() {
  const cells = {};
  state.model.columns.forEach((column, i) => {
    const text = at("field-" + i).value.trim();
    const value = Number(text);
    cells[column.name] = text === "" ? null : column.kind === "number" && Number.isFinite(value) ? value : text;
  });
  return cells;
}

// The prediction.

const REASONS = {
  unknown_category: "was not in training: the average of the training rows stands for it",
  imputed: "is missing: a typical value stands for it",
  cut_off: "is beyond all reason: a nearer number stands for it",
  outside_range: "lies outside what was in training",
};

function bars(probabilities, best) {
  const sorted = Object.entries(probabilities).sort((a, b) => b[1] - a[1]).slice(0, 12);
  return sorted.map(([name, p]) => {
    const bar = element("div", { class: name === best ? "bar best" : "bar" });
    const fill = element("i");
    fill.style.width = 100 * p + "%";
    bar.append(fill, element("span", {}, name), element("span", {}, (100 * p).toFixed(1) + " %"));
    return bar;
  });
}

function showAnswer(answer) {
  const { prediction, probabilities, obs_ci, mean_ci, warnings } = answer;
  const shown = [element("div", { class: "value" }, typeof prediction === "number" ? number(prediction) : prediction)];
  if (probabilities) shown.push(...bars(probabilities, prediction));
  if (obs_ci) shown.push(element("p", {}, "95 % of rows like this lie within " + number(obs_ci[0]) + " and " + number(obs_ci[1])));
  if (mean_ci) shown.push(element("p", { class: "hint" }, "their mean, with 95 % confidence, within " + number(mean_ci[0]) + " and " + number(mean_ci[1])));
  at("answer").replaceChildren(...shown);
  at("warnings").replaceChildren(...(warnings || []).map((w) => element("li", {}, w.column + " " + (REASONS[w.kind] || w.kind))));
}

async function update() {
  const turn = ++state.asked;
  const cells = row();
  try {
    const { predictions } = await predict([cells], true);
    if (turn !== state.asked) return;
    notice("");
    showAnswer(predictions[0]);
    await showCurve(cells, turn);
  } catch (error) {
    if (turn !== state.asked) return;
    at("answer").replaceChildren();
    at("warnings").replaceChildren();
    notice(error.message);
  }
}

let timer = 0;
function updateSoon() {
  clearTimeout(timer);
  timer = setTimeout(update, 120);
}

// The curve.

const POINTS = 41;

async function showCurve(cells, turn) {
  const name = at("curve-column").value;
  if (!name) return;
  const [from, to] = state.model.columns.find((c) => c.name === name).range;
  const xs = Array.from({ length: POINTS }, (_, i) => from + (to - from) * i / (POINTS - 1));
  const { predictions } = await predict(xs.map((x) => ({ ...cells, [name]: x })));
  if (turn !== state.asked) return;
  const classes = state.model.classes;
  const watched = classes.length ? (at("answer").querySelector(".best span") || {}).textContent || classes[classes.length - 1] : null;
  const ys = predictions.map((p) => (watched === null ? p.prediction : p.probabilities[watched]));
  const what = watched === null ? state.model.target : "probability of " + watched;
  at("curve").replaceChildren(curve(xs, ys, Number(cells[name]), name, what, watched !== null));
  at("curve-text").textContent = "The " + what + " by " + name + ", all else as in the row: from " + number(Math.min(...ys)) + " to " + number(Math.max(...ys)) + ".";
}

function curve(xs, ys, here, name, what, isShare) {
  const [w, h, left, right, top, bottom] = [560, 240, 64, 12, 12, 34];
  let [low, high] = isShare ? [0, 1] : [Math.min(...ys), Math.max(...ys)];
  if (!(high > low)) [low, high] = [low - 1, high + 1];
  const x = (v) => left + (w - left - right) * (v - xs[0]) / (xs[POINTS - 1] - xs[0]);
  const y = (v) => h - bottom - (h - top - bottom) * (v - low) / (high - low);
  const picture = drawn("svg", { viewBox: "0 0 " + w + " " + h, role: "img", "aria-label": what + " by " + name });
  for (const v of [low, (low + high) / 2, high]) {
    picture.append(drawn("line", { class: "axis", x1: left, x2: w - right, y1: y(v), y2: y(v) }));
    picture.append(drawn("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, number(Number(v.toPrecision(4)))));
  }
  [[0, "start"], [(POINTS - 1) / 2, "middle"], [POINTS - 1, "end"]].forEach(([i, anchor]) => {
    picture.append(drawn("text", { x: x(xs[i]), y: h - bottom + 18, "text-anchor": anchor }, number(Number(xs[i].toPrecision(4)))));
  });
  picture.append(drawn("polyline", { class: "line", points: xs.map((v, i) => x(v).toFixed(1) + "," + y(ys[i]).toFixed(1)).join(" ") }));
  if (here >= xs[0] && here <= xs[POINTS - 1]) {
    const i = Math.round((here - xs[0]) / (xs[POINTS - 1] - xs[0]) * (POINTS - 1));
    picture.append(drawn("circle", { class: "here", cx: x(xs[i]), cy: y(ys[i]), r: 5 }));
  }
  return picture;
}

// Tables.

async function takeFile(file) {
  if (!file) return;
  at("table").hidden = at("download").hidden = true;
  at("table-text").textContent = "Predicting " + file.name + " …";
  try {
    const path = "predict?model=" + encodeURIComponent(state.model.name);
    const response = await ask(path, { method: "POST", headers: { "Content-Type": "text/csv", Accept: "text/csv" }, body: file });
    showTable(await response.text());
  } catch (error) {
    at("table-text").textContent = error.message;
  }
}

// The rows of a CSV text; cells in quotes may hold commas, line ends and doubled quotes.
function parse(text) {
  const rows = [[]];
  let [cell, quoted] = ["", false];
  const end = () => { rows[rows.length - 1].push(cell); cell = ""; };
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted && c === '"' && text[i + 1] === '"') { cell += '"'; i++; }
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === ",") end();
    else if (!quoted && c === "\n") { end(); rows.push([]); }
    else if (quoted || c !== "\r") cell += c;
  }
  if (cell !== "" || rows[rows.length - 1].length) end();
  return rows.filter((row) => row.length);
}

function showTable(text) {
  const lines = parse(text);
  const table = element("table");
  const head = element("tr");
  head.append(...lines[0].map((c) => element("th", { scope: "col" }, c)));
  const top = element("thead");
  top.append(head);
  const body = element("tbody");
  for (const line of lines.slice(1, 101)) {
    const tr = element("tr");
    tr.append(...line.map((c) => element("td", {}, c)));
    body.append(tr);
  }
  table.append(top, body);
  at("table").replaceChildren(table);
  at("table").hidden = at("download").hidden = false;
  const rows = lines.length - 1;
  at("table-text").textContent = rows.toLocaleString("en") + " rows" + (rows > 100 ? ", the first 100 are shown" : "");
  if (at("download").href) URL.revokeObjectURL(at("download").href);
  at("download").href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
}

// Copies.

function body() {
  return { model: state.model.name, rows: [row()] };
}

function address() {
  return new URL("predict", location.href).href;
}

function asCurl() {
  const quoted = (text) => "'" + text.replaceAll("'", "'\\''") + "'";
  const key = state.key ? " -H \"Authorization: Bearer $PLANISH_KEY\"" : "";
  return "curl " + quoted(address()) + " -H 'Content-Type: application/json'" + key + " -d " + quoted(JSON.stringify(body()));
}

function asPython() {
  const key = state.key ? "\nrequest.add_header(\"Authorization\", \"Bearer \" + os.environ[\"PLANISH_KEY\"])" : "";
  return "import json" + (state.key ? ", os" : "") + ", urllib.request\n\nbody = json.loads(" + JSON.stringify(JSON.stringify(body())) + ")\nrequest = urllib.request.Request(" +
    JSON.stringify(address()) + ", json.dumps(body).encode(), {\"Content-Type\": \"application/json\"})" + key + "\nprint(json.load(urllib.request.urlopen(request)))\n";
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    at("copied").textContent = "copied";
  } catch {
    const area = element("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    at("copied").textContent = document.execCommand("copy") ? "copied" : "the browser does not allow it";
    area.remove();
  }
}

// The model.

function showAbout() {
  const { version, task, target, classes, rows, parameters, validation } = state.model;
  const facts = [["version", version], ["task", task], ["target", target], ["training rows", number(rows)], ["parameters", number(parameters)]];
  if (classes.length) facts.push(["classes", classes.join(", ")]);
  for (const [name, score] of Object.entries(validation || {})) facts.push(["held-out " + name, number(score)]);
  at("about").replaceChildren(...facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
}

function choose(name) {
  state.model = state.models.find((m) => m.name === name) || state.models[0];
  at("model").value = state.model.name;
  document.title = state.model.name + " – Planish";
  at("target").textContent = state.model.target;
  at("table").hidden = at("download").hidden = true;
  at("table-text").textContent = "";
  showForm();
  showAbout();
  update();
}

async function start() {
  try {
    state.models = (await (await ask("models")).json()).models;
  } catch (error) {
    return notice(error.message);
  }
  notice("");
  at("key-form").hidden = true;
  at("app").hidden = false;
  at("model").replaceChildren(...state.models.map((m) => element("option", { value: m.name }, m.name)));
  at("model-pick").hidden = false;
  choose(decodeURIComponent(location.hash.slice(1)));
}

at("model").addEventListener("change", (e) => { location.hash = encodeURIComponent(e.target.value); choose(e.target.value); });
at("row").addEventListener("input", updateSoon);
at("row").addEventListener("submit", (e) => { e.preventDefault(); update(); });
at("typical").addEventListener("click", () => { fillTypical(); update(); });
at("curve-column").addEventListener("change", update);
at("copy-curl").addEventListener("click", () => copy(asCurl()));
at("copy-python").addEventListener("click", () => copy(asPython()));
at("file").addEventListener("change", (e) => takeFile(e.target.files[0]));
at("drop").addEventListener("dragover", (e) => { e.preventDefault(); at("drop").classList.add("over"); });
at("drop").addEventListener("dragleave", () => at("drop").classList.remove("over"));
at("drop").addEventListener("drop", (e) => { e.preventDefault(); at("drop").classList.remove("over"); takeFile(e.dataTransfer.files[0]); });
at("key-form").addEventListener("submit", (e) => {
  e.preventDefault();
  state.key = at("key").value;
  sessionStorage.setItem("key", state.key);
  start();
});
start();
