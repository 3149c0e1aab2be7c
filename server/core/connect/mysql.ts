import { homePath, shellWord } from './shell.ts'
import { aSnippet, mySqlMode, plain, secret, type Connection } from './snippet.ts'
import { hostsHint } from './tunnel.ts'

/** Oracle's client: the token is a cleartext password inside TLS, which it sends only when told to. */
export const mysql = (connection: Connection) =>
  line(connection, 'mysql', (caFile) => [
    `--ssl-mode=${mySqlMode(connection.tls)}`,
    `--ssl-ca=${caFile}`,
    '--enable-cleartext-plugin',
  ])

/** MariaDB's client knows no `--ssl-mode`; without `--ssl-verify-server-cert` older versions verify nothing. */
export const mariadb = (connection: Connection) =>
  line(connection, 'mariadb', (caFile) => [`--ssl-ca=${caFile}`, '--ssl-verify-server-cert'])

/**
 * One line for a POSIX shell, with the token in the environment of this one command.
 * An option file would cut a long token (at some 4 KiB), `--password=` would show it in the process list.
 */
function line(
  connection: Connection,
  client: 'mysql' | 'mariadb',
  tls: (caFile: string) => string[],
) {
  const { signing, dial, dbname, user, caFile } = connection
  const options = [
    `--host=${shellWord(signing.host)}`,
    `--port=${dial.port}`,
    `--user=${shellWord(user)}`,
    ...tls(homePath(caFile)),
    `--database=${shellWord(dbname)}`,
  ]
  return aSnippet({
    client,
    title: client,
    group: 'terminal',
    hint: hostsHint(connection),
    parts: [plain(`MYSQL_PWD='`), secret(), plain(`' ${client} ${options.join(' ')}`)],
  })
}
