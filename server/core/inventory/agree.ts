import {
  type Database,
  type Endpoint,
  type Engine,
  type FollowedDatabase,
  isMySql,
} from '../catalog/catalog.ts'
import { endpointsTo } from './endpoints.ts'
import type { Found, Inventory } from './found.ts'
import type { Fault } from './resolve.ts'

/**
 * The database as RDS has it, or what is written beside the reference and is otherwise in RDS.
 * What RDS says of `dbname` is the database that it was made with; a server has others, so the written one counts.
 */
export function agree(
  wish: FollowedDatabase,
  found: Found,
  inventory: Inventory,
): { database: Database } | Fault {
  const { name, account, region, partition, environment, description, tags } = wish
  const { resource } = found
  const engine = engineOf(wish, found)
  if (typeof engine !== 'string') return engine
  if (wish.resource !== null && wish.resource !== resource)
    return contradicted(
      `The catalog says resource ${wish.resource}, RDS says ${resource}.`,
      'Take resource out, so that it follows too: after a restore the old id opens nothing.',
    )
  const dbname = wish.dbname ?? found.dbname
  if (dbname === null)
    return {
      code: 'incomplete',
      why: 'RDS does not say which database is inside it.',
      mend: 'Write dbname in the catalog.',
    }
  const endpoints = endpointsOf(wish, found, inventory)
  if ('code' in endpoints) return endpoints
  const known = { name, account, region, partition, environment, description, tags }
  return { database: { ...known, engine, resource, dbname, endpoints } }
}

const contradicted = (why: string, mend: string): Fault => ({ code: 'contradicted', why, mend })

/** Of a proxy RDS says only which protocol it speaks. */
function engineOf(wish: FollowedDatabase, found: Found): Engine | Fault {
  const { kind, engine } = found
  if (engine === null)
    return {
      code: 'unfit',
      why: `RDS has no IAM authentication for the engine of the ${kind} ${found.identifier}.`,
      mend: 'Follow a database of PostgreSQL, MySQL or MariaDB.',
    }
  if (wish.engine === null || wish.engine === engine) return engine
  if (kind === 'proxy' && isMySql(wish.engine) === isMySql(engine)) return wish.engine
  return contradicted(
    `The catalog says engine ${wish.engine}, RDS says ${engine}.`,
    'Mend engine, or take it out, so that it follows too.',
  )
}

/** Written endpoints keep their name and their `dial` and come first; what else RDS has follows. */
function endpointsOf(
  wish: FollowedDatabase,
  found: Found,
  { found: everything }: Inventory,
): Endpoint[] | Fault {
  const known = endpointsTo(found, everything)
  for (const { name, signing } of wish.endpoints)
    if (!known.some(({ host, port }) => host === signing.host && port === signing.port))
      return contradicted(
        `The catalog says that the endpoint ${name} is ${signing.host}:${signing.port}, and RDS has no such endpoint of the ${found.kind} ${found.identifier}.`,
        'Mend the endpoint, or take it out, so that it follows too.',
      )
  const written = new Set(wish.endpoints.map(({ signing }) => signing.host))
  const taken = new Set(wish.endpoints.map(({ name }) => name))
  const others = found.endpoints
    .filter(({ host }) => !written.has(host))
    .map(({ name, kind, host, port }): Endpoint => {
      const address = { host, port }
      return { name: freeName(name, taken), kind, signing: address, dial: address }
    })
  const all = [...wish.endpoints, ...others]
  if (all.length > 0) return all
  return {
    code: 'incomplete',
    why: `The ${found.kind} ${found.identifier} has no endpoint yet: RDS says that it is ${found.status}.`,
    mend: 'Wait until it is available.',
  }
}

/** Takes it, with a number where a written endpoint has that name already. */
function freeName(name: string, taken: Set<string>): string {
  let free = name
  for (let n = 2; taken.has(free); n += 1) free = `${name.slice(0, 58)}-${n}`
  taken.add(free)
  return free
}
