import { Type, type Static } from 'typebox'
import { closed, Instant } from './scalar.ts'

/** The state of the catalog as administrators see it. `problems` are those of a newer file that was refused. */
export const Setup = Type.Object(
  {
    catalog: Type.Object(
      {
        file: Type.String(),
        sha256: Type.String(),
        loadedAt: Instant,
        teams: Type.Integer(),
        databases: Type.Integer(),
        rules: Type.Integer(),
        refused: Type.Union([
          Type.Object(
            {
              at: Instant,
              problems: Type.Array(
                Type.Object(
                  {
                    line: Type.Integer(),
                    column: Type.Integer(),
                    path: Type.String(),
                    message: Type.String(),
                    mend: Type.String(),
                  },
                  closed,
                ),
              ),
            },
            closed,
          ),
          Type.Null(),
        ]),
      },
      closed,
    ),
    deliveries: Type.Object(
      {
        failing: Type.Array(
          Type.Object(
            {
              channel: Type.String({ description: 'slack:default, email:ada@example.com' }),
              topic: Type.String(),
              since: Instant,
              attempts: Type.Integer(),
              lastError: Type.String({ description: 'A code: timeout, http_500' }),
              nextAt: Type.Union([Instant, Type.Null()], {
                description: 'When it is tried again; null once it is given up',
              }),
            },
            closed,
          ),
          { description: 'The newest messages that did not arrive so far' },
        ),
      },
      closed,
    ),
    version: Type.String(),
    now: Instant,
  },
  closed,
)
export type Setup = Static<typeof Setup>
