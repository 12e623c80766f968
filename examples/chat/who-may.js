/**
 * Who may call what, for servers that web pages reach: options of `createServer`. `nameOf` returns the name of a page by its token, or nothing
 * for a page that may not come in. A caller with `opsToken` may ask the server about itself too, as the dashboard does.
 */
export function whoMay(opsToken, methods, nameOf) {
  return {
    authenticate(token) {
      if (token === opsToken) return { name: 'the dashboard', isOps: true };
      const name = nameOf(token);
      return name === undefined ? undefined : { name, isOps: false };
    },
    expose: [...methods, '$mailstation.*'],
    authorize: ({ identity }, method) => !method.startsWith('$mailstation.') || identity.proven.token.isOps,
  };
}
