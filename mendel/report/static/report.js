"use strict";
// What the page really drew, for whoever checks it: each value is read back from its bar's geometry. The cells of one
// column are one panel.
window.__chartFacts = () => {
  const panels = new Map();
  for (const part of document.querySelectorAll("[data-panel]")) {
    const whole = part.closest("table") || part;
    const key = [whole, part.dataset.panel];
    const found = Array.from(panels.keys()).find((other) => other[0] === key[0] && other[1] === key[1]) || key;
    panels.set(found, [...(panels.get(found) || []), part]);
  }
  return {panels: Array.from(panels, ([[whole, name], parts]) => facts(whole, name, parts))};
};

function facts(whole, name, parts) {
  const tracks = parts.flatMap((part) => Array.from(part.querySelectorAll("svg.bar")));
  const values = tracks.flatMap((track) => Array.from(track.querySelectorAll("rect.v"), (rect) => {
    const {low, high, zero} = scale(track);
    const x = parseFloat(rect.getAttribute("x")), width = parseFloat(rect.getAttribute("width"));
    return low + (high - low) * (x < zero - 1e-6 ? x : x + width) / 100;
  }));
  const boxes = parts.map((part) => part.getBoundingClientRect());
  const left = Math.min(...boxes.map((b) => b.left)), top = Math.min(...boxes.map((b) => b.top));
  const right = Math.max(...boxes.map((b) => b.right)), bottom = Math.max(...boxes.map((b) => b.bottom));
  return {
    name, symbol: whole.dataset.symbol || null, n: values.length,
    first: values.length ? values[0] : null, last: values.length ? values[values.length - 1] : null,
    sum: values.reduce((total, value) => total + value, 0), markers: [],
    yRange: [Math.min(...tracks.map((t) => scale(t).low)), Math.max(...tracks.map((t) => scale(t).high))],
    plot: [left + window.scrollX, top + window.scrollY, right - left, bottom - top],
  };
}

function scale(track) {
  return {low: parseFloat(track.dataset.low), high: parseFloat(track.dataset.high), zero: parseFloat(track.dataset.zero)};
}
window.__ready = true;
