"use strict";
const form = document.getElementById("filter");
const find = document.getElementById("find");
const rows = [...document.querySelectorAll(".requirement")];

function apply() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = new Set([...form.querySelectorAll("[name=status]:checked")].map((box) => box.value));
  let shown = 0;
  for (const row of rows) {
    const status = row.dataset.status;
    const fits = (status === "none" || wanted.has(status)) && words.every((word) => row.dataset.words.includes(word));
    row.hidden = !fits;
    shown += fits;
  }
  document.getElementById("shown").textContent = `${shown} of ${rows.length} requirements`;
  document.getElementById("nothing").hidden = shown > 0;
}

function openTarget() {
  const row = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (row instanceof HTMLDetailsElement) {
    row.hidden = false;
    row.open = true;
    row.scrollIntoView({ block: "center" });
  }
}

form.hidden = false;
form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("hashchange", openTarget);
window.addEventListener("beforeprint", () => rows.forEach((row) => { row.open = row.dataset.status !== "passed"; }));
apply();
openTarget();
