import { Type, type Static } from 'typebox'
import { closed, Instant } from './scalar.ts'

export const CaBundle = Type.Object(
  {
    region: Type.String(),
    sha256: Type.String(),
    certificates: Type.Integer(),
    expiresAt: Instant,
    source: Type.Union([Type.Literal('built_in'), Type.Literal('file')]),
  },
  closed,
)
export const CaBundles = Type.Array(CaBundle)
export type CaBundle = Static<typeof CaBundle>

export const CaFile = Type.Object(
  { file: Type.String({ pattern: '^[a-z0-9-]{4,40}\\.pem$' }) },
  closed,
)
