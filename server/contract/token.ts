import { Type, type Static } from 'typebox'
import { closed, Instant } from './scalar.ts'
import { Endpoint } from './database.ts'

export const TokenWish = Type.Object(
  {
    endpoint: Type.String({
      minLength: 1,
      maxLength: 63,
      description: 'The name of an endpoint of the database',
    }),
  },
  closed,
)
export type TokenWish = Static<typeof TokenWish>

/** A piece of text to paste. `secret` pieces hold the token (raw or encoded): hide them until asked for. */
export const Part = Type.Object({ text: Type.String(), secret: Type.Boolean() }, closed)

export const Snippet = Type.Object(
  {
    client: Type.String({ description: 'psql, uri, env, mysql, mariadb, fields' }),
    title: Type.String(),
    hint: Type.Union([Type.String(), Type.Null()]),
    parts: Type.Array(Part),
    fields: Type.Array(
      Type.Object({ label: Type.String(), value: Type.String(), secret: Type.Boolean() }, closed),
      {
        description: 'For clients with a form; then `parts` is empty',
      },
    ),
  },
  closed,
)
export type Snippet = Static<typeof Snippet>

export const Token = Type.Object(
  {
    token: Type.String({ description: 'Shown once, never stored' }),
    length: Type.Integer({ description: 'characters' }),
    issuedAt: Instant,
    expiresAt: Instant,
    endsWith: Type.Union([Type.Literal('token'), Type.Literal('session')], {
      description:
        'What ends first: the 15 minutes of the token, or the STS session that signed it',
    }),
    now: Instant,
    endpoint: Endpoint,
    user: Type.String(),
    dbname: Type.String(),
    caFile: Type.String({ description: 'Where the snippets expect the CA bundle' }),
    caCommand: Type.String({ description: 'The line that puts it there' }),
    snippets: Type.Array(Snippet),
  },
  closed,
)
export type Token = Static<typeof Token>
