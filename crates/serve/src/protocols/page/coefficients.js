// The coefficients of a linear model, in the order of `planish inspect`: of several classes those of one at a time.

const SHOWN_TERMS = 30;

function showCoefficients(learned) {
  const found = learned.coefficients;
  if (!found) return;
  const choice = at("coefficient-class");
  choice.replaceChildren(...found.shown.map((table, i) => element("option", { value: i }, table.class || "")));
  at("coefficient-pick").hidden = found.shown.length < 2;
  reveal("coefficients");
  showCoefficientTable();
}

function showCoefficientTable() {
  const { coefficients, fit, target } = state.learned;
  const table = coefficients.shown[at("coefficient-class").value];
  const lines = table.lines.slice(0, SHOWN_TERMS);
  const hasIntervals = lines.some((line) => line.interval);
  const hasTests = lines.some((line) => line.p !== undefined);
  at("coefficients-text").textContent = meaning(table, target, hasIntervals, fit);
  const head = ["term", "estimate", ...(hasIntervals ? ["95 % interval", "about zero"] : []), ...(hasTests ? ["p"] : [])];
  const rows = lines.map((line) => coefficientRow(line, hasIntervals, hasTests));
  at("coefficient-table").replaceChildren(tableOf(head.map((title, i) => element("th", { scope: "col", class: i ? "number" : "" }, title)), rows));
  const more = [];
  if (table.terms > lines.length) more.push("The first " + lines.length + " of " + number(table.terms) + " terms; planish inspect shows all.");
  if (coefficients.tables > coefficients.shown.length) more.push("The first " + coefficients.shown.length + " of " + number(coefficients.tables) + " classes.");
  at("coefficients-more").textContent = more.join(" ");
}

function meaning(table, target, hasIntervals, fit) {
  const of = {
    target: target,
    log_odds: "the log-odds of " + table.class + " against " + table.against,
    log_mean: "the logarithm of the mean of " + target,
  }[table.of];
  const unit = "An estimate is the change of " + of + " for one unit of the term, or for a category instead of its column's first, all else alike.";
  const intervals = hasIntervals ? " Bars reach over the interval, each on a scale of its own; a pale one holds zero." : " The model has no standard errors, so there are no intervals.";
  return unit + intervals + (fit.converged === false ? " The iteration did not come to its end: the estimates are not exact." : "");
}

function coefficientRow(line, hasIntervals, hasTests) {
  const cell = (content) => element("td", { class: "number" }, content);
  const row = [element("th", { scope: "row" }, line.term), cell(line.dropped ? "dropped" : number(line.estimate))];
  if (hasIntervals) {
    row.push(cell(line.interval ? line.interval.map(number).join(" to ") : "–"));
    row.push(element("td", {}, line.interval ? bar(line.estimate, line.interval) : ""));
  }
  if (hasTests) row.push(cell(line.p === undefined ? "–" : pValue(line.p)));
  return row;
}

// An interval and zero on a scale that holds both.
function bar(estimate, [low, high]) {
  const [w, h] = [110, 16];
  const [from, to] = [Math.min(0, low), Math.max(0, high)];
  const x = (v) => (to > from ? 6 + (w - 12) * (v - from) / (to - from) : w / 2);
  const pale = low <= 0 && high >= 0 ? " pale" : "";
  const picture = drawn("svg", { class: "interval", viewBox: "0 0 " + w + " " + h, "aria-hidden": "true" });
  picture.append(drawn("line", { class: "zero", x1: x(0), x2: x(0), y1: 0, y2: h }));
  picture.append(drawn("line", { class: "span" + pale, x1: x(low), x2: x(high), y1: h / 2, y2: h / 2 }));
  picture.append(drawn("circle", { class: "mark" + pale, cx: x(estimate), cy: h / 2, r: 4 }));
  return picture;
}
