import { Type, type Static } from 'typebox'
import { closed, Instant } from './scalar.ts'

/** Who is signed in, and what that means here. `team.because` names the group that put the person in it. */
export const Me = Type.Object(
  {
    id: Type.String({ format: 'uuid', description: 'What the audit log calls them' }),
    name: Type.Union([Type.String(), Type.Null()]),
    email: Type.Union([Type.String(), Type.Null()]),
    isAuditor: Type.Boolean({ description: 'May read the audit log' }),
    isAdministrator: Type.Boolean(),
    now: Instant,
    sessionEndsAt: Instant,
  },
  closed,
)
export type Me = Static<typeof Me>

/** What the provider said at sign-in, and what the catalog made of it: the page that settles "why don't I see it". */
export const Account = Type.Object(
  {
    issuer: Type.String(),
    subject: Type.String(),
    signedInAt: Type.String({ format: 'date-time' }),
    sessionEndsAt: Instant,
    idleEndsAt: Instant,
    groups: Type.Array(Type.String()),
    groupsFrom: Type.Union([
      Type.Literal('id_token'),
      Type.Literal('userinfo'),
      Type.Literal('none'),
    ]),
    groupsClaim: Type.String(),
    claims: Type.Array(Type.Object({ name: Type.String(), value: Type.String() }, closed)),
    teams: Type.Array(
      Type.Object({ name: Type.String(), because: Type.Array(Type.String()) }, closed),
    ),
    roles: Type.Array(
      Type.Object(
        {
          name: Type.Union([Type.Literal('auditor'), Type.Literal('administrator')]),
          because: Type.Array(Type.String()),
        },
        closed,
      ),
    ),
    unusedGroups: Type.Array(Type.String(), {
      description: 'Groups that no team of the catalog names',
    }),
  },
  closed,
)
export type Account = Static<typeof Account>

export const SignedOut = Type.Object(
  { next: Type.String({ description: "Where to go: the provider's sign-out page, or ours" }) },
  closed,
)
export type SignedOut = Static<typeof SignedOut>
