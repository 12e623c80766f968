import type { CollectionName } from '../../snapshot.js';
import { age, clock, count, visible } from '../format.js';
import { html } from '../html.js';
import { mark } from '../parts/mark.js';
import type { Meaning } from '../parts/meaning.js';
import type { Store } from '../source/store.js';

/** Advice on an answer that refuses the page, by the problem that the server names. */
const ADVICE: Readonly<Record<string, string>> = {
  'no-token':
    'Open the address that the dashboard printed when it started: its token is exchanged for a cookie of this browser.',
  'wrong-token': 'The token is of an earlier start of the dashboard. Open the address that it has printed last.',
  'wrong-host': 'Open the dashboard under a name that it listens at, or add this one to its option allowedHosts.',
  'other-origin': 'Open the dashboard’s own address in place of the page that embeds it.',
};

/** The connection as one word, always there. */
export function connectionPill({ connection, playback, isPaused }: Store) {
  const words: Readonly<Record<typeof connection.state, Meaning>> = {
    connecting: { shape: 'arrows', tone: 'warn', word: 'connecting' },
    live: isPaused ? { shape: 'bar', tone: 'warn', word: 'paused' } : { shape: 'disc', tone: 'good', word: 'live' },
    lost: { shape: 'cross', tone: 'bad', word: 'connection lost' },
    refused: { shape: 'square', tone: 'bad', word: 'refused' },
    ended: { shape: 'bar', tone: 'warn', word: 'ended' },
  };
  return html`<span class="pill">${mark(playback === undefined ? words[connection.state] : { shape: 'triangle', tone: 'dim', word: 'recording' })}</span>`;
}

/** Says what is wrong with the connection, since when, and what happens next. Readers of the screen hear each change once. */
export function connectionLine(store: Store) {
  return html`<div role="status" aria-live="polite">${store.playback === undefined && trouble(store)}</div>`;
}

function trouble(store: Store) {
  const { connection } = store;
  const retry = html`<button type="button" onClick=${() => store.open()}>Try now</button>`;
  switch (connection.state) {
    case 'lost':
      return html`<p class="banner bad"><b>Connection lost since ${clock(connection.since)}.</b> The figures are those of that moment. The page tries to connect again by itself. ${retry}</p>`;
    case 'refused':
      return html`<p class="banner bad"><b>${visible(connection.message)}</b> ${ADVICE[connection.problem] ?? ''} ${retry}</p>`;
    case 'ended':
      return html`<p class="banner warn"><b>Ended at ${clock(connection.since)}: ${visible(connection.message)}</b> ${connection.reason === 'stopped' ? 'The page tries to connect again by itself.' : ''} ${retry}</p>`;
    default:
      return null;
  }
}

const LEFT: Readonly<Record<CollectionName, string>> = {
  ...{
    machines: 'machines',
    processes: 'processes',
    servers: 'servers',
    figures: 'figures of servers',
    methods: 'methods',
  },
  ...{
    serverMethods: 'methods at single servers',
    clients: 'clients',
    links: 'mailboxes',
    sources: 'lists of servers',
  },
  ...{ errors: 'failed calls', slow: 'slow calls', events: 'changes' },
};

/** Numbers of the entries that the state leaves out, since there are too many. */
export function leftLine({ snapshot }: Store) {
  const left = Object.entries(snapshot?.about.left ?? {}).filter(([, number]) => number > 0);
  if (left.length === 0) return null;
  const words = left.map(([name, number]) => `${count(number)} ${LEFT[name as CollectionName] ?? visible(name)}`);
  return html`<p class="hint">Left out, since there are too many to show: ${words.join(', ')}.</p>`;
}

/** Place in a recording, and the way back. */
export function recordingBar(store: Store) {
  const { playback } = store;
  if (playback === undefined) return null;
  const { position, last, name, recording } = playback;
  const seek = (event: Event) => store.seek(Number((event.target as HTMLInputElement).value));
  const end = recording.deltas.at(-1)?.time ?? recording.snapshot.time;
  return html`<section class="banner recording" aria-label="Recording">
    <b>${visible(name)}</b>
    <label>Moment <input type="range" min="0" max=${last} step="1" value=${position} onInput=${seek} aria-valuetext=${clock(playback.snapshot.time)} /></label>
    <span><time>${clock(playback.snapshot.time)}</time>, ${age(playback.snapshot.time - recording.snapshot.time)} of ${age(end - recording.snapshot.time)}, recorded ${new Date(recording.recorded).toISOString().slice(0, 10)}</span>
    <button type="button" onClick=${() => store.closeRecording()}>Close the recording</button>
  </section>`;
}
