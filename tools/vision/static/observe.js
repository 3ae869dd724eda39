// What is on the page, as plain values; no judgement here. Coordinates are CSS pixels of the whole page.
// Returns {page, texts, charts, panels, metrics, fields, images, reserved, covered}.
() => {
  const MOST = 3000, sx = window.scrollX, sy = window.scrollY;
  const box = (r) => [r.left + sx, r.top + sy, r.width, r.height];
  const seen = (el) => el.checkVisibility({opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true});
  const styles = new Map();
  const style = (el) => { if (!styles.has(el)) styles.set(el, getComputedStyle(el)); return styles.get(el); };
  const above = function* (el) { for (let at = el; at; at = at.parentElement) yield at; };
  const alpha = (colour) => { const m = /rgba\([^)]*,\s*([\d.]+)\)/.exec(colour); return m ? parseFloat(m[1]) : 1; };
  const cut = (a, b) => {
    const left = Math.max(a.left, b.left), top = Math.max(a.top, b.top);
    const right = Math.min(a.right, b.right), bottom = Math.min(a.bottom, b.bottom);
    return {left, top, right, bottom, width: Math.max(0, right - left), height: Math.max(0, bottom - top)};
  };

  // Each line of text: where it is, how much of it is cut off, and by whom.
  const texts = [];
  const walker = document.createTreeWalker(document.body || document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode()) && texts.length < MOST;) {
    const words = node.data.replace(/\s+/g, " ").trim(), parent = node.parentElement;
    if (!words || !parent || parent.closest("script,style,noscript,template,title,desc,option,head")) continue;
    if (!seen(parent)) continue;
    const own = style(parent), svg = !!parent.closest("svg");
    let opacity = alpha(svg ? own.fill : own.color), floating = false, meant = false, turned = false;
    for (const el of above(parent)) {
      const s = style(el);
      opacity *= parseFloat(s.opacity);
      floating ||= s.position === "fixed" || s.position === "sticky";
      meant ||= s.textOverflow === "ellipsis" || (s.webkitLineClamp && s.webkitLineClamp !== "none");
      turned ||= s.writingMode !== "horizontal-tb" || /matrix\([^,]+,\s*-?(?!0[,)])/.test(s.transform);
    }
    if (svg && parent.getScreenCTM) { const m = parent.getScreenCTM(); turned ||= !!m && (Math.abs(m.b) > 0.01 || Math.abs(m.c) > 0.01); }
    const range = document.createRange();
    range.selectNodeContents(node);
    const lines = Array.from(range.getClientRects()).filter((r) => r.width > 0 && r.height > 0).slice(0, 4);
    for (const line of lines) {
      let shown = line, kept = line;  // shown: inside every box that clips; kept: inside those that cannot be scrolled
      for (let el = parent, out = false; el && el !== document.documentElement; el = el.parentElement) {
        const s = style(el);
        if (el !== parent || !svg) {
          if (s.overflowX !== "visible" || s.overflowY !== "visible") {
            if (el === document.body) continue;
            const r = el.getBoundingClientRect();
            const only = {left: s.overflowX === "visible" ? -1e9 : r.left, right: s.overflowX === "visible" ? 1e9 : r.right,
                          top: s.overflowY === "visible" ? -1e9 : r.top, bottom: s.overflowY === "visible" ? 1e9 : r.bottom};
            shown = cut(shown, only);
            if (/auto|scroll/.test(s.overflowX + s.overflowY)) out = true;
            if (!out) kept = cut(kept, only);
          }
        }
        if (s.position === "fixed") break;
      }
      if (line.left + sx < 0) kept = cut(kept, {left: -sx, right: 1e9, top: -1e9, bottom: 1e9});
      const area = line.width * line.height;
      texts.push({
        text: words.slice(0, 300), box: box(line), tag: parent.tagName.toLowerCase(), svg, turned, floating, meant,
        code: !!parent.closest("pre,code,samp,kbd,textarea") || (/mono|courier|consol/i.test(own.fontFamily) && /^(pre|break)/.test(own.whiteSpace)), hidden: !!parent.closest("[aria-hidden=true]"), opacity,
        metric: parent.closest("[data-metric]")?.dataset.metric ?? null, element: parent.textContent.trim().slice(0, 300),
        shown: shown.width * shown.height / area, kept: kept.width * kept.height / area,
        lost: [line.width - kept.width, line.height - kept.height],
      });
    }
  }

  // Charts of any kind. An svg that only holds definitions or a small icon is none.
  const drawing = "path,rect,line,polyline,polygon,circle,ellipse,text,image,use";
  const draws = (svg) => Array.from(svg.querySelectorAll(drawing)).some((el) => !el.closest("defs,symbol,clipPath,mask"));
  const charts = [];
  for (const el of document.querySelectorAll("canvas, svg, .js-plotly-plot, [data-panel]")) {
    const kind = el.tagName.toLowerCase();
    if (kind === "svg" && (el.parentElement?.closest("svg, .js-plotly-plot") || !draws(el))) continue;
    if (kind === "canvas" && el.closest(".js-plotly-plot")) continue;
    const s = style(el);
    const drawn = el.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}), faint = drawn && !seen(el);
    charts.push({kind, box: box(el.getBoundingClientRect()), drawn, faint, panel: el.dataset.panel ?? null,
                 cell: !!el.closest("table"), inside: !!el.parentElement?.closest("[data-panel]"),
                 opacity: Array.from(above(el)).reduce((o, x) => o * parseFloat(style(x).opacity), 1), position: s.position});
  }
  const symbolOf = (el) => el.closest("[data-symbol]")?.dataset.symbol ?? null;
  const panels = Array.from(document.querySelectorAll("[data-panel]"), (el) => ({
    name: el.dataset.panel, symbol: symbolOf(el), box: box(el.getBoundingClientRect()), cell: !!el.closest("table"),
    drawn: el.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}), tag: el.tagName.toLowerCase(),
  }));
  const metrics = Array.from(document.querySelectorAll("[data-metric]"), (el) => ({
    name: el.dataset.metric, symbol: symbolOf(el), value: el.dataset.value ?? null,
    text: el.textContent.replace(/\s+/g, " ").trim().slice(0, 200), box: box(el.getBoundingClientRect()),
  }));
  const fields = Array.from(document.querySelectorAll("[data-field]"), (el) => ({
    name: el.dataset.field, text: el.textContent.trim().slice(0, 200), box: box(el.getBoundingClientRect()), shown: seen(el),
  }));
  const images = Array.from(document.images).filter((el) => el.complete && el.naturalWidth === 0 && el.getAttribute("src"))
    .map((el) => ({src: el.src.slice(0, 200), box: box(el.getBoundingClientRect())}));

  // The colours of fills, used by something outside of the charts.
  const reserved = [], colours = {"rgb(31, 111, 235)": "buy", "rgb(210, 153, 34)": "sell"};
  const keys = ["color", "backgroundColor", "borderTopColor", "borderLeftColor", "fill", "stroke"];
  for (const el of Array.from(document.body?.querySelectorAll("*") ?? []).slice(0, 20000)) {
    if (el.closest("[data-panel], script, style, .js-plotly-plot")) continue;
    const s = style(el);
    const up = el.parentElement ? style(el.parentElement) : null;
    for (const key of keys) {
      const side = colours[s[key]];
      const inherited = up && (key === "color" || key === "fill" || key === "stroke") && up[key] === s[key];
      if (!side || inherited || !seen(el)) continue;
      if (key.startsWith("border") && parseFloat(s[key.replace("Color", "Width")]) === 0) continue;
      if (key.startsWith("border") && s.color === s[key]) continue;
      if ((key === "fill" || key === "stroke") && !el.closest("svg")) continue;
      if (key === "color" && !el.textContent.trim()) continue;
      const near = `${el.className?.baseVal ?? el.className} ${el.id} ${el.textContent} ${el.parentElement?.textContent ?? ""}`;
      reserved.push({side, key, tag: el.tagName.toLowerCase(), near: near.slice(0, 200), box: box(el.getBoundingClientRect())});
    }
  }

  // A plotly trace that is drawn as a line, a bar or a candle in the colour of a fill.
  const hex = {"#1f6feb": "buy", "#d29922": "sell"};
  for (const el of document.querySelectorAll(".js-plotly-plot")) for (const t of el._fullData ?? []) {
    const lines = t.type?.startsWith("scatter") && !String(t.mode).includes("lines") ? null : t.line?.color;
    const used = [lines, t.type === "bar" ? t.marker?.color : null, t.increasing?.line?.color, t.decreasing?.line?.color];
    for (const colour of used) {
      const side = typeof colour === "string" ? hex[colour.toLowerCase()] ?? colours[colour] : null;
      if (side) reserved.push({side, key: t.type, tag: "trace", near: "", box: box(el.getBoundingClientRect())});
    }
  }

  // What lies on top of a chart, by asking the browser at a grid of points inside the window.
  const covered = [];
  for (const el of document.querySelectorAll("[data-panel], canvas, .js-plotly-plot")) {
    if (!seen(el) || style(el).pointerEvents === "none" || el.closest("table")) continue;
    const r = el.getBoundingClientRect(), by = new Map();
    let asked = 0;
    for (let i = 1; i < 14; i++) for (let j = 1; j < 10; j++) {
      const x = r.left + r.width * i / 14, y = r.top + r.height * j / 10;
      if (x < 0 || y < 0 || x >= innerWidth || y >= innerHeight) continue;
      const top = document.elementFromPoint(x, y);
      asked++;
      if (!top || el.contains(top) || top.contains(el)) continue;
      if (top.tagName === "CANVAS" || top.closest("svg")) continue;  // layers of one chart
      const name = top.tagName.toLowerCase() + (top.id ? "#" + top.id : "");
      by.set(name, (by.get(name) ?? 0) + 1);
    }
    for (const [name, n] of by) covered.push({by: name, share: n / asked, box: box(r), what: el.dataset.panel ?? el.tagName.toLowerCase()});
  }
  const root = document.documentElement;
  return {
    page: {width: root.scrollWidth, height: root.scrollHeight, view: [innerWidth, innerHeight], title: document.title,
           text: (document.body?.innerText ?? "").slice(0, 100000)},
    texts, charts, panels, metrics, fields, images, reserved, covered,
  };
}
