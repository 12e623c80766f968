import { jsonText } from '../json-text.js';

/**
 * Default key of a subscription: the JSON of the argument of `subscribe`. A circular reference is written as its path and
 * does not throw, as with cluster-client's `json-stringify-safe`.
 */
export function formatKey(reg: unknown): string {
  const path: { holder: unknown; key: string }[] = [];
  const text = jsonText(reg, function (this: unknown, key, value: unknown) {
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
  return text ?? String(reg);
}
