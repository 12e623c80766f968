/** The part of a page's WebSocket that is used here, so that these sources compile beside the types of Node. */
export interface PageWebSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  onopen: (() => void) | null;
  onerror: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: PageCloseEvent) => void) | null;
  send(bytes: Uint8Array): void;
  close(code?: number, reason?: string): void;
}

export interface PageCloseEvent {
  readonly code: number;
  /** Text of the server. */
  readonly reason: string;
}

/** A violation of the page's Content-Security-Policy. */
interface PolicyViolation {
  readonly blockedURI: string;
}

/** Parts of the page that are used here. A worker has them too. */
export interface Page {
  readonly WebSocket?: new (url: string) => PageWebSocket;
  readonly location?: { readonly origin: string; readonly protocol: string };
  addEventListener?(event: 'securitypolicyviolation', listener: (event: PolicyViolation) => void): void;
  removeEventListener?(event: 'securitypolicyviolation', listener: (event: PolicyViolation) => void): void;
}

export const page = globalThis as Page;

export const OPEN = 1;
export const NORMAL_CLOSURE = 1000;

/** Receiver of errors that tell nothing. The WebSocket of the package ws would throw an error without a receiver. */
export function ignore(): void {}
