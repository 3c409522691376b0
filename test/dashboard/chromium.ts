import packedChromium from '@sparticuz/chromium';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const cacheFolder = fileURLToPath(new URL('../../node_modules/.cache/sash/', import.meta.url));
const packageFile = new URL('../../node_modules/@sparticuz/chromium/package.json', import.meta.url);

interface UnpackedChromium {
  readonly executablePath: string;
  /** Set for its process, so that text looks the same on every machine. */
  readonly environment: { readonly FONTCONFIG_FILE: string };
}

/** A Chromium; whoever launches it closes it. It ends with this process in any case. */
export async function launchBrowser(): Promise<Browser> {
  const { executablePath, environment } = await unpackedChromium();
  return chromium.launch({
    executablePath,
    // Root may not have a sandbox, and what it opens is ours.
    chromiumSandbox: false,
    args: ['--disable-gpu', '--font-render-hinting=none'],
    env: { ...process.env, ...environment },
  });
}

/**
 * The Chromium of the npm package, unpacked once (210 MB, 2 s) below `node_modules/.cache`: into a new folder that is
 * then renamed, so that half of it is never found and test files that start at the same time do not disturb each other.
 */
async function unpackedChromium(): Promise<UnpackedChromium> {
  const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
  const folder = join(cacheFolder, `chromium-${version}`);
  if (!existsSync(folder)) {
    mkdirSync(cacheFolder, { recursive: true });
    const work = mkdtempSync(join(cacheFolder, '.chromium-'));
    try {
      await unpackInto(work);
      renameSync(work, folder);
    } catch (error) {
      rmSync(work, { recursive: true, force: true });
      // Another test file was faster.
      if (!existsSync(folder)) throw error;
    }
  }
  return {
    executablePath: join(folder, 'chromium'),
    environment: { FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  };
}

async function unpackInto(folder: string): Promise<void> {
  // The package unpacks into the temporary folder, whichever that is when it looks.
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    await packedChromium.executablePath();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
  writeFileSync(join(folder, 'fonts.conf'), fontsConf);
}

/** The font that comes with the package for all text without serifs, then what the machine has. */
const fontsConf = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="relative">fonts-cache</cachedir>
  ${['system-ui', 'sans-serif'].map((family) => `<alias binding="strong"><family>${family}</family><prefer><family>Open Sans</family></prefer></alias>`).join('\n  ')}
  <alias binding="strong"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`;
