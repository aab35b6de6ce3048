
"use strict";
// The rows of a report. They lie in the page compressed; only those that can be seen are drawn. A cell is text, never markup.
(async () => {
  const $ = (id) => document.getElementById(id);
  const packed = $("rows");
  if (!packed) return;
  const [grid, drawn, search, count, whole] = ["grid", "drawn", "search", "count", "whole"].map($);
  const selects = Object.fromEntries([...document.querySelectorAll(".filters select")].map((s) => [s.name, s]));
  const shownColumns = ["row", "key", "action", "result", "before", "requested", "reason_code"];
  const names = {
    row: "Row", key: "User", action: "Action", result: "Result", before: "Before", requested: "Asked for", reason_code: "Reason",
  };
  const mostPrinted = 500, mostPrintedLetters = 300;

  const unpack = async (text) => {
    const letters = atob(text), bytes = new Uint8Array(letters.length);
    for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
    return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
  };
  const text = await unpack(packed.textContent), lines = text.split("\n");
  packed.remove();
  lines.pop();
  let folded; // the lines in lower case, made after the rows are there
  const lower = () => folded ??= text.toLowerCase().split("\n").slice(1);
  const unescape = (cell) => cell.includes("\\") ? cell.replace(/\\([\\tn])/g, (_, c) => c === "t" ? "\t" : c === "n" ? "\n" : c) : cell;
  const cells = (line) => line.split("\t").map(unescape);
  const columns = cells(lines.shift());
  const at = Object.fromEntries(columns.map((name, i) => [name, i]).reverse()); // ours stand first, and win
  const filtered = { result: at.result, action: at.action, reason: at.reason_code };
  const rowOf = (line) => Number(line.slice(0, line.indexOf("\t")));

  // Each value of a filtered column is kept once: a row holds the number of its value.
  const values = {}, valueOf = {};
  for (const name in filtered) {
    values[name] = new Map();
    valueOf[name] = new Uint32Array(lines.length);
  }
  const order = Object.entries(filtered).sort((a, b) => a[1] - b[1]);
  lines.forEach((line, i) => {
    let column = 0, begin = 0;
    for (const [name, wanted] of order) {
      for (; column < wanted; column++) begin = line.indexOf("\t", begin) + 1;
      const value = line.slice(begin, line.indexOf("\t", begin)), known = values[name];
      let found = known.get(value);
      if (!found) known.set(value, found = { number: known.size + 1, count: 0 });
      found.count++;
      valueOf[name][i] = found.number;
    }
  });
  for (const name in selects) {
    const sorted = [...values[name]].filter(([value]) => value).sort((a, b) => b[1].count - a[1].count);
    selects[name].append(...sorted.map(([value, { count }]) => new Option(`${value} (${count.toLocaleString("en")})`, value)));
  }

  let shown = new Uint32Array(lines.length), length = 0, here = 0, first = -1, last = -1;
  const filter = () => {
    const words = search.value.trim().toLowerCase().replace(/\\/g, "\\\\").split(/\s+/).filter(Boolean);
    const wanted = Object.entries(selects).filter(([, s]) => s.value)
      .map(([name, s]) => [valueOf[name], values[name].get(s.value)?.number]);
    const all = words.length ? lower() : [];
    length = 0;
    next: for (let i = 0; i < lines.length; i++) {
      for (const [of, number] of wanted) if (of[i] !== number) continue next;
      for (const word of words) if (!all[i].includes(word)) continue next;
      shown[length++] = i;
    }
    count.textContent = length === lines.length ? `${length.toLocaleString("en")} rows` :
      `${length.toLocaleString("en")} of ${lines.length.toLocaleString("en")} rows`;
    grid.setAttribute("aria-rowcount", length + 1);
    here = 0;
    first = -1;
    grid.scrollTop = 0;
    draw();
  };

  const cell = (role, column, text) => {
    const c = document.createElement("div");
    c.setAttribute("role", role);
    c.dataset.column = column;
    if (column === "row") c.className = "number";
    if (role === "gridcell" && column === "result") c.append(badge(text));
    else c.textContent = text;
    return c;
  };
  const tones = {
    Created: "good", Updated: "good", Removed: "gone", Failed: "bad", Pending: "waiting", Skipped: "skipped", "Not attempted": "stopped",
  };
  const badge = (word) => {
    const b = document.createElement("span");
    b.className = "badge " + (tones[word] ?? "same");
    b.textContent = word;
    return b;
  };
  grid.querySelector(".head [role=row]").append(...shownColumns.map((name) => cell("columnheader", name, names[name])));

  const height = () => parseFloat(getComputedStyle(grid).getPropertyValue("--row"));
  const line = (n) => {
    const of = cells(lines[shown[n]]), row = document.createElement("div");
    row.setAttribute("role", "row");
    row.setAttribute("aria-rowindex", n + 2);
    row.id = "row-" + n;
    row.append(...shownColumns.map((name) => cell("gridcell", name, of[at[name]] ?? "")));
    return row;
  };
  const draw = () => {
    const h = height();
    drawn.style.height = `${length * h}px`; // before the grid is measured: a short list makes a short grid
    const from = Math.max(0, Math.floor(grid.scrollTop / h) - 4);
    const to = Math.min(length, from + Math.ceil(grid.clientHeight / h) + 8);
    if (from !== first || to !== last) {
      [first, last] = [from, to];
      drawn.style.paddingTop = `${from * h}px`;
      drawn.replaceChildren(...Array.from({ length: to - from }, (_, i) => line(from + i)));
    }
    mark();
  };
  const mark = () => {
    for (const old of drawn.querySelectorAll(".here")) old.classList.remove("here");
    const row = document.activeElement === grid ? $("row-" + here) : null;
    row?.classList.add("here");
    if (row) grid.setAttribute("aria-activedescendant", row.id);
    else grid.removeAttribute("aria-activedescendant");
  };
  const go = (n) => {
    here = Math.max(0, Math.min(length - 1, n));
    const h = height(), top = here * h, room = grid.clientHeight - grid.querySelector(".head").offsetHeight - h;
    if (top < grid.scrollTop) grid.scrollTop = top;
    else if (top > grid.scrollTop + room) grid.scrollTop = top - room;
    draw();
  };

  const show = (n) => {
    if (n < 0 || n >= length) return;
    go(n);
    const of = cells(lines[shown[n]]), facts = whole.querySelector(".facts");
    $("whole-title").textContent = `Row ${Number(of[at.row]).toLocaleString("en")}`;
    facts.replaceChildren(...of.map((text, i) => fact(i, text)).filter(Boolean));
    $("before").disabled = n === 0;
    $("next").disabled = n === length - 1;
    if (!whole.open) {
      whole.showModal();
      $("whole-title").focus();
    }
  };
  const fact = (i, text) => {
    const own = i > at.settled_at;
    if (text === "" && !own) return null;
    const [div, dt, dd] = ["div", "dt", "dd"].map((name) => document.createElement(name));
    dt.textContent = columns[i] ?? "input.rest";
    if (own) div.className = "own";
    if (i === at.result) dd.append(badge(text));
    else dd.textContent = i === at.settled_at ? [text, localTime(text)].filter(Boolean).join("  ") : text;
    if (text.length > 600) [dd.className, dd.tabIndex] = ["long", 0];
    div.append(dt, dd);
    return div;
  };

  const aPage = () => Math.floor(grid.clientHeight / height()) - 1;
  const keys = {
    ArrowDown: () => go(here + 1), ArrowUp: () => go(here - 1), Home: () => go(0), End: () => go(length - 1),
    PageDown: () => go(here + aPage()), PageUp: () => go(here - aPage()),
    Enter: () => show(here), " ": () => show(here),
  };
  grid.addEventListener("keydown", (e) => {
    if (!keys[e.key] || e.altKey || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    keys[e.key]();
  });
  grid.addEventListener("focus", mark);
  grid.addEventListener("blur", mark);
  grid.addEventListener("scroll", draw, { passive: true });
  addEventListener("resize", () => { first = -1; draw(); });
  drawn.addEventListener("click", (e) => {
    const row = e.target.closest("[role=row]");
    if (row) show(Number(row.id.slice(4)));
  });
  $("close").addEventListener("click", () => whole.close());
  $("before").addEventListener("click", () => show(here - 1));
  $("next").addEventListener("click", () => show(here + 1));
  whole.addEventListener("close", () => grid.focus());

  search.addEventListener("input", filter);
  for (const name in selects) selects[name].addEventListener("change", filter);
  const clear = () => {
    search.value = "";
    for (const name in selects) selects[name].value = "";
  };
  $("clear").addEventListener("click", () => { clear(); filter(); });

  // A link above the rows names a filter, as #reason=USER_NOT_FOUND, or a row, as #row=17.
  const follow = () => {
    const asked = new URLSearchParams(location.hash.slice(1)), row = Number(asked.get("row"));
    if (!row && !Object.keys(selects).some((name) => asked.has(name))) return;
    clear();
    for (const name in selects) selects[name].value = asked.get(name) ?? "";
    filter();
    $("rows-title").scrollIntoView();
    grid.focus({ preventScroll: true });
    const n = row ? lines.findIndex((line) => rowOf(line) === row) : -1;
    if (n >= 0) show(n);
  };
  addEventListener("hashchange", follow);

  // On paper stand the rows that the filter shows, up to a number that is still read. The page comes with a table of the first ones, for
  // those who print it before this script has run, or without it.
  const paper = () => {
    const table = document.createElement("table"), printed = Math.min(length, mostPrinted);
    const caption = table.createCaption();
    caption.textContent = printed === length ? `${printed} rows` :
      `The first ${printed} of ${length.toLocaleString("en")} rows; this page on a screen, and the results file, have the others.`;
    const head = table.createTHead().insertRow();
    for (const name of shownColumns) head.append(Object.assign(document.createElement("th"), { textContent: names[name], scope: "col" }));
    const body = table.createTBody();
    for (let n = 0; n < printed; n++) {
      const of = cells(lines[shown[n]]), row = body.insertRow();
      for (const name of shownColumns) {
        const text = of[at[name]] ?? "";
        const cell = row.insertCell();
        cell.textContent = text.length > mostPrintedLetters ? text.slice(0, mostPrintedLetters) + " …" : text;
        if (/\S{37}/.test(text)) cell.className = "long";
      }
    }
    $("print").replaceChildren(table);
  };
  addEventListener("beforeprint", paper);

  filter();
  follow();
  performance.mark("rows");
  setTimeout(lower);
})();
