// The prediction of the row in the form, and what is unusual in it.

const REASONS = {
  unknown_category: "was not in training: the average of the training rows stands for it",
  imputed: "is missing: a typical value stands for it",
  cut_off: "is beyond all reason: a nearer number stands for it",
  outside_range: "lies outside what was in training",
  interval_of_unknown: "was not in training: the interval is that of the average of the training rows",
  off_relation: "breaks a relation that held in all rows of training, so that nothing there supports the prediction",
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
  at("warnings").replaceChildren(...(warnings || []).map((w) => element("li", {}, w.column + " " + (REASONS[w.kind] || w.kind) + (w.relation ? ": " + w.relation : ""))));
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
    const { predictions: [explained] } = await predict([cells], false, true);
    if (turn === state.asked) showParts(explained.explanation);
  } catch (error) {
    if (turn !== state.asked) return;
    at("answer").replaceChildren();
    at("warnings").replaceChildren();
    at("parts").replaceChildren();
    notice(error.message);
  }
}

let timer = 0;
function updateSoon() {
  clearTimeout(timer);
  timer = setTimeout(update, 120);
}
