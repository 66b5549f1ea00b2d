// Prints the types that Modelina makes of an AsyncAPI document: models.mjs FOLDER FILE, where the folder has it.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [folder, file] = process.argv.slice(2);
const { TypeScriptGenerator } = createRequire(`${resolve(folder)}/`)('@asyncapi/modelina');
const document = JSON.parse(await readFile(file, 'utf8'));
const models = await new TypeScriptGenerator({ modelType: 'interface' }).generate(document);
console.log(models.map(({ result }) => result).join('\n\n'));
