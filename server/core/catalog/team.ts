import type { Team, TeamNotify, TeamRole } from './catalog.ts'
import { all, groups } from './group.ts'
import { notify } from './notify.ts'
import type { Reader } from './reader.ts'
import { partsOfRole, ROLE_EXAMPLE } from './role-arn.ts'
import { externalId, ID_EXAMPLE, roleArn } from './role-shape.ts'
import { type Items, list, type Named } from './shape-list.ts'
import { object, type Read } from './shape-object.ts'

const role = object(
  {
    about: 'An IAM role of this team.',
    example: `{ arn: ${ROLE_EXAMPLE}, externalId: ${ID_EXAMPLE} }`,
  },
  {
    arn: {
      shape: roleArn('The role that the portal assumes for this team in one AWS account.'),
      need: ROLE_EXAMPLE,
    },
    externalId: {
      shape: externalId,
      need: `${ID_EXAMPLE}, the one of the role's trust policy`,
    },
  },
)
type ReadRole = Read<typeof role>

export const team = object(
  {
    about: 'A team: who is in it, and which role it has in each AWS account.',
    example: 'groups: and roles: below it',
  },
  {
    groups: {
      shape: groups('Whoever is in one of these SSO groups is in the team.', { filled: true }),
      need: '[payments-engineers]',
    },
    roles: {
      shape: list(role, {
        about: 'One role for each AWS account whose databases the team reaches.',
        example: `[{ arn: ${ROLE_EXAMPLE}, externalId: ${ID_EXAMPLE} }]`,
        filled: true,
      }),
      need: `[{ arn: ${ROLE_EXAMPLE}, externalId: ${ID_EXAMPLE} }]`,
    },
    notify: { shape: notify },
  },
)

/** Every declared team; undefined where something is wrong with it and nothing more can be said. */
export type Teams = ReadonlyMap<string, Team | undefined>

export function checkTeams(reader: Reader, found: Named<Read<typeof team>>): Teams {
  return new Map(
    [...found].map(([name, { at }]) => {
      const members = all(at?.value.groups?.value)
      const roles = checkRoles(reader, at?.value.roles?.value)
      const told = notifyOf(at?.value.notify?.value)
      return [name, members && roles && { name, groups: members, roles, notify: told }]
    }),
  )
}

const notifyOf = (found: Read<typeof notify> | undefined): TeamNotify => ({
  webhook: found?.webhook?.value ?? null,
  email: found?.email?.value ?? null,
})

/** At most one role in an account: which one to assume must never be a question. */
function checkRoles(reader: Reader, items: Items<ReadRole> | undefined): TeamRole[] | undefined {
  const lines = new Map<string, number>()
  const roles = items?.map((item): TeamRole | undefined => {
    const { arn, externalId } = item?.value ?? {}
    const account = arn && partsOfRole(arn.value)?.account
    if (!arn || !account) return undefined
    const before = lines.get(account)
    if (before !== undefined)
      return reader.tell(
        arn.spot,
        `is a second role in account ${account}, after the one on line ${before}`,
        'keep one role for each account; another set of rights is another team',
      )
    lines.set(account, reader.line(arn.spot))
    return externalId && { arn: arn.value, account, externalId: externalId.value }
  })
  return roles?.every((one) => one !== undefined) ? roles : undefined
}
