import { caPath, homeHint } from './ca-file.ts'
import { DO_NOT_SAVE, shown, tokenField } from './form.ts'
import { FOR_PEOPLE } from './literal.ts'
import { percent } from './percent.ts'
import { aSnippet, mySqlMode, tlsMode, type Connection, type Field } from './snippet.ts'
import { tunnelOf } from './tunnel.ts'

type Driver = {
  client: string
  title: string
  scheme: string
  /** A part of the hint: what else has to be there. */
  needs?: string
  properties: Readonly<Record<string, string>>
}

/** pgjdbc 42.2.5 and newer (its documentation, "Connecting to the Database"): takes the PEM as it is. */
export const pgjdbc = (connection: Connection) =>
  jdbc(connection, {
    client: 'pgjdbc',
    title: 'JDBC',
    scheme: 'postgresql',
    properties: {
      sslmode: tlsMode(connection.tls),
      sslrootcert: caPath(connection),
      ApplicationName: connection.applicationName,
    },
  })

/**
 * MySQL Connector/J 8.0.13 and newer (its developer guide, "Security" properties). It reads no PEM, so the bundle as PKCS12;
 * the cleartext plugin is built in and used inside TLS only.
 */
export const connectorJ = (connection: Connection) =>
  jdbc(connection, {
    client: 'connector-j',
    title: 'MySQL Connector/J',
    scheme: 'mysql',
    needs: 'It needs the CA bundle as PKCS12: download it on the page Certificates.',
    properties: {
      sslMode: mySqlMode(connection.tls),
      trustCertificateKeyStoreUrl: `file:${caPath(connection, 'p12')}`,
      trustCertificateKeyStoreType: 'PKCS12',
      // Not a secret: a trust store has none, and its password only shows damage.
      trustCertificateKeyStorePassword: 'changeit',
      fallbackToSystemTrustStore: 'false',
    },
  })

/** MariaDB Connector/J 3 (its documentation, "Connection Parameters"): takes the PEM as it is. */
export const mariadbConnectorJ = (connection: Connection) =>
  jdbc(connection, {
    client: 'mariadb-connector-j',
    title: 'MariaDB Connector/J',
    scheme: 'mariadb',
    properties: { sslMode: tlsMode(connection.tls), serverSslCert: caPath(connection) },
  })

/**
 * The URL without user and token, which are properties of their own: in a URL they would be logged, and a raw token is
 * cut at its first `&`.
 */
function jdbc(connection: Connection, { client, title, scheme, needs, properties }: Driver) {
  const { signing, dial, dbname, user } = connection
  const query = Object.entries(properties)
    .map(([name, value]) => `${name}=${encodeValue(value)}`)
    .join('&')
  const url = `jdbc:${scheme}://${signing.host}:${dial.port}/${percent(dbname)}?${query}`
  const hints = [needs, DO_NOT_SAVE, homeHint(connection), FOR_PEOPLE].filter(Boolean)
  return aSnippet({
    client,
    title,
    group: 'code',
    hint: hints.join(' '),
    warnings: tunnelWarnings(connection),
    fields: [shown('URL', url), shown('User', user), tokenField(), ...tunnelFields(connection)],
  })
}

/** A path stays legible; the drivers decode the rest (`URLDecoder`, so `+` must not stand bare). */
const encodeValue = (value: string) => percent(value).replace(/%(2F|3A|7E)/g, decodeURIComponent)

/** Java dials the name that it verifies, unless it is told where names lead (JEP 418, `jdk.net.hosts.file`, JDK 9 and newer). */
function tunnelFields(connection: Connection): Field[] {
  const tunnel = tunnelOf(connection)
  if (!tunnel || 'name' in tunnel) return []
  const folder = connection.home ?? '~'
  return [
    shown('Option of the JVM', `-Djdk.net.hosts.file=${folder}/.latchkey/hosts`),
    shown('In that file', `${tunnel.address} ${connection.signing.host}`),
  ]
}

function tunnelWarnings(connection: Connection): string[] {
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
