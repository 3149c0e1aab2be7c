import { STORE_PASSWORD } from './ca-files.ts'

/**
 * The line that puts every certificate of a PKCS12 store into another one, by default that of the Java in `JAVA_HOME`.
 * `keytool -importcert` takes the first certificate of a PEM file and drops the others without a word;
 * `-importkeystore` takes all, and says how many. POSIX shell and PowerShell alike read it, but for the variable.
 */
export const javaImport = (
  file: string,
  into = '"$JAVA_HOME/lib/security/cacerts"',
  keytool = 'keytool',
) =>
  `${keytool} -importkeystore -noprompt -srckeystore ${file} -srcstoretype PKCS12 -srcstorepass ${STORE_PASSWORD} ` +
  `-destkeystore ${into} -deststorepass ${STORE_PASSWORD}`

/** Options of a JVM that trusts the bundle alone, and leaves the trust store of the Java as it is. */
export const javaOptions = (path: string) =>
  `-Djavax.net.ssl.trustStore=${path} -Djavax.net.ssl.trustStorePassword=${STORE_PASSWORD}`
