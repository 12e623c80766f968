import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '../lib/host.js';
import type { Problem } from './snapshot.js';

/** Options of an {@link Entrance}. */
export interface EntranceOptions {
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly basePath: string;
  /** Undefined: a random one, which opens the page once. */
  readonly token: string | undefined;
}

/** A refused request, with the status of the answer. */
export interface Refusal extends Problem {
  readonly status: number;
}

/** Browsers that may be open at once. One more closes the oldest. */
const MAX_SESSIONS = 64;
const RANDOM_BYTES = 32;

/**
 * Decides which requests may come in. A page of another site may send requests to a server on this machine, and after a change of a DNS name
 * even under its own name. Each request is therefore checked: the `Host` header, the origin, and a cookie that only the address with the token gives.
 */
export class Entrance {
  /** Name of the cookie. Cookies ignore ports: two dashboards of one machine need two names. */
  readonly cookie = `mailstation-${randomBytes(6).toString('hex')}`;
  readonly #options: EntranceOptions;
  readonly #sessions = new Set<string>();
  #token: string;

  constructor(options: EntranceOptions) {
    this.#options = options;
    this.#token = options.token ?? randomText();
  }

  /** Token that opens the page now. */
  get token(): string {
    return this.#token;
  }

  /** Checks where a request comes from. Undefined where the request may come in. */
  checkSource({ headers, method }: IncomingMessage): Refusal | undefined {
    const { host, origin } = headers;
    const name = host === undefined ? undefined : nameOf(host);
    if (name === undefined || !this.#isAllowed(name)) return wrongHost(host);
    if (origin !== undefined && !isSameOrigin(origin, host as string)) return otherOrigin(origin);
    if (origin === undefined && method !== 'GET' && method !== 'HEAD') return otherOrigin(undefined);
    const site = headers['sec-fetch-site'];
    const isNavigation = headers['sec-fetch-mode'] === 'navigate';
    if (!isNavigation && (site === 'cross-site' || site === 'same-site')) return otherOrigin(`a ${site} request`);
    return undefined;
  }

  /** True for a request with the cookie of a browser that has opened the page. */
  knows({ headers }: IncomingMessage): boolean {
    const pairs = (headers.cookie ?? '').split(';').map((pair) => pair.trim());
    const given = pairs.find((pair) => pair.startsWith(`${this.cookie}=`))?.slice(this.cookie.length + 1);
    return given !== undefined && this.#sessions.has(digest(given));
  }

  /** Exchanges the token for the value of a `Set-Cookie` header. Undefined for another token. */
  exchange(token: string, isEncrypted: boolean): string | undefined {
    if (!timingSafeEqual(Buffer.from(digest(token)), Buffer.from(digest(this.#token)))) return undefined;
    if (this.#options.token === undefined) this.#token = randomText();
    const value = randomText();
    this.#sessions.add(digest(value));
    const [oldest] = this.#sessions;
    if (this.#sessions.size > MAX_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest);
    const secure = isEncrypted ? '; Secure' : '';
    return `${this.cookie}=${value}; Path=${this.#options.basePath}; HttpOnly; SameSite=Strict${secure}`;
  }

  /** An address in numbers belongs to no DNS name, and cannot be taken over by one. */
  #isAllowed(name: string): boolean {
    const { host, allowedHosts } = this.#options;
    return isIP(name) !== 0 || isLoopback(name) || name === host.toLowerCase() || allowedHosts.includes(name);
  }
}

/** Refusal of a request without a valid cookie. `token`: the one that the request has; null without one. */
export function unknownViewer(token: string | null): Refusal {
  if (token !== null)
    return {
      ...{ format: 1, status: 403, problem: 'wrong-token' },
      message:
        'The token in this address is not valid. A token opens the page once, in one browser, and ends with its dashboard. Open the newest ' +
        'address that the dashboard has printed.',
    };
  return {
    ...{ format: 1, status: 401, problem: 'no-token' },
    message:
      'This page needs the address with the token. The command mailstation dashboard prints that address, and a program has it as dashboard.url.',
  };
}

function wrongHost(host: string | undefined): Refusal {
  return {
    ...{ format: 1, status: 421, problem: 'wrong-host' },
    message:
      `The Host header of the request, ${host === undefined ? 'which is missing' : JSON.stringify(host.slice(0, 100))}, is none of this dashboard. ` +
      'Use the printed address, or name the host in the option allowedHosts.',
  };
}

function otherOrigin(origin: string | undefined): Refusal {
  const from = origin === undefined ? 'A request without an Origin header' : JSON.stringify(origin.slice(0, 100));
  return {
    ...{ format: 1, status: 403, problem: 'other-origin' },
    message: `${from} may not use this dashboard: only its own page may. Open the printed address in a tab of its own.`,
  };
}

/** Host name of a `Host` header, without port and brackets; undefined for a header out of shape. */
function nameOf(host: string): string | undefined {
  if (!/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}/`)) return undefined;
  return new URL(`http://${host}/`).hostname.replace(/^\[|\]$|\.$/g, '').toLowerCase();
}

function isSameOrigin(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

function randomText(): string {
  return randomBytes(RANDOM_BYTES).toString('base64url');
}

/** Secrets are compared by their digests, which takes the same time for each. */
function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
