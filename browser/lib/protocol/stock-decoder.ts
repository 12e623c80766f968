import { type RawBytes, readUtf8 } from '../raw-bytes.js';

const CONSTANTS: readonly unknown[] = [true, false, null, '', undefined];
const UNESCAPED: Readonly<Record<string, string>> = { '+': ' ', '%2B': '+', '%7C': '|', '%5E': '^', '%25': '%' };

/**
 * Decodes the answer to a registration, which has the format of serialize-json: see lib/protocol/stock-decoder.ts. Such an answer
 * is an object of objects and texts. Throws on anything else.
 */
export function decodeStock(bytes: RawBytes, start: number, end: number): unknown {
  const [texts = '', whole = '', , , value = ''] = readUtf8(bytes, start, end).split('^');
  const entries = (text: string): string[] => (text === '' ? [] : text.split('|'));
  const dictionary: readonly unknown[] = [
    ...entries(texts).map((text) => text.replace(/\+|%2B|%7C|%5E|%25/g, (escaped) => UNESCAPED[escaped] ?? '')),
    ...entries(whole).map((digits) => Number.parseInt(digits, 36)),
  ];
  const tokens = value.match(/[$@#\]]|-?[\da-z]+/g) ?? [];
  let at = 0;
  const read = (): unknown => {
    const token = tokens[at++];
    if (token === '$' || token === '#') {
      const object: Record<string, unknown> = {};
      while (tokens[at] !== ']') {
        const key = String(read());
        object[key] = read();
      }
      at += 1;
      return object;
    }
    const entry = token === undefined ? Number.NaN : Number.parseInt(token, 36);
    if (Number.isNaN(entry)) throw new TypeError('a value that a page does not read');
    return entry < 0 ? CONSTANTS[-entry - 1] : dictionary[entry];
  };
  return read();
}
