import { caPath, homeHint } from './ca-file.ts'
import { entryId, entryName, sentences } from './entry.ts'
import { DO_NOT_SAVE, shown, tokenField } from './form.ts'
import { helperCommand } from './helper-command.ts'
import { percent, whyNoPath } from './percent.ts'
import { aSnippet, isMySql, mySqlMode, tlsMode, type Connection } from './snippet.ts'
import { hostsHint } from './tunnel.ts'

/**
 * Links that make an entry in an application. They hold no token: the system and the browser keep links.
 * Neither says anything about TLS in a documented way, so that is said beside it.
 */
const AT_FIRST =
  'Set how the server is verified in the entry before you connect for the first time.'

/** TablePlus 5 and newer, for macOS, Windows and Linux (its documentation, "URL scheme"). */
export function tableplus(connection: Connection) {
  const { engine } = connection
  const command = helperCommand(connection)
  const scheme = isMySql(engine) ? (engine === 'mariadb' ? 'mariadb' : 'mysql') : 'postgresql'
  return link(connection, 'tableplus', 'TablePlus', {
    url: address(connection, scheme, `name=${percent(entryName(connection))}`),
    more: command === null ? [] : [shown('Password, instead: Command line', command)],
  })
}

/** Postico 2, for macOS (its documentation, "Postico URL Scheme"): an entry of the same `uuid` is mended, not made twice. */
export const postico = (connection: Connection) =>
  link(connection, 'postico', 'Postico', {
    url: address(
      connection,
      'postico',
      `nickname=${percent(entryName(connection))}&uuid=${percent(`${entryId(connection)}-${connection.user}`)}`,
    ),
    more: [],
  })

const address = ({ signing, dial, dbname, user }: Connection, scheme: string, query: string) =>
  `${scheme}://${percent(user)}@${signing.host}:${dial.port}/${percent(dbname)}?${query}`

function link(
  connection: Connection,
  client: string,
  title: string,
  { url, more }: { url: string; more: ReturnType<typeof shown>[] },
) {
  const { engine, tls } = connection
  const head = { client, title, group: 'application' } as const
  const refused = whyNoPath(connection.dbname)
  if (refused !== null) return aSnippet({ ...head, refused })
  const hosts = hostsHint(connection)
  return aSnippet({
    ...head,
    hint: sentences(
      'Open the link, and paste the token as password.',
      DO_NOT_SAVE,
      homeHint(connection),
    ),
    warnings: [AT_FIRST, ...(hosts === null ? [] : [hosts])],
    fields: [
      shown('Link', url),
      shown('SSL mode', isMySql(engine) ? mySqlMode(tls) : tlsMode(tls)),
      shown('CA certificate', caPath(connection)),
      tokenField(),
      ...more,
    ],
  })
}
