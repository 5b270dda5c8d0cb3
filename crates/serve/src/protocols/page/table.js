// A table: a CSV file is predicted, shown and given back.

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
  at("table").replaceChildren(tableOf(lines[0], lines.slice(1, 101)));
  at("table").hidden = at("download").hidden = false;
  const rows = lines.length - 1;
  at("table-text").textContent = rows.toLocaleString("en") + " rows" + (rows > 100 ? ", the first 100 are shown" : "");
  if (at("download").href) URL.revokeObjectURL(at("download").href);
  at("download").href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
}
