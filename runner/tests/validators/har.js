// Judges a HAR by its JSON schema: prints each fault, and exits with 1 when there is one.
const fs = require('node:fs');
const validate = require('har-validator/lib/promise');

validate.har(JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))).catch((fault) => {
  for (const error of fault.errors) console.log(`${error.dataPath} ${error.message}`);
  process.exit(1);
});
