// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// What the account pages do more than forms: print, copy, show how strong a
// new password is, and tell which applications have answered. Without this
// script the pages work; they are just not live.

for (const button of document.querySelectorAll("button[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// The server estimates, because the lists that it takes are large.
for (const meter of document.querySelectorAll("[data-strength]")) {
  const input = document.getElementById(meter.dataset.strength);
  let timer;
  const ask = async () => {
    const body = new URLSearchParams({ password: input.value });
    const response = await fetch("/password-strength", { method: "POST", body });
    if (!response.ok) return;
    const { score, words } = await response.json();
    meter.dataset.score = input.value === "" ? "" : String(score);
    meter.querySelector("[data-words]").textContent = input.value === "" ? "" : words;
  };
  meter.hidden = false;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => ask().catch(() => {}), 250);
  });
}

// Answers of applications come within a second or so; who leaves the page open
// for a retry is told too, more and more slowly.
const waiting = () => document.querySelectorAll("[data-receipt][data-state=waiting]").length > 0;

const follow = async (wait) => {
  if (!waiting()) return;
  await new Promise((resolve) => setTimeout(resolve, wait));
  const response = await fetch("/account/sessions/receipts");
  if (response.ok) {
    for (const { id, state, words } of await response.json()) {
      const shown = document.getElementById(id);
      if (shown === null || shown.dataset.state === state) continue;
      shown.dataset.state = state;
      shown.textContent = words;
    }
  }
  return follow(Math.min(wait * 1.5, 60_000));
};

follow(1000).catch(() => {});
