import type { StationView } from '../client/station-view.js';
import type {
  Acceptor,
  AcceptorFactory,
  AcceptorOptions,
  ClientOptions,
  CustomMailBox,
  CustomMailBoxFactory,
  ErrorHandler,
  Filter,
  FilterFunction,
  FilterObject,
  InvokeMessage,
  MessageCallback,
  RouterLike,
  ServerInfo,
  ServerOptions,
  UntypedMethod,
} from '../index.js';

// Types of pinus-rpc, under the names that pinus and its programs import. Each one is a type of mailstation.

/** Options of a client. */
export type RpcClientOpts = ClientOptions;
/** Options of a client, under the name that the station's options have in pinus-rpc. */
export type MailStationOpts = ClientOptions;
/** Options of a server. */
export type RpcServerOpts = ServerOptions;
/** Entry of a client's roster. */
export type RpcServerInfo = ServerInfo;
/** Message of `rpcInvoke`, which routers and filters see too. */
export type RpcMsg = InvokeMessage;
/** Message as a custom acceptor hands it over. */
export type MsgPkg = InvokeMessage;
/** Message as a custom mailbox gets it. */
export type MailBoxMessage = InvokeMessage;
/** A filter of calls. */
export type RpcFilter = Filter;
/** Function that filters calls. */
export type RpcFilterFunction = FilterFunction;
/** Object that filters calls before, after or both. The name is optional. */
export type IRpcFilter = FilterObject;
/** Handler of filters that fail. */
export type MailStationErrorHandler = ErrorHandler;
/** Tables and events of a client's mail station. */
export type MailStation = StationView;
/** Router in any form. */
export type Router = RouterLike;
/** Function that routes calls. */
export type RouterFunction = Extract<RouterLike, (...args: never[]) => unknown>;
/** Servers that a router chooses from. */
export type RouteServers = readonly ServerInfo[];
/** Object that lists the servers of a type, for routers. */
export interface RouteContextClass {
  getServersByType?(serverType: string): RouteServers;
}
/** Value that routers are given. */
export type RouteContext = RouteServers | RouteContextClass;
/** Proxy of a remote method. */
export type Proxy = UntypedMethod;
/** Proxies of a client: `proxies[namespace][serverType][module][method]`. */
export type Proxies = Record<string, Record<string, Record<string, Record<string, Proxy>>>>;
/** Folder of remote modules: an entry of a server's `paths`, and a record for `addProxies`. */
export interface RemoteServerCode {
  namespace: string;
  serverType: string;
  path: string;
}
/** Method of a remote module. */
export type RemoteMethod = (...args: never[]) => Promise<unknown>;
/** Remote module: its methods by name. */
export type Remoter = Record<string, RemoteMethod>;
/** Remote modules by name. */
export type Remoters = Record<string, Remoter>;
/** Remote modules of each namespace. */
export type Services = Record<string, Remoters>;
/** Options of a mailbox. */
export type MailBoxOpts = ClientOptions;
/** Custom mailbox. */
export type IMailBox = CustomMailBox;
/** Factory of custom mailboxes. */
export type IMailBoxFactory = CustomMailBoxFactory;
/** Options of an acceptor. */
export type AcceptorOpts = AcceptorOptions;
/** Custom acceptor. */
export type IAcceptor = Acceptor;
/** Factory of custom acceptors. */
export type IAcceptorFactory = AcceptorFactory;
/** Callback that a custom acceptor gives its requests to. */
export type AcceptorCallback = MessageCallback;
/** Callback that answers a request. */
export type ProcessMsgCallBack = (error: Error | null, ...args: unknown[]) => void;
