import { RpcCode, RpcError } from '../errors.js';

/** Factory of one of the transports that pomelo-rpc and pinus-rpc bring along, under the name that it has there. */
export type BuiltInTransport = ((...args: unknown[]) => never) & { readonly create: (...args: unknown[]) => never };

const builtIn = new WeakSet<object>();

/**
 * Makes the stand-in for a mailbox factory or an acceptor factory of pomelo-rpc or pinus-rpc. The stand-in only names a
 * transport: an option that has it is left out, since the transport here is the one of this package.
 */
export function builtInTransport(name: string): BuiltInTransport {
  const refuse = (): never => {
    throw new RpcError(
      RpcCode.InvalidArgument,
      `${name} cannot be called: mailstation has its own transport; leave the option out, or give ${name} itself as the option`,
    );
  };
  const factory: BuiltInTransport = Object.assign(refuse, { create: refuse });
  builtIn.add(factory);
  return factory;
}

/** The options without those that name a transport of pomelo-rpc or pinus-rpc. */
export function withoutBuiltInTransports<Options extends object>(options: Options): Options {
  const { mailboxFactory, mailBoxFactory, acceptorFactory } = options as Record<string, unknown>;
  const named = { mailboxFactory, mailBoxFactory, acceptorFactory };
  const dropped = Object.entries(named).filter(([, value]) => isBuiltIn(value));
  if (dropped.length === 0) return options;
  return { ...options, ...Object.fromEntries(dropped.map(([name]) => [name, undefined])) };
}

function isBuiltIn(value: unknown): boolean {
  return ((typeof value === 'object' && value !== null) || typeof value === 'function') && builtIn.has(value);
}
