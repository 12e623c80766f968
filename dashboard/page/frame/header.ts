import { h } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { html } from '../html.js';
import type { Store } from '../source/store.js';
import { connectionPill } from './bars.js';

interface Props {
  readonly store: Store;
  readonly query: string;
  setQuery(query: string): void;
  announce(text: string): void;
}

/** Name, state of the connection, search, and what concerns the page as a whole. */
export function header(props: Props) {
  return h(Header, props);
}

function Header({ store, query, setQuery, announce }: Props) {
  const search = useRef<HTMLInputElement>(null);
  const file = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      event.preventDefault();
      search.current?.focus();
      search.current?.select();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  const open = async (event: Event) => {
    const input = event.target as HTMLInputElement;
    const [chosen] = input.files ?? [];
    input.value = ''; // the same file can be chosen again
    if (chosen === undefined) return;
    try {
      await store.openRecording(chosen);
      announce(`The recording ${chosen.name} is open`);
    } catch (error) {
      announce(`${chosen.name} cannot be opened: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const onEscape = (event: KeyboardEvent) => {
    if (event.key === 'Escape') setQuery('');
  };
  const isLive = store.playback === undefined;
  return html`<header class="top">
    <h1>mailstation</h1>
    ${connectionPill(store)}
    <label class="search"><span class="unseen">Search in the view. Key: /</span>
      <input ref=${search} type="search" placeholder="Search   /" spellcheck=${false} autocomplete="off" value=${query}
        onInput=${(event: Event) => setQuery((event.target as HTMLInputElement).value)} onKeyDown=${onEscape} /></label>
    <div class="buttons">
      ${isLive && store.snapshot !== undefined && html`<button type="button" class="quiet" aria-pressed=${store.isPaused} onClick=${() => store.pause(!store.isPaused)}>${store.isPaused ? 'Resume' : 'Pause'}</button>`}
      ${isLive && store.connection.state === 'live' && html`<a class="button quiet" href="recording" download>Export a recording</a>`}
      <button type="button" class="quiet" onClick=${() => file.current?.click()}>Open a recording</button>
      <input ref=${file} type="file" accept="application/json,.json" hidden aria-label="Recording" onChange=${open} />
    </div>
  </header>`;
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null;
}
