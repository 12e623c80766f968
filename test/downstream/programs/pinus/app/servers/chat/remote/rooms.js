class Rooms {
  constructor(app) {
    this.app = app;
    this.name = 'rooms';
  }

  async arrive(uid, frontendId, room) {
    const channel = this.app.channelService.getChannel(room, true);
    channel.pushMessage('onArrive', { uid, by: this.app.getServerId() });
    channel.add(uid, frontendId);
    return channel.getMembers();
  }

  async depart(uid, frontendId, room) {
    const channel = this.app.channelService.getChannel(room, true);
    channel.leave(uid, frontendId);
    channel.pushMessage('onDepart', { uid });
  }
}

exports.default = (app) => new Rooms(app);
