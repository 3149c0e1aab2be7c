import { dialectOf } from './dialect.ts'
import { libpqUri } from './libpq-uri.ts'
import { whyNoPath } from './percent.ts'
import type { Connection } from './snippet.ts'
import { settings } from './terminal.ts'
import { tunnelOf, whyNoTunnel } from './tunnel.ts'

/** A connection URI in the environment, as libpq and most drivers read it. */
export function uri(connection: Connection) {
  const tunnel = tunnelOf(connection)
  return settings(
    connection,
    {
      client: 'uri',
      title: 'DATABASE_URL',
      hint: 'Unset it when you are done: the token in it is good until it expires.',
      warnings: [
        'A program that is given the address as an argument shows it, and the token in it, to everybody on the computer who lists processes. Let programs read it from the environment.',
        ...(tunnel
          ? [
              'Only programs that use libpq know hostaddr. Others would go past your tunnel and reach nothing.',
            ]
          : []),
      ],
    },
    [['DATABASE_URL', { address: libpqUri(connection, true) }]],
    whyNoPath(connection.dbname) ?? whyNoTunnel(tunnel, dialectOf(connection)),
  )
}
