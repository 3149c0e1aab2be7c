import { Type, type Static } from 'typebox'
import { closed, Instant } from './scalar.ts'

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const summary = {
  region: Type.String({ description: 'eu-west-1, or global for all of them' }),
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Of the PEM file' }),
  expiresAt: Instant,
  source: Type.Union([Type.Literal('built_in'), Type.Literal('accepted'), Type.Literal('file')]),
}

export const CaBundle = Type.Object({ ...summary, certificates: Type.Integer() }, closed)
export const CaBundles = Type.Array(CaBundle)
export type CaBundle = Static<typeof CaBundle>

/** One bundle with its files and what is in them. */
export const CaContents = Type.Object(
  {
    ...summary,
    files: Type.Array(
      Type.Object(
        {
          name: Type.String({ description: 'eu-west-1.p12: below /api/ca/' }),
          format: Type.Union([
            Type.Literal('pem'),
            Type.Literal('p7b'),
            Type.Literal('p12'),
            Type.Literal('jks'),
          ]),
          sha256: Sha256,
          bytes: Type.Integer(),
          password: Type.Union([Type.String(), Type.Null()], {
            description: 'Of a Java trust store: public, since all in it is',
          }),
        },
        closed,
      ),
    ),
    java: Type.Object(
      {
        import: Type.String({
          description: 'The line that puts all of them into the trust store of a Java',
        }),
        options: Type.String({ description: 'Options of a JVM that trusts these alone' }),
      },
      closed,
    ),
    certificates: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          subject: Type.String(),
          key: Type.String({ description: 'RSA 2048, EC P-384' }),
          sha256: Sha256,
          expiresAt: Instant,
        },
        closed,
      ),
    ),
  },
  closed,
)
export type CaContents = Static<typeof CaContents>

export const CaFile = Type.Object(
  { file: Type.String({ pattern: '^[a-z0-9-]{4,40}\\.(pem|p7b|p12|jks)$' }) },
  closed,
)
export const CaRegion = Type.Object(
  { region: Type.String({ pattern: '^[a-z0-9-]{4,40}$' }) },
  closed,
)
