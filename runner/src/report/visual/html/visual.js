(() => {
'use strict';
const root = document.documentElement;
root.classList.add('js');
const one = (selector, within = document) => within.querySelector(selector);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const meta = (name) => one(`meta[name="${name}"]`)?.content;

const token = meta('siskin-token');
const command = meta('siskin-command');
const live = one('.live');
const search = one('nav input[type=search]');
const calm = matchMedia('(prefers-reduced-motion: reduce)');
const sheets = new Map(all('article').map((sheet) => [sheet.dataset.key, sheet]));
const rows = all('nav li');
const statuses = new Set();

let current = null;
// The view that was asked for last; side by side is too small on a phone.
let view = innerWidth < 800 ? 'slider' : 'side';
let isWhole = false;
let isOutlined = false;
let speed = 700;
let blinking = null;
let telling = null;

/** Tells those who listen; with 'seen' also those who look. */
function say(text, way) {
  live.textContent = text;
  live.classList.toggle('seen', way === 'seen');
  clearTimeout(telling);
  telling = setTimeout(() => live.classList.remove('seen'), 2500);
}

// ---- which comparisons are listed

const isListed = (row) => !row.hidden;
const listed = () => rows.filter((row) => isListed(row) && sheets.has(row.dataset.key));
const text = new Map(rows.map((row) => {
  const sheet = sheets.get(row.dataset.key);
  const more = sheet ? one('.title', sheet).textContent + one('.reason', sheet).textContent : one('.row', row).title;
  return [row, `${row.dataset.key} ${row.textContent} ${more}`.toLowerCase()];
}));

function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) {
    const has = words.every((word) => text.get(row).includes(word));
    row.hidden = !has || (statuses.size > 0 && !statuses.has(row.dataset.status));
  }
  for (const group of all('nav .group')) {
    const count = all('li', group).filter(isListed).length;
    group.hidden = count === 0;
    if (words.length > 0 || statuses.has(group.dataset.status)) group.open = true;
  }
  const left = listed();
  one('main .none').hidden = rows.some(isListed);
  if (!left.some((row) => row.dataset.key === current?.dataset.key)) show(left[0]?.dataset.key, 'stay');
  several();
  say(`${rows.filter(isListed).length} of ${rows.length} comparisons listed`);
}

function toggleStatus(button) {
  const { status } = button.dataset;
  if (!statuses.delete(status)) statuses.add(status);
  button.setAttribute('aria-pressed', statuses.has(status));
  filter();
}

// ---- the comparison that is shown

function show(key, way) {
  stopBlinking();
  current?.classList.remove('current');
  all('nav .row[aria-current]').forEach((row) => row.removeAttribute('aria-current'));
  current = sheets.get(key) ?? null;
  if (!current) return;
  current.classList.add('current');
  const row = rows.find((row) => row.dataset.key === key);
  const link = one('.row', row);
  link.setAttribute('aria-current', 'true');
  // The one that comes next is there when it is asked for.
  const keys = listed().map((row) => row.dataset.key);
  for (const sheet of [current, sheets.get(keys[keys.indexOf(key) + 1])]) {
    if (sheet) all('img', sheet).forEach((image) => { image.loading = 'eager'; });
  }
  measure(current);
  draw();
  if (way === 'stay') return;
  document.body.classList.add('opened');
  row.closest('details').open = true;
  link.scrollIntoView({ block: 'nearest' });
  try {
    history.replaceState(null, '', link.getAttribute('href'));
  } catch { /* Safari lets nobody do this more than a hundred times in half a minute */ }
  // A focus on what was left would be lost.
  if (!one('nav').contains(document.activeElement) || way === 'key') current.focus({ preventScroll: true });
  if (current.getBoundingClientRect().top < 0 || innerWidth < 800) scrollTo(0, current.offsetTop - 8);
}

function step(by) {
  const keys = listed().map((row) => row.dataset.key);
  const at = keys.indexOf(current?.dataset.key);
  const next = keys[at + by];
  if (next !== undefined) show(next, 'key');
  else say(by > 0 ? 'That was the last one' : 'That is the first one', 'seen');
}

function back() {
  document.body.classList.remove('opened');
  stopBlinking();
  scrollTo(0, 0);
  rows.find((row) => row.dataset.key === current?.dataset.key)?.querySelector('a')?.focus();
}

function byAddress(way) {
  let id = '';
  try { id = decodeURIComponent(location.hash.slice(1)); } catch { /* no address of ours */ }
  const sheet = id.startsWith('at-') && sheets.get(id.slice(3));
  if (sheet) show(sheet.dataset.key, 'go');
  else if (way === 'first') show(listed()[0]?.dataset.key, 'stay');
}

