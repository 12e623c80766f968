import type { UntypedMethod } from 'mailstation';
import type Rooms from './remote/chat/rooms.js';
import type * as status from './remote/chat/status.js';
import type module1 from './remote/test/module1.js';

type Methods<Module> = { readonly [Name in keyof Module]: UntypedMethod };

/** What there is to call: `proxies[namespace][serverType][module][method]`. */
export interface Remotes {
  readonly user: {
    readonly test: { readonly module1: Methods<ReturnType<typeof module1>> };
    readonly chat: { readonly rooms: Methods<Rooms>; readonly status: Methods<typeof status> };
  };
}
