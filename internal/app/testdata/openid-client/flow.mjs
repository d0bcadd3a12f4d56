// Copyright the Tocsin authors.
// SPDX-License-Identifier: Apache-2.0

// A relying party made of openid-client, for interop_client_test.go.
//
// It speaks in lines of JSON. The first line in is what dev.json knows of two
// applications. A line out with "open" asks the test to take a person's browser
// to a URL, and the next line in says where that browser ended. One with "keys"
// asks for an application that proves itself with them, and the next line in is
// that application. The last line out has "result": what the library accepted,
// and how it named each refusal.

import { createInterface } from "node:readline";
import * as client from "openid-client";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const hear = async () => JSON.parse((await lines.next()).value);
const say = (message) => console.log(JSON.stringify(message));

// open takes a person's browser somewhere and returns where it ended.
async function open(person, url) {
  say({ open: url.href, person });
  return new URL((await hear()).url);
}

// refusal is how the library names what the provider refused; what it does not
// know as a refusal of the provider ends the script.
async function refusal(promise) {
  try {
    await promise;
  } catch (e) {
    if (e instanceof client.ResponseBodyError) return `${e.status} ${e.error}`;
    if (e instanceof client.AuthorizationResponseError) return e.error;
    if (e instanceof client.WWWAuthenticateChallengeError) {
      const [{ scheme, parameters }] = e.cause;
      return `${e.status} ${scheme} ${parameters.error ?? (await e.response.json()).error}`;
    }
    throw e;
  }
  return "accepted";
}

// discover finds the provider. Signatures of ID tokens are checked with the
// published keys, which the library leaves out otherwise because of TLS.
async function discover(application, authentication) {
  const config = await client.discovery(new URL(issuer), application.client_id, undefined, authentication);
  client.enableNonRepudiationChecks(config);
  return config;
}