// ---- pictures

const has = (sheet, name) => one(`[data-view="${name}"]`, sheet) !== null;
const first = (sheet) => one('[data-view]', sheet)?.dataset.view ?? 'side';

/** Brings all pictures of a comparison to one scale: that of the widest and highest. */
function measure(sheet) {
  const images = all('.picture img', sheet).filter((image) => image.naturalWidth > 0);
  const width = Math.max(0, ...images.map((image) => image.naturalWidth));
  const height = Math.max(0, ...images.map((image) => image.naturalHeight));
  if (width === 0) return;
  const stage = one('.stage', sheet);
  stage.style.setProperty('--width', `${width}px`);
  stage.style.setProperty('--ratio', `${width} / ${height}`);
  for (const image of images) image.style.width = `${(image.naturalWidth / width) * 100}%`;
  stage.dataset.width = width;
  stage.dataset.height = height;
  boxes(sheet);
}

/** Outlines of regions over each picture. */
function boxes(sheet) {
  const { width, height } = one('.stage', sheet).dataset;
  const regions = all('[data-act=region]', sheet);
  for (const picture of all('.picture', sheet)) {
    if (one('.box', picture)) continue;
    regions.forEach((region, index) => {
      const box = document.createElement('span');
      box.className = 'box';
      box.dataset.index = index;
      box.textContent = index + 1;
      const { x, y } = region.dataset;
      box.style.left = `${(x / width) * 100}%`;
      box.style.top = `${(y / height) * 100}%`;
      box.style.width = `${(region.dataset.width / width) * 100}%`;
      box.style.height = `${(region.dataset.height / height) * 100}%`;
      picture.append(box);
    });
  }
}

function setView(name) {
  if (!current || !has(current, name)) return;
  view = name;
  draw();
}

/** Shows the comparison in the view that was asked for, or in the first that it has. */
function draw() {
  if (!current) return;
  stopBlinking();
  const shown = has(current, view) ? view : first(current);
  current.dataset.view = shown;
  current.classList.toggle('whole', isWhole);
  current.classList.toggle('outlined', isOutlined);
  for (const button of all('[data-view]', current)) button.setAttribute('aria-pressed', button.dataset.view === shown);
  one('[data-act=zoom]', current)?.setAttribute('aria-pressed', isWhole);
  one('[data-act=outline]', current)?.setAttribute('aria-pressed', isOutlined);
  if (shown === 'slider') slide(one('[data-act=slide]', current).value);
  if (shown === 'blink') {
    one('[data-act=speed]', current).value = speed;
    turn(true);
    if (!calm.matches) startBlinking();
  }
}

function slide(percent) {
  const at = Math.min(100, Math.max(0, Number(percent)));
  one('[data-act=slide]', current).value = at;
  one('.stage', current).style.setProperty('--at', `${at}%`);
}

function slideTo(event) {
  const box = one('.actual .picture', current).getBoundingClientRect();
  slide(((event.clientX - box.left) / box.width) * 100);
}

function turn(isBaseline) {
  current.classList.toggle('turned', isBaseline);
}

function startBlinking() {
  stopBlinking();
  blinking = setInterval(() => turn(!current.classList.contains('turned')), speed);
  blinkButton(true);
}

function stopBlinking() {
  clearInterval(blinking);
  blinking = null;
  blinkButton(false);
}

function blinkButton(isOn) {
  const button = current && one('[data-act=blink]', current);
  if (!button) return;
  button.textContent = isOn ? 'Pause' : 'Play';
  button.setAttribute('aria-pressed', isOn);
}

function pick(button) {
  const isSame = button.getAttribute('aria-current') === 'true';
  all('[data-act=region]', current).forEach((other) => other.removeAttribute('aria-current'));
  all('.box.picked', current).forEach((box) => box.classList.remove('picked'));
  if (isSame) return;
  button.setAttribute('aria-current', 'true');
  button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  const index = all('[data-act=region]', current).indexOf(button);
  const picked = all(`.box[data-index="${index}"]`, current);
  picked.forEach((box) => box.classList.add('picked'));
  const visible = picked.find((box) => box.offsetParent && getComputedStyle(box.closest('figure')).visibility !== 'hidden');
  const behavior = calm.matches ? 'auto' : 'smooth';
  visible?.scrollIntoView({ block: 'center', inline: 'center', behavior });
  say(`Region ${index + 1}: ${button.textContent}`);
}

function pickNext(by) {
  const buttons = current ? all('[data-act=region]', current) : [];
  if (buttons.length === 0) return;
  const at = buttons.findIndex((button) => button.getAttribute('aria-current') === 'true');
  pick(buttons[(at + by + buttons.length + (at < 0 && by < 0 ? 1 : 0)) % buttons.length]);
}

