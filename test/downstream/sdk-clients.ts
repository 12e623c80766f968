import { existsSync } from 'node:fs';
import type { Program } from './program.js';

/** Classes of Debian's package zookeeper, which the program starts on a port of its own. */
const ZOOKEEPER = '/usr/share/java/zookeeper.jar';

/** Clients of other servers that share themselves through cluster-client. */
export const SDK_PROGRAMS: readonly Program[] = [
  {
    name: 'nacos 2.6.3',
    folder: 'nacos',
    dependencies: { nacos: '2.6.3' },
    replaced: 'cluster-client',
    differences: [],
  },
  {
    name: 'zookeeper-cluster-client 3.1.1',
    folder: 'zookeeper',
    dependencies: { 'zookeeper-cluster-client': '3.1.1' },
    replaced: 'cluster-client',
    differences: [],
    ...(!existsSync(ZOOKEEPER) && { skip: `Debian's package zookeeper is not installed: ${ZOOKEEPER} is missing` }),
  },
];
