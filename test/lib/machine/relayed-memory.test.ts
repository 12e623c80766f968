import { MemoryEngine, type MemoryLink } from '../../../lib/registry/memory/memory-engine.js';
import { MemoryStore } from '../../../lib/registry/memory/memory-store.js';
import { engineContract } from '../registry/contract.js';
import { pair } from './support.js';

for (const role of ['leader', 'follower'] as const) {
  engineContract(`memory, through the process of a machine that leads: its ${role}`, async (t) => {
    const store = new MemoryStore();
    return {
      ttl: 500,
      async open() {
        let own: MemoryEngine | undefined;
        const engines = await pair(t, () => {
          own = new MemoryEngine(store);
          return own;
        });
        const set = (link: MemoryLink) => () => {
          if (own !== undefined) own.link = link;
        };
        const link = {
          cut: set('cut'),
          swallow: set('swallowed'),
          swallowAnswers: set('no-answers'),
          heal: set('open'),
        };
        return { engine: engines[role], link };
      },
      revoke: async (lease) => store.revoke(lease),
      compact: async () => store.compact(),
      wipe: async () => store.wipe(),
    };
  });
}
