// The methods of a chat server. A room belongs to one server: the connectors choose it by a consistent hash of the room's name.
import { join } from 'node:path';
import { callContext, checked } from 'mailstation';
import { z } from 'zod';
import { History } from '../../history.js';

const Room = z.string().regex(/^[a-z0-9-]{1,32}$/, 'a room is written with a to z, 0 to 9 and -');
const Message = z.object({
  id: z.string().min(1).max(64),
  from: z.string().min(1).max(32),
  text: z.string().trim().min(1, 'there is nothing to say').max(1_000),
});

/** A factory: the server calls it with its context. */
export default ({ folder, id }) => {
  const rooms = new Map();

  function historyOf(room) {
    if (!rooms.has(room)) rooms.set(room, new History(join(folder, `${room}.jsonl`)));
    return rooms.get(room);
  }

  return {
    /** Keeps a message, once, however often it is sent. Answers with its number in the room. */
    say: checked({ args: [Room, Message] }, (room, message) => historyOf(room).add(message)),

    /** A stream: first the server's id, then the messages behind a number, then each new one. */
    messages: checked({ args: [Room, z.number().int().min(0)] }, async function* (room, number) {
      const { signal } = callContext();
      yield { server: id };
      for await (const message of historyOf(room).after(number, signal)) yield { message };
    }),
  };
};
