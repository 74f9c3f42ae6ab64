// Finds an element, waits for nothing, tells in what state it is, and reads or changes it when it is ready.
// arguments: selectors [{kind, text, role, name}], wish {checks, strict, nth, op, given}.
const [selectors, wish] = arguments;
const blank = (text) => (text || '').replace(/\s+/g, ' ').trim();

function roots() {
  const all = [document];
  for (let at = 0; at < all.length; at++) {
    for (const element of all[at].querySelectorAll('*')) if (element.shadowRoot) all.push(element.shadowRoot);
  }
  return all;
}
const everywhere = (css) => roots().flatMap((root) => [...root.querySelectorAll(css)]);

function byPath(path) {
  const found = document.evaluate(path, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
  const all = [];
  for (let at = 0; at < found.snapshotLength; at++) {
    const node = found.snapshotItem(at);
    if (node.nodeType === Node.ELEMENT_NODE) all.push(node);
  }
  return all;
}

function byText(text) {
  const expression = /^\/(.*)\/([imsu]*)$/s.exec(text);
  const holds = expression
    ? ((pattern) => (shown) => pattern.test(shown))(new RegExp(expression[1], expression[2]))
    : (shown) => shown === text;
  const label = (element) => element instanceof HTMLInputElement && ['submit', 'button', 'reset'].includes(element.type)
    ? blank(element.value) : blank(element.textContent);
  const matches = everywhere('body *, input')
    .filter((element) => !['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE'].includes(element.tagName))
    .filter((element) => holds(label(element)));
  const set = new Set(matches);
  return matches.filter((element) => ![...element.children].some((child) => set.has(child)));
}

// `*` is any role that people are told of.
const isRole = (told, role) => role === '*' ? !['', 'generic', 'none'].includes(told) : told === role;
const byRole = (role, name) => everywhere('*').filter(
  (element) => isRole(element.computedRole, role) && (name === null || blank(element.computedName) === blank(name)));

function find(selector) {
  switch (selector.kind) {
    case 'css': return everywhere(selector.text);
    case 'xpath': return byPath(selector.text);
    case 'text': return byText(selector.text);
    default: return byRole(selector.role, selector.name);
  }
}

function isVisible(element) {
  if (!element.isConnected) return false;
  if (element instanceof HTMLOptionElement) element = element.closest('select') || element;
  if (!element.checkVisibility({visibilityProperty: true})) return false;
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
}
const isEnabled = (element) => !element.matches(':disabled') && !element.closest('[aria-disabled="true"]');
const isChecked = (element) => 'checked' in element ? element.checked : element.getAttribute('aria-checked') === 'true';
const isTextField = (element) => element instanceof HTMLTextAreaElement
  || (element instanceof HTMLInputElement
    && !['button', 'checkbox', 'file', 'hidden', 'image', 'radio', 'reset', 'submit'].includes(element.type));
const isEditable = (element) => element.isContentEditable || element instanceof HTMLSelectElement
  || (isTextField(element) && !element.readOnly);

function described(element) {
  const id = element.id ? `#${element.id}` : '';
  const classes = !id && element.classList.length ? `.${[...element.classList].slice(0, 2).join('.')}` : '';
  const text = blank(element.textContent).slice(0, 30);
  return `<${element.tagName.toLowerCase()}${id}${classes}>${text ? ` "${text}"` : ''}`;
}

// A page in the background paints no frames: the timer comes then.
const frame = () => new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 100); });

async function isStill(element) {
  const box = () => { const {x, y, width, height} = element.getBoundingClientRect(); return [x, y, width, height].join(); };
  await frame();
  const before = box();
  await frame();
  return before === box();
}

function composedParent(node) {
  return node.assignedSlot || node.parentElement || (node.getRootNode() instanceof ShadowRoot ? node.getRootNode().host : null);
}

// What lies over the element's middle, if it is not the element itself, something in it, or its label.
function coveredBy(element) {
  element.scrollIntoView({block: 'nearest', inline: 'nearest', behavior: 'instant'});
  let box = element.getBoundingClientRect();
  const middle = () => [box.left + box.width / 2, box.top + box.height / 2];
  const outside = ([x, y]) => x < 0 || y < 0 || x >= innerWidth || y >= innerHeight;
  if (outside(middle())) {
    element.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});
    box = element.getBoundingClientRect();
  }
  const [x, y] = middle();
  let hit = document.elementFromPoint(x, y);
  while (hit && hit.shadowRoot) {
    const inner = hit.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === hit) break;
    hit = inner;
  }
  if (!hit) return 'the edge of the window';
  for (let node = hit; node; node = composedParent(node)) if (node === element) return null;
  const label = hit.closest('label');
  if (label && label.control === element) return null;
  return described(hit);
}

function setValue(element, value) {
  const owner = element instanceof HTMLTextAreaElement ? HTMLTextAreaElement
    : element instanceof HTMLSelectElement ? HTMLSelectElement : HTMLInputElement;
  // Frameworks overlay the property of the element itself.
  Object.getOwnPropertyDescriptor(owner.prototype, 'value').set.call(element, value);
}
function tell(element, ...events) {
  for (const name of events) element.dispatchEvent(new Event(name, {bubbles: true, composed: true}));
}

