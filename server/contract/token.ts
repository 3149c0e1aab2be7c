import { Type, type Static } from 'typebox'
import { TokenForms } from './connection.ts'
import { closed, Instant } from './scalar.ts'

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

/** How to use it is another answer, which has no token in it: `GET /api/grants/:id/connection`. */
export const Token = Type.Object(
  {
    token: Type.String({ description: 'Shown once, never stored' }),
    forms: TokenForms,
    length: Type.Integer({ description: 'characters' }),
    issuedAt: Instant,
    expiresAt: Instant,
    endsWith: Type.Union([Type.Literal('token'), Type.Literal('session')], {
      description:
        'What ends first: the 15 minutes of the token, or the STS session that signed it',
    }),
    now: Instant,
  },
  closed,
)
export type Token = Static<typeof Token>
