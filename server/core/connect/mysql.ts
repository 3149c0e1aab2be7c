import type { Argument } from './dialect.ts'
import { mySqlMode, type Connection } from './snippet.ts'
import { aLine } from './terminal.ts'
import { hostsHint } from './tunnel.ts'

/**
 * Oracle's client, 5.7.11 and newer: the token is a cleartext password inside TLS, which it sends only when told to
 * (MySQL reference manual, "mysql Client Options"; Amazon Aurora user guide, "Connecting … from the command line").
 */
export const mysql = (connection: Connection) =>
  line(connection, 'mysql', [
    { option: '--ssl-mode=', text: mySqlMode(connection.tls) },
    { option: '--ssl-ca=', home: connection.caFile },
    { text: '--enable-cleartext-plugin' },
  ])

/**
 * MariaDB's client, 10.2 and newer, knows no `--ssl-mode`; without `--ssl-verify-server-cert` those before 11.4 verify no name
 * (MariaDB knowledge base, "mariadb Command-Line Client").
 */
export const mariadb = (connection: Connection) =>
  line(connection, 'mariadb', [
    { option: '--ssl-ca=', home: connection.caFile },
    {
      text:
        connection.tls === 'verify-full'
          ? '--ssl-verify-server-cert'
          : '--skip-ssl-verify-server-cert',
    },
  ])

/**
 * One line, with the token in the environment of this one command.
 * An option file would cut a long token (at some 4 KiB), `--password=` would show it in the process list.
 */
function line(connection: Connection, client: 'mysql' | 'mariadb', tls: readonly Argument[]) {
  const { signing, dial, dbname, user } = connection
  const hosts = hostsHint(connection)
  return aLine(
    connection,
    { client, title: client, warnings: hosts === null ? [] : [hosts] },
    {
      settings: [['MYSQL_PWD', { token: 'raw' }]],
      program: client,
      words: [
        { option: '--host=', text: signing.host },
        { option: '--port=', text: String(dial.port) },
        { option: '--user=', text: user },
        ...tls,
        { option: '--database=', text: dbname },
      ],
    },
  )
}
