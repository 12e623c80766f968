import type { Connection } from '../transport/connection.js';
import type { Agreement } from './registration.js';

export interface Acknowledgements {
  add(id: number, timeout: number): void;
  send(): void;
  stop(): void;
}

class NoAcknowledgements {
  add(): void {}

  send(): void {}

  stop(): void {}
}

/** Acknowledgements of subscribed values. A page has no shared client and subscribes to none: there is nothing to acknowledge. */
export const Acknowledgements: new (connection: Connection, agreement: Agreement) => Acknowledgements =
  NoAcknowledgements;
