import type { Catalog, Database } from '../catalog/catalog.ts'
import { NAME } from '../catalog/name.ts'
import { parseCatalog } from '../catalog/parse-catalog.ts'
import { partitionOf } from '../catalog/region.ts'
import { quote } from '../catalog/visible.ts'
import { DomainError, type FieldFault } from '../error.ts'
import { clientFaults } from './check-client.ts'
import { userFaults } from './check-users.ts'
import type { GuideWish } from './guide.ts'
import { parsePrincipal, type Plan } from './plan.ts'

/**
 * A wish as a plan, or every field of it that is wrong, with what to write instead.
 * What goes into the catalog is judged by the catalog's own parser, so that no guide ends in an entry that is refused.
 * @throws DomainError('invalid') with `fields`
 */
export function checkWish(wish: GuideWish): Plan {
  const partition = partitionOf(wish.region) ?? 'aws'
  const role = parsePrincipal(`arn:${partition}:iam::${wish.account}:role/${wish.roleName}`)
  const portal = parsePrincipal(wish.portal)
  const { catalog, faults } = judge(wish, partition)
  const wrong = onceEach([
    ...nameFaults(wish),
    ...userFaults(wish),
    ...faults,
    ...identifierFaults(wish),
    ...portalFaults(wish, partition),
    ...clientFaults(wish.client),
  ])
  const database = catalog?.databases.get(DRAFT)
  if (wrong.length > 0 || !database || !role || !portal) throw invalid(wrong)
  return {
    database: { ...database, name: wish.name },
    form: wish.form,
    identifier: wish.identifier,
    port: wish.port,
    team: { name: wish.team, groups: wish.groups, externalId: wish.externalId },
    role,
    portal,
    users: wish.users,
    client: wish.client,
  }
}

/** The first that is wrong with a field; what follows from another field is not told again where it shows. */
function onceEach(faults: readonly FieldFault[]): FieldFault[] {
  const fields = new Set(faults.map(({ field }) => field))
  return faults.filter(({ field }, index) => {
    if (faults.findIndex((other) => other.field === field) < index) return false
    if (field === 'roleName' && fields.has('account')) return false
    if (/^users\/\d+\/databases/.test(field)) return false
    return !(field.endsWith('/host') && fields.has('port'))
  })
}

function invalid(fields: readonly FieldFault[]): DomainError {
  const told = fields.map(({ field, message, mend }) => `${field} ${message} → ${mend}`)
  return new DomainError('invalid', `The guide cannot be written yet:\n${told.join('\n')}`, {
    mend: 'Mend each field that is named.',
    fields,
  })
}

/** Names of the draft are ours: those of the wish may be wrong, and a path with them in it could not be read back. */
const DRAFT = 'draft'

type Judged = { catalog: Catalog | null; faults: FieldFault[] }

function judge(wish: GuideWish, partition: string): Judged {
  const role = {
    arn: `arn:${partition}:iam::${wish.account}:role/${wish.roleName}`,
    externalId: wish.externalId,
  }
  const draft = {
    teams: { [DRAFT]: { groups: wish.groups, roles: [role] } },
    databases: {
      [DRAFT]: {
        engine: wish.engine,
        account: wish.account,
        region: wish.region,
        resource: wish.resource,
        dbname: wish.dbname,
        endpoints: Object.fromEntries(
          wish.endpoints.map(({ host, dial }, index) => [
            `e${index}`,
            { host: `${host}:${wish.port}`, ...(dial !== undefined && { dial }) },
          ]),
        ),
      },
    },
    access: wish.users.map(({ name, duration, approvalGroups }) => ({
      team: DRAFT,
      databases: [DRAFT],
      user: name,
      duration,
      ...(approvalGroups.length > 0 && { approval: { groups: approvalGroups, count: 1 } }),
    })),
  }
  // JSON is YAML.
  const parsed = parseCatalog(JSON.stringify(draft))
  if ('catalog' in parsed) {
    const { databases } = parsed.catalog
    const named = [...(databases.get(DRAFT)?.endpoints ?? [])].map((endpoint, index) => ({
      ...endpoint,
      name: wish.endpoints[index]?.name ?? endpoint.name,
    }))
    const renamed = new Map<string, Database>()
    for (const [name, database] of databases) renamed.set(name, { ...database, endpoints: named })
    return { catalog: { ...parsed.catalog, databases: renamed }, faults: [] }
  }
  const faults = parsed.problems.map(({ path, message, mend }) => ({
    field: fieldOf(path),
    message,
    mend,
  }))
  return { catalog: null, faults }
}

