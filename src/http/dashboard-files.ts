import { hash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from './problem.ts';
import { sendProblem } from './route.ts';

/**
 * The live page as it was built (scripts/build-dashboard.mjs), from memory. Files below `assets/` have the hash of what is
 * in them in their names and are kept by browsers for ever; the document that names them is asked for each time.
 */

const builtFolder = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));

/** Only what this server serves runs, is shown or is asked; nobody frames the page, and no text becomes markup. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface BuiltFile {
  readonly contentType: string;
  readonly etag: string;
  readonly identity: Buffer;
  readonly br: Buffer | undefined;
  readonly gzip: Buffer | undefined;
}

/** By path below the folder; undefined when the page was not built. */
const readBuiltFiles = (folder: string): ReadonlyMap<string, BuiltFile> | undefined => {
  if (!existsSync(join(folder, 'index.html'))) return undefined;
  const files = new Map<string, BuiltFile>();
  const bytesOf = (file: string): Buffer | undefined => (existsSync(file) ? readFileSync(file) : undefined);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const contentType = contentTypes[extname(name)];
    if (contentType === undefined) continue;
    const file = join(folder, name);
    const identity = readFileSync(file);
    files.set(name.replaceAll('\\', '/'), {
      contentType,
      etag: `"${hash('sha256', identity, 'base64url')}"`,
      identity,
      br: bytesOf(`${file}.br`),
      gzip: bytesOf(`${file}.gz`),
    });
  }
  return files;
};

/** Adds `/` and `/assets/*`. @param folder another build, for tests */
export const addDashboard = (app: FastifyInstance, version: string, folder = builtFolder): void => {
  let files: ReadonlyMap<string, BuiltFile> | undefined;
  // Looked for again until it is there: who builds the page need not start the server anew.
  const built = (): ReadonlyMap<string, BuiltFile> | undefined => (files ??= readBuiltFiles(folder));

  app.get('/', (request, reply) => {
    reply.header('vary', 'accept, accept-encoding');
    if (!(request.headers.accept ?? '').includes('text/html')) {
      return reply.type('text/plain; charset=utf-8').send(plainText(version));
    }
    const page = built()?.get('index.html');
    if (page === undefined) {
      return reply
        .header('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
        .type('text/html; charset=utf-8')
        .send(notBuiltPage);
    }
    reply
      .header('cache-control', 'no-cache')
      .header('content-security-policy', contentSecurityPolicy)
      .header('referrer-policy', 'no-referrer')
      .header('cross-origin-opener-policy', 'same-origin')
      .header('cross-origin-resource-policy', 'same-origin');
    return sendFile(request, reply, page);
  });
  app.get('/assets/*', (request, reply) => {
    const file = built()?.get(`assets/${(request.params as { '*': string })['*']}`);
    if (file === undefined) {
      return sendProblem(
        reply,
        refuse('UNKNOWN_ROUTE', 'There is no such file of the live page; load / again, it was built anew').error,
      );
    }
    reply
      .header('vary', 'accept-encoding')
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('cross-origin-resource-policy', 'same-origin');
    return sendFile(request, reply, file);
  });
};

const sendFile = (request: FastifyRequest, reply: FastifyReply, file: BuiltFile): FastifyReply => {
  reply.header('etag', file.etag);
  const known = request.headers['if-none-match']
    ?.split(',')
    .some((etag) => etag.trim().replace(/^W\//, '') === file.etag);
  if (known === true) return reply.code(304).send();
  reply.header('content-type', file.contentType);
  const accepted = request.headers['accept-encoding'] ?? '';
  if (file.br !== undefined && accepts(accepted, 'br')) return reply.header('content-encoding', 'br').send(file.br);
  if (file.gzip !== undefined && accepts(accepted, 'gzip')) {
    return reply.header('content-encoding', 'gzip').send(file.gzip);
  }
  return reply.send(file.identity);
};

const accepts = (acceptEncoding: string, encoding: string): boolean =>
  acceptEncoding.split(',').some((each) => {
    const [name, quality] = each
      .trim()
      .toLowerCase()
      .split(/\s*;\s*q\s*=\s*/);
    return name === encoding && Number(quality ?? 1) > 0;
  });

const plainText = (version: string): string =>
  `sash ${version}: share-group queues over HTTP\n\n/              in a browser: the live page\n/docs          the reference\n/openapi.json  the same as OpenAPI 3.1\n/readyz        ready or not\n`;

const notBuiltPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>sash</title></head>
<body><p>The live page has not been built: run <code>npm run build</code> in the folder of sash (npm start does it by itself), then load this page again. The API is served: <a href="docs">reference</a>.</p></body></html>
`;
