async (script, given, key) => {
  const value = await script.apply(null, given);
  let holdsNodes = false;
  const plain = (part, around) => {
    if (part === undefined || part === null) return null;
    if (typeof part === 'number') return Number.isFinite(part) ? part : null;
    if (typeof part === 'boolean' || typeof part === 'string') return part;
    if (typeof part === 'bigint' || typeof part === 'symbol') throw new TypeError(`a ${typeof part} is no plain value`);
    if (part instanceof Node || part === part.window) {
      holdsNodes = true;
      return null;
    }
    if (around.includes(part)) throw new TypeError('the result refers to itself');
    const within = [...around, part];
    if (typeof part.toJSON === 'function') return plain(part.toJSON(), within);
    const isList = Array.isArray(part) || part instanceof NodeList || part instanceof HTMLCollection
      || part instanceof FileList || Object.prototype.toString.call(part) === '[object Arguments]';
    if (isList) return Array.from(part, (one) => plain(one, within));
    return Object.fromEntries(Object.keys(part).map((name) => [name, plain(part[name], within)]));
  };
  const result = plain(value, []);
  if (!holdsNodes) return [result];
  Object.defineProperty(window, key, { value: { value }, configurable: true });
  return [];
}
