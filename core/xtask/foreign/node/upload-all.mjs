// Uploads every file of a folder with tus-js-client, one after another and newest name first, as an app would that
// knows originals alone.
//
//   node upload-all.mjs --to URL --folder DIR
//
// Each file goes in one piece, which is the quickest that the client can do; a failure is tried again by its own rules.
// Prints `done NAME` for each.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as tus from 'tus-js-client';

const { values } = parseArgs({ options: { to: { type: 'string' }, folder: { type: 'string' } } });

// A bench that ends closes the pipe: end with it.
process.stdin.on('end', () => process.exit(2)).resume();

const names = fs.readdirSync(values.folder).sort().reverse();
for (const name of names) {
  const file = path.join(values.folder, name);
  await new Promise((resolve, reject) => {
    const upload = new tus.Upload(fs.createReadStream(file), {
      endpoint: values.to,
      uploadSize: fs.statSync(file).size,
      metadata: { filename: name, filetype: 'image/jpeg' },
      onError: reject,
      onSuccess: resolve,
    });
    upload.start();
  });
  console.log(`done ${name}`);
}
process.exit(0);
