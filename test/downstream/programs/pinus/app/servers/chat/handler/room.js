const { outcome, show } = require('../../../../shared/outcome.cjs');

class Room {
  constructor(app) {
    this.app = app;
    this.name = 'room';
  }

  async say({ text }, session) {
    const channel = this.app.channelService.getChannel(session.get('room'), false);
    return this.#answer((done) => channel.pushMessage('onSaid', { from: session.uid, text }, done));
  }

  async whisper({ to, text }, session) {
    const members = [{ uid: to, sid: session.frontendId }];
    return this.#answer((done) =>
      this.app.channelService.pushMessageByUids('onWhisper', { from: session.uid, text }, members, {}, done),
    );
  }

  async shout({ text }, session) {
    return this.#answer((done) =>
      this.app.channelService.broadcast('connector', 'onShout', { from: session.uid, text }, {}, done),
    );
  }

  async mood({ mood, seat }, session) {
    session.set('mood', mood);
    session.set('seat', seat);
    return this.#answer((done) => session.pushAll(done));
  }

  async look({ name }, session) {
    const find = this.app.backendSessionService.getByUid.bind(this.app.backendSessionService);
    return new Promise((resolve) =>
      find(session.frontendId, name, (error, found) => {
        const sessions = found?.map((each) => [each.uid, each.get('room'), each.get('mood')]);
        resolve({ error: show(error), found: sessions });
      }),
    );
  }

  async stranger(_msg, session) {
    return this.#answer((done) => this.app.backendSessionService.get(session.frontendId, 987_654, done));
  }

  async burn() {
    throw new Error('the roof is on fire');
  }

  async evict({ name }, session) {
    return this.#answer((done) => this.app.backendSessionService.kickByUid(session.frontendId, name, 'rude', done));
  }

  async leave(_msg, session) {
    this.app.backendSessionService.kickBySid(session.frontendId, session.id, null, null);
  }

  async quiet() {
    return null;
  }

  async #answer(call) {
    return { got: await outcome(call), by: this.app.getServerId() };
  }
}

exports.default = (app) => new Room(app);
