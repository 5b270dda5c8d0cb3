// A picture of lines over two axes with round ticks. A reader's font is not known: texts have room for letters wider than any font's.

const CHART_HEIGHT = 220;
// The size of the texts in page.css with a fifth more, and digits of the widest fonts.
const LETTER = 12 * 1.2 * 0.64;

// Multiples of 1, 2 or 5 times a power of ten from low to high, about so many, a third more at most; with `whole` no fractions.
function ticks(low, high, count, whole) {
  const rough = 0.75 * (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(power * ([1, 2, 5].find((n) => n * power >= rough) || 10), whole ? 1 : 0);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

// As many ticks, about one in 80 at most, as have room for their texts beside each other on an axis of this length.
function ticksWithRoom(low, high, length, whole) {
  for (let count = Math.max(2, length / 80); ; count /= 2) {
    const all = ticks(low, high, count, whole);
    const widest = LETTER * Math.max(0, ...all.map((v) => number(v).length));
    if (all.length < 2 || widest + 8 <= length * (all[1] - all[0]) / (high - low)) return all;
  }
}

function span(values) {
  const low = Math.min(...values), high = Math.max(...values);
  return high > low ? [low, high] : [low - 1, high + 1];
}

// The stretches of points between those that have no number.
function stretches(points) {
  const all = [[]];
  for (const point of points) {
    if (Number.isFinite(point[1])) all[all.length - 1].push(point);
    else if (all[all.length - 1].length) all.push([]);
  }
  return all.filter((stretch) => stretch.length);
}

// `lines` have a class and points [x, y]; `dots` x, y and a class; `range` is that of y, else it is of the points; `marked` is a place on the
// x axis with a text; with `whole` the ticks of x are whole numbers.
function chart({ width, label, lines, dots, range, marked, whole }) {
  const [w, h, top, bottom] = [Math.min(Math.max(width, 260), 640), CHART_HEIGHT, marked ? 24 : 12, 30];
  const points = lines.flatMap((line) => line.points).filter((p) => Number.isFinite(p[1]));
  const [x0, x1] = span(points.map((p) => p[0]));
  const [y0, y1] = range || span(points.map((p) => p[1]));
  const heights = ticks(y0, y1, 4).map((v) => [v, number(v)]);
  const left = 12 + LETTER * Math.max(1, ...heights.map(([, text]) => text.length));
  const x = (v) => left + (w - left - 12) * (v - x0) / (x1 - x0);
  const y = (v) => h - bottom - (h - top - bottom) * (v - y0) / (y1 - y0);
  const picture = drawn("svg", { viewBox: "0 0 " + w + " " + h, role: "img", "aria-label": label });
  for (const [v, text] of heights) {
    picture.append(drawn("line", { class: "axis", x1: left, x2: w - 12, y1: y(v), y2: y(v) }));
    picture.append(drawn("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, text));
  }
  for (const v of ticksWithRoom(x0, x1, w - left - 12, whole)) picture.append(centred(x(v), number(v), w, h - bottom + 18));
  if (marked) {
    picture.append(drawn("line", { class: "kept", x1: x(marked.x), x2: x(marked.x), y1: top - 4, y2: h - bottom }));
    picture.append(centred(x(marked.x), marked.text, w, top - 9));
  }
  for (const line of lines) {
    for (const stretch of stretches(line.points)) {
      picture.append(drawn("polyline", { class: line.class, points: stretch.map((p) => x(p[0]).toFixed(1) + "," + y(p[1]).toFixed(1)).join(" ") }));
    }
  }
  for (const dot of dots || []) picture.append(drawn("circle", { class: dot.class, cx: x(dot.x), cy: y(dot.y), r: 5 }));
  return picture;
}

// A text about this place that stays within the picture.
function centred(place, text, width, y) {
  const half = LETTER * text.length / 2;
  const x = Math.min(Math.max(place, half + 2), width - half - 2);
  return drawn("text", { x, y, "text-anchor": "middle" }, text);
}
