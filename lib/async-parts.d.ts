/**
 * Single functions of the package async, each with the few files behind it. The root of the package loads all hundred functions, which
 * took a tenth of the processor time of importing mailstation. The declarations of the package have the root only.
 */

declare module 'async/mapLimit.js' {
  import { mapLimit } from 'async';
  export default mapLimit;
}

declare module 'async/queue.js' {
  import { queue } from 'async';
  export default queue;
}
