// The operator's token: in the memory and the session storage of this tab alone.

const place = 'voicehook operator token';
let token = sessionStorage.getItem(place) ?? '';
const listeners = new Set();

export function currentToken() {
  return token;
}

export function useToken(value) {
  token = value;
  sessionStorage.setItem(place, value);
  for (const listener of listeners) listener();
}

/** Signs out of this tab. `reason` is told to the operator who is asked again. */
export function forgetToken(reason = '') {
  token = '';
  sessionStorage.removeItem(place);
  for (const listener of listeners) listener(reason);
}

/** Called after the token came or went. */
export function onTokenChange(listener) {
  listeners.add(listener);
}
