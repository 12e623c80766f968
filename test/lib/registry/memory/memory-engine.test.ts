import { MemoryEngine } from '../../../../lib/registry/memory/memory-engine.js';
import { MemoryStore } from '../../../../lib/registry/memory/memory-store.js';
import { engineContract } from '../contract.js';

engineContract('memory', async (t) => {
  const store = new MemoryStore();
  return {
    ttl: 500,
    async open() {
      const engine = new MemoryEngine(store);
      t.after(() => engine.close());
      const set = (link: MemoryEngine['link']) => () => {
        engine.link = link;
      };
      const link = { cut: set('cut'), swallow: set('swallowed'), swallowAnswers: set('no-answers'), heal: set('open') };
      return { engine, link };
    },
    revoke: async (lease) => store.revoke(lease),
    compact: async () => store.compact(),
    wipe: async () => store.wipe(),
  };
});
