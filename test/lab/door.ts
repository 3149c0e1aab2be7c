import { createServer, type Socket } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { ServerCertificate } from './ca.ts'
import { listenOnLoopback } from './loopback.ts'

export type DoorOptions = {
  certificate: ServerCertificate
  /** 0 takes a free one. */
  port?: number
  /** The folder of the server's Unix socket: there it lets in whoever comes through the door. */
  socket: string
  /** Whether this user logs in with a token and nothing else. */
  usesTokens(user: string): Promise<boolean>
  /** @returns why not, for our log alone */
  refuseToken(user: string, token: string): string | undefined
  /** One line for each log-in. Never the token. */
  log?(line: string): void
  /** Milliseconds for everything before the log-in is done. */
  loginLimit?: number
}

export type Door = { port: number; close(): Promise<void> }

/** Longer than any token, and short enough to be kept in memory for everybody who knocks. */
export const LONGEST_PASSWORD = 65_536
const MOST_LOGINS_AT_ONCE = 200
const LOGIN_LIMIT = 60_000

/**
 * A listener on loopback that knows who is still logging in: so many at once, each for so long.
 * `serve` calls `settled` when its client is in, and never throws.
 */
export async function openDoor(
  options: Pick<DoorOptions, 'certificate' | 'port' | 'loginLimit'>,
  serve: (socket: Socket, context: SecureContext, settled: () => void) => Promise<void>,
): Promise<Door> {
  const { key, cert } = options.certificate
  const context = createSecureContext({ key, cert, minVersion: 'TLSv1.2' })
  const open = new Set<Socket>()
  const loggingIn = new Set<Socket>()

  const server = createServer((socket) => {
    if (loggingIn.size >= MOST_LOGINS_AT_ONCE) return void socket.destroy()
    open.add(socket)
    loggingIn.add(socket)
    const late = setTimeout(() => socket.destroy(), options.loginLimit ?? LOGIN_LIMIT)
    const settled = () => {
      clearTimeout(late)
      loggingIn.delete(socket)
    }
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      settled()
      open.delete(socket)
    })
    void serve(socket, context, settled)
  })

  const port = await listenOnLoopback(server, options.port ?? 0, 'a database of the lab')
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
