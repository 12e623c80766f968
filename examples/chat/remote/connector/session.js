// The methods that pages call. Who calls is the name that the connector's `authenticate` has let in.
import { callContext } from 'mailstation';
import { PageEvents } from '../../page-events.js';
import { RoomFeed } from '../../room-feed.js';

/** Times that a message is sent, where its fate is not known. */
const ATTEMPTS = 5;

export default ({ rooms, pages, online }) => {
  const feeds = new Map();

  function feedOf(room) {
    if (!feeds.has(room)) feeds.set(room, new RoomFeed(rooms, room));
    return feeds.get(room);
  }

  return {
    /** A stream for as long as the page is there: messages, who is online, and when the chat server is away. */
    async *events(room) {
      const { caller, signal } = callContext();
      const { name } = caller.identity.proven.token;
      const page = new PageEvents();
      const feed = feedOf(room);
      pages.add(page);
      feed.add(page);
      online.enter(name);
      page.push({ online: online.names });
      try {
        yield* page.until(signal);
      } finally {
        pages.delete(page);
        online.leave(name);
        if (feed.remove(page) === 0) feeds.delete(room);
      }
    },

    /** Says something in a room. Answers with the number of the message. */
    async say(room, id, text) {
      const message = { id, from: callContext().caller.identity.proven.token.name, text };
      for (let attempt = 1; ; attempt++) {
        try {
          return await rooms.say(null, room, message);
        } catch (error) {
          // `answered`: the chat server has refused the message. Otherwise it may have it, and knows it again by its id.
          if (error.delivery === 'answered' || attempt === ATTEMPTS) throw error;
        }
      }
    },
  };
};
