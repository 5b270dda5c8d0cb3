// What each column adds to the prediction of the row in the form, as bars: to the right what raises it, to the left what lowers it.

const SCALES = {
  target: "in the target's units",
  log: "in the logarithm of the prediction",
  log_odds: "in the logarithm of the odds",
  probability: "in probability",
};

function partLine(part, largest) {
  const line = element("div", { class: part.value < 0 ? "part down" : "part" });
  const track = element("span", { class: "track" });
  const fill = element("i");
  fill.style.width = (largest > 0 ? 50 * Math.abs(part.value) / largest : 0) + "%";
  track.append(fill);
  const error = part.standard_error > 0 ? " ± " + number(Number(part.standard_error.toPrecision(2))) : "";
  const value = (part.value > 0 ? "+" : "") + number(Number(part.value.toPrecision(4))) + error;
  line.append(element("bdi", { class: "name" }, part.column), track, element("span", { class: "amount" }, value));
  return line;
}

function showParts(explanation) {
  const parts = [...explanation.parts].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).filter((p) => p.value !== 0);
  const largest = parts.length > 0 ? Math.abs(parts[0].value) : 0;
  const lines = parts.slice(0, 12).map((part) => partLine(part, largest));
  const of = explanation.class === undefined ? "the prediction" : "class " + explanation.class;
  const rest = parts.length > 12 ? "; " + counted(parts.length - 12, "other column") + " add less" : "";
  const hint = "what each column adds to " + of + ", " + SCALES[explanation.scale] + ", beginning with " + number(explanation.base) + rest;
  at("parts").replaceChildren(...(lines.length > 0 ? [element("p", { class: "hint" }, hint), ...lines] : []));
}
