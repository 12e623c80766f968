import { count } from '../format.js';
import { html } from '../html.js';
import { hrefOf, VIEWS, type ViewId } from '../source/route.js';
import type { Store } from '../source/store.js';

/** Views that have a number beside their names. */
const COUNTED = { servers: 'servers', methods: 'methods', mailboxes: 'links', errors: 'errors', slow: 'slow' } as const;

/** The list of views. The form for calls is there only where calls are allowed. */
export function navigation({ snapshot }: Store, current: ViewId) {
  const allowsCalls = snapshot?.about.allowCalls === true;
  return html`<nav aria-label="Views"><ul>${VIEWS.filter(({ id }) => id !== 'call' || allowsCalls).map(
    ({ id, name }) => {
      const counted = id in COUNTED ? COUNTED[id as keyof typeof COUNTED] : undefined;
      const number =
        counted === undefined || snapshot === undefined ? undefined : Object.keys(snapshot.state[counted]).length;
      return html`<li key=${id}><a href=${hrefOf(id)} aria-current=${id === current ? 'page' : undefined}>${name}${number !== undefined && html` <small>${count(number)}</small>`}</a></li>`;
    },
  )}</ul></nav>`;
}
