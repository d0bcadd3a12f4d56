// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// Registers and uses passkeys. A page has
//
//   <form data-passkey="create" data-options="{…}"> or data-passkey="get"
//     <input type="hidden" name="response">
//     <button type="submit">
//     <p role="alert" data-passkey-failure hidden>
//
// with the options of the server (WebAuthn in JSON). When the form is sent, the
// browser asks the person for the passkey, and the form goes on with the
// answer. A button that is not for passkeys says formnovalidate and passes. A
// form that is hidden is shown where there are passkeys.

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const described = (list) => (list ?? []).map((c) => ({ ...c, id: bytes(c.id) }));

// What the server sends in base64url is bytes to the browser.
const decoded = (options) => ({
  ...options,
  challenge: bytes(options.challenge),
  ...(options.user && { user: { ...options.user, id: bytes(options.user.id) } }),
  ...(options.excludeCredentials && { excludeCredentials: described(options.excludeCredentials) }),
  ...(options.allowCredentials && { allowCredentials: described(options.allowCredentials) }),
});

// Written out, because not every browser has PublicKeyCredential.toJSON.
const encoded = (credential) => {
  const response = { clientDataJSON: text(credential.response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  });
};

const reasons = {
  InvalidStateError: "This device holds a passkey of your account already.",
  NotSupportedError: "This device cannot make such a passkey.",
  SecurityError: "Passkeys work only at the address that this server is set up for.",
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const failure = form.querySelector("[data-passkey-failure]");
  const fail = (reason) => {
    failure.textContent = reason;
    failure.hidden = false;
  };
  const passkeys = window.isSecureContext && window.PublicKeyCredential;
  if (passkeys) form.hidden = false;
  else fail("This browser has no passkeys, or the page was opened without TLS.");

  form.addEventListener("submit", async (event) => {
    if (form.elements.response.value || event.submitter?.formNoValidate) return;
    event.preventDefault();
    if (!passkeys) return;
    failure.hidden = true;
    const publicKey = decoded(JSON.parse(form.dataset.options));
    try {
      const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
      form.elements.response.value = encoded(credential);
    } catch (error) {
      fail(reasons[error.name] ?? "That was cancelled or took too long. Try again.");
      return;
    }
    form.requestSubmit(event.submitter);
  });
}
