import type { GuideChoices } from '../contract/guide.ts'
import type { Catalog, Database } from '../core/catalog/catalog.ts'
import type { Found, Inventory } from '../core/inventory/found.ts'

type Known = GuideChoices['databases'][number]

/** What a guide can begin with: what RDS has and the catalog has not, what the catalog has, and who is in which team. */
export function choicesView(
  catalog: Catalog,
  { places, found }: Inventory,
): Omit<GuideChoices, 'portal' | 'externalId'> {
  const databases = [...catalog.databases.values()]
  const taken = new Set(databases.map(placeOf))
  return {
    found: found.filter((each) => !taken.has(placeOf(each))).flatMap(foundView),
    places: places.map(({ account, region, fault }) => ({
      account,
      region,
      fault: fault && `${fault.message} ${fault.mend}`,
    })),
    databases: databases.flatMap(knownView),
    teams: [...catalog.teams.values()].map(({ name, groups, roles }) => ({
      name,
      groups: [...groups],
      roles: roles.map(({ account, arn, externalId }) => ({ account, arn, externalId })),
    })),
  }
}

/** A resource id is unique within a region (RDS user guide, "DB resource ID"). */
const placeOf = ({ account, region, resource }: Database | Found) =>
  [account, region, resource].join('/')

/** The members of an Aurora cluster are opened by the right to the cluster; what knows no IAM is opened by none. */
function foundView(found: Found): GuideChoices['found'] {
  const { engine, kind, iam, status, arn, identifier } = found
  const [first] = found.endpoints
  if (engine === null || first === undefined) return []
  if (kind === 'instance' && found.cluster !== null) return []
  return [
    {
      ...common(found, engine),
      ...{ form: kind, identifier, arn, status, iam: iam.on },
      port: first.port,
      endpoints: found.endpoints.map(({ name, host }) => ({ name, host })),
    },
  ]
}

function knownView(database: Database): Known[] {
  const [first] = database.endpoints
  if (first === undefined) return []
  const { host, port } = first.signing
  return [
    {
      ...common(database, database.engine),
      name: database.name,
      form: formOf(database.resource),
      // The name of an endpoint begins with the identifier
      identifier: host.slice(0, host.indexOf('.')),
      port,
      endpoints: database.endpoints.map(({ name, signing }) => ({ name, host: signing.host })),
    },
  ]
}

const common = (
  { account, region, resource, dbname }: Database | Found,
  engine: Known['engine'],
) => ({ engine, account, region, resource, dbname })

const formOf = (resource: string) =>
  resource.startsWith('cluster-') ? 'cluster' : resource.startsWith('prx-') ? 'proxy' : 'instance'
