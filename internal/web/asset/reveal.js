// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Lets people look at the password that they type. Without this script the
// button stays hidden and the form works as it is.
for (const button of document.querySelectorAll("button[data-reveal]")) {
  const input = document.getElementById(button.dataset.reveal);
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    show(input.type === "password");
    input.focus();
  });
  // A shown password would be kept by the browser's form history.
  input.form.addEventListener("submit", () => show(false));
}
