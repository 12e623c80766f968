module.exports = (app) => ({
  enter({ name, room }, session, next) {
    session.bind(name, (error) => {
      if (error) return next(null, { code: 500, message: error.message });
      session.set('room', room);
      session.push('room', () => {
        session.on('closed', () => {
          app.rpc.chat.rooms.depart(session, session.uid, app.getServerId(), session.get('room'), null);
        });
        // The list comes in the place of the error.
        app.rpc.chat.rooms.arrive(session, name, app.getServerId(), room, (guests) => next(null, { guests }));
      });
    });
  },
  settings(_msg, session, next) {
    next(null, { uid: session.uid, room: session.get('room'), mood: session.get('mood'), seat: session.get('seat') });
  },
});
