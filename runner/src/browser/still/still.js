async ({ isFinal, fromTop, hide, patience }) => {
  const key = Symbol.for('siskin.still');
  // A picture that was given up midway.
  document[key]?.resume();

  const until = performance.now() + patience;
  const within = (promise) =>
    Promise.race([promise, new Promise((done) => setTimeout(done, Math.max(0, until - performance.now())))]);
  // A page in the background paints no frames.
  const frame = () => new Promise((done) => {
    requestAnimationFrame(done);
    setTimeout(done, 100);
  });
  const event = (target, ...names) =>
    new Promise((done) => names.forEach((name) => target.addEventListener(name, done, { once: true })));

  const undo = [];
  const resume = () => {
    delete document[key];
    for (const step of undo.splice(0).reverse()) {
      try {
        step();
      } catch {
        // Its element may be gone; the others shall go on all the same.
      }
    }
  };
  const attribute = (element, name, value) => {
    const before = element.getAttribute(name);
    element.setAttribute(name, value);
    undo.push(() => (before === null ? element.removeAttribute(name) : element.setAttribute(name, before)));
  };

  /** The document, what it shows in frames of its own site, and all open shadow trees. */
  const roots = () => {
    const found = [];
    const visit = (root) => {
      found.push(root);
      for (const element of root.querySelectorAll('*')) {
        if (element.shadowRoot) visit(element.shadowRoot);
        if (element.localName === 'iframe' && element.contentDocument) visit(element.contentDocument);
      }
    };
    visit(document);
    return found;
  };
  const documents = () => roots().filter((root) => root.nodeType === Node.DOCUMENT_NODE);
  const all = (selector) => roots().flatMap((root) => [...root.querySelectorAll(selector)]);

  /** Adopted, not inserted: a page's content security policy may forbid inserted styles. */
  const adopt = (root) => {
    const window = (root.ownerDocument ?? root).defaultView;
    if (!window) return;
    const sheet = new window.CSSStyleSheet();
    const hidden = hide.map((selector) => `${selector},:is(${selector}) *{visibility:hidden!important}`);
    sheet.replaceSync(
      // What changes from now on does so at once; transitions under way are not touched by it.
      `*,*::before,*::after{transition-duration:0s!important;transition-delay:0s!important;
        caret-color:transparent!important;scroll-behavior:auto!important;scrollbar-width:none!important}
      progress:indeterminate,marquee{visibility:hidden!important}
      ${hidden.join('')}`
    );
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    undo.push(() => {
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter((other) => other !== sheet);
    });
  };

  const FAR = 1e12;
  const settled = new Set();
  /**
   * Gives a running animation another effect: one that stands at its end, or shows nothing when there is no end. The
   * animation itself runs on, so that the page is told of its end when it comes, and may still pause it by style.
   */
  const settle = (animation) => {
    const { effect, currentTime, playbackRate } = animation;
    // Others follow a scroll position.
    if (animation.playState !== 'running' || typeof currentTime !== 'number' || !effect || settled.has(effect)) return;
    let stopped;
    if (effect.getComputedTiming().endTime === Infinity) {
      stopped = new KeyframeEffect(null, null, FAR);
    } else {
      stopped = new KeyframeEffect(effect);
      stopped.updateTiming(playbackRate < 0 ? { delay: FAR } : { delay: -FAR, endDelay: 2 * FAR });
    }
    settled.add(stopped);
    animation.effect = stopped;
    undo.push(() => {
      if (animation.effect === stopped) animation.effect = effect;
    });
  };
  const settleDrawing = (svg) => {
    if (svg.ownerSVGElement || svg.animationsPaused() || !svg.querySelector('animate,animateTransform,animateMotion,set')) {
      return;
    }
    const time = svg.getCurrentTime();
    svg.pauseAnimations();
    svg.setCurrentTime(0);
    undo.push(() => {
      svg.setCurrentTime(time);
      svg.unpauseAnimations();
    });
  };
  const settleAnimations = () => {
    roots().forEach((root) => root.getAnimations().forEach(settle));
    all('svg').forEach(settleDrawing);
  };

  const films = new Set();
  /** A film that began shows its poster no more, so the poster is drawn behind, and the film moved out of its box. */
  const showPoster = async (film) => {
    const poster = new Image();
    poster.src = film.poster;
    await within(poster.decode().catch(() => {}));
    const { objectFit, objectPosition } = getComputedStyle(film);
    const size = { fill: '100% 100%', cover: 'cover', none: 'auto' }[objectFit] ?? 'contain';
    const style = film.getAttribute('style');
    film.style.setProperty('background', `${objectPosition} / ${size} no-repeat url(${JSON.stringify(poster.src)})`, 'important');
    film.style.setProperty('object-position', '-99999px 0', 'important');
    undo.push(() => (style === null ? film.removeAttribute('style') : film.setAttribute('style', style)));
  };
  const settleFilm = async (film) => {
    if (films.has(film)) return;
    films.add(film);
    const { currentTime } = film;
    const goesOn = !film.paused || (film.autoplay && currentTime === 0);
    if (film.controls) {
      film.controls = false;
      undo.push(() => { film.controls = true; });
    }
    if (film.autoplay) {
      film.autoplay = false;
      undo.push(() => { film.autoplay = true; });
    }
    film.pause();
    undo.push(() => {
      if (film.currentTime !== currentTime) film.currentTime = currentTime;
      if (goesOn) film.play().catch(() => {});
    });
    if (film.poster) {
      await showPoster(film);
      return;
    }
    if (film.readyState < HTMLMediaElement.HAVE_CURRENT_DATA && film.networkState === HTMLMediaElement.NETWORK_LOADING) {
      await within(event(film, 'loadeddata', 'error', 'suspend'));
    }
    if (film.currentTime > 0 && Number.isFinite(film.duration)) {
      const there = event(film, 'seeked', 'error');
      film.currentTime = 0;
      await within(there);
    }
  };

  const awaitFonts = async (document) => {
    do {
      await within(document.fonts.ready);
      // Laid out with them, text may need another one.
      if (isFinal) await frame();
    } while (document.fonts.status === 'loading' && performance.now() < until);
  };
  const awaitImage = async (image) => {
    if (image.loading === 'lazy') attribute(image, 'loading', 'eager');
    if (image.decoding !== 'sync') attribute(image, 'decoding', 'sync');
    if (!image.complete) await within(event(image, 'load', 'error'));
    // A broken one is shown as broken.
    await within(image.decode().catch(() => {}));
  };

  /** Has scripts load what they load when it comes into view; a page that grows by it is not followed for ever. */
  const lookThrough = async () => {
    const before = [scrollX, scrollY];
    undo.push(() => scrollTo({ left: before[0], top: before[1], behavior: 'instant' }));
    const end = Math.min(document.documentElement.scrollHeight, 16384);
    for (let top = innerHeight; top < end; top += innerHeight) {
      scrollTo({ top, behavior: 'instant' });
      await frame();
    }
    scrollTo({ left: 0, top: 0, behavior: 'instant' });
  };

  document[key] = {
    resume,
    again: async () => {
      settleAnimations();
      if (isFinal) await Promise.all(all('video').map(settleFilm));
      await frame();
    },
  };
  roots().forEach(adopt);
  if (isFinal) {
    if (fromTop) await lookThrough();
    all('iframe[loading=lazy]').forEach((inner) => attribute(inner, 'loading', 'eager'));
    await Promise.all([...documents().map(awaitFonts), ...all('img').map(awaitImage), ...all('video').map(settleFilm)]);
    settleAnimations();
    await frame();
    await frame();
  } else {
    settleAnimations();
    await Promise.all(documents().map(awaitFonts));
  }
}
