type Method = (...args: never[]) => unknown;

/** Node's emitter, which services of a server may extend, by its methods: a page does without the types of Node. */
export type PlatformEmitter = Readonly<
  Record<
    | (
        | 'addListener'
        | 'emit'
        | 'eventNames'
        | 'getMaxListeners'
        | 'listenerCount'
        | 'listeners'
        | 'off'
        | 'on'
        | 'once'
      )
    | ('prependListener' | 'prependOnceListener' | 'rawListeners' | 'removeAllListeners' | 'removeListener')
    | 'setMaxListeners',
    Method
  >
>;
