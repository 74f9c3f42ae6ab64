// Reports web vitals of the top document as they change; runs in a world of its own, unseen by the page.
(() => {
  // Not frames, and not the empty page a browser starts with.
  if (window.top !== window || !/^https?:$/.test(location.protocol)) return;
  const vitals = { url: location.href, ttfb: null, fcp: null, lcp: null, cls: 0 };
  let windowValue = 0, windowStart = 0, windowEnd = 0;
  const send = () => __siskinVitals(JSON.stringify(vitals));
  const watch = (type, each) => {
    try {
      new PerformanceObserver((list) => { list.getEntries().forEach(each); send(); })
        .observe({ type, buffered: true });
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
})();
