class Entry {
  constructor(app) {
    this.app = app;
    this.name = 'entry';
  }

  async enter({ name, room }, session) {
    const { rooms } = this.app.rpc.chat;
    await session.abind(name);
    session.set('room', room);
    await session.apush('room');
    session.on('closed', () => {
      const notify = true;
      rooms.depart.route(session, notify)(session.uid, this.app.getServerId(), session.get('room'));
    });
    return { guests: await rooms.arrive(session, name, this.app.getServerId(), room) };
  }

  async settings(_msg, session) {
    return { uid: session.uid, room: session.get('room'), mood: session.get('mood'), seat: session.get('seat') };
  }
}

exports.default = (app) => new Entry(app);
