import { FOR_PEOPLE, IN_CODE, literal } from './literal.ts'
import { joined } from './parts.ts'
import { aSnippet, secret, tlsMode, type Connection, type Part } from './snippet.ts'
import { tunnelOf } from './tunnel.ts'

/** psycopg 3, and by the same words psycopg2: libpq's parameters as keywords (psycopg documentation, "Connection classes"). */
export const psycopg = (connection: Connection) =>
  aSnippet({
    client: 'psycopg',
    title: 'psycopg',
    group: 'code',
    hint: FOR_PEOPLE,
    warnings: [IN_CODE],
    parts: joined(
      `import os${lookUpImport(connection)}\nimport psycopg  # psycopg2 takes the same\n\n`,
      'connection = psycopg.connect(\n',
      ...keywords(connection).map((line) => joined('    ', line, ',\n')),
      ')\n',
    ),
  })

/**
 * SQLAlchemy 2 (its documentation, "Engine Configuration", connect_args): the driver is given its own keywords, so nothing has
 * to be encoded for a URL.
 */
export const sqlalchemy = (connection: Connection) =>
  aSnippet({
    client: 'sqlalchemy',
    title: 'SQLAlchemy',
    group: 'code',
    hint: FOR_PEOPLE,
    warnings: [
      IN_CODE,
      'A pool opens connections later, too: one that it opens after 15 minutes is refused.',
    ],
    parts: joined(
      `import os${lookUpImport(connection)}\nimport sqlalchemy\n\n`,
      'engine = sqlalchemy.create_engine(\n',
      '    "postgresql+psycopg://",\n',
      '    connect_args=dict(\n',
      ...keywords(connection).map((line) => joined('        ', line, ',\n')),
      '    ),\n',
      ')\n',
    ),
  })

const lookUpImport = (connection: Connection) => (isNamed(connection) ? '\nimport socket' : '')

function isNamed(connection: Connection) {
  const tunnel = tunnelOf(connection)
  return tunnel !== undefined && 'name' in tunnel
}

function keywords(connection: Connection): Part[][] {
  const { signing, dial, dbname, user, caFile, applicationName, tls } = connection
  const tunnel = tunnelOf(connection)
  const address =
    tunnel && 'name' in tunnel
      ? `socket.gethostbyname(${literal(tunnel.name)})`
      : tunnel && literal(tunnel.address)
  return [
    joined(`host=${literal(signing.host)}`),
    ...(address === undefined ? [] : [joined(`hostaddr=${address}`)]),
    joined(`port=${dial.port}`),
    joined(`dbname=${literal(dbname)}`),
    joined(`user=${literal(user)}`),
    joined('password="', secret(), '"'),
    joined(`sslmode=${literal(tlsMode(tls))}`),
    joined(`sslrootcert=os.path.expanduser(${literal(caFile)})`),
    joined(`application_name=${literal(applicationName)}`),
  ]
}
