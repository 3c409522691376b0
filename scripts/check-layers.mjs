/**
 * Runs dependency-cruiser with the layer table of .dependency-cruiser.mjs and prints what breaks it. It also counts:
 * a parser that does not understand TypeScript sees no modules at all, and would find no fault.
 */
import { readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import config from '../.dependency-cruiser.mjs';

// dependency-cruiser asks swc for TypeScript without JSX, whatever the file; so swc is told before it is loaded there.
const swc = createRequire(import.meta.url)('@swc/core');
const { parseFileSync } = swc;
swc.parseFileSync = (/** @type {string} */ file, /** @type {object} */ options) =>
  parseFileSync(file, { ...options, tsx: file.endsWith('.tsx') });
const { cruise } = await import('dependency-cruiser');

const repository = fileURLToPath(new URL('..', import.meta.url));

/**
 * @param {string} [root] another tree, for the test that breaks a rule on purpose
 * @returns {Promise<{ violations: string[], modules: number, dependencies: number, unseen: string[] }>}
 *   `unseen`: TypeScript files of src that were not among the modules
 */
export async function checkLayers(root = repository) {
  const { tsConfig: _, ...options } = config.options;
  const folders = ['src', 'test', 'bench', 'demo'].filter((folder) => filesIn(root, folder).length > 0);
  const { output } = await cruise(folders, {
    ...options,
    baseDir: root,
    ruleSet: { forbidden: config.forbidden },
    validate: true,
  });
  if (typeof output === 'string') throw new Error('dependency-cruiser answered with text, not with modules');
  const seen = new Map(output.modules.map((module) => [module.source, module]));
  const violations = output.summary.violations.map(
    (violation) =>
      `${violation.rule.name}: ${violation.from}${violation.to === violation.from ? '' : ` → ${violation.to}`}` +
      (violation.comment ? `\n    ${violation.comment}` : ''),
  );
  return {
    violations,
    modules: output.summary.totalCruised,
    dependencies: output.summary.totalDependenciesCruised ?? 0,
    unseen: filesIn(root, 'src').filter((file) => !seen.has(file)),
  };
}

/**
 * @param {string} root
 * @param {string} folder
 */
function filesIn(root, folder) {
  try {
    return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => `${folder}/${file.replaceAll('\\', '/')}`);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return [];
    throw error;
  }
}

if (realpathSync(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const { violations, modules, dependencies, unseen } = await checkLayers();
  for (const violation of violations) console.error(violation);
  for (const file of unseen) console.error(`not seen by dependency-cruiser: ${file}`);
  console.log(`layers: ${modules} modules, ${dependencies} dependencies, ${violations.length} violations`);
  const blind = modules === 0 || dependencies === 0;
  if (blind) console.error('dependency-cruiser saw nothing: its parser (swc) does not work here');
  process.exitCode = violations.length + unseen.length > 0 || blind ? 1 : 0;
}
