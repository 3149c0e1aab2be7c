import { homeHint } from './ca-file.ts'
import { DO_NOT_SAVE, shown, tokenField } from './form.ts'
import {
  connectorJDriver,
  type Driver,
  driverNeeds,
  jdbcUrl,
  mariadbDriver,
  pgjdbcDriver,
} from './jdbc-driver.ts'
import { FOR_PEOPLE } from './literal.ts'
import { aSnippet, type Connection, type Field } from './snippet.ts'
import { tunnelOf } from './tunnel.ts'

export const pgjdbc = (connection: Connection) =>
  jdbc(connection, 'pgjdbc', 'JDBC', pgjdbcDriver(connection))

export const connectorJ = (connection: Connection) =>
  jdbc(connection, 'connector-j', 'MySQL Connector/J', connectorJDriver(connection))

export const mariadbConnectorJ = (connection: Connection) =>
  jdbc(connection, 'mariadb-connector-j', 'MariaDB Connector/J', mariadbDriver(connection))

function jdbc(connection: Connection, client: string, title: string, driver: Driver) {
  const hints = [driverNeeds(driver), DO_NOT_SAVE, homeHint(connection), FOR_PEOPLE].filter(Boolean)
  return aSnippet({
    client,
    title,
    group: 'code',
    hint: hints.join(' '),
    ...javaForm(connection, [
      shown('URL', jdbcUrl(connection, driver)),
      shown('User', connection.user),
    ]),
  })
}

/** What a program in Java is given: these, the token, and the way through a tunnel. */
export const javaForm = (connection: Connection, fields: readonly Field[]) => ({
  warnings: tunnelWarnings(connection),
  fields: [...fields, tokenField(), ...tunnelFields(connection)],
})

/** Java dials the name that it verifies, unless it is told where names lead (JEP 418, `jdk.net.hosts.file`, JDK 9 and newer). */
export function tunnelFields(connection: Connection): Field[] {
  const tunnel = tunnelOf(connection)
  if (!tunnel || 'name' in tunnel) return []
  const folder = connection.home ?? '~'
  return [
    shown('Option of the JVM', `-Djdk.net.hosts.file=${folder}/.latchkey/hosts`),
    shown('In that file', `${tunnel.address} ${connection.signing.host}`),
  ]
}

/** What a program in Java cannot do about a tunnel by itself. */
export function tunnelWarnings(connection: Connection): string[] {
  const tunnel = tunnelOf(connection)
  if (!tunnel) return []
  if ('name' in tunnel)
    return [
      `JDBC can only verify the name that it connects to. Give the tunnel as an IP address, and there is a way for Java to find ${connection.signing.host} behind it.`,
    ]
  return [
    'JDBC can only verify the name that it connects to. With the file of the option below, this Java finds the database behind your tunnel, and no other name at all.',
  ]
}
