const history = require('../history');

module.exports = (app) => {
  const rooms = new Map();
  return {
    join(room, uid, cb) {
      const members = rooms.get(room) || new Set();
      rooms.set(room, members.add(uid));
      cb(null, members.size);
    },

    members(room, cb) {
      cb(null, [...(rooms.get(room) || [])]);
    },

    /** To the members, wherever they are connected. */
    say(room, uid, text, cb) {
      history.add(room, `${uid}: ${text}`);
      app.rpc.connector.push.push.toServer('*', 'say', { room: room, uid: uid, text: text }, (err) => cb(err));
    },
  };
};
