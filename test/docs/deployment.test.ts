import { describe } from 'node:test';
import { checkChecklist } from './checklist.js';

describe('the faults of docs/deployment.md', () => {
  checkChecklist({ page: 'docs/deployment.md', from: '## Faults that are tested', head: 'fault', rows: 20 });
});
