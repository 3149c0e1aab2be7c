import type { Database } from '../catalog/catalog.ts'
import { partitionOf } from '../catalog/region.ts'
import { RESOURCE } from '../catalog/resource.ts'
import { quote } from '../catalog/visible.ts'
import type { Spotted } from './policy-document.ts'
import type { Tell } from './policy-problem.ts'

/** The segments of the ARN of a database user, patterns as they are written. */
export type ConnectArn = {
  partition: string
  region: string
  account: string
  resource: string
  user: string
}

const FORM = 'arn:aws:rds-db:eu-west-1:111122223333:dbuser:cluster-ABCDEFGHIJKL01234/orders_reader'

/** Only up to the sixth colon: what follows may hold more. */
const segments = (text: string) => {
  const parts = text.split(':')
  return [...parts.slice(0, 5), parts.slice(5).join(':')]
}

/** The segments, or undefined where it is none: `*` alone is none either. */
export function parseConnectArn(text: string): ConnectArn | undefined {
  const [head, partition = '', service, region = '', account = '', rest = ''] = segments(text)
  const [, resource = '', user = ''] = /^dbuser:([^/]+)\/(.+)$/s.exec(rest) ?? []
  if (head !== 'arn' || service !== 'rds-db' || resource === '') return undefined
  return { partition, region, account, resource, user }
}

/** What is wrong with a resource of a statement about `rds-db:connect`. */
export function checkArn(spotted: Spotted, databases: readonly Database[], tell: Tell): void {
  const { text, ...here } = spotted
  if (text === '*')
    return tell(
      here,
      'warning',
      'opens every database of every account that trusts this role, as every database user',
      `name them: ${FORM}`,
    )
  const [head, partition = '', service, region = '', account = '', rest = ''] = segments(text)
  if (head !== 'arn' || text.split(':').length < 6)
    return tell(here, 'error', `${quote(text)} is no ARN of a database user`, `write ${FORM}`)
  if (service === 'rds')
    return tell(
      here,
      'error',
      'is the ARN by which a database is managed, and opens nothing',
      `write rds-db, and dbuser: with its resource id: ${FORM}`,
    )
  if (service !== 'rds-db')
    return tell(
      here,
      'error',
      `is something of ${quote(service ?? '')}, and no database user`,
      `write ${FORM}`,
    )
  const arn = parseConnectArn(text)
  if (!arn) return tell(here, 'error', ...malformed(rest))
  checkPlace({ partition, region, account }, here, tell)
  checkResourceId(arn, here, databases, tell)
  checkUser(arn, here, tell)
}

function malformed(rest: string): [message: string, mend: string] {
  if (rest.startsWith('dbuser:'))
    return [
      'names no database user: there is no / with a name after it',
      'write dbuser:, the resource id, / and the name of the user',
    ]
  if (/^(?:userdb|db-?user|dbusers|user)[:/]/i.test(rest))
    return [
      `says ${rest.split(/[:/]/)[0] ?? ''} where dbuser belongs`,
      `write dbuser: as it is here: ${FORM}`,
    ]
  return [
    'lacks dbuser: before the resource id',
    `write dbuser:${rest === '' ? 'cluster-…/user' : rest.slice(0, 80)}`,
  ]
}

const wild = (text: string) => /[*?$]/.test(text)

type Place = Pick<ConnectArn, 'partition' | 'region' | 'account'>
type Here = { offset: number; path: string }

function checkPlace({ partition, region, account }: Place, here: Here, tell: Tell): void {
  const right = partitionOf(region)
  if (wild(region))
    tell(
      here,
      'warning',
      'counts in every region that fits, also for databases that are made later',
      'write the region of the database',
    )
  else if (right === undefined)
    tell(
      here,
      'error',
      `${quote(region)} is no region`,
      'write the region of the database, between the third and the fourth colon: eu-west-1',
    )
  else if (right !== partition && !wild(partition))
    tell(
      here,
      'error',
      `${region} is in the partition ${right}, and this says ${quote(partition)}`,
      `begin with arn:${right}:`,
    )
  if (wild(account))
    tell(
      here,
      'warning',
      'counts in every account that fits',
      'write the account of the database, 12 digits',
    )
  else if (!/^\d{12}$/.test(account))
    tell(
      here,
      'error',
      `${quote(account)} is no account`,
      'write the 12 digits of the account of the database',
    )
}

const STAR =
  'opens every database of the place, replicas and restored backups among them, as soon as it has a user of that name'

function checkResourceId(
  arn: ConnectArn,
  here: Here,
  databases: readonly Database[],
  tell: Tell,
): void {
  const { resource, region, account } = arn
  if (wild(resource))
    return tell(
      here,
      'warning',
      STAR,
      'write the resource id of each database: one ARN for each, also for a replica or a restored backup',
    )
  const same = databases.find((one) => one.resource === resource)
  if (same) {
    if (!wild(region) && same.region !== region)
      tell(
        here,
        'error',
        `${resource} is ${quote(same.name)} in ${same.region}, not in ${quote(region)}`,
        `write ${same.region}`,
      )
    if (!wild(account) && same.account !== account)
      tell(
        here,
        'error',
        `${resource} is ${quote(same.name)} in account ${same.account}`,
        `write ${same.account}`,
      )
    return
  }
  const meant = databases.find((one) => isMeant(one, resource))
  if (meant)
    return tell(
      here,
      'error',
      `${quote(resource)} opens nothing: IAM knows ${quote(meant.name)} as ${meant.resource}`,
      `write ${meant.resource}`,
    )
  if (!RESOURCE.test(resource))
    return tell(
      here,
      'error',
      `${quote(resource)} is no resource id, and IAM compares them exactly`,
      'write DbiResourceId (db-…), DbClusterResourceId (cluster-…) or the end of the ARN of a proxy (prx-…), not a name',
    )
  const aurora = databases.some(
    (one) => one.engine.startsWith('aurora-') && one.account === account && one.region === region,
  )
  if (resource.startsWith('db-') && aurora)
    return tell(
      here,
      'warning',
      `${resource} is no database of the catalog; there are Aurora clusters in this account and region`,
      'for an instance of an Aurora cluster, write the resource id of the cluster: cluster-…',
    )
  tell(
    here,
    'warning',
    `${resource} is no database of the catalog`,
    'a restored backup, a clone and a replica of an instance have ids of their own: look whether this one is still there',
  )
}

/** By another kind of id, in other capitals, or by the name that RDS shows. */
function isMeant({ resource, name, endpoints }: Database, written: string): boolean {
  const body = (id: string) => id.replace(/^(?:db|cluster|prx)-/i, '').toLowerCase()
  if (body(resource) === body(written)) return true
  const shown = endpoints.map(({ signing }) => signing.host.split('.')[0])
  return written === name || shown.includes(written)
}

function checkUser({ user }: ConnectArn, here: Here, tell: Tell): void {
  if (user === '*')
    tell(
      here,
      'warning',
      'opens every database user, the administrator too if it may use a token',
      'name the database users, one ARN for each',
    )
  else if (/\$\{(?![*?$]\})/.test(user))
    tell(
      here,
      'warning',
      `${quote(user)} is only known when somebody connects, and a session of Latchkey has no such value`,
      'name the database users, one ARN for each',
    )
  else if (/[*?]/.test(user.replace(/\$\{[*?$]\}/g, '')))
    tell(
      here,
      'warning',
      `${quote(user)} is a pattern: it opens every database user whose name fits`,
      'if the character belongs to the name, write ${*} or ${?}',
    )
}
