import { describe } from 'node:test';
import * as current from '../../index.js';
import { loadFrozen, type Package } from '../support/frozen.js';

/** The two versions of the package that talk to each other, by role. */
export interface Roles {
  /** The one that serves, or leads. */
  readonly serving: Package;
  /** The one that calls, or follows. */
  readonly calling: Package;
}

/** Runs a suite twice: the current package calls the frozen one, and the other way round. */
export async function inBothRoles(suite: (roles: Roles) => void): Promise<void> {
  const frozen = await loadFrozen();
  describe('the current package calls the frozen one', () => suite({ serving: frozen, calling: current }));
  describe('the frozen package calls the current one', () => suite({ serving: current, calling: frozen }));
}
