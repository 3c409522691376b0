import { makeLanguageValid } from './valid-language.ts';

/** Loads the page. It has no part in it, so that it can say when a part of it cannot be loaded here. */
const element = document.getElementById('app')!;
try {
  makeLanguageValid();
  const { start } = await import('./start.tsx');
  start(element);
} catch (error) {
  const sentence = document.createElement('p');
  sentence.setAttribute('role', 'alert');
  sentence.className = 'broken';
  sentence.textContent = `This page cannot run in this browser: ${String(error)}. The same numbers are below v1/share-groups, and sash groups list shows them in a terminal.`;
  element.replaceChildren(sentence);
  throw error;
}
