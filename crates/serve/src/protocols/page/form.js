// The form: a field a column, filled with the typical row.

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

function dateField(column, id) {
  const input = element("input", { id, type: "text", placeholder: column.example, "data-column": column.name });
  const hint = element("p", { class: "hint", id: id + "-hint" });
  const range = column.range ? ", in training " + column.range[0] + " to " + column.range[1] : "";
  hint.textContent = "a date such as " + column.typical + (column.example === column.typical ? "" : " or " + column.example) + range;
  input.setAttribute("aria-describedby", id + "-hint");
  return [input, hint];
}

const FIELDS = { number: numberField, date: dateField, category: categoryField };

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
    field.append(...FIELDS[column.kind](column, id));
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
