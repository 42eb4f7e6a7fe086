// Runs @tus/server over a folder, for tests that kill it and start it again over the same folder.
//
//   node tus-server.mjs --store DIR [--port N]
//
// Prints `listening PORT` once it answers at http://127.0.0.1:PORT/files/. Each completed upload adds one line
// `ID LENGTH` to DIR/completed.log, on disk before the client hears of it: tests count completions there.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';

const { values } = parseArgs({ options: { store: { type: 'string' }, port: { type: 'string', default: '0' } } });
const store = path.resolve(values.store);
fs.mkdirSync(path.join(store, 'uploads'), { recursive: true });
const log = fs.openSync(path.join(store, 'completed.log'), 'a');

const tus = new Server({
  path: '/files',
  datastore: new FileStore({
    directory: path.join(store, 'uploads'),
    expirationPeriodInMilliseconds: 24 * 60 * 60 * 1000,
  }),
  async onUploadFinish(_request, upload) {
    fs.writeSync(log, `${upload.id} ${upload.size}\n`);
    fs.fsyncSync(log);
    return {};
  },
});

const server = http.createServer((request, response) => {
  // Clients that cannot send PATCH send POST with this header; @tus/server does not know it.
  const override = request.headers['x-http-method-override'];
  if (request.method === 'POST' && override) request.method = override;
  tus.handle(request, response);
});
server.listen(Number(values.port), '127.0.0.1', () => console.log(`listening ${server.address().port}`));

// A test that dies leaves this pipe closed: end with it.
process.stdin.on('end', () => process.exit(0)).resume();
