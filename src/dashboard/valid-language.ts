/**
 * Some systems name a language that no format takes (`en-US@posix`, of LANG=C), and uPlot makes a number format of it
 * while it is loaded. Then the browser's language is English.
 */
export const makeLanguageValid = (): void => {
  try {
    Intl.getCanonicalLocales(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { get: () => 'en-US', configurable: true });
  }
};
