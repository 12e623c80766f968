import type { RawBytes } from '../raw-bytes.js';
import { CHARGE, type DecodeBudget, tooMuchMemory } from './decode-budget.js';
import { MAX_DEPTH, tooDeep } from './nesting.js';

const QUOTE = 0x22; // "
const BACKSLASH = 0x5c;

/**
 * Charges the budget for the value of a JSON text, before the value is made. Throws where the value would cost more than the
 * budget has left, or is nested too deep. `JSON.parse` has no such limits.
 *
 * The scan counts signs outside of texts, and leaves the grammar to `JSON.parse`.
 */
export function chargeJson(bytes: RawBytes, start: number, end: number, budget: DecodeBudget): void {
  let memory = budget.memory;
  let depth = 0;
  for (let at = start; at < end; at++) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfText(bytes, at + 1, end);
        break;
      case 0x7b: // {
        memory -= CHARGE.object;
        depth += 1;
        break;
      case 0x5b: // [
        memory -= CHARGE.array + CHARGE.slot;
        depth += 1;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1;
        break;
      case 0x3a: // :
        memory -= CHARGE.entry;
        break;
      case 0x2c: // ,
        memory -= CHARGE.slot;
        break;
      default:
    }
    if (depth > MAX_DEPTH) throw tooDeep();
    if (memory < 0) throw tooMuchMemory();
  }
  budget.memory = memory;
}

/** Offset of the quote that ends a text. */
function endOfText(bytes: RawBytes, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at;
}
