import { Client, credentials, Metadata } from '@grpc/grpc-js';
import type { Entry } from '../../../lib/registry/engine.js';
import { loginAnswer, rangeAnswer } from '../../../lib/registry/etcd/answers.js';
import { ProtoReader, ProtoWriter } from '../../../lib/registry/etcd/protobuf.js';
import { leaseRequest, loginRequest, rangeRequest } from '../../../lib/registry/etcd/requests.js';
import type { EtcdNode } from './etcd-node.js';

const same = (bytes: Buffer): Buffer => bytes;

/** Commands of an administrator to etcd, past the engine. */
export class EtcdAdmin {
  readonly #client: Client;
  #token: string | undefined;
  #login: () => Promise<void> = async () => {};

  constructor({ host, port }: Pick<EtcdNode, 'host' | 'port'>) {
    const own = { 'grpc.use_local_subchannel_pool': 1, 'grpc.max_receive_message_length': -1 };
    this.#client = new Client(`${host}:${port}`, credentials.createInsecure(), own);
  }

  close(): void {
    this.#client.close();
  }

  /** Logs in before each further call: each change of users makes earlier tokens invalid. */
  async login(user: string, password: string): Promise<void> {
    this.#login = async () => {
      this.#token = undefined; // etcd refuses a login that comes with an expired token
      this.#token = loginAnswer(await this.#send('Auth/Authenticate', loginRequest(user, password)));
    };
    await this.#login();
  }

  async revoke(lease: string): Promise<void> {
    await this.#call('Lease/LeaseRevoke', leaseRequest(lease));
  }

  async put(key: string, value: string): Promise<void> {
    await this.#call('KV/Put', new ProtoWriter().text(1, key).text(2, value).finish());
  }

  async delete(key: string): Promise<void> {
    await this.#call('KV/DeleteRange', new ProtoWriter().text(1, key).finish());
  }

  async list(prefix: string): Promise<{ revision: number; entries: readonly Entry[] }> {
    const { header, entries } = rangeAnswer(await this.#call('KV/Range', rangeRequest(prefix)), '');
    return { revision: header.revision, entries };
  }

  /** Whether the node leads the others. Source: etcd's rpc.proto, `StatusResponse`. */
  async leads(): Promise<boolean> {
    const reader = new ProtoReader(await this.#call('Maintenance/Status', Buffer.alloc(0)));
    let [member, leader] = ['', ''];
    for (let field = reader.next(); field !== undefined; field = reader.next()) {
      if (field === 1) member = memberOf(reader.message());
      else if (field === 4) leader = reader.hex();
      else reader.skip();
    }
    return member !== '' && member === leader;
  }

  /** Forgets all changes up to now. */
  async compact(): Promise<void> {
    const { revision } = await this.list('/');
    await this.#call('KV/Compact', new ProtoWriter().int(1, revision).bool(2, true).finish());
  }

  /** A user with a role of the name, who may read and write below the prefix; or only read. */
  async addUser(name: string, password: string, prefix: string, mayWrite = true): Promise<void> {
    const end = Buffer.from(prefix);
    end[end.length - 1] = (end.at(-1) ?? 0) + 1;
    await this.#call('Auth/UserAdd', loginRequest(name, password));
    await this.#call('Auth/RoleAdd', new ProtoWriter().text(1, name).finish());
    const permission = new ProtoWriter()
      .int(1, mayWrite ? 2 : 0)
      .text(2, prefix)
      .bytes(3, end);
    await this.#call('Auth/RoleGrantPermission', new ProtoWriter().text(1, name).message(2, permission).finish());
    await this.#call('Auth/UserGrantRole', new ProtoWriter().text(1, name).text(2, name).finish());
  }

  /** From now on etcd demands a login. The user root has the given password. */
  async enableAuth(password: string): Promise<void> {
    await this.#call('Auth/UserAdd', loginRequest('root', password));
    await this.#call('Auth/RoleAdd', new ProtoWriter().text(1, 'root').finish());
    await this.#call('Auth/UserGrantRole', new ProtoWriter().text(1, 'root').text(2, 'root').finish());
    await this.#call('Auth/AuthEnable', Buffer.alloc(0));
    await this.login('root', password);
  }

  async #call(method: string, request: Buffer): Promise<Buffer> {
    await this.#login();
    return this.#send(method, request);
  }

  #send(method: string, request: Buffer): Promise<Buffer> {
    const metadata = new Metadata();
    if (this.#token !== undefined) metadata.set('token', this.#token);
    return new Promise((resolve, reject) => {
      const path = `/etcdserverpb.${method}`;
      const options = { deadline: Date.now() + 20_000 };
      this.#client.makeUnaryRequest(path, same, same, request, metadata, options, (error, answer) => {
        if (error === null && answer !== undefined) resolve(answer);
        else reject(error);
      });
    });
  }
}

/** Id of the member in the header of an answer. */
function memberOf(header: ProtoReader): string {
  let member = '';
  for (let field = header.next(); field !== undefined; field = header.next()) {
    if (field === 2) member = header.hex();
    else header.skip();
  }
  return member;
}
