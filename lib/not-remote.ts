/**
 * Names that only the language and tools use, and read from any object. A read of such a name is no remote method, unless the
 * module really has the method.
 */
const NOT_REMOTE = [
  // The language, and serialisers.
  ...(['then', 'catch', 'finally', 'toJSON', 'toBSON', 'constructor', 'prototype'] as const),
  ...(['toString', 'valueOf', 'toLocaleString', 'hasOwnProperty', 'isPrototypeOf', 'propertyIsEnumerable'] as const),
  // Matchers and cloners: chai, jest, vitest, Immutable.
  ...(['asymmetricMatch', 'nodeType', 'nodeName', 'tagName'] as const),
  ...(['$$typeof', '@@__IMMUTABLE_ITERABLE__@@'] as const),
  // Life cycles of containers: NestJS, Angular, AngularJS.
  ...(['onModuleInit', 'onModuleDestroy', 'onApplicationBootstrap'] as const),
  ...(['beforeApplicationShutdown', 'onApplicationShutdown', 'ngOnInit', 'ngOnDestroy'] as const),
  ...(['$onInit', '$onDestroy', '$onChanges', '$postLink'] as const),
] as const;
/** Name of {@link NOT_REMOTE}. */
export type NotRemote = (typeof NOT_REMOTE)[number];

const notRemote = new Set<string>(NOT_REMOTE);

/**
 * Ordinary words that tools read from any object too: printers (chai, object-inspect), RxJS, servers of HTTP, pino, and
 * Fastify's decorate(). A module made on demand has methods of these names, whose calls are guarded.
 */
const SHARED_WORDS = new Set(['inspect', 'lift', 'pipe', 'getReader', 'headers', 'setHeader', 'getter', 'setter']);

/** True for a word that may be a remote method or a question of a tool. */
export function isSharedWord(name: string): boolean {
  return SHARED_WORDS.has(name);
}

/** True for a hook that a container calls on its objects: such a method is not meant for remote callers. */
export function isContainerHook(name: string): boolean {
  return /^(?:on[A-Z]|ng[A-Z]|\$[a-z]|before[A-Z])/.test(name) && notRemote.has(name);
}

/** True for a name that makes no remote method by being read: a name of the list, or a mark. */
export function isNotRemote(name: string): boolean {
  return notRemote.has(name) || isMark(name);
}

/** True for names that begin with `_`, `$$`, `@@` or `fantasy-land/`: tools mark objects by such names (`__v_isRef`). */
export function isMark(name: string): boolean {
  return /^(?:_|\$\$|@@|fantasy-land\/)/.test(name);
}
