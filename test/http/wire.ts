import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export type RawAnswer = { status: number; headers: Record<string, string>; body: string }

/** A connection of our own, for what no client library sends. */
export async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket
}

/** All that comes until the other side ends; a reset is an error. */
export async function readToEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** The first answer in `text`, by its content-length. */
export function parseAnswer(text: string): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  const headers: Record<string, string> = {}
  for (const field of fields) {
    const at = field.indexOf(':')
    const name = field.slice(0, at).toLowerCase()
    if (name in headers) throw new Error(`${name} comes twice`)
    headers[name] = field.slice(at + 1).trim()
  }
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(line)?.[1])
  return {
    status,
    headers,
    body: rest.join('\r\n\r\n').slice(0, Number(headers['content-length'])),
  }
}

/** Sends these bytes on a connection of their own and reads the answer. */
export async function exchange(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  const socket = await open(port)
  socket.write(bytes)
  return parseAnswer(await readToEnd(socket))
}
