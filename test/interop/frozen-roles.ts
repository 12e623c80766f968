import { describe } from 'node:test';
import * as current from '../../index.js';
import { FROZEN_VERSIONS, loadFrozen, type Package } from '../support/frozen.js';

/** The two versions of the package that talk to each other, by role. */
export interface Roles {
  /** The one that serves, or leads. */
  readonly serving: Package;
  /** The one that calls, or follows. */
  readonly calling: Package;
}

/** Runs a suite twice for each frozen package: the current package calls the frozen one, and the other way round. */
export async function inBothRoles(suite: (roles: Roles) => void): Promise<void> {
  for (const version of FROZEN_VERSIONS) {
    const frozen = await loadFrozen(version);
    const which = `the frozen package ${version}`;
    describe(`the current package calls ${which}`, () => suite({ serving: frozen, calling: current }));
    describe(`${which} calls the current one`, () => suite({ serving: current, calling: frozen }));
  }
}
