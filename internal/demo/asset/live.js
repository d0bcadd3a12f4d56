// Keeps the page as the application is: whenever the application says that
// something changed, the state is fetched again and replaced.
const state = document.getElementById("state");
const news = document.getElementById("news");
let last = state.innerHTML;
let busy = false;
let again = false;

// One request at a time: two answers could come in the wrong order.
async function refresh() {
  again = true;
  if (busy) return;
  busy = true;
  try {
    while (again) {
      again = false;
      const answer = await fetch("/fragment");
      if (answer.ok) show(await answer.text());
    }
  } catch {
    // Not reachable: the stream of changes breaks too, and asks when it opens.
  } finally {
    busy = false;
  }
}

// What is open stays open, and what is new is said once to who cannot see it.
// A state that is shown already stays, for somebody may be pressing its button.
function show(html) {
  const next = document.createElement("template");
  next.innerHTML = html;
  if (next.innerHTML === last) return;
  last = next.innerHTML;
  const newest = state.querySelector("[data-jti]")?.dataset.jti;
  const open = [...state.querySelectorAll("[data-jti]:has(details[open])")].map((set) => set.dataset.jti);
  state.replaceChildren(next.content);
  for (const set of state.querySelectorAll("[data-jti]")) {
    set.querySelector("details").open = open.includes(set.dataset.jti);
  }
  const first = state.querySelector("[data-jti]");
  if (first && first.dataset.jti !== newest) {
    first.classList.add("new");
    news.textContent = `${first.dataset.type}: ${first.querySelector(".action").textContent}`;
  }
}

const live = new EventSource("/live");
const shown = document.documentElement.dataset;
live.addEventListener("change", refresh);
live.addEventListener("open", () => {
  shown.live = "on";
  refresh();
});
live.addEventListener("error", () => {
  shown.live = "off";
});
