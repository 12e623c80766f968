/**
 * Names that the language, or a well-known tool, reads from any object. A read of such a name is no remote method, unless
 * the module really has the method.
 */
const NOT_REMOTE = [
  // The language, and serialisers.
  ...(['then', 'catch', 'finally', 'toJSON', 'toBSON', 'constructor', 'prototype'] as const),
  ...(['toString', 'valueOf', 'toLocaleString', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable'] as const),
  // Printers, matchers, cloners and loggers: Node's util, chai, jest, vitest, Immutable, RxJS, pino.
  ...(['inspect', 'asymmetricMatch', 'nodeType', 'nodeName', 'tagName', 'lift', 'pipe', 'getReader'] as const),
  ...(['headers', 'setHeader'] as const),
  ...(['$$typeof', '@@__IMMUTABLE_ITERABLE__@@'] as const),
  // Life cycles of containers: NestJS, Angular, AngularJS. Fastify's decorate() asks for the last two.
  ...(['onModuleInit', 'onModuleDestroy', 'onApplicationBootstrap'] as const),
  ...(['beforeApplicationShutdown', 'onApplicationShutdown', 'ngOnInit', 'ngOnDestroy'] as const),
  ...(['$onInit', '$onDestroy', '$onChanges', '$postLink', 'getter', 'setter'] as const),
] as const;
/** Name of {@link NOT_REMOTE}. */
export type NotRemote = (typeof NOT_REMOTE)[number];

const notRemote = new Set<string>(NOT_REMOTE);

/** True for a name that makes no remote method by being read: a name of the list, or a mark. */
export function isNotRemote(name: string): boolean {
  return notRemote.has(name) || isMark(name);
}

/** True for names that begin with `_`, `$$`, `@@` or `fantasy-land/`: tools mark objects by such names (`__v_isRef`). */
export function isMark(name: string): boolean {
  return /^(?:_|\$\$|@@|fantasy-land\/)/.test(name);
}
