import { homeHint } from './ca-file.ts'
import { sentences } from './entry.ts'
import { shown, tokenField } from './form.ts'
import { driverNeeds, driverOf, jdbcUrl } from './jdbc-driver.ts'
import { tunnelFields, tunnelWarnings } from './jdbc.ts'
import { aSnippet, isMySql, type Connection } from './snippet.ts'

/**
 * DataGrip, IntelliJ IDEA Ultimate and the others of JetBrains, 2021.1 and newer (DataGrip's help, "Data Sources and Drivers
 * dialog"): the URL fills host, port and database.
 */
export function datagrip(connection: Connection) {
  const driver = driverOf(connection)
  return aSnippet({
    client: 'datagrip',
    title: 'DataGrip',
    group: 'application',
    hint: sentences(
      'For IntelliJ IDEA and the others of JetBrains, too. With “Save: Never” it asks at each connection: paste the token.',
      isMySql(connection.engine)
        ? null
        : 'Or choose the authentication “pgpass”, and it reads the line of the tab .pgpass.',
      driverNeeds(driver),
      homeHint(connection),
    ),
    warnings: tunnelWarnings(connection),
    fields: [
      shown('URL', jdbcUrl(connection, driver)),
      shown('Authentication', 'User & Password'),
      shown('User', connection.user),
      tokenField(),
      shown('Save', 'Never'),
      ...tunnelFields(connection),
    ],
  })
}
