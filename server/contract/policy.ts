import { Type, type Static } from 'typebox'
import { closed } from './scalar.ts'

/** A policy as IAM has it: all inline policies of a role have 10,240 characters at most. */
export const PolicyText = Type.Object(
  { text: Type.String({ minLength: 1, maxLength: 40_000 }) },
  closed,
)

/** What a policy opens, and what is wrong with it. */
export const PolicyReading = Type.Object(
  {
    opens: Type.Array(
      Type.Object(
        {
          user: Type.String({ description: 'As the policy has it: * stands for any' }),
          resource: Type.String({ description: 'Resource id of the database: * stands for any' }),
          account: Type.String(),
          region: Type.String(),
          database: Type.Union([Type.String(), Type.Null()], {
            description: 'Its name in the catalog',
          }),
        },
        closed,
      ),
    ),
    problems: Type.Array(
      Type.Object(
        {
          path: Type.String({ description: 'Statement[0].Resource[1]; empty for the whole' }),
          line: Type.Integer(),
          column: Type.Integer(),
          severity: Type.Enum(['error', 'warning']),
          message: Type.String(),
          mend: Type.String(),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type PolicyReading = Static<typeof PolicyReading>
