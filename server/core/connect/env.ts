import { homePath, insideQuotes, shellWord } from './shell.ts'
import { plain, secret, type Connection, type Snippet } from './snippet.ts'
import { addressWord, tunnelOf } from './tunnel.ts'

/** libpq's environment variables (PostgreSQL documentation, "Environment Variables", 34.15), for a POSIX shell. */
export function env(connection: Connection): Snippet {
  const { signing, dial, dbname, user, token, caFile, applicationName } = connection
  const tunnel = tunnelOf(connection)
  const lines = [
    `export PGHOST=${shellWord(signing.host)}`,
    // What an earlier snippet with a tunnel has left would send this one through it.
    tunnel ? `export PGHOSTADDR=${addressWord(tunnel)}` : 'unset PGHOSTADDR',
    `export PGPORT=${dial.port}`,
    `export PGDATABASE=${shellWord(dbname)}`,
    `export PGUSER=${shellWord(user)}`,
    'export PGSSLMODE=verify-full',
    `export PGSSLROOTCERT=${homePath(caFile)}`,
    `export PGAPPNAME=${shellWord(applicationName)}`,
  ]
  return {
    client: 'env',
    title: 'Environment',
    hint: 'For psql, pg_dump and every program that uses libpq, in this shell. When you are done: unset PGPASSWORD.',
    parts: [
      plain(`${lines.join('\n')}\nexport PGPASSWORD='`),
      secret(insideQuotes(token)),
      plain("'"),
    ],
    fields: [],
  }
}
