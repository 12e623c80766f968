/**
 * Property by which an object of ours says that no codec may send the object, with the name of the object for the message: `a
 * level of client.proxies`. Such an object has no fields, or only functions, and would arrive as `{}`.
 */
export const NOT_SENT = Symbol('mailstation.notSent');
