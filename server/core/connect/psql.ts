import { conninfo } from './conninfo.ts'
import { insideQuotes, tildePath } from './shell.ts'
import { aSnippet, plain, secret, tlsMode, type Connection } from './snippet.ts'
import { addressWord, tunnelOf } from './tunnel.ts'

/**
 * One line for bash, zsh and any POSIX shell. The token is in the environment of this one command: not in the
 * process list, not in later commands.
 */
export function psql(connection: Connection) {
  const { signing, dial, dbname, user, caFile, applicationName, tls } = connection
  const tunnel = tunnelOf(connection)
  const address = tunnel && 'address' in tunnel && { hostaddr: tunnel.address }
  const lookUp = tunnel && 'name' in tunnel ? `PGHOSTADDR=${addressWord(tunnel)} ` : ''
  const info = conninfo({
    host: signing.host,
    ...address,
    port: dial.port,
    dbname,
    user,
    sslmode: tlsMode(tls),
    application_name: applicationName,
  })
  return aSnippet({
    client: 'psql',
    title: 'psql',
    group: 'terminal',
    parts: [
      plain(`${lookUp}PGSSLROOTCERT=${tildePath(caFile)} PGPASSWORD='`),
      secret(),
      plain(`' psql '${insideQuotes(info)}'`),
    ],
  })
}
