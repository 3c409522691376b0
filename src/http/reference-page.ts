import { createHash } from 'node:crypto';
import type { JsonSchema, OpenApiDocument, OpenApiOperation, OpenApiParameter } from './openapi.ts';
import { isRetriable, problemCodes, problemStatuses, problemTitles } from './problem.ts';

/** The reference at `/docs`: one page made from the OpenAPI document, without scripts and without anything loaded. */
export interface ReferencePage {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => escapes[character]!);
/** Text with `code` between backticks, paragraphs between empty lines. */
const prose = (text: string): string =>
  text
    .split('\n\n')
    .map((paragraph) => `<p>${escape(paragraph).replaceAll(/`([^`]+)`/g, '<code>$1</code>')}</p>`)
    .join('');

export const referencePage = (document: OpenApiDocument): ReferencePage => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const groups = document.tags.map((tag) => ({
    tag,
    operations: operations.filter(({ operation }) => operation.tags[0] === tag.name),
  }));
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>sash HTTP API</title>
<style>${style}</style>
</head>
<body>
<nav aria-label="Endpoints">
<p class="brand">sash <small>${escape(document.info.version)}</small></p>
${groups
  .map(
    ({ tag, operations: list }) =>
      `<h2>${escape(tag.name)}</h2><ul>${list
        .map(
          ({ method, operation }) =>
            `<li><a href="#${operation.operationId}"><b class="${method}">${method}</b> ${escape(operation.summary)}</a></li>`,
        )
        .join('')}</ul>`,
  )
  .join('\n')}
<h2><a href="#schemas">Schemas</a></h2>
<h2><a href="#errors">Errors</a></h2>
</nav>
<main>
<h1>sash HTTP API</h1>
${prose(document.info.description)}
<p>The same as <a href="/openapi.json">OpenAPI 3.1</a>.</p>
${groups
  .map(
    ({ tag, operations: list }) =>
      `<section><h2>${escape(tag.name)}</h2>${prose(tag.description)}${list.map(operationHtml).join('\n')}</section>`,
  )
  .join('\n')}
<section id="schemas"><h2>Schemas</h2>
${Object.entries(document.components.schemas)
  .map(([name, schema]) => `<article id="schema-${name}"><h3>${name}</h3>${schemaHtml(schema)}</article>`)
  .join('\n')}
</section>
<section id="errors"><h2>Errors</h2>
<table><thead><tr><th>code</th><th>status</th><th>retriable</th><th>meaning</th></tr></thead><tbody>
${problemCodes
  .map(
    (code) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${problemStatuses[code]}</td><td>${isRetriable(code) ? 'yes' : 'no'}</td><td>${escape(problemTitles[code])}</td></tr>`,
  )
  .join('\n')}
</tbody></table></section>
</main>
</body>
</html>
`;
  const styleHash = createHash('sha256').update(style).digest('base64');
  return {
    html,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
};

const operationHtml = ({
  path,
  method,
  operation,
}: {
  readonly path: string;
  readonly method: string;
  readonly operation: OpenApiOperation;
}): string => {
  const { parameters = [], requestBody, responses } = operation;
  return `<article id="${operation.operationId}">
<h3>${escape(operation.summary)}</h3>
<p class="path"><b class="${method}">${method}</b> <code>${escape(path)}</code></p>
${operation.description === undefined ? '' : prose(operation.description)}
${parameters.length === 0 ? '' : parametersHtml(parameters)}
${Object.entries(requestBody?.content ?? {})
  .map(
    ([type, { schema }]) =>
      `<h4>Body <small>${escape(type)}${requestBody!.required ? '' : ', optional'}</small></h4>${schemaHtml(schema)}`,
  )
  .join('')}
${Object.entries(responses)
  .filter(([status]) => status.startsWith('2'))
  .map(
    ([status, { content }]) =>
      `<h4>${status}</h4>${Object.values(content ?? {})
        .map(({ schema }) => schemaHtml(schema))
        .join('')}`,
  )
  .join('')}
<p class="problems">Errors: ${Object.entries(responses)
    .filter(([status]) => !status.startsWith('2'))
    .map(([status, { description }]) =>
      [...description.matchAll(/`([A-Z_]+)`/g)]
        .map(([, code]) => `<a href="#${code}">${status} ${code}</a>`)
        .join(', '),
    )
    .join(', ')}</p>
