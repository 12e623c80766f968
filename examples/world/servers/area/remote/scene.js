module.exports = (app) => ({
  describe(cb) {
    const exits = app.getServersByType('area').map((server) => server.id);
    cb(null, { area: app.serverId, exits: exits.filter((id) => id !== app.serverId), size: [64, 48.5] });
  },

  /** Answers late; the others do not wait for it. */
  explore(steps, cb) {
    setTimeout(() => cb(null, steps, 'a cave', { gold: steps * 3 }), steps);
  },

  descend(depth, cb) {
    if (depth > 3) cb(new Error(`${app.serverId} is not that deep`));
    else cb(null, depth);
  },
});
