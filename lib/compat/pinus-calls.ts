/** Maker of calls, the same for every method, so that a proxy is made without further closures. */
interface PinusCaller<Method, Options> {
  routed(method: Method, routeParam: unknown, args: unknown[], options: Options): unknown;
  oneway(method: Method, routeParam: unknown, args: unknown[], options: Options): unknown;
  toServer(method: Method, serverId: string, args: unknown[], options: Options): unknown;
  onewayToServer(method: Method, serverId: string, args: unknown[], options: Options): unknown;
}

type Bound = (...args: unknown[]) => unknown;

/** The forms of a call that pinus-rpc's proxies have. With `notify`, a call is one-way. */
export interface PinusCalls {
  to(serverId: string, notify?: boolean): Bound;
  route(routeParam: unknown, notify?: boolean): Bound;
  defaultRoute: Bound;
}

/** Adds pinus-rpc's forms to the forms of a method's proxy, and returns the same object. Source: pinus-rpc. */
export function addPinusCalls<Forms extends object, Method, Options>(
  forms: Forms,
  caller: PinusCaller<Method, Options>,
  method: Method,
  options: Options,
): Forms & PinusCalls {
  const added: Partial<PinusCalls> = forms;
  added.to = (serverId, notify = false) =>
    notify
      ? (...args) => caller.onewayToServer(method, serverId, args, options)
      : (...args) => caller.toServer(method, serverId, args, options);
  added.route = (routeParam, notify = false) =>
    notify
      ? (...args) => caller.oneway(method, routeParam, args, options)
      : (...args) => caller.routed(method, routeParam, args, options);
  added.defaultRoute = (...args) => caller.routed(method, undefined, args, options);
  return forms as Forms & PinusCalls;
}
