// Replaces the state of the page whenever the application says that something
// changed. Open details stay open.
const state = document.getElementById("state");

async function refresh() {
  const open = new Set([...state.querySelectorAll("details[open]")].map((d) => d.closest("[data-jti]").dataset.jti));
  const answer = await fetch("/fragment");
  if (!answer.ok) return;
  state.innerHTML = await answer.text();
  for (const set of state.querySelectorAll("[data-jti]")) {
    if (open.has(set.dataset.jti)) set.querySelector("details").open = true;
  }
}

const live = new EventSource("/live");
live.addEventListener("change", refresh);
live.addEventListener("open", refresh);
