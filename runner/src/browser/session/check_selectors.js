(ignore, hide) => {
  const wrong = (text, look) => {
    try {
      look();
      return null;
    } catch (error) {
      return `${JSON.stringify(text)}: ${error.message}`;
    }
  };
  const css = (text) => wrong(text, () => document.createDocumentFragment().querySelector(text));
  const path = (text) => wrong(text, () => document.createExpression(text));
  const checks = ignore.map((one) => (one?.css ? css(one.css) : one?.path ? path(one.path) : null));
  return [...checks, ...hide.map(css)].find((why) => why !== null) ?? null;
}