</article>`;
};

const parametersHtml = (parameters: readonly OpenApiParameter[]): string =>
  `<table><tbody>${parameters
    .map(
      (parameter) =>
        `<tr><td><code>${escape(parameter.name)}</code><br><small>${parameter.in}${parameter.required ? ', required' : ''}</small></td><td>${typeHtml(parameter.schema)}</td><td>${escape(parameter.description ?? '')}</td></tr>`,
    )
    .join('')}</tbody></table>`;

/** An object's fields as a table, a choice as a list, anything else as its type. */
const schemaHtml = (schema: JsonSchema): string => {
  const description = typeof schema['description'] === 'string' ? prose(schema['description']) : '';
  const choices = choicesOf(schema);
  if (choices !== undefined) {
    return `${description}<p>One of:</p><ul class="choices">${choices.map((choice) => `<li>${schemaHtml(choice)}</li>`).join('')}</ul>`;
  }
  const properties = schema['properties'] as Record<string, JsonSchema> | undefined;
  if (properties === undefined) return `${description}<p>${typeHtml(schema)}</p>`;
  const required = (schema['required'] ?? []) as readonly string[];
  return `${description}<table><tbody>${Object.entries(properties)
    .map(([name, property]) => {
      const inner = innerObject(property);
      const text = typeof property['description'] === 'string' ? escape(property['description']) : '';
      return `<tr><td><code>${escape(name)}</code>${required.includes(name) && property['default'] === undefined ? '' : '<br><small>optional</small>'}</td><td>${typeHtml(property)}</td><td>${text}${inner === undefined ? '' : schemaHtml(inner)}</td></tr>`;
    })
    .join('')}</tbody></table>`;
};

const choicesOf = (schema: JsonSchema): readonly JsonSchema[] | undefined =>
  (schema['anyOf'] ?? schema['oneOf']) as readonly JsonSchema[] | undefined;

/** The fields of an object, or of the objects of an array, that has no name of its own. */
const innerObject = (schema: JsonSchema): JsonSchema | undefined => {
  const items = schema['type'] === 'array' ? (schema['items'] as JsonSchema) : schema;
  if (items['properties'] !== undefined)
    return { type: 'object', properties: items['properties'], required: items['required'] };
  return undefined;
};

const bounds = [
  ['minimum', '≥', ''],
  ['maximum', '≤', ''],
  ['minItems', '≥', 'entries'],
  ['maxItems', '≤', 'entries'],
  ['minLength', '≥', 'characters'],
  ['maxLength', '≤', 'characters'],
] as const;

const typeHtml = (schema: JsonSchema): string => {
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    const name = reference.slice(reference.lastIndexOf('/') + 1);
    return `<a href="#schema-${name}">${name}</a>`;
  }
  const choices = choicesOf(schema);
  if (choices !== undefined) return choices.map(typeHtml).join(' or ');
  if (schema['const'] !== undefined) return `<code>${escape(JSON.stringify(schema['const']))}</code>`;
  const values = schema['enum'];
  const notes: string[] = [];
  for (const [keyword, before, after] of bounds) {
    const bound = schema[keyword];
    if (typeof bound !== 'number') continue;
    notes.push(`${before} ${bound === Number.MAX_SAFE_INTEGER ? '2^53−1' : bound} ${after}`.trimEnd());
  }
  if (schema['default'] !== undefined) notes.push(`default ${escape(JSON.stringify(schema['default']))}`);
  const type = Array.isArray(values)
    ? values.map((value) => `<code>${escape(JSON.stringify(value))}</code>`).join(' ')
    : schema['type'] === 'array'
      ? `array of ${typeHtml((schema['items'] ?? {}) as JsonSchema)}`
      : Array.isArray(schema['type'])
        ? schema['type'].join(' or ')
        : typeof schema['type'] === 'string'
          ? schema['type']
          : 'any JSON value';
  return notes.length === 0 ? type : `${type}<br><small>${notes.join(', ')}</small>`;
};

const style = `
:root { color-scheme: light dark; --text: #1c2024; --soft: #60646c; --line: #d9d9e0; --back: #fff; --raised: #f6f7f9; --link: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --text: #e8e9ec; --soft: #a0a4ad; --line: #363a42; --back: #15171b; --raised: #1d2026; --link: #7cb8f2; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; display: grid; grid-template-columns: 20rem minmax(0, 1fr); font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1rem; border-right: 1px solid var(--line); background: var(--raised); font-size: .875rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: .25rem 0; color: var(--text); text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav h2 { font-size: .8rem; margin: 1.25rem 0 .25rem; color: var(--soft); }
nav h2 a { color: inherit; }
.brand { font-weight: 700; font-size: 1.125rem; margin: 0; }
main { padding: 1.5rem 2rem 4rem; max-width: 70rem; }
h1 { margin-top: 0; }
h3 { margin: 2.5rem 0 .5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h4 { margin: 1.25rem 0 .25rem; }
small, .problems { color: var(--soft); }
.problems { font-size: .8125rem; }
a { color: var(--link); }
a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code { font: .875em ui-monospace, monospace; overflow-wrap: anywhere; }
.path { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .5rem .75rem; }
.GET { color: #1a7f4b; } .POST { color: #0b5cad; } .PATCH { color: #8a5a00; } .DELETE { color: #b3261e; }
@media (prefers-color-scheme: dark) { .GET { color: #5fd39a; } .POST { color: #7cb8f2; } .PATCH { color: #e0b35c; } .DELETE { color: #f2938c; } }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; border-bottom: 1px solid var(--line); }
td:first-child { width: 14rem; }
tr:target td { background: var(--raised); font-weight: 600; }
.choices { padding-left: 1.25rem; }
@media (max-width: 60rem) { body { display: block; } nav { position: static; height: auto; border-right: 0; } main { padding: 1rem; } td:first-child { width: auto; } }
`;
