module.exports = (app) => new PushRemote(app);

function PushRemote(app) {
  this.app = app;
  this.sent = [];
}

/** To the players of this connector. */
PushRemote.prototype.push = function (event, data, cb) {
  this.sent.push(`${event} ${JSON.stringify(data)}`);
  cb(null, this.sent.length);
};

PushRemote.prototype.sentSoFar = function (cb) {
  cb(null, this.app.serverId, this.sent);
};
