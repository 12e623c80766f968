import type { ComponentChildren } from 'preact';
import type { FailedCall, SlowCall, State } from '../../snapshot.js';
import { html } from '../html.js';
import { hrefOf } from '../source/route.js';

/** Addresses of what a call is about; undefined for what the page does not know, or no longer. */
export interface CallLinks {
  readonly methodHref: string | undefined;
  readonly serverHref: string | undefined;
  /** The mailbox between both ends. */
  readonly callerHref: string | undefined;
}

export function callLinks(state: State, call: FailedCall | SlowCall): CallLinks {
  const { server, client } = call;
  const method = `${call.serverType} ${call.method}`;
  const mailbox = `${client} ${server}`;
  return {
    methodHref: Object.hasOwn(state.methods, method) ? hrefOf('methods', method) : undefined,
    serverHref: server !== null && Object.hasOwn(state.servers, server) ? hrefOf('servers', server) : undefined,
    callerHref: Object.hasOwn(state.links, mailbox) ? hrefOf('mailboxes', mailbox) : undefined,
  };
}

/** A name as a link, or as text where there is nothing to go to. */
export function linked(href: string | undefined, name: ComponentChildren): ComponentChildren {
  return href === undefined ? name : html`<a href=${href}>${name}</a>`;
}
