import { RpcCode, RpcError } from '../errors.js';

/** The parts of the package ws that mailstation uses. */
export type WebSocketPackage = Pick<typeof import('ws'), 'WebSocket' | 'WebSocketServer'>;

let loading: Promise<WebSocketPackage> | undefined;

/**
 * Loads the package ws, at the first WebSocket: the package, with the modules of Node.js behind it, would be a quarter of the
 * processor time that importing mailstation takes.
 *
 * Rejects with {@link RpcCode.InvalidArgument} where the process resolves packages under the condition `browser` (`node -C browser`,
 * jest's jsdom environment): the package is a function without the names there.
 */
export function webSocketPackage(): Promise<WebSocketPackage> {
  loading ??= load();
  return loading;
}

async function load(): Promise<WebSocketPackage> {
  const loaded: Partial<WebSocketPackage> & { readonly default?: unknown } = await import('ws');
  // In the build for CommonJS, `default` is what `require` returns.
  const whole = loaded.default as Partial<WebSocketPackage> | undefined;
  const { WebSocket = whole?.WebSocket, WebSocketServer = whole?.WebSocketServer } = loaded;
  if (WebSocket !== undefined && WebSocketServer !== undefined) return { WebSocket, WebSocketServer };
  throw new RpcError(
    RpcCode.InvalidArgument,
    "transport 'ws' needs the package ws for Node, and this process resolves packages under the condition 'browser': use transport 'tcp', or leave out the condition",
  );
}
