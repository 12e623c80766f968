/** Rewrites what is said before it is sent. */
module.exports = function censor(serverId, msg, opts, next) {
  if (msg.serverType !== 'chat' || msg.method !== 'say') return next();
  const args = msg.args.map((arg) => (typeof arg === 'string' ? arg.replace(/goblin/g, '******') : arg));
  next(serverId, Object.assign({}, msg, { args: args }), opts);
};
