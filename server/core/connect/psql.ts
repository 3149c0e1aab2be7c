import { conninfo } from './conninfo.ts'
import { insideQuotes, tildePath } from './shell.ts'
import { plain, secret, type Connection, type Snippet } from './snippet.ts'
import { addressWord, tunnelOf } from './tunnel.ts'

/**
 * One line for bash, zsh and any POSIX shell. The token is in the environment of this one command: not in the
 * process list, not in later commands.
 */
export function psql(connection: Connection): Snippet {
  const { signing, dial, dbname, user, token, caFile, applicationName } = connection
  const tunnel = tunnelOf(connection)
  const address = tunnel && 'address' in tunnel && { hostaddr: tunnel.address }
  const lookUp = tunnel && 'name' in tunnel ? `PGHOSTADDR=${addressWord(tunnel)} ` : ''
  const info = conninfo({
    host: signing.host,
    ...address,
    port: dial.port,
    dbname,
    user,
    sslmode: 'verify-full',
    application_name: applicationName,
  })
  return {
    client: 'psql',
    title: 'psql',
    hint: null,
    parts: [
      plain(`${lookUp}PGSSLROOTCERT=${tildePath(caFile)} PGPASSWORD='`),
      secret(insideQuotes(token)),
      plain(`' psql '${insideQuotes(info)}'`),
    ],
    fields: [],
  }
}
