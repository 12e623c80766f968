/**
 * The name of a subscription: the JSON of what is subscribed to. A part that contains itself is named by where it is, as
 * cluster-client's `json-stringify-safe` does, in place of an exception.
 */
export function formatKey(reg: unknown): string {
  const path: { holder: unknown; key: string }[] = [];
  return JSON.stringify(reg, function (this: unknown, key, value: unknown) {
    while (path.length > 0 && path.at(-1)?.holder !== this) path.pop();
    const at = path.findIndex(({ holder }) => holder === value);
    if (at >= 0)
      return `[Circular ~${path
        .slice(1, at + 1)
        .map((step) => `.${step.key}`)
        .join('')}]`;
    if (typeof value === 'object' && value !== null) path.push({ holder: value, key });
    return value;
  });
}