/** `access[1].approval.groups[0]` of the draft is `users/1/approvalGroups/0` of the wish. */
function fieldOf(path: string): string {
  const user = /^access\[(\d+)\](?:\.([a-zA-Z]+))?(?:\.groups(?:\[(\d+)\])?)?/.exec(path)
  if (user) {
    const [, index, key = '', item] = user
    const name = key === 'approval' ? 'approvalGroups' : key === 'user' ? 'name' : key
    return ['users', index, name, item]
      .filter((part) => part !== undefined && part !== '')
      .join('/')
  }
  if (path === '' || path === 'access') return 'users'
  const endpoint = /^databases\.draft\.endpoints(?:\.e(\d+))?(?:\.(dial))?/.exec(path)
  if (endpoint) {
    const [, index, field = 'host'] = endpoint
    return index === undefined ? 'endpoints' : `endpoints/${index}/${field}`
  }
  const group = /^teams\.draft\.groups(?:\[(\d+)\])?/.exec(path)
  if (group) return group[1] === undefined ? 'groups' : `groups/${group[1]}`
  if (path.startsWith('teams.draft.roles'))
    return path.endsWith('externalId') ? 'externalId' : 'roleName'
  return path.replace(/^databases\.draft\./, '')
}

const RULE = 'small letters, digits, and . _ - between them, at most 63'

function nameFaults({ name, team, endpoints, users, port }: GuideWish): FieldFault[] {
  const written = [
    ['name', name],
    ['team', team],
    ...endpoints.map((endpoint, index) => [`endpoints/${index}/name`, endpoint.name] as const),
  ] as const
  const faults: FieldFault[] = written
    .filter(([, text]) => !NAME.test(text) || text === 'constructor')
    .map(([field, text]) => ({
      field,
      message: `${quote(text)} is no name`,
      mend: `write ${RULE}`,
    }))
  const twice = endpoints.findIndex(
    (endpoint, index) => endpoints.findIndex((other) => other.name === endpoint.name) < index,
  )
  if (twice >= 0)
    faults.push({
      field: `endpoints/${twice}/name`,
      message: 'is the name of another endpoint too',
      mend: 'call each by a name of its own: writer, reader',
    })
  if (!Number.isInteger(port) || port < 1150 || port > 65_535)
    faults.push({
      field: 'port',
      message: `${port} is none that RDS gives to a database`,
      mend: 'write a whole number from 1150 to 65535',
    })
  if (users.length === 0)
    faults.push({
      field: 'users',
      message: 'is empty',
      mend: 'name at least one database user: orders_reader',
    })
  return faults
}

const PREFIX = { instance: 'db-', cluster: 'cluster-', proxy: 'prx-' } as const

function identifierFaults({ form, identifier, resource, roleName }: GuideWish): FieldFault[] {
  const faults: FieldFault[] = []
  if (!/^(?=.{1,63}$)[A-Za-z](?:-?[A-Za-z0-9])*$/.test(identifier))
    faults.push({
      field: 'identifier',
      message: `${quote(identifier)} is no identifier of RDS`,
      mend: 'write the name that RDS shows: letters, digits and single hyphens, a letter first, at most 63',
    })
  if (!resource.startsWith(PREFIX[form]))
    faults.push({
      field: 'resource',
      message: `${quote(resource)} is not that of ${form === 'instance' ? 'an' : 'a'} ${form}`,
      mend: `write ${PREFIX[form]}…, or choose the form that it has`,
    })
  if (!/^(?:[!-.0-9;-~]{1,510}\/){0,64}[A-Za-z0-9_+=.@][A-Za-z0-9_+=,.@-]{0,63}$/.test(roleName))
    faults.push({
      field: 'roleName',
      message: `${quote(roleName)} is no name of an IAM role`,
      mend: 'write the name, not the ARN: letters, digits and + = , . @ _ -, at most 64: latchkey-payments',
    })
  return faults
}

function portalFaults({ portal, region }: GuideWish, partition: string): FieldFault[] {
  const field = 'portal'
  const [head, found, service] = portal.split(':')
  if (service === 'sts' && portal.includes(':assumed-role/')) {
    const message = 'is a session, which ends'
    return [{ field, message, mend: 'write the ARN of its role: arn:…:iam::…:role/latchkey' }]
  }
  if (portal.endsWith(':root')) {
    const message = 'is the whole account: everything in it could come in'
    return [{ field, message, mend: 'write the ARN of the role that the portal runs as' }]
  }
  if (!parsePrincipal(portal) || head !== 'arn') {
    const message = `${quote(portal)} is not the ARN of a role or a user`
    return [{ field, message, mend: 'write, for example, arn:aws:iam::111122223333:role/latchkey' }]
  }
  if (found === partition || partitionOf(region) === undefined) return []
  const message = `is in the partition ${quote(found ?? '')}, the database in ${partition}`
  const mend = 'no role is assumed across partitions: run a portal in that partition'
  return [{ field, message, mend }]
}
