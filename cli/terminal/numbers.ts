/** Numbers for people, in few columns. A number that is not known is `-`. */

const UNKNOWN = '-';

/** Three digits, or the whole number from 1,000 on: `0.512`, `5.12`, `51.2`, `512`, `5123`. */
function threeDigits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return trimmed(value.toFixed(1));
  return trimmed(value.toFixed(value >= 1 ? 2 : 3));
}

function trimmed(text: string): string {
  return text.replace(/\.?0+$/, '');
}

/** Latency in three digits: `0.05ms`, `5.12ms`, `1.5s`, `2m05s`. */
export function latency(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  if (ms < 999.5) return `${threeDigits(ms)}ms`;
  return ms < 99_500 ? `${threeDigits(ms / 1_000)}s` : span(ms);
}

/** Long time in its two largest units: `42s`, `3m20s`, `5h07m`, `12d03h`. */
export function span(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return UNKNOWN;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (minutes === 0) return `${seconds}s`;
  if (hours === 0) return `${minutes}m${two(seconds % 60)}s`;
  if (hours < 24) return `${hours}h${two(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** Number of things: `7`, `1,234`. */
export function whole(count: number | null | undefined): string {
  return count === null || count === undefined ? UNKNOWN : count.toLocaleString('en-US');
}

/** Number of things in at most five columns: `7`, `999`, `1.23k`, `12.3k`, `4.5M`. */
export function short(count: number | null | undefined): string {
  if (count === null || count === undefined) return UNKNOWN;
  const units = ['', 'k', 'M', 'G', 'T'];
  let [rest, unit] = [count, 0];
  while (rest >= 999.5 && unit < units.length - 1) [rest, unit] = [rest / 1_000, unit + 1];
  if (unit === 0) return Number.isInteger(rest) ? String(rest) : rate(rest);
  return `${threeDigits(rest)}${units[unit]}`;
}

/** Number a second: `0`, `0.25`, `3.5`, `120`, `1.23k`. */
export function rate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined) return UNKNOWN;
  if (perSecond >= 999.5) return short(perSecond);
  if (perSecond >= 10) return perSecond.toFixed(0);
  return trimmed(perSecond.toFixed(perSecond >= 1 ? 1 : 2)) || '0';
}

/** Memory: `512B`, `12K`, `340M`, `1.25G`. */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined) return UNKNOWN;
  const units = ['B', 'K', 'M', 'G', 'T'];
  let [rest, unit] = [count, 0];
  while (rest >= 1_023.5 && unit < units.length - 1) [rest, unit] = [rest / 1_024, unit + 1];
  return `${unit < 3 ? rest.toFixed(0) : threeDigits(rest)}${units[unit]}`;
}

/** Share from 0 to 1 in percent: `100%` and `0%` only where the share is exactly that, and `99.99%` for one failure in a million. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || Number.isNaN(share)) return UNKNOWN;
  if (share === 1 || share === 0) return `${share * 100}%`;
  const value = share * 100;
  if (value >= 99) return `${trimmed((Math.min(9_999, Math.floor(value * 100)) / 100).toFixed(2))}%`;
  return value < 0.1 ? '<0.1%' : `${trimmed(value.toFixed(1))}%`;
}
