/** `npm run openapi`: writes openapi.json from the schemas that check the requests. A test fails while it is stale. */
import { writeFileSync } from 'node:fs';
import { format } from 'prettier';
import packageJson from '../package.json' with { type: 'json' };
import { openApiDocument } from '../src/http/openapi.ts';

const path = new URL('openapi.json', import.meta.url);
const text = JSON.stringify(openApiDocument(packageJson.version));
writeFileSync(path, await format(text, { parser: 'json', printWidth: 120 }));
