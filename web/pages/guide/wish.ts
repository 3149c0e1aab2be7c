import type { GuideChoices, GuideWish } from '../../../server/contract/guide.ts'
import { engineFamily } from '../../lib/format.ts'

export type Found = GuideChoices['found'][number]
export type Known = GuideChoices['databases'][number]
export type UserWish = GuideWish['users'][number]

/** What the form holds: lists as lines and numbers as text, so that nothing one has typed is lost on the way. */
export type Draft = Omit<GuideWish, 'port' | 'endpoints' | 'groups' | 'users' | 'client'> & {
  port: string
  endpoints: DraftEndpoint[]
  groups: string
  users: DraftUser[]
  cidr: string
  securityGroup: string
}
/** `dial`: where a tunnel listens; drafts that were kept before there was one have none. */
export type DraftEndpoint = { name: string; host: string; dial?: string }
export type DraftUser = Omit<UserWish, 'approvalGroups'> & { approvalGroups: string }

export const ENGINES = [
  'postgres',
  'aurora-postgresql',
  'mysql',
  'aurora-mysql',
  'mariadb',
] as const

/** Of each of them, where its token goes and what stands in the policy. */
export const FORMS = [
  { value: 'instance', label: 'Instance', resource: 'db-ABCDEFGHIJKL01234' },
  { value: 'cluster', label: 'Cluster', resource: 'cluster-ABCDEFGHIJKL01234' },
  { value: 'proxy', label: 'Proxy', resource: 'prx-0123456789abcdef0' },
] as const

export const usualPort = (engine: string) => (engineFamily(engine) === 'mysql' ? '3306' : '5432')

/** `Orders DB` → `orders-db`: a name as the catalog has them. */
export const nameOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
    .slice(0, 63)

const userOf = (name: string, role: string) => `${name.replace(/[^a-z0-9_]+/g, '_')}_${role}`

export const aUser = (
  engine: string,
  dbname: string,
  over: Partial<DraftUser> = {},
): DraftUser => ({
  name: '',
  preset: 'read',
  // What PostgreSQL calls a schema is a database for the others
  schema: engineFamily(engine) === 'mysql' ? dbname : 'public',
  duration: '8h',
  approvalGroups: '',
  ...over,
})

/** A form that nothing has been typed into yet. */
export const emptyDraft = ({
  externalId,
  portal,
}: Pick<GuideChoices, 'externalId' | 'portal'>): Draft => ({
  name: '',
  engine: 'postgres',
  account: '',
  region: '',
  form: 'instance',
  identifier: '',
  resource: '',
  dbname: '',
  port: '5432',
  endpoints: [{ name: 'instance', host: '' }],
  team: '',
  groups: '',
  roleName: '',
  externalId,
  portal: portal ?? '',
  users: [aUser('postgres', '')],
  cidr: '',
  securityGroup: '',
})

type Teams = Pick<GuideChoices, 'teams' | 'externalId'>

/** Takes over what RDS or the catalog says of a database; what was typed about people stays. */
export function withDatabase(draft: Draft, from: Found | Known, choices: Teams): Draft {
  const name = 'name' in from ? from.name : nameOf(from.identifier)
  const dbname = from.dbname ?? (engineFamily(from.engine) === 'mysql' ? '' : 'postgres')
  const { engine, account, region, form, identifier, resource } = from
  const isProposed = ({ name: user }: DraftUser) => !user || user === userOf(draft.name, 'reader')
  const filled = {
    ...draft,
    ...{ name, engine, account, region, form, identifier, resource, dbname },
    port: String(from.port),
    endpoints: from.endpoints.map(({ name, host }) => ({ name, host })),
    users: draft.users.every(isProposed)
      ? [aUser(engine, dbname, { name: userOf(name, 'reader') })]
      : draft.users,
  }
  // Its account may be another one, where the team has another role
  return draft.team ? withTeam(filled, draft.team, choices) : filled
}

/** A team of the catalog brings its groups, and its role in that account where it has one. */
export function withTeam(draft: Draft, team: string, { teams, externalId }: Teams): Draft {
  const known = teams.find(({ name }) => name === team)
  const role = known?.roles.find(({ account }) => account === draft.account)
  const brought = teams.flatMap(({ roles }) => roles)
  const isOwn = !brought.some((each) => each.externalId === draft.externalId)
  const isTyped =
    draft.roleName !== usualRole(draft.team) &&
    !brought.some(({ arn }) => roleNameOf(arn) === draft.roleName)
  const hadGroups = teams.find(({ name }) => name === draft.team)?.groups.join('\n')
  return {
    ...draft,
    team,
    groups: known?.groups.join('\n') ?? (draft.groups === hadGroups ? '' : draft.groups),
    roleName: role ? roleNameOf(role.arn) : isTyped ? draft.roleName : usualRole(team),
    externalId: role?.externalId ?? (isOwn ? draft.externalId : externalId),
  }
}

const usualRole = (team: string) => (team ? `latchkey-${nameOf(team)}` : '')

/** With its path, which belongs to the name: `teams/latchkey-payments`. */
const roleNameOf = (arn: string) => arn.slice(arn.indexOf(':role/') + ':role/'.length)

const linesOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

/** A port that is no number goes as 0, which the portal refuses with a mend. */
const portOf = (text: string) => (/^\d{1,5}$/.test(text) ? Math.min(Number(text), 65_535) : 0)

/** What is sent. Blanks around what was pasted mean nothing; within the name of a database user they may. */
export function wishOf({
  cidr,
  securityGroup,
  port,
  groups,
  users,
  endpoints,
  ...rest
}: Draft): GuideWish {
  const trimmed = { ...rest }
  for (const key of TEXTS) trimmed[key] = rest[key].trim()
  return {
    ...trimmed,
    port: portOf(port.trim()),
    endpoints: endpoints.map(({ name, host, dial = '' }) => ({
      name: name.trim(),
      host: host.trim(),
      ...(dial.trim() && { dial: dial.trim() }),
    })),
    groups: linesOf(groups),
    users: users.map(({ approvalGroups, duration, ...user }) => ({
      ...user,
      duration: duration.trim(),
      approvalGroups: linesOf(approvalGroups),
    })),
    client: { cidr: cidr.trim() || null, securityGroup: securityGroup.trim() || null },
  }
}

const TEXTS = [
  'name',
  'account',
  'region',
  'identifier',
  'resource',
  'dbname',
  'team',
  'roleName',
  'externalId',
  'portal',
] as const
