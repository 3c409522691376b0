/**
 * Standard Schema v1 (https://standardschema.dev), the part that is needed: zod, valibot, arktype and others are one.
 */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
  };
}

type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | {
      readonly issues: readonly {
        readonly message: string;
        readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
      }[];
    };

/** The value as the schema makes it, or in words why it does not fit. */
export const parseWith = async <V>(
  schema: StandardSchema<V>,
  value: unknown,
): Promise<{ readonly ok: true; readonly value: V } | { readonly ok: false; readonly reason: string }> => {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return { ok: true, value: result.value };
  const words = result.issues.map(({ message, path }) => {
    const place = (path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
  return { ok: false, reason: `the value does not fit the schema: ${words.join('; ')}` };
};
