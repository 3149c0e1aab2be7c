import { Type, type Static } from 'typebox'
import { closed, Instant, Uuid } from './scalar.ts'

const Certificate = Type.Object(
  {
    name: Type.String(),
    key: Type.String(),
    sha256: Type.String(),
    expiresAt: Instant,
  },
  closed,
)
const common = {
  id: Uuid,
  origin: Type.Enum(['upload', 'aws', 'aws-us-gov', 'aws-cn']),
  sha256: Type.String(),
  offeredAt: Instant,
}

/** CA bundles that wait for an administrator, and those that are in force. */
export const CaOffers = Type.Object(
  {
    overridden: Type.Boolean({ description: 'CA_BUNDLE_FILE decides, and nothing else' }),
    refresh: Type.Boolean({ description: 'Whether the portal may fetch truststores' }),
    waiting: Type.Array(
      Type.Object(
        {
          ...common,
          byPortal: Type.Boolean(),
          added: Type.Array(Certificate),
          gone: Type.Array(Certificate),
          same: Type.Integer(),
          passedOver: Type.Integer({ description: 'Intermediates, and roots of no region' }),
        },
        closed,
      ),
    ),
    accepted: Type.Array(Type.Object({ ...common, decidedAt: Instant }, closed)),
  },
  closed,
)
export type CaOffers = Static<typeof CaOffers>

/** The text of a PEM file. */
export const CaUpload = Type.Object(
  { pem: Type.String({ minLength: 1, maxLength: 500_000 }) },
  closed,
)
