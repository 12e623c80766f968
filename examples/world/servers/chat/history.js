const rooms = new Map();

exports.add = (room, line) => {
  rooms.set(room, [...(rooms.get(room) || []), line]);
};

exports.last = (room, count) => (rooms.get(room) || []).slice(-count);
