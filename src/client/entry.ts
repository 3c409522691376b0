/** What `import … from 'sash/client'` gives. */
export { SashClient } from './sash-client.ts';
export type { CallOptions } from './sash-client.ts';
export { SashError } from './sash-error.ts';
export type { ConnectionSettings } from './http.ts';
export type * from './api.ts';
