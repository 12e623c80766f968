import { h } from 'preact';
import { useCallback, useEffect, useErrorBoundary, useState } from 'preact/hooks';
import { clock, visible } from './format.js';
import { connectionLine, leftLine, recordingBar } from './frame/bars.js';
import { header } from './frame/header.js';
import { navigation } from './frame/navigation.js';
import { type Content, html } from './html.js';
import type { Scope } from './scope.js';
import { routeOf, VIEWS, type ViewId } from './source/route.js';
import type { Store } from './source/store.js';
import { call } from './views/call.js';
import { errors } from './views/errors.js';
import { mailboxes } from './views/mailboxes.js';
import { methods } from './views/methods.js';
import { overview } from './views/overview.js';
import { servers } from './views/servers.js';
import { slow } from './views/slow.js';
import { streams } from './views/streams.js';
import { topology } from './views/topology.js';

/** Views by name; the view that the address names is the one that is drawn. */
const DRAWN: Readonly<Record<ViewId, (scope: Scope) => Content>> = {
  ...{ overview, topology, servers, methods, mailboxes, errors, slow, streams, call },
};

/** The whole page. */
export function App({ store }: { readonly store: Store }) {
  const [, redraw] = useState(0);
  const [route, setRoute] = useState(() => routeOf(location.hash));
  const [query, setQuery] = useState('');
  const [news, setNews] = useState('');
  useEffect(() => store.subscribe(() => redraw((number) => number + 1)), [store]);
  useEffect(() => {
    const follow = () => setRoute(routeOf(location.hash));
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const announce = useCallback((text: string) => {
    setNews('');
    requestAnimationFrame(() => setNews(text)); // the same words twice are news twice
  }, []);
  const { snapshot } = store;
  const name = VIEWS.find(({ id }) => id === route.view)?.name ?? '';
  const scope = snapshot && { store, snapshot, route, query: query.trim().toLowerCase(), announce };
  return html`
    <a class="skip" href="#content" onClick=${skip}>Skip to the content</a>
    ${header({ store, query, setQuery, announce })}
    ${navigation(store, route.view)}
    <main id="content" tabindex="-1">
      ${connectionLine(store)}
      ${recordingBar(store)}
      <div class="title"><h2>${name}</h2>${snapshot !== undefined && html`<p class="dim">${store.isPaused ? 'paused at' : 'state of'} <time>${clock(snapshot.time)}</time>, from ${visible(snapshot.about.from)}</p>`}</div>
      ${leftLine(store)}
      ${scope === undefined ? waiting(store) : h(View, { key: route.view, scope })}
    </main>
    <p class="unseen" role="status" aria-live="polite">${news}</p>
    ${news !== '' && html`<p class="toast" aria-hidden="true" key=${news}>${news}</p>`}`;
}

/** One view. An entry that it cannot draw, as of a newer server, takes the view and leaves the rest of the page. */
function View({ scope }: { readonly scope: Scope }) {
  const [error, retry] = useErrorBoundary((cause) => console.error(cause));
  if (error === undefined) return html`<div>${h(Drawn, { scope })}</div>`;
  return html`<p class="problem" role="alert">This view cannot be drawn: ${visible(String(error))} <button type="button" onClick=${retry}>Try again</button></p>`;
}

function Drawn({ scope }: { readonly scope: Scope }) {
  return DRAWN[scope.route.view](scope);
}

/** The address stays that of the view. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById('content')?.focus();
}

function waiting({ connection }: Store) {
  return connection.state === 'connecting'
    ? html`<p class="empty">Connecting with the dashboard’s server.</p>`
    : html`<p class="empty">There is no state to show. A recording can be opened all the same.</p>`;
}
