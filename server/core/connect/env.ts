import { dialectOf } from './dialect.ts'
import { tlsMode, type Connection } from './snippet.ts'
import { settings } from './terminal.ts'
import { addressValue, tunnelOf, whyNoTunnel } from './tunnel.ts'

/** libpq's environment variables (PostgreSQL documentation, "Environment Variables", 34.15). */
export function env(connection: Connection) {
  const { signing, dial, dbname, user, caFile, applicationName, tls } = connection
  const tunnel = tunnelOf(connection)
  return settings(
    connection,
    {
      client: 'env',
      title: 'Environment',
      hint: 'For psql, pg_dump and every program that uses libpq, in this shell. When you are done, take PGPASSWORD out again.',
    },
    [
      ['PGHOST', { text: signing.host }],
      // What an earlier snippet with a tunnel has left would send this one through it.
      ['PGHOSTADDR', tunnel ? addressValue(tunnel) : null],
      ['PGPORT', { text: String(dial.port) }],
      ['PGDATABASE', { text: dbname }],
      ['PGUSER', { text: user }],
      ['PGSSLMODE', { text: tlsMode(tls) }],
      ['PGSSLROOTCERT', { home: caFile }],
      ['PGAPPNAME', { text: applicationName }],
      ['PGPASSWORD', { token: 'raw' }],
    ],
    whyNoTunnel(tunnel, dialectOf(connection)),
  )
}
