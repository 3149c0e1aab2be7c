import { homePath, shellWord } from './shell.ts'
import { aSnippet, plain, secret, tlsMode, type Connection } from './snippet.ts'
import { addressWord, tunnelOf } from './tunnel.ts'

/** libpq's environment variables (PostgreSQL documentation, "Environment Variables", 34.15), for a POSIX shell. */
export function env(connection: Connection) {
  const { signing, dial, dbname, user, caFile, applicationName, tls } = connection
  const tunnel = tunnelOf(connection)
  const lines = [
    `export PGHOST=${shellWord(signing.host)}`,
    // What an earlier snippet with a tunnel has left would send this one through it.
    tunnel ? `export PGHOSTADDR=${addressWord(tunnel)}` : 'unset PGHOSTADDR',
    `export PGPORT=${dial.port}`,
    `export PGDATABASE=${shellWord(dbname)}`,
    `export PGUSER=${shellWord(user)}`,
    `export PGSSLMODE=${tlsMode(tls)}`,
    `export PGSSLROOTCERT=${homePath(caFile)}`,
    `export PGAPPNAME=${shellWord(applicationName)}`,
  ]
  return aSnippet({
    client: 'env',
    title: 'Environment',
    group: 'terminal',
    hint: 'For psql, pg_dump and every program that uses libpq, in this shell. When you are done: unset PGPASSWORD.',
    parts: [plain(`${lines.join('\n')}\nexport PGPASSWORD='`), secret(), plain("'")],
  })
}
