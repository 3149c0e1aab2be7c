import { isIP } from 'node:net'
import type { Connection, ConnectionWish, Snippet } from '../contract/connection.ts'
import type { Door } from '../core/access/show-door.ts'
import type { Address } from '../core/catalog/catalog.ts'
import { caCommand, caPath } from '../core/connect/ca-file.ts'
import { connectionTo, type Portal } from '../core/connect/connection-to.ts'
import type { Snippet as Written, Tls } from '../core/connect/snippet.ts'
import { snippetsFor } from '../core/connect/snippets.ts'
import { DomainError } from '../core/error.ts'
import { viewEndpoint } from './view.ts'

/** Everything that a client needs beside the token. */
export function viewConnection(
  portal: Portal,
  door: Door,
  wish: ConnectionWish,
  tls: Tls,
): Connection {
  const { grant, database, endpoint } = door
  const connection = wayOf(portal, door, wish, tls)
  const { dial } = connection
  const { caFile } = connection
  return {
    endpoint: { ...viewEndpoint(endpoint), dial },
    user: grant.user,
    dbname: database.dbname,
    tls: tls === 'verify-full' ? { mode: tls, why: null } : { mode: tls.mode, why: tls.why },
    caFile: caPath(connection),
    caCommand: caCommand(portal.publicUrl, caFile, connection.shell),
    snippets: snippetsFor(connection).map(viewSnippet),
  }
}

/** The way that somebody wishes for. Throws invalid (`tunnel`). */
export const wayOf = (portal: Portal, door: Door, wish: ConnectionWish, tls: Tls) =>
  connectionTo(door, { ...wish, dial: dialOf(wish, door.endpoint.dial), tls }, portal)

const viewSnippet = (snippet: Written): Snippet => ({
  client: snippet.client,
  title: snippet.title,
  group: snippet.group,
  hint: snippet.hint,
  warnings: [...snippet.warnings],
  parts: [...snippet.parts],
  fields: [...snippet.fields],
  limit: snippet.limit,
  refused: snippet.refused,
  file: snippet.file,
})

/** The person's own way to the endpoint, or that of the catalog. Throws invalid (`tunnel`) for an address that is none. */
function dialOf({ dialHost, dialPort }: ConnectionWish, declared: Address): Address {
  if (dialHost?.includes(':') && isIP(dialHost) === 0)
    throw new DomainError('invalid', 'The host of the tunnel is no IP address.', {
      reason: 'tunnel',
      mend: 'Give a host name, an IPv4 or an IPv6 address.',
    })
  return { host: dialHost ?? declared.host, port: dialPort ? Number(dialPort) : declared.port }
}
