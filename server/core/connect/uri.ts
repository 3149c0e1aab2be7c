import { percent } from './percent.ts'
import { aSnippet, plain, secret, tlsMode, type Connection } from './snippet.ts'
import { addressCommand, tunnelOf, type Tunnel } from './tunnel.ts'

/**
 * A connection URI in the environment, as libpq and most drivers read it
 * (PostgreSQL documentation, "Connection Strings", 34.1.1.2).
 * It stands in double quotes for the sake of `$HOME`: nothing that they leave a meaning survives the encoding.
 */
export function uri(connection: Connection) {
  const { signing, dial, dbname, user, caFile, applicationName, tls } = connection
  const tunnel = tunnelOf(connection)
  const hostaddr = tunnel ? `&hostaddr=${encodeAddress(tunnel)}` : ''
  const parameters =
    `sslmode=${tlsMode(tls)}&sslrootcert=$HOME/${encodePath(caFile.slice(2))}` +
    `&application_name=${percent(applicationName)}${hostaddr}`
  return aSnippet({
    client: 'uri',
    title: 'URI',
    group: 'terminal',
    hint: tunnel
      ? 'Only programs that use libpq know hostaddr. Others would go past your tunnel and reach nothing.'
      : 'Unset it when you are done: the token in it is good until it expires.',
    parts: [
      plain(`export DATABASE_URL="postgresql://${percent(user)}:`),
      secret('percent'),
      plain(`@${percent(signing.host)}:${dial.port}/${encodeName(dbname)}?${parameters}"`),
    ],
  })
}

/** A path may hold these as they are, and node-postgres, which decodes it by `decodeURI`, would leave them encoded. */
const encodeName = (name: string) =>
  percent(name).replace(/%(3B|3A|40|26|3D|2B|2C)/g, decodeURIComponent)

const encodePath = (path: string) => path.split('/').map(percent).join('/')

/** A command keeps its own quotes: `"…$(… "x" …)…"` is one word. */
const encodeAddress = (tunnel: Tunnel) =>
  'address' in tunnel ? percent(tunnel.address) : addressCommand(tunnel)
