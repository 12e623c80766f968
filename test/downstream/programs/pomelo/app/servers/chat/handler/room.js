const { show } = require('../../../../shared/outcome.cjs');

module.exports = (app) => {
  const channels = () => app.get('channelService');
  const sessions = () => app.get('backendSessionService');
  const answer =
    (next) =>
    (...args) =>
      next(null, { got: args.map(show), by: app.getServerId() });
  return {
    say({ text }, session, next) {
      const channel = channels().getChannel(session.get('room'), false);
      channel.pushMessage('onSaid', { from: session.uid, text }, answer(next));
    },
    whisper({ to, text }, session, next) {
      const members = [{ uid: to, sid: session.frontendId }];
      channels().pushMessageByUids('onWhisper', { from: session.uid, text }, members, answer(next));
    },
    shout({ text }, session, next) {
      channels().broadcast('connector', 'onShout', { from: session.uid, text }, {}, answer(next));
    },
    mood({ mood, seat }, session, next) {
      session.set('mood', mood);
      session.set('seat', seat);
      session.pushAll(answer(next));
    },
    look({ name }, session, next) {
      sessions().getByUid(session.frontendId, name, (error, found) => {
        next(null, { error: show(error), found: found?.map((each) => [each.uid, each.get('room'), each.get('mood')]) });
      });
    },
    stranger(_msg, session, next) {
      sessions().get(session.frontendId, 987_654, answer(next));
    },
    burn(_msg, _session, next) {
      next(new Error('the roof is on fire'));
    },
    evict({ name }, session, next) {
      sessions().kickByUid(session.frontendId, name, 'rude', answer(next));
    },
    leave(_msg, session, next) {
      sessions().kickBySid(session.frontendId, session.id, null, null);
      next(null);
    },
    quiet(_msg, _session, next) {
      next(null);
    },
  };
};
