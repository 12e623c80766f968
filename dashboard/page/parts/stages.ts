import type { Stage } from '../../snapshot.js';
import { duration, visible } from '../format.js';
import { html } from '../html.js';

/** Stages of a call as one bar, in the order of time. */
export function stageBar(stages: readonly Stage[]) {
  const whole = sumOf(stages);
  if (whole === 0) return null;
  const words = stages.map(({ name, ms }) => `${visible(name)} ${duration(ms)}`).join(', ');
  return html`<span class="bar" role="img" aria-label=${words} title=${words}>${stages.map(
    ({ ms }, at) => html`
    <i key=${at} class=${`stage${at % 6}`} style=${{ width: `${(100 * ms) / whole}%` }}></i>`,
  )}</span>`;
}

/** Stages of a call as a list with a bar each, placed along the time of the call. */
export function stageList(stages: readonly Stage[]) {
  const whole = sumOf(stages);
  if (whole === 0) return null;
  let begin = 0;
  return html`<ol class="stages">${stages.map(({ name, end, ms }, at) => {
    const left = (100 * begin) / whole;
    begin += ms;
    return html`<li key=${at}>
      <span class="name">${visible(name)} <small>${end}</small></span><b>${duration(ms)}</b>
      <span class="track"><i class=${`stage${at % 6}`} style=${{ marginLeft: `${left}%`, width: `${Math.max((100 * ms) / whole, 0.5)}%` }}></i></span>
    </li>`;
  })}</ol>`;
}

function sumOf(stages: readonly Stage[]): number {
  return stages.reduce((sum, { ms }) => sum + ms, 0);
}
