// Tells what a person does in this document.
const tell = (message) => siskinTell(JSON.stringify(message));
const FILES_BYTES_MAX = 64 * 1024;
const INTERACTIVE = 'a[href], button, input, select, textarea, summary, label, option, canvas, [contenteditable], [onclick], '
  + '[role=button], [role=link], [role=tab], [role=menuitem], [role=checkbox], [role=switch], [role=option], [role=radio]';
const KEYS = new Set(['Backspace', 'Tab', 'Enter', 'Pause', 'Escape', 'PageUp', 'PageDown', 'End', 'Home', 'ArrowLeft', 'ArrowUp',
  'ArrowRight', 'ArrowDown', 'Insert', 'Delete', 'F1', 'F2', 'F3', 'F4', 'F5', 'F6', 'F7', 'F8', 'F9', 'F10', 'F11', 'F12']);
const SECRET_FIELDS = ['current-password', 'new-password', 'one-time-code', 'cc-number', 'cc-csc'];
// Of these `change` tells what came of it.
const CHOSEN = ['checkbox', 'radio', 'file', 'range', 'color'];

const named = new WeakMap();
// A field keeps its names while it is filled, also when its text becomes part of them.
function namesOf(element) {
  if (!named.has(element) || !isOnly(everywhere(named.get(element).css), element)) {
    const names = nameOf(element);
    const css = names.find((one) => one.by === 'css');
    named.set(element, {names, css: css ? css.text : '*'});
  }
  return named.get(element).names;
}

const elements = (event) => event.composedPath().filter((node) => node instanceof Element);
function target(event) {
  const path = elements(event);
  return path.find((element) => element.matches(INTERACTIVE)) || path[0];
}
const isTextField = (element) => element instanceof HTMLTextAreaElement
  || (element instanceof HTMLInputElement && !['button', 'checkbox', 'color', 'file', 'hidden', 'image', 'radio', 'range', 'reset', 'submit']
    .includes(element.type));
const held = (event) => [['Control', event.ctrlKey], ['Alt', event.altKey], ['Meta', event.metaKey], ['Shift', event.shiftKey]]
  .filter(([, down]) => down).map(([name]) => name);

// A field whose text was once hidden stays one for secrets, also when the page shows it.
const secretFields = new WeakSet();
function isSecret(element) {
  if (element.type === 'password' || SECRET_FIELDS.includes(element.autocomplete)) secretFields.add(element);
  return secretFields.has(element);
}

function click(event, kind) {
  // Clicks that the browser makes itself follow a key or another click, which are told.
  if (!event.isTrusted || (event.type === 'click' && event.detail === 0)) return;
  const element = target(event);
  if (!element || element === document.body || element === document.documentElement) return;
  const control = element instanceof HTMLLabelElement ? element.control : element;
  if (control && (CHOSEN.includes(control.type) || control.matches('select, option'))) return;
  const box = element.getBoundingClientRect();
  const at = element.localName === 'canvas' ? [event.clientX - box.x, event.clientY - box.y] : null;
  tell({kind, on: nameOf(element), button: event.button, held: held(event), at});
}

function filled(element) {
  const on = namesOf(element);
  if (isSecret(element)) {
    const called = element.name || element.id || blank(element.computedName);
    return tell({kind: 'secret', on, called, parameter: element.name || ''});
  }
  const value = element.isContentEditable ? element.innerText : element.value;
  tell({kind: 'fill', on, value});
}

function chosen(element) {
  const on = nameOf(element);
  if (element instanceof HTMLSelectElement) {
    return tell({kind: 'select', on, options: [...element.selectedOptions].map((one) => one.value || blank(one.label))});
  }
  if (['checkbox', 'radio'].includes(element.type)) {
    // Sites hide the box itself and draw one of their own in its label.
    const label = !isVisible(element) && [...element.labels].find(isVisible);
    if (label) return tell({kind: 'click', on: nameOf(label), button: 0, held: [], at: null});
    return tell({kind: 'check', on, checked: element.checked});
  }
  if (element.type === 'file') files(element, on);
}

function files(element, on) {
  const id = crypto.getRandomValues(new Uint32Array(1))[0];
  const all = [...element.files];
  tell({kind: 'files', on, id, files: all.map(({name, type}) => ({name, mediaType: type}))});
  if (all.reduce((bytes, file) => bytes + file.size, 0) > FILES_BYTES_MAX) return;
  for (const [index, file] of all.entries()) {
    // One that cannot be read is told as unknown in the script.
    file.arrayBuffer().then((bytes) => {
      const text = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join('');
      tell({kind: 'file', id, index, base64: btoa(text)});
    }, () => {});
  }
}

