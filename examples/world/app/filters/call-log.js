const counts = {};

/** Counts what was called, and notes what has been answered. */
module.exports = {
  name: 'callLog',

  before(_serverId, msg, _opts, next) {
    const key = `${msg.serverType}.${msg.service}.${msg.method}`;
    counts[key] = counts[key] || { called: 0, answered: false };
    counts[key].called++;
    next();
  },

  after(_serverId, msg, _opts, next) {
    counts[`${msg.serverType}.${msg.service}.${msg.method}`].answered = true;
    next();
  },

  counts: counts,
};
