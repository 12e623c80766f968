/** Figures, times and foreign texts as people read them. A dash stands for a figure that is not known. */

const UNKNOWN = '–';
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The block of the pictures of control characters begins with that of NUL. */
const CONTROL_PICTURES = 0x2400;
const DELETE = 0x7f;

/** Control characters, and those that are not seen or turn the direction of a line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that the page shows
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** A text of another program, with characters that would not be seen in a visible form. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(CONTROL_PICTURES + code);
    return code === DELETE ? '␡' : `\\u{${code.toString(16)}}`;
  });
}

/** `1,234`. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  return String(Math.round(value)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** Calls a second: `0.4`, `12`, `1,234`. */
export function perSecond(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  return value > 0 && value < 9.95 ? value.toFixed(1) : count(value);
}

/** A duration in ms: `0.42 ms`, `4.2 ms`, `420 ms`, `1.23 s`, `2 min 3 s`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  if (ms === 0) return '0 ms';
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 9.95) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  return ms < MINUTE ? `${(ms / SECOND).toFixed(ms < 9_950 ? 2 : 1)} s` : age(ms);
}

/** A long time in ms, in its two largest units: `12 s`, `4 min 10 s`, `3 d 2 h`. */
export function age(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  const units: readonly (readonly [number, string])[] = [
    [DAY, 'd'],
    [HOUR, 'h'],
    [MINUTE, 'min'],
    [SECOND, 's'],
  ];
  const whole = Math.max(0, ms);
  const first = units.findIndex(([size]) => whole >= size);
  if (first === -1) return '0 s';
  const [[size = 1, unit = ''] = [], [nextSize = 1, nextUnit = ''] = []] = units.slice(first, first + 2);
  const rest = Math.floor((whole % size) / nextSize);
  return `${Math.floor(whole / size)} ${unit}${nextUnit !== '' && rest > 0 ? ` ${rest} ${nextUnit}` : ''}`;
}

/** Bytes: `512 B`, `1.5 MiB`. */
export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return UNKNOWN;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = value;
  let at = 0;
  for (; size >= 1_024 && at < units.length - 1; at += 1) size /= 1_024;
  return `${at > 0 && size < 9.95 ? size.toFixed(1) : Math.round(size)} ${units[at]}`;
}

/** A share of 0 to 1 in percent. Rounded down: one failed call among many must not read as 100 %. */
export function percent(share: number | null | undefined, digits = 2): string {
  if (share === null || share === undefined) return UNKNOWN;
  const scale = 10 ** digits;
  const value = Math.floor(share * 100 * scale + 1e-9) / scale;
  return `${value.toFixed(value === 100 || value === 0 ? 0 : digits)} %`;
}

/** Time of day of a moment in ms since 1970: `13:05:09`. */
export function clock(time: number | null | undefined): string {
  if (time === null || time === undefined) return UNKNOWN;
  const date = new Date(time);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** A name cut in its middle, where it is longer than a number of characters. */
export function shortened(text: string, most: number): string {
  const characters = [...text];
  if (characters.length <= most) return text;
  const head = Math.ceil((most - 1) * 0.6);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - (most - 1 - head)).join('')}`;
}
