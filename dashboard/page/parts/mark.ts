import { html } from '../html.js';
import { type Meaning, shapePath } from './meaning.js';

/** A shape and a word. */
export function mark({ shape, tone, word }: Meaning) {
  return html`<span class=${`mark ${tone}`}><svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true"><path d=${shapePath(shape)} fill-rule="evenodd" /></svg>${word}</span>`;
}
