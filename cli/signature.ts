import type { MethodDescription } from '../index.js';
import { printable } from '../lib/quoted.js';

/** A method as its callers write it: `greet(name, politely?)`, `list(prefix) as a stream`. Printable. */
export function signatureOf({ parameters, streams, method }: MethodDescription): string {
  const list = parameters?.map(({ name, optional, rest }) => `${rest ? '...' : ''}${name}${optional ? '?' : ''}`) ?? [
    '...',
  ];
  return printable(`${method}(${list.join(', ')})${streams ? ' as a stream' : ''}`);
}

/** First sentence of a doc comment, on one line. Printable; empty where there is none. */
export function firstLineOf(doc: string | undefined): string {
  const [first = ''] = (doc ?? '').split(/\n\s*\n|(?<=[.!?])\s|\n(?=@)/);
  return printable(first.replace(/\s+/g, ' ').trim());
}