// authorize sends a person to the provider, and returns the answer with what
// belongs to the request.
async function authorize(config, application, person, more = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${application.url}/callback`,
    scope: "openid profile email offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    max_age: "300",
    ...more,
  });
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 300, idTokenExpected: true };
  return { answer: await open(person, url), checks };
}

const exchange = (config, { answer, checks }, more = {}) =>
  client.authorizationCodeGrant(config, answer, { ...checks, ...more });

const { issuer, atlas, beacon } = await hear();
const config = await discover(atlas, client.ClientSecretBasic(atlas.client_secret));
const isActive = async (token) => (await client.tokenIntrospection(config, token)).active;

// What is meant to work: a sign-in, and all that its tokens are good for.
async function accepted() {
  const tokens = await exchange(config, await authorize(config, atlas, "mira"));
  const claims = tokens.claims();
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
  const introspection = await client.tokenIntrospection(config, tokens.access_token);
  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, { scope: "openid email" });
  const narrow = await client.fetchUserInfo(config, refreshed.access_token, claims.sub);
  const own = await client.clientCredentialsGrant(config, { scope: "ssf.read" });
  return {
    claims,
    userinfo,
    introspection,
    scope: tokens.scope,
    expires_in: tokens.expires_in,
    refreshed: {
      sub: refreshed.claims().sub,
      auth_time: refreshed.claims().auth_time,
      scope: refreshed.scope,
      rotated: refreshed.refresh_token !== tokens.refresh_token,
      members: Object.keys(narrow).sort(),
    },
    client_credentials: { scope: own.scope, introspection: await client.tokenIntrospection(config, own.access_token) },
  };
}

// What ends tokens: revocation of one and of a family, and the sign-out.
async function ended() {
  const one = await exchange(config, await authorize(config, atlas, "mira"));
  await client.tokenRevocation(config, one.access_token);
  const oneRevoked = {
    access: await isActive(one.access_token),
    userinfo: await refusal(client.fetchUserInfo(config, one.access_token, client.skipSubjectCheck)),
  };
  const renewed = await client.refreshTokenGrant(config, one.refresh_token);
  const stillRenewed = await isActive(renewed.access_token);
  await client.tokenRevocation(config, renewed.refresh_token);
  const familyRevoked = {
    access: await isActive(renewed.access_token),
    refresh: await refusal(client.refreshTokenGrant(config, renewed.refresh_token)),
  };

  const last = await exchange(config, await authorize(config, atlas, "mira"));
  const logout = client.buildEndSessionUrl(config, {
    id_token_hint: last.id_token,
    post_logout_redirect_uri: `${atlas.url}/`,
    state: "after the logout",
  });
  const back = await open("mira", logout);
  return {
    revoked_access_token: oneRevoked,
    refresh_after_that: stillRenewed,
    revoked_family: familyRevoked,
    logout: {
      to: back.origin + back.pathname,
      state: back.searchParams.get("state"),
      access: await isActive(last.access_token),
      refresh: await refusal(client.refreshTokenGrant(config, last.refresh_token)),
    },
  };
}

// What the authorization endpoint refuses reaches the application as an error.
async function refusedAtAuthorization() {
  const attempt = async (person, more) => refusal(exchange(config, await authorize(config, atlas, person, more)));
  return {
    "nobody is signed in": await attempt("nobody", { prompt: "none" }),
    "the user denies": await attempt("june", {}),
    "scope of a Receiver": await attempt("nobody", { scope: "openid ssf.read" }),
    "scope without openid": await attempt("nobody", { scope: "email" }),
    "request object": await attempt("nobody", { request: "eyJhbGciOiJub25lIn0.e30." }),
    "plain challenge": await attempt("nobody", { code_challenge_method: "plain" }),
    "other response type": await attempt("nobody", { response_type: "token" }),
  };
}

// What the token endpoint and its neighbours refuse.
async function refusedAtToken() {
  const wrong = await discover(atlas, client.ClientSecretBasic("not the secret"));
  const other = await discover(beacon, client.ClientSecretBasic(beacon.client_secret));
  const guessed = await authorize(config, atlas, "mira");
  const verifier = await refusal(exchange(config, guessed, { pkceCodeVerifier: client.randomPKCECodeVerifier() }));
  const stolen = await refusal(exchange(other, guessed));
  const first = await exchange(config, guessed);
  const replay = await refusal(exchange(config, guessed));
  const afterReplay = await isActive(first.access_token);

  const family = await exchange(config, await authorize(config, atlas, "mira"));
  const foreign = (await client.tokenIntrospection(other, family.access_token)).active;
  const wider = await refusal(client.refreshTokenGrant(config, family.refresh_token, { scope: "openid groups" }));
  const next = await client.refreshTokenGrant(config, family.refresh_token);
  return {
    "wrong secret": await refusal(client.clientCredentialsGrant(wrong)),
    "wrong secret at introspection": await refusal(client.tokenIntrospection(wrong, "x")),
    "wrong secret at revocation": await refusal(client.tokenRevocation(wrong, "x")),
    "unknown scope": await refusal(client.clientCredentialsGrant(config, { scope: "root" })),
    "unknown grant type": await refusal(client.genericGrantRequest(config, "password", { username: "mira", password: "x" })),
    "wrong verifier": verifier,
    "code of another client": stolen,
    "code used twice": replay,
    "its token afterwards": afterReplay ? "active" : "inactive",
    "token of another client": foreign ? "active" : "inactive",
    "token that never was": (await isActive("x")) ? "active" : "inactive",
    "revocation of a token that never was": await refusal(client.tokenRevocation(config, "x")),
    "more scope at refresh": wider,
    "refresh token used twice": await refusal(client.refreshTokenGrant(config, family.refresh_token)),
    "its successor afterwards": await refusal(client.refreshTokenGrant(config, next.refresh_token)),
    "userinfo without openid": await refusal(userinfoOfClient()),
  };
}

// userinfoOfClient asks about the user of a token that has none.
async function userinfoOfClient() {
  const own = await client.clientCredentialsGrant(config);
  return client.fetchUserInfo(config, own.access_token, client.skipSubjectCheck);
}

// Other ways to prove which client it is: the secret in the form, and a JWT
// signed with a key of the application (OIDC Core §9).
async function authenticated() {
  const post = await discover(atlas, client.ClientSecretPost(atlas.client_secret));
  const known = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const unknown = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", known.publicKey);
  say({ keys: [{ kty, crv, x, y, kid: "known", alg: "ES256", use: "sig" }] });
  const cedar = await hear();
  const signing = await discover(cedar, client.PrivateKeyJwt({ key: known.privateKey, kid: "known" }));
  const forging = await discover(cedar, client.PrivateKeyJwt({ key: unknown.privateKey, kid: "known" }));
  const code = await authorize(signing, cedar, "mira");
  return {
    client_secret_post: await refusal(client.clientCredentialsGrant(post)),
    "private_key_jwt with another key": await refusal(exchange(forging, code)),
    private_key_jwt: await refusal(exchange(signing, code)),
  };
}

const result = {
  accepted: await accepted(),
  ended: await ended(),
  refused_at_authorization: await refusedAtAuthorization(),
  refused_at_token: await refusedAtToken(),
  authenticated: await authenticated(),
};
say({ result });
