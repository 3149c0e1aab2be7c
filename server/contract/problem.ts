import { Type, type Static } from 'typebox'
import { closed } from './scalar.ts'

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
    fields: Type.Optional(
      Type.Array(
        Type.Object(
          {
            field: Type.String({ description: 'Where in the body: users/0/name' }),
            message: Type.String(),
            mend: Type.String(),
          },
          closed,
        ),
        { description: 'Every field that needs another value, so that a form can say it there' },
      ),
    ),
    requestId: Type.String({ description: 'Also in the log of the portal' }),
  },
  closed,
)
export type Problem = Static<typeof Problem>
