
"use strict";
// Each time says its moment in UTC, as the files do. The reader's own zone is added where it is another one.
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const place of document.querySelectorAll("[data-zone]")) place.textContent = zone;
  const pad = (n) => String(n).padStart(2, "0");
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (isNaN(at) || at.getTimezoneOffset() === 0) continue;
    const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
    const clock = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
    const local = document.createElement("span");
    local.className = "local";
    local.textContent = ` ${time.dateTime.startsWith(day) ? "" : day + " "}${clock} here`;
    time.after(local);
  }
})();
