import { Type, type Static } from 'typebox'

/** Every object that crosses the wire is closed: an unknown key is refused on the way in and cannot slip out. */
export const closed = { additionalProperties: false } as const

export const Instant = Type.String({ format: 'date-time', description: 'UTC, ISO 8601 with Z' })
export const Uuid = Type.String({ format: 'uuid' })
export const Seconds = Type.Integer({ minimum: 0, description: 'seconds' })
/** Names in the catalog. */
export const Name = Type.String({ pattern: '^[a-z0-9][a-z0-9._-]{0,62}$' })
/** The name of a user inside a database: PostgreSQL 63 bytes, MySQL 32 characters, MariaDB 128. */
export const DatabaseUser = Type.String({ minLength: 1, maxLength: 128 })

export const ById = Type.Object({ id: Uuid }, closed)
export const ByName = Type.Object({ name: Name }, closed)

/** RFC 9457. Every error of the API has this shape. */
export const Problem = Type.Object(
  {
    type: Type.Literal('about:blank'),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String({ description: 'What happened' }),
    mend: Type.Optional(Type.String({ description: 'What to do about it' })),
    code: Type.String({ description: 'Stable, for programs' }),
    reason: Type.Optional(Type.String({ description: 'A finer code within `code`' })),
    requestId: Type.String({ description: 'Also in the log of the portal' }),
  },
  closed,
)
export type Problem = Static<typeof Problem>

/** A body that says nothing: `{}`. */
export const Nothing = Type.Object({}, closed)
