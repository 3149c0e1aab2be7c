import { plain, secret, type Connection, type Snippet } from './snippet.ts'
import { addressCommand, tunnelOf, type Tunnel } from './tunnel.ts'

/**
 * A connection URI in the environment, as libpq and most drivers read it
 * (PostgreSQL documentation, "Connection Strings", 34.1.1.2).
 * It stands in double quotes for the sake of `$HOME`: nothing that they leave a meaning survives the encoding.
 */
export function uri(connection: Connection): Snippet {
  const { signing, dial, dbname, user, token, caFile, applicationName } = connection
  const tunnel = tunnelOf(connection)
  const hostaddr = tunnel ? `&hostaddr=${encodeAddress(tunnel)}` : ''
  const parameters =
    `sslmode=verify-full&sslrootcert=$HOME/${encodePath(caFile.slice(2))}` +
    `&application_name=${encode(applicationName)}${hostaddr}`
  return {
    client: 'uri',
    title: 'URI',
    hint: tunnel
      ? 'Only programs that use libpq know hostaddr. Others would go past your tunnel and reach nothing.'
      : 'Unset it when you are done: the token in it is good until it expires.',
    parts: [
      plain(`export DATABASE_URL="postgresql://${encode(user)}:`),
      secret(encode(token)),
      plain(`@${encode(signing.host)}:${dial.port}/${encodeName(dbname)}?${parameters}"`),
    ],
    fields: [],
  }
}

/** RFC 3986, strictly: encodeURIComponent leaves `!`, which an interactive bash expands, and `'()*`. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** A path may hold these as they are, and node-postgres, which decodes it by `decodeURI`, would leave them encoded. */
const encodeName = (name: string) =>
  encode(name).replace(/%(3B|3A|40|26|3D|2B|2C)/g, decodeURIComponent)

const encodePath = (path: string) => path.split('/').map(encode).join('/')

/** A command keeps its own quotes: `"…$(… "x" …)…"` is one word. */
const encodeAddress = (tunnel: Tunnel) =>
  'address' in tunnel ? encode(tunnel.address) : addressCommand(tunnel)
