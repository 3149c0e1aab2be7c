import { caPath } from './ca-file.ts'
import { entryId, sentences } from './entry.ts'
import { aSnippet, plain, tlsMode, type Connection } from './snippet.ts'
import { aLine } from './terminal.ts'
import { tunnelOf } from './tunnel.ts'

/** libpq reads lines of up to 1 KiB, whatever they hold, and knows no quotes. */
const LONGEST_NAME = 200
export const SERVICE_FILE = '~/.latchkey/pg_service.conf'

/**
 * libpq's connection service file (PostgreSQL documentation, "The Connection Service File", 34.17), for psql, pgAdmin and all
 * that read it. Without password: its lines are too short for a token, and a file is no place for one.
 */
export function serviceFile(connection: Connection) {
  const { signing, dial, dbname, user, applicationName, tls, home } = connection
  const tunnel = tunnelOf(connection)
  const head = { client: 'pg-service', title: 'pg_service.conf', group: 'terminal' } as const
  const refused = whyNot(connection)
  if (refused !== null) return aSnippet({ ...head, refused })
  const lines = [
    `[${entryId(connection)}]`,
    `host=${signing.host}`,
    ...(tunnel && 'address' in tunnel ? [`hostaddr=${tunnel.address}`] : []),
    `port=${dial.port}`,
    `dbname=${dbname}`,
    `user=${user}`,
    `sslmode=${tlsMode(tls)}`,
    // Here a `~` would be a folder of that name.
    ...(home === null ? [] : [`sslrootcert=${caPath(connection)}`]),
    `application_name=${applicationName}`,
  ]
  return aSnippet({
    ...head,
    hint: sentences(
      `Save it as ${SERVICE_FILE}, or put its lines into ~/.pg_service.conf.`,
      home === null ? 'The CA bundle is named by PGSSLROOTCERT, as in the line for psql.' : null,
    ),
    parts: [plain(lines.join('\n') + '\n')],
    file: { name: 'pg_service.conf', type: 'text/plain' },
  })
}

/** psql with what the service file says, and the token. */
export const psqlService = (connection: Connection) =>
  aLine(
    connection,
    {
      client: 'psql-service',
      title: 'psql, service',
      hint: `With pg_service.conf saved as ${SERVICE_FILE}.`,
    },
    {
      settings: [
        ['PGSERVICEFILE', { home: SERVICE_FILE }],
        ['PGSSLROOTCERT', { home: connection.caFile }],
        ['PGPASSWORD', { token: 'raw' }],
      ],
      program: 'psql',
      words: [{ text: `service=${entryId(connection)}` }],
      refused: whyNot(connection),
    },
  )

function whyNot(connection: Connection): string | null {
  const { dbname, user } = connection
  const tunnel = tunnelOf(connection)
  if (tunnel && 'name' in tunnel)
    return 'A service file takes the address of a tunnel in numbers: give it as an IP address.'
  if ([dbname, user].some((name) => /[\u0000-\u001f\u007f]|^\s|\s$/.test(name)))
    return 'A service file is read by lines and without quotes: a name with a control character, or with a blank at its end, cannot stand in it.'
  if ([dbname, user].some((name) => Buffer.byteLength(name) > LONGEST_NAME))
    return `A service file cannot hold a name of more than ${LONGEST_NAME} bytes.`
  return null
}
