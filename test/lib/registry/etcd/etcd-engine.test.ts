import { etcdContract } from './etcd-contract.js';

etcdContract('etcd', async (_t, open) => open());
