// Names elements as scripts do, best first: role, test id, id, other CSS, text, path.
const blank = (text) => (text || '').replace(/\s+/g, ' ').trim();
const NAME_CHARS_MAX = 80;
const TEXT_CHARS_MAX = 60;
const TEST_IDS = ['data-testid', 'data-test-id', 'data-test', 'data-cy', 'data-qa'];
const NAMED_ROLES = new Set(['button', 'checkbox', 'combobox', 'heading', 'img', 'image', 'link', 'listbox', 'menuitem',
  'menuitemcheckbox', 'menuitemradio', 'option', 'radio', 'searchbox', 'slider', 'spinbutton', 'switch', 'tab', 'textbox',
  'treeitem']);

function roots() {
  const all = [document];
  for (let at = 0; at < all.length; at++) {
    for (const element of all[at].querySelectorAll('*')) if (element.shadowRoot) all.push(element.shadowRoot);
  }
  return all;
}
const everywhere = (css) => roots().flatMap((root) => [...root.querySelectorAll(css)]);

function isVisible(element) {
  if (!element.checkVisibility({visibilityProperty: true})) return false;
  const box = element.getBoundingClientRect();
  return box.width > 0 && box.height > 0;
}

// Whether a selector finds this element alone, as scripts look for it: among those that are visible.
function isOnly(found, element) {
  const seen = isVisible(element) ? found.filter(isVisible) : found;
  return seen.length === 1 && seen[0] === element;
}

// Made up by a framework for each page: `:r1:`, `ember123`, `input-4f3a9c`.
const isGenerated = (id) => /^:|:$|\d{3,}|^\d|[0-9a-f]{8,}|^(ember|radix|mui|react)/i.test(id);
const quoted = (text) => `"${text.replace(/["\\]/g, '\\$&')}"`;

function byAttributes(element) {
  const tag = element.localName;
  const made = [];
  const add = (name) => {
    const value = element.getAttribute(name);
    if (value && value.length <= NAME_CHARS_MAX && !/[\n\r]/.test(value)) made.push(`${tag}[${name}=${quoted(value)}]`);
  };
  if (element.type === 'radio' && element.name) {
    made.push(`${tag}[name=${quoted(element.name)}][value=${quoted(element.value)}]`);
  }
  for (const name of ['name', 'aria-label', 'placeholder', 'alt', 'title', 'for']) add(name);
  const href = element.getAttribute('href');
  if (href && !/[?#]|\d{4,}/.test(href)) add('href');
  if (['submit', 'password', 'email', 'search', 'file'].includes(element.getAttribute('type'))) add('type');
  return made;
}

const ownName = (element) => {
  const testId = TEST_IDS.find((name) => element.getAttribute(name));
  if (testId) return `[${testId}=${quoted(element.getAttribute(testId))}]`;
  return element.id && !isGenerated(element.id) ? `#${CSS.escape(element.id)}` : null;
};

function place(element) {
  const siblings = element.parentNode ? [...element.parentNode.children] : [];
  const alike = siblings.filter((one) => one.localName === element.localName);
  return alike.length > 1 ? `:nth-of-type(${alike.indexOf(element) + 1})` : '';
}

// The shortest way down from an element with a name of its own, or from as near as tells it from all others.
function byStructure(element) {
  let path = '';
  for (let node = element; node && node.localName && node !== document.documentElement; node = node.parentElement) {
    const name = node === element ? null : ownName(node);
    path = (name || node.localName + place(node)) + (path ? ` > ${path}` : '');
    if (isOnly(everywhere(path), element)) return path;
    if (name) return null;
  }
  return null;
}

function byXPath(element) {
  if (element.getRootNode() !== document) return null;
  let path = '';
  for (let node = element; node && node.localName; node = node.parentElement) {
    if (node !== element && node.id && !isGenerated(node.id) && !node.id.includes('"')
      && document.querySelectorAll(`#${CSS.escape(node.id)}`).length === 1) {
      return `//*[@id="${node.id}"]${path}`;
    }
    const alike = node.parentElement ? [...node.parentElement.children].filter((one) => one.localName === node.localName) : [];
    // Elements of SVG have a namespace, which a plain name does not find.
    const name = node.namespaceURI === 'http://www.w3.org/1999/xhtml' ? node.localName : `*[name()="${node.localName}"]`;
    path = `/${name}${alike.length > 1 ? `[${alike.indexOf(node) + 1}]` : ''}${path}`;
  }
  return path;
}

function byText(element) {
  const label = (one) => one instanceof HTMLInputElement ? blank(one.value) : blank(one.textContent);
  if (element instanceof HTMLInputElement && !['submit', 'button', 'reset'].includes(element.type)) return null;
  const text = element.matches('select, textarea, option') ? '' : label(element);
  if (!text || text.length > TEXT_CHARS_MAX) return null;
  const all = everywhere('body *').filter((one) => !['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE'].includes(one.tagName) && label(one) === text);
  const set = new Set(all);
  return isOnly(all.filter((one) => ![...one.children].some((child) => set.has(child))), element) ? text : null;
}

function byRole(element) {
  const role = element.computedRole;
  const name = blank(element.computedName);
  // A file input is called by the file that it holds, too.
  if (element.type === 'file' || !NAMED_ROLES.has(role) || !name || name.length > NAME_CHARS_MAX) return null;
  const alike = everywhere('*').filter((one) => one.computedRole === role && blank(one.computedName) === name);
  return isOnly(alike, element) ? {by: 'role', role, text: name} : null;
}

// `bySight`: also by what it shows; not for a check of that.
function nameOf(element, bySight = true) {
  const names = [];
  const css = (text) => {
    const fits = text && isOnly(everywhere(text), element);
    if (fits) names.push({by: 'css', text});
    return fits;
  };
  const role = bySight ? byRole(element) : null;
  if (role) names.push(role);
  const testId = TEST_IDS.find((name) => element.getAttribute(name));
  let isNamed = Boolean(testId) && css(`[${testId}=${quoted(element.getAttribute(testId))}]`);
  if (element.id && !isGenerated(element.id)) isNamed = css(`#${CSS.escape(element.id)}`) || isNamed;
  isNamed = isNamed || byAttributes(element).some(css);
  // Where it stands in the page says little of what it is.
  if (!isNamed) css(byStructure(element));
  const text = bySight ? byText(element) : null;
  if (text) names.push({by: 'text', text});
  const path = byXPath(element);
  if (path) names.push({by: 'xpath', text: path});
  return names;
}
