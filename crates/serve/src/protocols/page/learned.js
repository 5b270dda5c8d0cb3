// What the model learned, asked for once a model is chosen: the curves of its training here, the rest in the files after this one.

const STOPS = {
  completed: "all epochs were run",
  early_stopping: "training stopped early, as what was watched no longer became better",
  diverged: "training stopped when the loss was no longer a number",
  interrupted: "training was interrupted",
  max_steps: "training ended with the steps that were allowed",
  time_limit: "training ended with the time that was allowed",
};

async function showLearned() {
  const model = state.model;
  state.learned = null;
  at("learned").hidden = at("curves").hidden = at("confusion").hidden = at("coefficients").hidden = true;
  at("learned-text").textContent = "";
  showAbout(model, null);
  try {
    const learned = await (await ask("models/" + encodeURIComponent(model.name))).json();
    if (state.model !== model) return;
    state.learned = learned;
    showAbout(model, learned);
    showCurves(learned.history);
    showConfusion(learned.confusion_matrix);
    showCoefficients(learned);
  } catch (error) {
    if (state.model !== model) return;
    at("learned").hidden = false;
    at("learned-text").textContent = error.message;
  }
}

// Shows a part and the section around it.
function reveal(id) {
  at("learned").hidden = at(id).hidden = false;
}

// Training and held-out rows of each quantity: the loss, then the metrics.
function quantities(history) {
  const all = new Map([["loss", { training: history.loss, "held-out": history.val_loss }]]);
  for (const [name, values] of Object.entries(history.metrics)) {
    const held = name.startsWith("val_");
    const base = held ? name.slice(4) : name;
    all.set(base, { ...all.get(base), [held ? "held-out" : "training"]: values });
  }
  return all;
}

function showCurves(history) {
  if (!history || history.epoch.length < 2) return;
  const drawnPart = history.every > 1 ? " One epoch in " + history.every + " is drawn." : "";
  at("curves-text").textContent = counted(history.epochs, "epoch") + ": " + (STOPS[history.stop] || history.stop) + ". The model has the weights of epoch " +
    history.best_epoch + ", the dashed line." + drawnPart;
  reveal("curves");
  drawCurves();
}

function drawCurves() {
  if (at("curves").hidden || !state.learned) return;
  const history = state.learned.history;
  const boxes = [...quantities(history)].map(([name, series]) => [element("figure"), name, series]);
  at("figures").replaceChildren(...boxes.map(([box]) => box));
  for (const [box, name, series] of boxes) drawQuantity(box, name, series, history);
}

function drawQuantity(box, name, series, history) {
  const kinds = [["training", "line"], ["held-out", "line second"]].filter(([kind]) => series[kind] && series[kind].some(Number.isFinite));
  if (!kinds.length) return box.remove();
  const lines = kinds.map(([kind, style]) => ({ class: style, points: history.epoch.map((epoch, i) => [epoch, series[kind][i]]) }));
  const best = history.epoch.indexOf(history.best_epoch);
  const kept = kinds.map(([kind, style]) => ({ kind, style, y: series[kind][best] })).filter((k) => Number.isFinite(k.y));
  const words = name.replaceAll("_", " ");
  const legend = element("ul", { class: "legend" }, ...kinds.map(([kind, style]) => legendItem(kind + " rows", style)));
  box.append(element("figcaption", {}, element("strong", {}, words), legend));
  box.append(chart({
    width: box.clientWidth,
    label: words + " by epoch of the " + kinds.map(([kind]) => kind).join(" and the ") + " rows",
    lines,
    dots: kept.map((k) => ({ x: history.best_epoch, y: k.y, class: k.style.includes("second") ? "here second" : "here" })),
    marked: best < 0 ? null : { x: history.best_epoch, text: "epoch " + history.best_epoch },
    whole: true,
  }));
  if (kept.length) box.append(element("p", { class: "hint" }, "at epoch " + history.best_epoch + ": " + kept.map((k) => k.kind + " " + number(k.y)).join(", ")));
}

function legendItem(text, style) {
  const sample = drawn("svg", { viewBox: "0 0 28 8", "aria-hidden": "true" });
  sample.append(drawn("line", { class: style, x1: 1, x2: 27, y1: 4, y2: 4 }));
  return element("li", {}, sample, text);
}
