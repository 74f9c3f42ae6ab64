// Reports web vitals of the top document as they change; runs in a world of its own, unseen by the page.
(() => {
  // Not frames, and not the empty page a browser starts with.
  if (window.top !== window || !/^https?:$/.test(location.protocol)) return;
  const vitals = { url: location.href, ttfb: null, fcp: null, lcp: null, cls: 0, inp: null };
  let windowValue = 0, windowStart = 0, windowEnd = 0;
  const send = () => __siskinVitals(JSON.stringify(vitals));
  const watch = (type, each, more) => {
    try {
      new PerformanceObserver((list) => { list.getEntries().forEach(each); send(); })
        .observe({ type, buffered: true, ...more });
    } catch (_) { /* an old Chrome does not know this entry type: its value stays null */ }
  };
  watch('navigation', (entry) => { vitals.ttfb = entry.responseStart; });
  watch('paint', (entry) => { if (entry.name === 'first-contentful-paint') vitals.fcp = entry.startTime; });
  watch('largest-contentful-paint', (entry) => { vitals.lcp = entry.startTime; });
  // Session windows as https://web.dev/articles/cls: gaps under 1 s, at most 5 s long; the worst counts.
  watch('layout-shift', (entry) => {
    if (entry.hadRecentInput) return;
    if (entry.startTime - windowEnd < 1000 && entry.startTime - windowStart < 5000) {
      windowValue += entry.value;
    } else {
      windowValue = entry.value;
      windowStart = entry.startTime;
    }
    windowEnd = entry.startTime;
    vitals.cls = Math.max(vitals.cls, windowValue);
  });
  // As https://web.dev/articles/inp: the slowest interaction, and one more left out for each 50 of them.
  const KEPT = 10, LEFT_OUT_PER = 50;
  let slowest = [];
  const interaction = (entry) => {
    const id = entry.interactionId;
    if (!id) return;
    const known = slowest.find((one) => one.id === id);
    if (known) known.duration = Math.max(known.duration, entry.duration);
    else slowest.push({ id, duration: entry.duration });
    slowest = slowest.sort((a, b) => b.duration - a.duration).slice(0, KEPT);
    const leftOut = Math.floor((performance.interactionCount || slowest.length) / LEFT_OUT_PER);
    vitals.inp = slowest[Math.min(slowest.length - 1, leftOut)].duration;
  };
  // Shorter ones than 16 ms are told only when they are the first.
  watch('event', interaction, { durationThreshold: 16 });
  watch('first-input', interaction);
})();
