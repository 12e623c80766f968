module.exports = (app) => {
  const sessions = new Map();
  return {
    bind(uid, settings, cb) {
      if (sessions.has(uid)) return cb(new Error(`${uid} is bound already`));
      sessions.set(uid, Object.assign({ uid: uid, frontendId: app.serverId }, settings));
      cb(null, sessions.get(uid));
    },

    kick(uid, cb) {
      cb(null, sessions.delete(uid));
    },

    count(cb) {
      cb(null, sessions.size);
    },
  };
};
