import { homeHint } from './ca-file.ts'
import { dialectOf } from './dialect.ts'
import { entryId, entryName, sentences } from './entry.ts'
import { commandField, DO_NOT_SAVE } from './form.ts'
import { driverNeeds, driverOf, jdbcUrl } from './jdbc-driver.ts'
import { javaForm, tunnelWarnings } from './jdbc.ts'
import { aSnippet, plain, type Connection } from './snippet.ts'

const JAR = 'Put the path of your JDBC driver in place of driver.jar.'

/**
 * SQL Workbench/J, build 127 and newer (its manual, "Command line parameters"). Everything is in the URL; the token is not
 * in the line, where every user of the computer could read it: it asks.
 */
export function sqlWorkbench(connection: Connection) {
  const head = { client: 'sql-workbench', title: 'SQL Workbench/J', group: 'application' } as const
  const driver = driverOf(connection)
  const { refuses, run } = dialectOf(connection)
  const words = [
    `-url=${jdbcUrl(connection, driver)}`,
    `-driver=${driver.className}`,
    '-driverJar=driver.jar',
    `-username=${connection.user}`,
  ]
  const refused = words.map(refuses).find((why) => why !== null) ?? quoteFault(connection.user)
  if (refused !== null) return aSnippet({ ...head, refused })
  const line = run(
    [],
    'java -jar sqlworkbench.jar',
    words.map((text) => ({ text })),
  )
  return aSnippet({
    ...head,
    hint: sentences(
      JAR,
      'It asks for the password: paste the token.',
      DO_NOT_SAVE,
      driverNeeds(driver),
      homeHint(connection),
    ),
    ...javaForm(connection, [commandField(line)]),
  })
}

/** It reads its arguments once more, with quotes of its own. */
const quoteFault = (user: string) =>
  /["'\u0000-\u001f\u007f]/.test(user)
    ? `SQL Workbench/J would read “${user}” otherwise: quotes and control characters do not get through its command line.`
    : null

/** A plain profile file (its manual, "Using plain text profiles"), a Java properties file without password. */
export function sqlWorkbenchFile(connection: Connection) {
  const { user } = connection
  const head = {
    client: 'sql-workbench-file',
    title: 'SQL Workbench/J, profile',
    group: 'application',
  } as const
  if (/[^ -~]|\\|^ | $/.test(user))
    return aSnippet({
      ...head,
      refused:
        'A profile file holds printable ASCII without backslashes, and the database user has something else.',
    })
  const driver = driverOf(connection)
  const lines = Object.entries({
    name: entryName(connection),
    url: jdbcUrl(connection, driver),
    username: user,
    driverclass: driver.className,
    driverjar: 'driver.jar',
  }).map(([name, value]) => `profile.latchkey.${name}=${value}`)
  return aSnippet({
    ...head,
    hint: sentences(
      JAR,
      `Start it with -profileStorage=${entryId(connection)}.properties. It asks for the password: paste the token.`,
      DO_NOT_SAVE,
      driverNeeds(driver),
      homeHint(connection),
    ),
    warnings: tunnelWarnings(connection),
    parts: [plain(lines.join('\n') + '\n')],
    file: { name: `${entryId(connection)}.properties`, type: 'text/plain' },
  })
}
