// The choice of a model, the key, and what happens at each event.

function choose(name) {
  state.curve = null;
  state.model = state.models.find((m) => m.name === name) || state.models[0];
  at("model").value = state.model.name;
  document.title = state.model.name + " – Planish";
  at("target").textContent = state.model.target;
  at("table").hidden = at("download").hidden = true;
  at("table-text").textContent = "";
  showForm();
  showLearned();
  update();
}

// Models and versions that are there and cannot be served, with the reason.
function showUnavailable(list) {
  const name = (m) => (m.folder ? "folder " + m.folder : m.model + (m.version === null ? "" : " version " + m.version));
  const lines = list.map((m) => element("li", {}, name(m) + ": " + m.reason));
  at("unavailable-list").replaceChildren(...lines);
  at("unavailable").hidden = list.length === 0;
}

async function start() {
  let answer;
  try {
    answer = await (await ask("models")).json();
  } catch (error) {
    return notice(error.message);
  }
  notice("");
  state.models = answer.models;
  at("key-form").hidden = true;
  showUnavailable(answer.unavailable);
  if (state.models.length === 0) return notice("No model can be served now.");
  at("app").hidden = false;
  at("model").replaceChildren(...state.models.map((m) => element("option", { value: m.name }, m.name)));
  at("model-pick").hidden = false;
  choose(decodeURIComponent(location.hash.slice(1)));
}

let redrawing = 0;
function redrawSoon() {
  clearTimeout(redrawing);
  redrawing = setTimeout(() => { drawCurve(); drawCurves(); }, 150);
}

addEventListener("resize", redrawSoon);
at("model").addEventListener("change", (e) => { location.hash = encodeURIComponent(e.target.value); choose(e.target.value); });
at("row").addEventListener("input", updateSoon);
at("row").addEventListener("submit", (e) => { e.preventDefault(); update(); });
at("typical").addEventListener("click", () => { fillTypical(); update(); });
at("curve-column").addEventListener("change", update);
at("coefficient-class").addEventListener("change", showCoefficientTable);
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
