import { Type } from 'typebox'

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

/** A body that says nothing: `{}`. */
export const Nothing = Type.Object({}, closed)
