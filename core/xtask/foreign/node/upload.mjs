// Uploads one file with tus-js-client, as an agency's own program would.
//
//   node upload.mjs --to URL --file FILE --state FILE [--token T] [--pause-at BYTES]
//
// The upload's URL is kept in the state file; a second run resumes from it. With --pause-at it prints `paused N`
// once the server has acknowledged that many bytes and waits there, to be killed. Else it ends with
// `started at N` (the offset that the server reported) and `done URL`.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as tus from 'tus-js-client';

const { values } = parseArgs({
  options: {
    to: { type: 'string' },
    file: { type: 'string' },
    state: { type: 'string' },
    token: { type: 'string' },
    'pause-at': { type: 'string' },
  },
});
const pauseAt = values['pause-at'] ? Number(values['pause-at']) : Infinity;
let startedAt;

const upload = new tus.Upload(fs.createReadStream(values.file), {
  endpoint: values.to,
  chunkSize: 64 * 1024,
  metadata: { filename: path.basename(values.file), filetype: 'image/jpeg' },
  headers: values.token ? { Authorization: `Bearer ${values.token}` } : {},
  urlStorage: new tus.FileUrlStorage(values.state),
  storeFingerprintForResuming: true,
  removeFingerprintOnSuccess: false,
  retryDelays: null,
  onProgress(sent) {
    startedAt ??= sent;
  },
  onChunkComplete(_size, accepted) {
    if (accepted < pauseAt) return;
    console.log(`paused ${accepted}`);
    upload.abort();
  },
  onError(error) {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess() {
    console.log(`started at ${startedAt}`);
    console.log(`done ${upload.url}`);
    process.exit(0);
  },
});

const previous = await upload.findPreviousUploads();
if (previous.length > 0) upload.resumeFromPreviousUpload(previous[0]);
upload.start();
// Stays until it is done or killed; a test that dies closes the pipe.
process.stdin.on('end', () => process.exit(2)).resume();
