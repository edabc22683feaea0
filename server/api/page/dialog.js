// Asks before something is done, does it, and says what came of it.
import { h, render } from './dom.js';
import { sign } from './parts.js';
import { inline } from './text.js';

const status = () => document.getElementById('said');

/** Says in a corner, and to who listens, what was done or not. */
export function say(mood, ...words) {
  const line = document.createElement('div');
  line.className = `toast ${mood}`;
  render(line, sign(mood), h('p', null, words));
  status().append(line);
  setTimeout(() => line.remove(), mood === 'bad' ? 12000 : 5000);
}

/**
 * Opens a dialog: `title`, `body` (what it means), `fields` ([{name, label, required?, hint?, type?}]), `confirm` (the
 * button), `danger`. `act(values)` does it; while it refuses, the dialog stays open and shows why. Resolves to whether it
 * was done.
 */
export function ask({ title, body, fields = [], confirm, danger = false, act }) {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-labelledby', 'dialog-title');
  document.body.append(dialog);
  const state = { busy: false, refusal: null, done: false };

  const submit = async (event) => {
    event.preventDefault();
    if (state.busy) return;
    const form = event.currentTarget;
    const values = Object.fromEntries(
      fields.map(({ name, type }) => [
        name,
        type === 'checkbox' ? form.elements[name].checked : form.elements[name].value.trim(),
      ]),
    );
    Object.assign(state, { busy: true, refusal: null });
    draw();
    try {
      await act(values);
      state.done = true;
      dialog.close();
    } catch (refusal) {
      Object.assign(state, { busy: false, refusal });
      draw();
    }
  };

  function draw() {
    render(
      dialog,
      h(
        'form',
        { onsubmit: submit, novalidate: undefined },
        h('h2', { id: 'dialog-title' }, title),
        h('div', { class: 'dialog-body' }, body),
        fields.map((item) => control(item)),
        h(
          'div',
          { role: 'alert', key: 'refusal' },
          state.refusal && h('p', { class: 'refusal' }, sign('bad'), inline(state.refusal.message)),
        ),
        h(
          'div',
          { class: 'dialog-buttons' },
          h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel'),
          h(
            'button',
            { type: 'submit', class: danger ? 'danger' : 'primary', 'aria-disabled': state.busy ? 'true' : undefined },
            state.busy ? 'One moment …' : confirm,
          ),
        ),
      ),
    );
  }

  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(state.done);
    });
    draw();
    dialog.showModal();
    dialog.querySelector('input, textarea')?.focus();
  });
}

function control({ name, label, required, hint, type = 'text', pattern }) {
  const input = h('input', {
    name,
    type,
    required,
    pattern,
    maxlength: type === 'checkbox' ? undefined : 500,
    autocomplete: 'off',
    'aria-describedby': hint ? `hint-${name}` : undefined,
  });
  return type === 'checkbox'
    ? h('label', { class: 'check', key: name }, input, h('span', null, label))
    : h(
        'label',
        { class: 'field', key: name },
        h('span', null, label),
        input,
        hint && h('small', { id: `hint-${name}` }, hint),
      );
}