// The browser's own keys: what comes of them is told by the browser, unless the page takes them.
const isBrowsers = (event) => (event.altKey && ['ArrowLeft', 'ArrowRight', 'Home'].includes(event.key))
  || ['F5', 'F6', 'F10', 'F11', 'F12'].includes(event.key)
  || ((event.ctrlKey || event.metaKey) && (['Tab', 'PageUp', 'PageDown', 'F5', '+', '-', '0'].includes(event.key)
    || 'dfghjlnoprstuw'.includes(event.key.toLowerCase())));

function key(event) {
  if (!event.isTrusted || event.isComposing || !event.key) return;
  if (!isBrowsers(event)) return press(event);
  const told = pressed(event);
  // Once the page has seen it.
  if (told) setTimeout(() => { if (event.defaultPrevented) tell(told); });
}

function press(event) {
  const told = pressed(event);
  if (told) tell(told);
}

function pressed(event) {
  const element = elements(event)[0];
  const keys = held(event);
  const isChord = keys.some((one) => one !== 'Shift') && !event.getModifierState('AltGraph');
  const isLetter = [...event.key].length === 1;
  if (!KEYS.has(event.key) && !isLetter) return null;
  const inText = element && (isTextField(element) || element.isContentEditable);
  if (inText && isLetter && (!isChord || 'acvxyz'.includes(event.key.toLowerCase()))) return null;
  const isEnterOfLines = event.key === 'Enter' && !isChord && !(element instanceof HTMLInputElement);
  if (inText && (isEnterOfLines || ['Backspace', 'Delete', 'ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key))) return null;
  const chooses = element && (element.matches('select, option') || CHOSEN.includes(element.type));
  if (chooses && !isChord && !['Tab', 'Enter', 'Escape'].includes(event.key)) return null;
  // The letter already has what Shift makes of it.
  const used = isLetter && event.key !== ' ' && !isChord ? keys.filter((one) => one !== 'Shift') : keys;
  const isPage = !element || element === document.body || element === document.documentElement;
  return {kind: 'press', on: isPage ? null : namesOf(element), held: used, key: event.key === ' ' ? 'Space' : event.key};
}

const isTop = window === window.top;
let title = null;
let hasActed = false;
// The title that whoever acts has seen, not the one of a page that was still loading, nor one that changed later.
function told() {
  if (hasActed || document.title === title) return;
  title = document.title;
  tell({kind: 'page', url: location.href, title});
}

function listen(name, act) {
  // At the window and before the page: nothing it stops is lost.
  addEventListener(name, (event) => {
    if (overlay.takes(event)) return;
    // A key or button may go up in a page that came when it went down.
    hasActed = hasActed || (event.isTrusted && ['pointerdown', 'keydown', 'input'].includes(name));
    act(event);
  }, {capture: true});
}

listen('click', (event) => { if (event.detail % 2 === 1) click(event, 'click'); });
listen('dblclick', (event) => click(event, 'doubleClick'));
listen('auxclick', (event) => { if (event.button !== 2) click(event, 'click'); });
listen('contextmenu', (event) => { if (event.button === 2) click(event, 'click'); });
listen('keydown', key);
listen('input', (event) => {
  const path = elements(event);
  const editor = path.find((element) => element.isContentEditable && !(element.parentElement && element.parentElement.isContentEditable));
  const field = editor || path[0];
  if (event.isTrusted && field && (isTextField(field) || field.type === 'range' || field.type === 'color' || field.isContentEditable)) filled(field);
});
listen('change', (event) => { if (event.isTrusted && elements(event)[0]) chosen(elements(event)[0]); });
listen('focusin', (event) => { if (elements(event)[0]) isSecret(elements(event)[0]); });
for (const name of ['mousedown', 'mouseup', 'pointerdown', 'pointerup', 'mousemove', 'keyup']) listen(name, () => {});

if (isTop) {
  tell({kind: 'hello', width: innerWidth, height: innerHeight});
  const follow = () => {
    told();
    new MutationObserver(told).observe(document.head || document, {subtree: true, childList: true, characterData: true});
  };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', follow, {once: true});
  else follow();
}