// ---- approving

const boxesOf = () => all('nav li input[type=checkbox]').filter((box) => !box.disabled);
const selected = () => boxesOf().filter((box) => box.checked);

/** What the button of several does: approve those that are selected, or else all that are listed. */
function aims() {
  const chosen = selected();
  return chosen.length > 0 ? chosen : boxesOf().filter((box) => isListed(box.closest('li')));
}

function several() {
  const panel = one('nav .several');
  if (!panel) return;
  const chosen = selected().length;
  const boxes = aims();
  const pictures = (count) => (count === 1 ? '1 picture' : `${count} pictures`);
  const isFiltered = boxes.length < boxesOf().length;
  const which = chosen > 0 ? `${chosen} selected` : `${isFiltered ? '' : 'all '}${pictures(boxes.length)}`;
  one('.what', panel).textContent = boxesOf().length === 0 ? 'All approved' : `Approve ${which}`;
  const button = one('[data-act=approve-several]', panel);
  if (button) button.disabled = boxes.length === 0;
  const code = one('[data-role=several]', panel);
  if (code) code.textContent = [command, ...boxes.map((box) => box.dataset.word)].join(' ');
}

async function approve(keys, outcome) {
  const tell = (state, text) => {
    outcome.hidden = false;
    outcome.className = `outcome ${state}`;
    outcome.textContent = text;
    say(text);
  };
  const focused = document.activeElement;
  const buttons = keys.map((key) => one('[data-act=approve]', sheets.get(key)));
  buttons.concat(one('[data-act=approve-several]')).forEach((button) => { button.disabled = true; });
  tell('busy', 'Approving…');
  try {
    const answer = await fetch('approve', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-siskin-token': token },
      body: JSON.stringify({ keys }),
    });
    const { approved, error } = await answer.json();
    approved.forEach(done);
    if (error) tell('bad', `Not approved: ${error}`);
    else tell('fine', approved.length === 1 ? 'Approved: it is the baseline now.' : `${approved.length} approved.`);
  } catch (error) {
    tell('bad', `Not approved: the server does not answer as it should (${error.message}). Is "siskin visual report" still running?`);
  }
  for (const button of buttons) button.disabled = button.closest('article').classList.contains('approved');
  several();
  // A button that was disabled has lost the focus.
  if (focused.matches('[data-act]')) (focused.disabled || focused.hidden ? current : focused).focus({ preventScroll: true });
}

function done(key) {
  const sheet = sheets.get(key);
  const row = rows.find((row) => row.dataset.key === key);
  if (!sheet || !row) return;
  sheet.classList.add('approved');
  row.classList.add('approved');
  const badge = one('.badge', sheet);
  badge.className = 'badge updated';
  badge.textContent = '✓ Approved';
  const box = one('input', row);
  if (box) { box.checked = false; box.disabled = true; }
  one('.n', row).textContent = 'approved';
  const button = one('[data-act=approve]', sheet);
  if (button) button.hidden = true;
  const open = rows.filter((row) => /different|missing|other|failed/.test(row.dataset.status) && !row.classList.contains('approved'));
  one('.top .word').textContent = open.length === 0 ? 'nothing to look at' : `${open.length} to look at`;
  one('.top').classList.toggle('bad', open.length > 0);
}

async function copy(button) {
  const words = button.innerHTML;
  const code = one('code', button.parentElement);
  let told = 'Copied';
  try {
    await navigator.clipboard.writeText(code.textContent);
  } catch {
    // A page that was opened as a file may not have a clipboard: the reader copies what is selected.
    getSelection().selectAllChildren(code);
    told = document.execCommand('copy') ? 'Copied' : 'Selected';
  }
  button.textContent = told;
  say(`${told}: ${code.textContent}`, 'seen');
  setTimeout(() => { button.innerHTML = words; }, 1500);
}

function approveCurrent() {
  const button = current && one('.approve [data-act]', current);
  if (button && !button.disabled && !button.hidden) button.click();
  else say('There is nothing to approve here', 'seen');
}

// ---- hands