function fill(element, text) {
  element.focus();
  if (element.isContentEditable) {
    getSelection().selectAllChildren(element);
    document.execCommand(text ? 'insertText' : 'delete', false, text);
    return null;
  }
  const typed = ['text', 'search', 'url', 'tel', 'email', 'password', 'number'].includes(element.type)
    || element instanceof HTMLTextAreaElement;
  if (typed) {
    element.select();
    document.execCommand(text ? 'insertText' : 'delete', false, text);
  }
  if (element.value !== text) {
    setValue(element, text);
    tell(element, 'input');
  }
  tell(element, 'change');
  return element.value === text ? null
    : `the field holds ${JSON.stringify(element.value)} after ${JSON.stringify(text)} was filled in`;
}

function choose(element, wanted) {
  if (!(element instanceof HTMLSelectElement)) return {fault: `${described(element)} is no select`};
  if (wanted.length > 1 && !element.multiple) return {fault: 'the select takes one option, not several'};
  const chosen = [];
  for (const one of wanted) {
    const option = [...element.options].find((option) => option.value === one)
      || [...element.options].find((option) => blank(option.label) === blank(one));
    if (!option) {
      const there = [...element.options].slice(0, 20).map((option) => JSON.stringify(blank(option.label))).join(', ');
      return {wait: `no option ${JSON.stringify(one)}; there are ${there || 'none'}`};
    }
    if (option.disabled) return {wait: `option ${JSON.stringify(one)} is disabled`};
    chosen.push(option);
  }
  for (const option of element.options) option.selected = chosen.includes(option);
  tell(element, 'input', 'change');
  return {value: chosen.map((option) => option.value)};
}

function takeFiles(element, files) {
  if (!(element instanceof HTMLInputElement) || element.type !== 'file') {
    return {fault: `${described(element)} is no file input`};
  }
  if (files.length > 1 && !element.multiple) return {fault: 'the input takes one file, not several'};
  const transfer = new DataTransfer();
  for (const {name, type, base64} of files) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, {type}));
  }
  element.files = transfer.files;
  tell(element, 'input', 'change');
  return {value: null};
}

function act(element) {
  const given = wish.given;
  switch (wish.op) {
    case 'text': return {value: element instanceof HTMLElement ? element.innerText : element.textContent};
    case 'html': return {value: element.outerHTML};
    case 'value': return 'value' in element ? {value: String(element.value)} : {fault: `${described(element)} has no value`};
    case 'attribute': return {value: element.getAttribute(given)};
    case 'checked': return {value: isChecked(element)};
    case 'enabled': return {value: isEnabled(element)};
    case 'focus': element.focus(); return {value: null};
    case 'scroll': element.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'}); return {value: null};
    case 'fill': {
      if (element instanceof HTMLSelectElement) return given ? choose(element, [given]) : choose(element, []);
      const fault = fill(element, given);
      return fault ? {fault} : {value: null};
    }
    case 'choose': return choose(element, given);
    case 'files': return takeFiles(element, given);
    case 'box': { const {x, y, width, height} = element.getBoundingClientRect(); return {value: {x, y, width, height}}; }
    default: return {value: null};
  }
}

if (wish.op === 'count') return {state: 'ready', value: find(selectors[0]).length};
const needs = (check) => wish.checks.includes(check);
let best = {state: 'none'};
for (const [index, selector] of selectors.entries()) {
  let all;
  try {
    all = find(selector);
  } catch (error) {
    return {state: 'bad', index, detail: error.message};
  }
  const usable = needs('visible') ? all.filter(isVisible) : all;
  if (usable.length === 0) {
    if (all.length > 0 && best.state === 'none') best = {state: 'hidden', index, count: all.length};
    continue;
  }
  if (wish.op === 'visible') return {state: 'ready', index, value: true};
  let element = usable[0];
  if (wish.nth !== null) {
    element = usable.at(wish.nth);
    if (!element) { best = {state: 'few', index, count: usable.length}; continue; }
  } else if (usable.length > 1 && wish.strict) {
    // The next selector may name one of them.
    if (best.state !== 'many') best = {state: 'many', index, count: usable.length, shown: usable.slice(0, 3).map(described)};
    continue;
  }
  const state = (state, detail) => ({state, index, detail: detail || described(element)});
  if (needs('enabled') && !isEnabled(element)) return state('disabled');
  if (needs('editable') && !isEditable(element)) return state(element.readOnly ? 'readonly' : 'not editable');
  if (needs('still') && !(await isStill(element))) return state('moving');
  if (needs('uncovered')) {
    const over = coveredBy(element);
    if (over) return state('covered', over);
  }
  const done = act(element);
  if (done.fault) return state('fault', done.fault);
  if (done.wait) return state('unfit', done.wait);
  return {state: 'ready', index, value: done.value, element: wish.wantsElement ? element : null};
}
return wish.op === 'visible' ? {state: 'ready', value: false} : best;
