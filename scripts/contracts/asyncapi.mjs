// Parses AsyncAPI documents: asyncapi.mjs FOLDER FILE…, where the folder has the parser. Errors and warnings fail.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [folder, ...files] = process.argv.slice(2);
const { Parser } = createRequire(`${resolve(folder)}/`)('@asyncapi/parser');
const WARNING = 1;

let failed = false;
for (const file of files) {
  const { document, diagnostics } = await new Parser().parse(await readFile(file, 'utf8'), { source: file });
  for (const { severity, code, message, path } of diagnostics) {
    const grave = severity <= WARNING;
    failed ||= grave;
    (grave ? console.error : console.log)(`${file}: ${['error', 'warning', 'info', 'hint'][severity]} ${code}: ${message} (${path.join('.')})`);
  }
  if (!document) {
    failed = true;
    console.error(`${file}: it could not be parsed`);
    continue;
  }
  // What a consumer would see of it.
  for (const message of document.allMessages().all()) {
    console.log(`${file}: message ${message.id()}: ${Object.keys(message.payload().json()).join(' ')}`);
  }
}
process.exitCode = failed ? 1 : 0;