const acts = {
  help: () => one('dialog').showModal(),
  back,
  next: () => step(1),
  previous: () => step(-1),
  zoom: () => { isWhole = !isWhole; draw(); },
  outline: () => { isOutlined = !isOutlined; draw(); },
  blink: () => (blinking ? stopBlinking() : startBlinking()),
  region: pick,
  copy,
  approve: () => approve([current.dataset.key], one('.approve .outcome', current)),
  'approve-several': (button) => {
    const keys = aims().map((box) => box.closest('li').dataset.key);
    // Of those that were not chosen one by one, nobody may have seen all.
    if (selected().length === 0 && keys.length > 1 && !button.dataset.sure) {
      button.dataset.sure = 'asked';
      one('.what', button).textContent = `Really all ${keys.length}, unseen ones too? Click again`;
      setTimeout(() => { delete button.dataset.sure; several(); }, 5000);
      return;
    }
    delete button.dataset.sure;
    approve(keys, one('.several .outcome'));
  },
};

document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button?.dataset.act) acts[button.dataset.act](button);
  else if (button?.dataset.view) setView(button.dataset.view);
  else if (button?.classList.contains('count')) toggleStatus(button);
  if (current?.dataset.view === 'blink' && event.target.closest('.picture')) {
    stopBlinking();
    turn(!current.classList.contains('turned'));
  }
  const row = event.target.closest('nav a.row');
  if (row && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    show(row.closest('li').dataset.key, 'go');
  }
});

document.addEventListener('input', ({ target }) => {
  if (target === search) filter();
  else if (target.dataset.act === 'slide') slide(target.value);
  else if (target.dataset.act === 'speed') { speed = Number(target.value); startBlinking(); }
  else if (target.matches('nav li input')) several();
});

const keys = {
  j: () => step(1), ArrowRight: () => step(1), k: () => step(-1), ArrowLeft: () => step(-1),
  1: () => setView('side'), 2: () => setView('slider'), 3: () => setView('blink'),
  4: () => setView('diff'), 5: () => setView('actual'), 6: () => setView('baseline'),
  b: () => (current?.dataset.view === 'blink' ? acts.blink() : setView('blink')),
  d: () => setView(current?.dataset.view === 'diff' ? 'side' : 'diff'),
  z: acts.zoom, r: acts.outline,
  n: () => pickNext(1), p: () => pickNext(-1),
  x: () => rows.find((row) => row.dataset.key === current?.dataset.key)?.querySelector('input')?.click(),
  a: approveCurrent, '/': () => { document.body.classList.remove('opened'); search.focus(); },
  '?': acts.help, Escape: back,
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || one('dialog').open) return;
  const { target, key } = event;
  if (target === search) {
    if (key === 'Escape' || key === 'Enter') { search.blur(); current?.focus({ preventScroll: true }); }
    return;
  }
  if (target.matches('select') || (target.matches('input[type=range]') && key.startsWith('Arrow'))) return;
  if (target.closest('nav') && (key === 'ArrowDown' || key === 'ArrowUp')) {
    event.preventDefault();
    step(key === 'ArrowDown' ? 1 : -1);
    rows.find((row) => row.dataset.key === current?.dataset.key)?.querySelector('a')?.focus();
    return;
  }
  if (!Object.hasOwn(keys, key)) return;
  event.preventDefault();
  keys[key]();
});

document.addEventListener('pointerdown', (event) => {
  if (current?.dataset.view !== 'slider' || event.button !== 0 || !event.target.closest('.current .picture')) return;
  const stage = one('.stage', current);
  stage.setPointerCapture(event.pointerId);
  slideTo(event);
  stage.onpointermove = slideTo;
  stage.onpointerup = stage.onpointercancel = () => { stage.onpointermove = null; };
});

// What is scrolled in one of two pictures is scrolled in the other.
document.addEventListener('scroll', ({ target }) => {
  if (!target.classList?.contains('scroll')) return;
  for (const other of all('.scroll', target.closest('.stage'))) {
    if (other !== target && (other.scrollLeft !== target.scrollLeft || other.scrollTop !== target.scrollTop)) {
      other.scrollTo(target.scrollLeft, target.scrollTop);
    }
  }
}, true);

document.addEventListener('load', ({ target }) => {
  const sheet = target.closest?.('article');
  if (sheet) measure(sheet);
}, true);
document.addEventListener('error', ({ target }) => {
  target.closest?.('figure')?.classList.add('absent');
}, true);

// Small pictures in the list, once they are looked for.
const thumbs = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    thumbs.unobserve(target);
    const sheet = sheets.get(target.closest('li').dataset.key);
    const from = sheet && (one('.actual img', sheet) ?? one('.baseline img', sheet));
    if (!from) continue;
    const image = new Image();
    image.alt = '';
    image.src = from.getAttribute('src');
    target.append(image);
  }
}, { rootMargin: '200px' });
all('nav .thumb').forEach((thumb) => thumbs.observe(thumb));

calm.addEventListener('change', () => { if (calm.matches) stopBlinking(); });
addEventListener('hashchange', () => byAddress('go'));
several();
byAddress('first');
})();
