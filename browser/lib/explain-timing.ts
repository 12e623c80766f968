import type { CallTiming, StageTime } from '../../lib/call-timing.js';

/** Further facts about a call, for {@link explain}. */
export interface Explained {
  readonly said?: { readonly stage: StageTime; readonly ms: number };
  readonly isServerSilent?: boolean;
  readonly isStallSaid?: boolean;
}

/** In a page, messages do not repeat what `error.timing` has. */
export function explain(_timing: CallTiming, _about?: Explained): string {
  return '';
}
