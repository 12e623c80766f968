/** Contexts that follow asynchronous work. Web pages have none: see `browser/lib/async-hooks.ts`. */
export { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
