import { createServer, type Server } from 'node:net'

/**
 * Listens on 127.0.0.1 and nowhere else: what the lab plays must never be mistaken for the real thing from outside.
 * @param port 0 takes a free one
 * @param what in the words of the error, should the port be taken
 * @returns the port
 */
export function listenOnLoopback(server: Server, port: number, what: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new PortTakenError(port, what) : error)
    })
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      if (address === null || typeof address === 'string' || address.address !== '127.0.0.1') {
        server.close()
        reject(new Error(`${what} must listen on 127.0.0.1 only.`))
      } else {
        resolve(address.port)
      }
    })
  })
}

export class PortTakenError extends Error {
  override readonly name = 'PortTakenError'
  readonly port: number

  constructor(port: number, what: string) {
    super(`Port ${port}, for ${what}, is taken by another program.`)
    this.port = port
  }
}

/** @throws PortTakenError now, rather than from a process that is started later and takes its time */
export async function assertFree(port: number, what: string): Promise<void> {
  const server = createServer()
  await listenOnLoopback(server, port, what)
  await new Promise((resolve) => server.close(resolve))
}
