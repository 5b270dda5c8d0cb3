// What the model is and what it was made from.

function kindInWords(kind) {
  const words = {
    network: "network", trees: "boosted trees", blend: "blend of several models", linear: "linear model, least squares", ridge: "ridge regression", "elastic-net": "elastic net",
    "non-negative": "non-negative least squares", logistic: "logistic regression", multinomial: "multinomial regression", poisson: "Poisson regression",
  };
  return words[kind] || kind;
}

function showAbout(model, learned) {
  const facts = [["version", model.version], ["task", model.task], ["target", model.target]];
  if (learned) facts.unshift(["kind", kindInWords(learned.kind)]);
  if (model.classes.length) facts.push(["classes", model.classes.join(", ")]);
  facts.push(["parameters", number(model.parameters)]);
  if (learned) facts.push(...shapeFacts(learned), ...rowFacts(learned));
  else facts.push(["rows", number(model.rows)]);
  for (const [name, score] of Object.entries(model.validation || {})) facts.push(["held-out " + name.replaceAll("_", " "), number(score)]);
  if (learned && learned.blend) facts.push(...candidateFacts(learned.blend));
  if (learned && learned.fit) facts.push(...fitFacts(learned.fit));
  at("about").replaceChildren(...named(facts));
  at("settings-part").hidden = !learned;
  if (learned) at("settings").replaceChildren(...named(unfolded("", learned.settings)));
}

function named(facts) {
  return facts.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
}

function shapeFacts({ layers, history }) {
  const facts = [];
  if (layers) facts.push(["layers", layers.join(" → ")]);
  if (history) facts.push(["kept epoch", number(history.best_epoch) + " of " + number(history.epochs)]);
  return facts;
}

// The rows that it was made from, and what was left out of them.
function rowFacts({ rows, rows_without_target, rare_categories, history }) {
  const facts = [["rows", number(rows)]];
  if (history) facts.push(["rows trained on", number(history.rows)], ["rows held out", number(history.validation_rows)]);
  if (rows_without_target) facts.push(["rows without a target, left out", number(rows_without_target)]);
  const rare = Object.entries(rare_categories).map(([column, n]) => column + ": " + counted(n, "row"));
  if (rare.length) facts.push(["categories too rare to be kept", rare.join(", ")]);
  return facts;
}

// What a blend was chosen from.
function candidateFacts({ metric, candidates }) {
  const told = ({ loss, standard_error, weight, fault }) =>
    fault ? "left out: " + fault : metric.replaceAll("_", " ") + " " + number(loss) + " ± " + number(Number(standard_error.toPrecision(2))) + ", weight " + number(Number(weight.toFixed(2)));
  return candidates.map((c) => ["candidate " + c.name, told(c)]);
}

function fitFacts({ r2, residual_sd }) {
  const facts = [];
  if (Number.isFinite(r2)) facts.push(["R² of its own rows", number(r2)]);
  if (Number.isFinite(residual_sd)) facts.push(["residual standard deviation", number(residual_sd)]);
  return facts;
}

// Settings within settings as names with dots: `schedule.warm up`.
function unfolded(name, value) {
  if (value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length) {
    return Object.entries(value).flatMap(([key, inner]) => unfolded(name ? name + "." + key : key, inner));
  }
  return [[name.replaceAll("_", " "), flat(value)]];
}

function flat(value) {
  if (value === null) return "none";
  if (Array.isArray(value)) return value.length ? value.map(flat).join(", ") : "none";
  if (typeof value === "object") return "none";
  return String(value);
}
