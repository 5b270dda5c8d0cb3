// What if: the prediction as one column varies, all else as in the row.

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
  state.curve = { xs, ys, here: Number(cells[name]), label: what + " by " + name, isShare: watched !== null };
  drawCurve();
  at("curve-text").textContent = "The " + what + " by " + name + ", all else as in the row: from " + number(Math.min(...ys)) + " to " + number(Math.max(...ys)) + ".";
}

function drawCurve() {
  if (!state.curve) return;
  const { xs, ys, here, label, isShare } = state.curve;
  const i = Math.round((here - xs[0]) / (xs[POINTS - 1] - xs[0]) * (POINTS - 1));
  const dots = here >= xs[0] && here <= xs[POINTS - 1] ? [{ x: xs[i], y: ys[i], class: "here" }] : [];
  const lines = [{ class: "line", points: xs.map((x, j) => [x, ys[j]]) }];
  at("curve").replaceChildren(chart({ width: at("curve").clientWidth, label, lines, dots, range: isShare ? [0, 1] : null }));
}
