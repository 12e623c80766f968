import type { TestContext } from 'node:test';
import { type ClientClass, Delegates } from '../../../lib/cluster/delegates.js';
import type { RealClientHandler } from '../../../lib/cluster/real-client/real-client.js';
import type { EncodedValue } from '../../../lib/protocol/encoded-value.js';
import type { Subscriber } from '../../../lib/serving/channel.js';

/** What a shared client generates by itself for the class. */
export function generated(clientClass: ClientClass): Delegates {
  const delegates = new Delegates();
  delegates.generate(clientClass);
  return delegates;
}

/** Says what was told of a real client. */
export function heard(): RealClientHandler & { readonly events: unknown[]; readonly errors: string[] } {
  const events: unknown[] = [];
  const errors: string[] = [];
  return {
    events,
    errors,
    onEvent: (event, args) => void events.push([event, ...args]),
    onError: (error) => void errors.push(error.message),
  };
}

/** A subscriber that keeps what it is sent. */
export function listening(isOpen = true): Subscriber & { readonly values: unknown[]; isOpen: boolean } {
  const values: unknown[] = [];
  return { isOpen, values, push: (_key: string, value: EncodedValue) => void values.push(value.decode()) };
}

/** What would have been thrown out of the process's ticks. */
export function catchUncaught(t: TestContext): unknown[] {
  const thrown: unknown[] = [];
  const { nextTick } = process;
  t.mock.method(process, 'nextTick', (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
    nextTick(() => {
      try {
        callback(...args);
      } catch (error) {
        thrown.push(error);
      }
    }),
  );
  return thrown;
}
