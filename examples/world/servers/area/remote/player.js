module.exports = (app) => new PlayerRemote(app);

function PlayerRemote(app) {
  this.app = app;
  this.players = new Map();
}

/** Joins the area's chat room, and is told to every connector; cb(err, area, players there). */
PlayerRemote.prototype.enter = function (session, cb) {
  const { rpc, serverId } = this.app;
  this.players.set(session.uid, { hp: 100 });
  rpc.chat.room.join(session, serverId, session.uid, (err) => {
    if (err) return cb(err);
    rpc.connector.push.push.toServer('*', 'enter', { area: serverId, uid: session.uid }, (err) => {
      cb(err, serverId, [...this.players.keys()]);
    });
  });
};

PlayerRemote.prototype.attack = function (session, target, damage, cb) {
  const victim = this.players.get(target);
  if (!victim) return cb(null, { code: 404 });
  victim.hp = Math.max(0, victim.hp - damage);
  if (victim.hp > 0) return cb(null, { code: 200, hp: victim.hp });
  this.players.delete(target);
  this.app.rpc.chat.room.say(session, this.app.serverId, 'system', `${target} fell to ${session.uid}`, (err) => {
    cb(err, { code: 200, hp: 0 });
  });
};
