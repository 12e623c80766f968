module.exports = (app) => {
  const channelOf = (room) => app.get('channelService').getChannel(room, true);
  return {
    arrive(uid, frontendId, room, callback) {
      const channel = channelOf(room);
      channel.pushMessage('onArrive', { uid, by: app.getServerId() });
      channel.add(uid, frontendId);
      callback(channel.getMembers());
    },
    depart(uid, frontendId, room, callback) {
      const channel = channelOf(room);
      channel.leave(uid, frontendId);
      channel.pushMessage('onDepart', { uid, callback: typeof callback });
      callback();
    },
  };
};
