
"use strict";
// Each time says its moment in UTC, as the files do. The reader's own zone is added where it is another one.
const localTime = (text) => {
  const at = new Date(text);
  if (isNaN(at) || at.getTimezoneOffset() === 0) return "";
  const pad = (n) => String(n).padStart(2, "0");
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  return `${text.startsWith(day) ? "" : day + " "}${clock} here`;
};
const showTimes = () => {
  for (const time of document.querySelectorAll("time[datetime]:not([data-shown])")) {
    const text = localTime(time.dateTime);
    time.dataset.shown = "";
    if (!text) continue;
    const local = document.createElement("span");
    local.className = "local";
    local.textContent = text;
    time.after(" ", local);
  }
  for (const place of document.querySelectorAll("[data-zone]")) {
    place.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
  }
};
showTimes();
document.addEventListener("shown", showTimes); // parts of a served page were shown again (live.js)
