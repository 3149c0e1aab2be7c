import { conninfo } from './conninfo.ts'
import { dialectOf, isWindowsShell, type Value } from './dialect.ts'
import { libpqUri } from './libpq-uri.ts'
import { tlsMode, type Connection } from './snippet.ts'
import { aLine } from './terminal.ts'
import { addressValue, tunnelOf, whyNoTunnel } from './tunnel.ts'

/**
 * psql 10 and newer, in one line (PostgreSQL documentation, "psql"). The token is in the environment of this one command:
 * not in the process list, not in later commands.
 * On Windows as an address, in which names of any kind get through the command line.
 */
export const psql = (connection: Connection) =>
  aLine(
    connection,
    { client: 'psql', title: 'psql' },
    isWindowsShell(connection) ? byUri(connection, 'psql') : byConninfo(connection),
  )

/** The same by a connection URI, for a POSIX shell or fish. */
export const psqlUri = (connection: Connection) =>
  aLine(connection, { client: 'psql-uri', title: 'psql, URI' }, byUri(connection, 'psql'))

/** pgcli 2.1 and newer: takes the URI that libpq takes, and the password from the environment (its README, "Usage"). */
export const pgcli = (connection: Connection) =>
  aLine(connection, { client: 'pgcli', title: 'pgcli' }, byUri(connection, 'pgcli'))

const secrets = ({ caFile }: Connection): [string, Value][] => [
  ['PGSSLROOTCERT', { home: caFile }],
  ['PGPASSWORD', { token: 'raw' }],
]

function byConninfo(connection: Connection) {
  const { signing, dial, dbname, user, applicationName, tls } = connection
  const tunnel = tunnelOf(connection)
  const info = conninfo({
    host: signing.host,
    ...(tunnel && 'address' in tunnel && { hostaddr: tunnel.address }),
    port: dial.port,
    dbname,
    user,
    sslmode: tlsMode(tls),
    application_name: applicationName,
  })
  const lookUp: [string, Value][] =
    tunnel && 'name' in tunnel ? [['PGHOSTADDR', addressValue(tunnel)]] : []
  return {
    settings: [...lookUp, ...secrets(connection)],
    program: 'psql',
    words: [{ text: info }],
  }
}

function byUri(connection: Connection, program: string) {
  return {
    refused: whyNoTunnel(tunnelOf(connection), dialectOf(connection)),
    settings: secrets(connection),
    program,
    words: [{ address: libpqUri(connection, false) }],
  }
}
