import type { Database, WrittenCatalog } from '../catalog/catalog.ts'
import { endpointsTo } from './endpoints.ts'
import type { Found, Inventory } from './found.ts'

/** What a database that is written whole says, and RDS contradicts. */
export type Difference = { database: string; why: string; mend: string }

/**
 * What RDS says otherwise of databases that follow nothing. They stay as they are written: a token for them opens what is
 * written and nothing else, so a wrong line closes a database and never opens another one. Pure.
 */
export function differencesOf(written: WrittenCatalog, inventory: Inventory): Difference[] {
  return [...written.databases.values()].flatMap((database) =>
    compare(database, inventory).map((words) => ({ database: database.name, ...words })),
  )
}

type Words = Omit<Difference, 'database'>

function compare(database: Database, { places, found }: Inventory): Words[] {
  const { account, region, resource, engine } = database
  const place = places.find((each) => each.account === account && each.region === region)
  // What was not looked at contradicts nothing.
  if (!place?.readAt) return []
  const here = found.filter((each) => each.account === account && each.region === region)
  const same = here.find((each) => each.resource === resource)
  if (!same)
    return place.missing.length > 0
      ? []
      : [
          {
            why: `There is no ${resource} in ${region} of account ${account}.`,
            mend: successorOf(database, here),
          },
        ]
  const wrongEngine = same.kind !== 'proxy' && same.engine !== engine
  return [
    ...(wrongEngine
      ? [
          {
            why: `The catalog says engine ${engine}, RDS says ${same.engine ?? 'one that has no IAM authentication'}.`,
            mend: 'Mend engine.',
          },
        ]
      : []),
    ...strayEndpoints(database, same, here),
  ]
}

/** After a restore the name and the endpoints are the old ones, and only the resource id is new. */
function successorOf({ endpoints }: Database, here: readonly Found[]): string {
  const owner = here.find((each) => endpoints.some(({ signing }) => isOf(each, signing)))
  return owner
    ? `Its endpoint is that of the ${owner.kind} ${owner.identifier} now: write resource: ${owner.resource}, or follow it by ${owner.kind}: ${owner.identifier}.`
    : 'Look whether it was deleted in RDS, and take it out of the catalog.'
}

const isOf = ({ endpoints }: Found, { host }: { host: string }) =>
  endpoints.some((each) => each.host === host)

function strayEndpoints(database: Database, same: Found, here: readonly Found[]): Words[] {
  const own = endpointsTo(same, here)
  return database.endpoints
    .filter(
      ({ signing }) =>
        !own.some(({ host, port }) => host === signing.host && port === signing.port),
    )
    .map(({ name, signing }) => {
      const owner = here.find((each) => each !== same && isOf(each, signing))
      const port = own.find(({ host }) => host === signing.host)?.port
      const what = `The endpoint ${name}, ${signing.host}:${signing.port},`
      if (port !== undefined)
        return { why: `${what} listens on port ${port}.`, mend: `Write the port ${port}.` }
      return owner
        ? {
            why: `${what} is that of the ${owner.kind} ${owner.identifier}, not of ${database.resource}.`,
            mend: `Mend the endpoint, or write resource: ${owner.resource}.`,
          }
        : {
            why: `${what} is none that RDS has for the ${same.kind} ${same.identifier}.`,
            mend: 'Mend the endpoint, or take it out.',
          }
    })
}
