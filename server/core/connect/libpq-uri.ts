import type { Piece } from './dialect.ts'
import { percent } from './percent.ts'
import { tlsMode, type Connection } from './snippet.ts'
import { tunnelOf } from './tunnel.ts'

/**
 * A connection URI as libpq reads it (PostgreSQL documentation, "Connection Strings", 34.1.1.2): with the token and the
 * CA file, or without either where they come in the environment.
 */
export function libpqUri(connection: Connection, whole: boolean): Piece[] {
  const { signing, dial, dbname, user, caFile, applicationName, tls } = connection
  const tunnel = tunnelOf(connection)
  return inOne([
    text(`postgresql://${percent(user)}`),
    ...(whole ? [text(':'), { token: 'percent' } as const] : []),
    text(`@${percent(signing.host)}:${dial.port}/${encodeName(dbname)}?sslmode=${tlsMode(tls)}`),
    ...(whole ? [text('&sslrootcert='), { home: encodePath(caFile) }] : []),
    text(`&application_name=${percent(applicationName)}`),
    ...(tunnel
      ? [
          text('&hostaddr='),
          'address' in tunnel ? text(percent(tunnel.address)) : { lookUp: tunnel.name },
        ]
      : []),
  ])
}

const text = (of: string): Piece => ({ text: of })

/** Neighbours that are text are one piece. */
const inOne = (pieces: readonly Piece[]): Piece[] =>
  pieces.reduce<Piece[]>((done, piece) => {
    const last = done.at(-1)
    const isText = last !== undefined && 'text' in last && 'text' in piece
    return isText ? [...done.slice(0, -1), text(last.text + piece.text)] : [...done, piece]
  }, [])

/** A path may hold these as they are, and node-postgres, which decodes it by `decodeURI`, would leave them encoded. */
const encodeName = (name: string) =>
  percent(name).replace(/%(3B|3A|40|26|3D|2B|2C)/g, decodeURIComponent)

const encodePath = (path: string) => path.split('/').map(percent).join('/')
