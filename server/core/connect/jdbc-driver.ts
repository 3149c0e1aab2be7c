import { caPath } from './ca-file.ts'
import { percent } from './percent.ts'
import { isMySql, mySqlMode, tlsMode, type Connection } from './snippet.ts'

/** What a JDBC driver is called, and how it is told to verify the server. */
export type Driver = {
  scheme: string
  className: string
  properties: Readonly<Record<string, string>>
}

/** pgjdbc 42.2.5 and newer (its documentation, "Connecting to the Database"): takes the PEM as it is. */
export const pgjdbcDriver = (connection: Connection): Driver => ({
  scheme: 'postgresql',
  className: 'org.postgresql.Driver',
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
export const connectorJDriver = (connection: Connection): Driver => ({
  scheme: 'mysql',
  className: 'com.mysql.cj.jdbc.Driver',
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
export const mariadbDriver = (connection: Connection): Driver => ({
  scheme: 'mariadb',
  className: 'org.mariadb.jdbc.Driver',
  properties: { sslMode: tlsMode(connection.tls), serverSslCert: caPath(connection) },
})

/** The driver that programs written in Java bring along for this engine. */
export function driverOf(connection: Connection): Driver {
  if (!isMySql(connection.engine)) return pgjdbcDriver(connection)
  return connection.engine === 'mariadb' ? mariadbDriver(connection) : connectorJDriver(connection)
}

/** What else has to be there, or null. */
export const driverNeeds = ({ properties }: Driver): string | null =>
  'trustCertificateKeyStoreUrl' in properties
    ? 'It needs the CA bundle as PKCS12: download it on the page Certificates.'
    : null

/**
 * The URL without user and token, which are properties of their own: in a URL they would be logged, and a raw token is
 * cut at its first `&`.
 */
export function jdbcUrl({ signing, dial, dbname }: Connection, { scheme, properties }: Driver) {
  const query = Object.entries(properties)
    .map(([name, value]) => `${name}=${encodeValue(value)}`)
    .join('&')
  return `jdbc:${scheme}://${signing.host}:${dial.port}/${percent(dbname)}?${query}`
}

/** A path stays legible; the drivers decode the rest (`URLDecoder`, so `+` must not stand bare). */
const encodeValue = (value: string) => percent(value).replace(/%(2F|3A|7E)/g, decodeURIComponent)
