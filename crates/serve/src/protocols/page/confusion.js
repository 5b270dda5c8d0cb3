// How often held-out rows of each class were taken for each: the whole matrix, or of many classes the most frequent mistakes, and the
// matrix behind a click.

// As many as `planish inspect` shows.
const SHOWN_CLASSES = 12;

function showConfusion(matrix) {
  if (!matrix) return;
  const { classes, rows } = matrix;
  const sums = rows.map((row) => row.reduce((a, b) => a + b, 0));
  const right = rows.reduce((sum, row, i) => sum + row[i], 0);
  const total = sums.reduce((a, b) => a + b, 0);
  at("confusion-text").textContent = counted(total, "row was", "rows were") + " held out, " + number(right) + " of them predicted right.";
  if (classes.length <= SHOWN_CLASSES) {
    at("confusion-parts").replaceChildren(...matrixOf(classes, rows, sums));
  } else {
    const whole = element("details", {}, element("summary", {}, "All " + classes.length + " classes"));
    whole.addEventListener("toggle", () => { if (whole.children.length === 1) whole.append(...matrixOf(classes, rows, sums)); });
    at("confusion-parts").replaceChildren(...mistakesOf(classes, rows, sums), whole);
  }
  reveal("confusion");
}

function percent(part, whole) {
  return whole ? (100 * part / whole).toFixed(1) + " %" : "–";
}

function matrixOf(classes, rows, sums) {
  const head = (scope, name) => element("th", { scope, title: name }, name);
  const lines = rows.map((row, i) => {
    const cells = row.map((n, j) => {
      const cell = element("td", { class: i === j ? "right" : "wrong" }, number(n), element("small", {}, percent(n, sums[i])));
      cell.style.setProperty("--share", sums[i] ? n / sums[i] : 0);
      return cell;
    });
    return [head("row", classes[i]), ...cells];
  });
  const table = tableOf(["actual", ...classes.map((name) => head("col", name))], lines);
  table.className = "heat";
  const about = element("p", { class: "hint" }, "Down: the class of the rows. Across: the class that was predicted for them, with the share of the row.");
  return [about, element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Confusion matrix" }, table)];
}

function mistakesOf(classes, rows, sums) {
  const mistakes = rows.flatMap((row, i) => row.map((n, j) => [i, j, n]).filter(([, j, n]) => j !== i && n > 0));
  if (!mistakes.length) return [];
  mistakes.sort((a, b) => b[2] - a[2]);
  const lines = mistakes.slice(0, SHOWN_CLASSES).map(([i, j, n]) => [classes[i], classes[j], number(n), percent(n, sums[i])]);
  const table = tableOf(["actual", "predicted", "rows", "share"], lines);
  const about = element("p", { class: "hint" }, "The most frequent mistakes, with their share of the actual class:");
  return [about, element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Most frequent mistakes" }, table)];
}
