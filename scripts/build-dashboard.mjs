/**
 * Builds the live page (src/dashboard) into dist/dashboard: hashed files, each also compressed as .br and .gz. Run it by
 * `node scripts/build-dashboard.mjs`; `ensure-dashboard.mjs` runs it when the sources have changed.
 */
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { builtFromFile, dashboardFolder, sourceHash } from './ensure-dashboard.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = dashboardFolder(root);
/** Made beside and renamed: a server or a second build never sees half of it. */
const making = `${target}.${process.pid}`;
const hash = sourceHash(root);

try {
  await build({
    configFile: false,
    root: join(root, 'src/dashboard'),
    // Wherever the server is mounted.
    base: './',
    logLevel: 'error',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: making,
      emptyOutDir: true,
      target: 'es2023',
      // No data: URLs, which the page's content security policy does not allow.
      assetsInlineLimit: 0,
      modulePreload: false,
      reportCompressedSize: false,
    },
  });

  const page = join(making, 'index.html');
  // Without this, a page in the theme that was chosen would first show the system's.
  const html = readFileSync(page, 'utf8').replace(
    '<script type="module" crossorigin',
    '<script type="module" blocking="render"',
  );
  writeFileSync(page, html.replace(' crossorigin href', ' href'));
  for (const file of readdirSync(making, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(html|js|css|svg)$/.test(file)) continue;
    const bytes = readFileSync(join(making, file));
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    writeFileSync(join(making, `${file}.br`), brotliCompressSync(bytes, { params }));
    writeFileSync(join(making, `${file}.gz`), gzipSync(bytes, { level: 9 }));
  }
  writeFileSync(join(making, builtFromFile), hash);
  mkdirSync(join(root, 'dist'), { recursive: true });
  rmSync(target, { recursive: true, force: true });
  try {
    renameSync(making, target);
  } catch (error) {
    // Somebody else has just built it, too.
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
} finally {
  rmSync(making, { recursive: true, force: true });
}
