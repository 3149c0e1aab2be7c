import { Type, type Static } from 'typebox'
import { closed, Instant } from './scalar.ts'

const Seen = Type.Object({ name: Type.String(), sha256: Type.String(), expiresAt: Instant }, closed)

/** What a TLS handshake with an endpoint has shown. */
export const Finding = Type.Union([
  Type.Object(
    {
      outcome: Type.Literal('failed'),
      code: Type.String({ description: 'timeout, refused, name_unknown, no_tls, …' }),
    },
    closed,
  ),
  Type.Object(
    {
      outcome: Type.Literal('answered'),
      chain: Type.Array(Seen, { description: 'As the server sent it, its own first' }),
      names: Type.Array(Type.String()),
      verified: Type.Boolean({ description: 'Whether the CA bundle of the region proves it' }),
      fault: Type.Union([Type.String(), Type.Null()], { description: 'Why not, as OpenSSL says' }),
      nameCovered: Type.Boolean({
        description: 'Whether it is for the host that tokens are signed for',
      }),
      expiresAt: Instant,
    },
    closed,
  ),
])

/** Every endpoint of the catalog, and the newest look at its TLS. */
export const Probes = Type.Object(
  {
    running: Type.Boolean({ description: 'Whether this portal is looking right now' }),
    endpoints: Type.Array(
      Type.Object(
        {
          database: Type.String(),
          endpoint: Type.String(),
          host: Type.String({ description: 'What tokens are signed for' }),
          dial: Type.String({ description: 'Where the portal connects: host:port' }),
          region: Type.String(),
          bundle: Type.Boolean({ description: 'Whether there is a CA bundle for the region' }),
          mode: Type.Enum(['verify-full', 'verify-ca']),
          why: Type.Union([Type.String(), Type.Null()]),
          seen: Type.Union([Type.Object({ at: Instant, finding: Finding }, closed), Type.Null()]),
        },
        closed,
      ),
    ),
    now: Instant,
  },
  closed,
)
export type Probes = Static<typeof Probes>

export const Looking = Type.Object({ running: Type.Literal(true) }, closed)
