import { catalogFile } from './catalog-file-shape.ts'
import type { Schema } from './shape.ts'

/** The JSON Schema of `latchkey.yaml`, for editors. It comes from the shapes that read the file, so the two cannot part. */
export const catalogJsonSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'The catalog of Latchkey',
  ...catalogFile.schema,
}

/** As it lies beside the example, to the byte. */
export const catalogJsonSchemaText = () => `${JSON.stringify(catalogJsonSchema, null, 2)}\n`
