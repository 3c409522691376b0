/** The kinds of settings: what config.ts and cluster-settings.ts are written with. */
import { z } from 'zod';

export type Unit = 'ms' | 'bytes';

export const int = (description: string, fallback: number, min: number, max: number, unit?: Unit) =>
  z.int().min(min).max(max).default(fallback).meta({ description, unit });
export const bool = (description: string, fallback: boolean) => z.boolean().default(fallback).meta({ description });
export const text = (description: string, fallback: string) =>
  z.string().min(1).default(fallback).meta({ description });
/** Never logged and never shown. */
export const secret = (description: string) => z.string().default('').meta({ description, secret: true });
export const oneOf = <const T extends readonly [string, ...string[]]>(
  description: string,
  values: T,
  fallback: T[number],
) =>
  z
    .enum(values)
    .default(() => fallback)
    .meta({ description, default: fallback });
