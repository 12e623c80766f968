import type { Context } from '../../context.js';

export interface Said {
  readonly serverId: string;
  /** What the room has heard so far. */
  readonly messages: readonly string[];
}

/** A module as a class, constructed once with the context. It keeps state, so who routes to it routes by room. */
export default class Rooms {
  readonly #serverId: string;
  readonly #rooms = new Map<string, string[]>();

  constructor({ serverId }: Context) {
    this.#serverId = serverId;
  }

  say(room: string, message: string): Said {
    if (message === '') throw Object.assign(new RangeError('there is nothing to say'), { code: 'EMPTY_MESSAGE' });
    const messages = this.#rooms.get(room) ?? [];
    messages.push(message);
    this.#rooms.set(room, messages);
    return { serverId: this.#serverId, messages };
  }
}
