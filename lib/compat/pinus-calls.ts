/** The ways to call a method that the forms of pinus-rpc stand for. */
interface CallWays {
  routed(routeParam: unknown, args: unknown[]): unknown;
  oneway(routeParam: unknown, args: unknown[]): unknown;
  toServer(serverId: string, args: unknown[]): unknown;
  onewayToServer(serverId: string, args: unknown[]): unknown;
}

/** The forms of a call that pinus-rpc's proxies have. With `notify`, a call is one-way. Source: pinus-rpc. */
export function pinusCalls(ways: CallWays) {
  return {
    to: (serverId: string, notify = false) =>
      notify
        ? (...args: unknown[]) => ways.onewayToServer(serverId, args)
        : (...args: unknown[]) => ways.toServer(serverId, args),
    route: (routeParam: unknown, notify = false) =>
      notify
        ? (...args: unknown[]) => ways.oneway(routeParam, args)
        : (...args: unknown[]) => ways.routed(routeParam, args),
    defaultRoute: (...args: unknown[]) => ways.routed(undefined, args),
  };
}
