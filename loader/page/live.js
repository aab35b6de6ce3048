"use strict";
// Parts of a page that are shown again without a reload: when a filter changes, and every two seconds while something in them still moves.
// Without this script the filter is a form like any other, and a reload shows what has moved.
(() => {
  let asking = null; // what is being asked for; a newer question ends it
  const show = async (address, quietly) => {
    if (asking && quietly) return;
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    const text = await fetch(address, { signal: mine.signal }).then((answer) => (answer.ok ? answer.text() : null)).catch(() => null);
    if (mine !== asking) return;
    asking = null;
    if (text === null) return;
    const next = new DOMParser().parseFromString(text, "text/html");
    for (const part of document.querySelectorAll("[data-live]")) {
      const fresh = next.getElementById(part.id);
      if (!fresh || (quietly && part.contains(document.activeElement))) continue;
      if (part.tagName === "OUTPUT") part.textContent = fresh.textContent;
      else part.replaceWith(document.adoptNode(fresh));
    }
    document.dispatchEvent(new Event("shown"));
  };
  for (const form of document.querySelectorAll("form[data-filter]")) {
    let soon;
    const apply = () => {
      clearTimeout(soon);
      const asked = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (value) asked.append(name, value);
      const [path, place] = form.getAttribute("action").split("#");
      const address = path + (asked.size ? "?" + asked : "") + (place ? "#" + place : "");
      history.replaceState(null, "", address);
      show(address);
    };
    form.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(apply, 200); });
    form.addEventListener("change", apply);
    form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  }
  setInterval(() => {
    if (!document.hidden && document.querySelector("[data-moves]")) show(location.href, true);
  }, 2000);
})();
