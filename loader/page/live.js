"use strict";
// Parts of a page that are shown again without a reload: when a filter changes, and every two seconds while something in them still moves.
// Without this script the filter is a form like any other, and a reload shows what has moved.
(() => {
  let newest = 0;
  const show = async (address, quietly) => {
    const mine = ++newest;
    const answer = await fetch(address).catch(() => null);
    if (!answer || !answer.ok) return;
    const text = await answer.text();
    if (mine !== newest) return;
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
      const address = form.getAttribute("action") + (asked.size ? "?" + asked : "");
      history.replaceState(null, "", address);
      show(address);
    };
    form.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(apply, 200); });
    form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  }
  setInterval(() => {
    if (!document.hidden && document.querySelector("[data-moves]")) show(location.href, true);
  }, 2000);
})();
