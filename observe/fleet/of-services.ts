import { RESERVED_NAMESPACE } from '../../lib/service/service-registry.js';

/** Names of questions such as those of a poller itself, which are no work of the server. */
const QUESTIONS = `${RESERVED_NAMESPACE}.`;

/** True for a method of the services, and not for a question about the server. */
export function isOfServices({ name }: { readonly name: string }): boolean {
  return !name.startsWith(QUESTIONS);
}
