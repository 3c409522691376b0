import { signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const storageKey = 'sash.theme';

const storedTheme = (): Theme => {
  // A browser may refuse storage altogether.
  try {
    const stored = localStorage.getItem(storageKey);
    return stored === 'light' || stored === 'dark' ? stored : 'system';
  } catch {
    return 'system';
  }
};

/** What was chosen; `system` follows prefers-color-scheme. */
export const theme = signal<Theme>('system');
/** Counts changes of what is seen: read it where colours go into a canvas. */
export const themeVersion = signal(0);

/** Before anything is drawn. */
export const startTheme = (): void => {
  applyTheme(storedTheme());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => themeVersion.value++);
};

export const chooseTheme = (chosen: Theme): void => {
  try {
    if (chosen === 'system') localStorage.removeItem(storageKey);
    else localStorage.setItem(storageKey, chosen);
  } catch {
    // Then it holds until the page is closed.
  }
  applyTheme(chosen);
};

const applyTheme = (chosen: Theme): void => {
  if (chosen === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = chosen;
  theme.value = chosen;
  themeVersion.value++;
};

/** A colour of style/theme.css as it is now, for a canvas: `themeColour('--state-acquired')`. */
export const themeColour = (name: `--${string}`): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
