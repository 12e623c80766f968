import { etcdContract } from '../registry/etcd/etcd-contract.js';
import { pair } from './support.js';

etcdContract('etcd, through another process of the machine', async (t, open) => (await pair(t, open)).follower);
