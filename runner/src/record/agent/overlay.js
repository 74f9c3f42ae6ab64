// The bar with which a person steers the recording, and the frame around what is picked.
const overlay = (() => {
  const STYLE = `
    :host { all: initial }
    .bar { position: fixed; left: 50%; bottom: 16px; transform: translateX(-50%); display: flex; gap: 6px; align-items: center;
      padding: 8px 10px; border-radius: 10px; background: #1f2430; color: #fff; font: 13px/1 system-ui, sans-serif;
      box-shadow: 0 4px 18px rgb(0 0 0 / 40%); user-select: none; white-space: nowrap }
    .bar.up { bottom: auto; top: 16px }
    .bar.picking { outline: 2px solid #4c9ffe }
    .told { min-width: 120px; padding: 0 6px; display: flex; gap: 8px; align-items: center }
    .dot { width: 10px; height: 10px; border-radius: 50%; background: #ff4d4f }
    .paused .dot { background: #8a93a6 }
    button { all: unset; padding: 7px 10px; border-radius: 6px; background: #39415a; cursor: pointer }
    button:hover { background: #4b5677 }
    button.on { background: #2f7de1 }
    button.stop { background: #b3372f }
    .box { position: fixed; display: none; border: 2px solid #4c9ffe; background: rgb(76 159 254 / 20%); border-radius: 3px; pointer-events: none }`;
  const BUTTONS = [['text', 'Assert text'], ['visible', 'Assert visible'], ['hover', 'Hover'], ['pause', 'Pause'], ['move', '↕'], ['stop', 'Stop']];
  const PICKED = {text: 'assertText', visible: 'assertVisible', hover: 'hover'};
  const isTop = window === window.top;
  const make = (name, className, text = '') => {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  };
  const host = document.createElement('siskin-recorder');
  // Of styles the host's own stay last, whatever the page says of its elements.
  for (const [name, value] of [['all', 'initial'], ['position', 'fixed'], ['z-index', '2147483647'], ['inset', '0'], ['pointer-events', 'none']]) {
    host.style.setProperty(name, value, 'important');
  }
  const shadow = host.attachShadow({mode: 'closed'});
  // Made by script, a sheet is not subject to the page's Content-Security-Policy.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  shadow.adoptedStyleSheets = [sheet];
  const box = make('div', 'box');
  const bar = make('div', 'bar');
  const told = make('span', 'told');
  const count = make('span', '', 'Recording');
  told.append(make('span', 'dot'), count);
  bar.append(told);
  bar.style.setProperty('pointer-events', 'auto');
  const buttons = new Map(BUTTONS.map(([name, label]) => {
    const button = make('button', name, label);
    button.dataset.act = name;
    bar.append(button);
    return [name, button];
  }));
  shadow.append(box);
  if (isTop) shadow.append(bar);

  const state = {mode: '', since: 0, paused: false, steps: 0};
  function draw() {
    bar.classList.toggle('paused', state.paused);
    bar.classList.toggle('picking', state.mode !== '');
    buttons.get('pause').textContent = state.paused ? 'Go on' : 'Pause';
    for (const name of Object.keys(PICKED)) buttons.get(name).classList.toggle('on', state.mode === name);
    const steps = `${state.steps} step${state.steps === 1 ? '' : 's'}`;
    count.textContent = state.mode ? 'Pick an element, Esc ends' : `${state.paused ? 'Paused' : 'Recording'}, ${steps}`;
    if (!state.mode) box.style.display = 'none';
  }
  // Frames need theirs only while something is picked.
  const attach = () => {
    if (host.isConnected || !document.documentElement || (!isTop && !state.mode)) return;
    document.documentElement.append(host);
  };
  function show(now) {
    // What a frame hears of an older change does not undo its own.
    if (now.since < state.since) return;
    Object.assign(state, now);
    attach();
    draw();
  }
  // Here at once, not when the recorder has told the frames: the next click may come before that.
  function turn(mode) {
    const since = performance.timeOrigin + performance.now();
    show({mode, since});
    tell({kind: 'mode', mode, since});
  }
  function pressed(name) {
    if (name === 'move') bar.classList.toggle('up');
    else if (name === 'stop') tell({kind: 'stop'});
    else if (name === 'pause') tell({kind: 'pause', paused: !state.paused});
    else if (name) turn(state.mode === name ? '' : name);
  }

  function shownText(element) {
    const lines = (element.innerText || element.textContent || '').split('\n').map((line) => line.trim()).filter((line) => line);
    return (lines[0] || '').slice(0, 200);
  }
  function pick(element) {
    const kind = PICKED[state.mode];
    if (kind === 'assertText') tell({kind, on: nameOf(element, false), text: shownText(element)});
    else tell({kind, on: nameOf(element)});
    turn('');
  }

  // Whether an event is the overlay's: then neither page nor recording hear of it.
  function takes(event) {
    const own = event.composedPath().includes(host);
    const picks = state.mode !== '' && event instanceof MouseEvent;
    if (state.mode !== '' && event.type === 'keydown' && event.key === 'Escape') {
      event.stopImmediatePropagation();
      event.preventDefault();
      turn('');
      return true;
    }
    if (!own && !picks) return false;
    event.stopImmediatePropagation();
    event.preventDefault();
    if (!event.isTrusted) return true;
    if (own) {
      const under = event.type === 'click' && shadow.elementFromPoint(event.clientX, event.clientY);
      if (under) pressed(under.dataset.act);
    } else {
      const element = event.composedPath().find((node) => node instanceof Element);
      if (!element) return true;
      if (event.type === 'mousemove') {
        const {x, y, width, height} = element.getBoundingClientRect();
        Object.assign(box.style, {display: 'block', left: `${x - 2}px`, top: `${y - 2}px`, width: `${width}px`, height: `${height}px`});
      }
      if (event.type === 'click') pick(element);
    }
    return true;
  }

  attach();
  new MutationObserver(attach).observe(document, {childList: true, subtree: false});
  document.addEventListener('DOMContentLoaded', attach, {once: true});
  // A page that makes itself anew would take the bar away.
  if (isTop) setInterval(attach, 1000);
  draw();
  return {takes, show};
})();
globalThis.siskinRecorder = {show: overlay.show, nameOf};
