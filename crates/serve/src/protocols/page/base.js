// The page: a form made from a model's columns, its prediction while one types, a curve, tables, what the model learned. The files beside this
// one are joined in the order that page.rs gives. Text from the service is put into the page as text alone; nothing is asked of any other host.
//
// This file has what the others share: elements, numbers as people read them, requests.
"use strict";

const at = (id) => document.getElementById(id);
const state = { models: [], model: null, learned: null, curve: null, asked: 0, key: sessionStorage.getItem("key") };

// Children are nodes, or become text.
function element(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children.map((child) => (child instanceof Node ? child : String(child))));
  return node;
}

function drawn(tag, attributes, text) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

// A table of rows of cells under a head; a cell is a text or an element of its own.
function tableOf(head, rows) {
  const cell = (c) => (c instanceof HTMLTableCellElement ? c : element("td", {}, c));
  const line = (cells) => element("tr", {}, ...cells);
  const titles = head.map((c) => (c instanceof HTMLTableCellElement ? c : element("th", { scope: "col" }, c)));
  return element("table", {}, element("thead", {}, line(titles)), element("tbody", {}, ...rows.map((cells) => line(cells.map(cell)))));
}

// Six digits at most, as a person reads them.
function number(x) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "–";
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return x.toExponential(4);
  return Number(x.toPrecision(6)).toLocaleString("en", { maximumFractionDigits: 8 });
}

// A probability of a test; below what a number can be, a bound.
function pValue(p) {
  if (p === 0) return "<1e-307";
  return p < 1e-4 ? p.toExponential(2) : p.toFixed(4);
}

// A noun with its number.
function counted(n, one, many) {
  return number(n) + " " + (n === 1 ? one : many || one + "s");
}

function notice(text) {
  at("notice").textContent = text;
  at("notice").hidden = !text;
}

function headers(more) {
  return state.key ? { ...more, Authorization: "Bearer " + state.key } : more;
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, headers: headers((options || {}).headers || {}) });
  } catch {
    throw new Error("The service does not answer.");
  }
  if (response.ok) return response;
  if (response.status === 401) {
    at("key-form").hidden = false;
    at("app").hidden = true;
  }
  const body = await response.json().catch(() => ({}));
  throw new Error(body.error || "The service answered with status " + response.status + ".");
}

async function predict(rows, interval, explain) {
  const body = { model: state.model.name, rows };
  if (explain) body.explain = true;
  if (interval && state.model.has_intervals) body.interval = 0.95;
  const options = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return (await ask("predict", options)).json();
}
