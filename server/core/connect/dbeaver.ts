import { homeHint } from './ca-file.ts'
import { dialectOf } from './dialect.ts'
import { entryId, entryName, sentences } from './entry.ts'
import { commandField, DO_NOT_SAVE } from './form.ts'
import { driverNeeds, driverOf, jdbcUrl } from './jdbc-driver.ts'
import { javaForm, tunnelWarnings } from './jdbc.ts'
import { percent } from './percent.ts'
import { aSnippet, isMySql, plain, type Connection, type System } from './snippet.ts'

const PROGRAMS: Record<System, string> = {
  linux: 'dbeaver',
  macos: '/Applications/DBeaver.app/Contents/MacOS/dbeaver',
  windows: 'dbeaver-cli.exe',
}

/** DBeaver's names for provider and driver, and the driver's name in `-con`. */
const kindOf = ({ engine }: Connection) => {
  if (!isMySql(engine))
    return { provider: 'postgresql', driver: 'postgres-jdbc', named: 'PostgreSQL' }
  return engine === 'mariadb'
    ? { provider: 'mysql', driver: 'mariaDB', named: 'MariaDB' }
    : { provider: 'mysql', driver: 'mysql8', named: 'MySQL' }
}

/**
 * DBeaver's command line (its wiki, "Command Line", "Create Connection"; `DataSourceUtils` in its source): values stand between
 * `|`, which nothing escapes. The token is not among them: every user of the computer could read it in the list of processes.
 * TLS goes through the driver's own properties, since a new connection takes no handler from here.
 */
export function dbeaver(connection: Connection) {
  const { signing, dial, dbname, user } = connection
  const head = { client: 'dbeaver', title: 'DBeaver', group: 'application' } as const
  const driver = driverOf(connection)
  const values = Object.entries({
    driver: kindOf(connection).named,
    name: entryName(connection),
    host: signing.host,
    port: String(dial.port),
    database: dbname,
    user,
    ...Object.fromEntries(
      Object.entries(driver.properties).map(([name, value]) => [`prop.${name}`, value]),
    ),
    create: 'true',
    save: 'true',
    savePassword: 'false',
    connect: 'true',
  })
  const spec = values.map(([name, value]) => `${name}=${value}`).join('|')
  const { refuses, run } = dialectOf(connection)
  const refused = values.some(([, value]) => /[|\u0000-\u001f\u007f]/.test(value))
    ? 'DBeaver’s command line knows no way to write a name with | or a control character. Its file data-sources.json does.'
    : refuses(spec)
  if (refused !== null) return aSnippet({ ...head, refused })
  const words = [{ text: '-con' }, { text: spec }]
  const line = run([], PROGRAMS[connection.system], words)
  return aSnippet({
    ...head,
    hint: sentences(
      'DBeaver asks for the password: paste the token.',
      DO_NOT_SAVE,
      driverNeeds(driver),
      homeHint(connection),
    ),
    ...javaForm(connection, [commandField(line)]),
  })
}

/**
 * A file beside DBeaver's own (its documentation, "data-sources.json reference"): it reads each `data-sources*.json` of a
 * workspace. `save-password` is false, as it is by default.
 */
export function dbeaverFile(connection: Connection) {
  const { signing, dial, dbname, user } = connection
  const { provider, driver } = kindOf(connection)
  const jdbc = driverOf(connection)
  const entry = {
    provider,
    driver,
    name: entryName(connection),
    'save-password': false,
    configuration: {
      host: signing.host,
      port: String(dial.port),
      database: dbname,
      url: jdbcUrl(connection, { ...jdbc, properties: {} }).replace(/\?$/, ''),
      configurationType: 'MANUAL',
      user,
      'auth-model': 'native',
      properties: jdbc.properties,
    },
  }
  const content = {
    folders: {},
    connections: { [`${entryId(connection)}-${percent(user)}`]: entry },
  }
  return aSnippet({
    client: 'dbeaver-file',
    title: 'DBeaver, file',
    group: 'application',
    hint: sentences(
      'Close DBeaver, put the file into the folder General/.dbeaver of its workspace, and open it again. When it asks for the password, paste the token.',
      DO_NOT_SAVE,
      driverNeeds(jdbc),
      homeHint(connection),
    ),
    warnings: tunnelWarnings(connection),
    parts: [plain(JSON.stringify(content, null, 2) + '\n')],
    file: { name: `data-sources-${entryId(connection)}.json`, type: 'application/json' },
  })
}
