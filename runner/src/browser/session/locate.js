(selectors) => {
  const view = visualViewport;
  const find = ({ css, path, key }) => {
    if (css) return [...document.querySelectorAll(css)];
    if (path) {
      const found = document.evaluate(path, document, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
      const nodes = Array.from({ length: found.snapshotLength }, (_, at) => found.snapshotItem(at));
      return nodes.filter((node) => node instanceof Element);
    }
    const found = window[key] ?? [];
    delete window[key];
    return found;
  };
  const boxes = (selector) => {
    const elements = find(selector);
    if (!elements.length) return null;
    return elements.map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      return [x, y, width, height];
    });
  };
  return {
    width: Math.round(view.width * view.scale),
    height: Math.round(view.height * view.scale),
    scale: devicePixelRatio,
    across: view.width,
    left: view.offsetLeft,
    top: view.offsetTop,
    scroll_left: scrollX,
    scroll_top: scrollY,
    boxes: selectors.map(boxes),
  };
}
