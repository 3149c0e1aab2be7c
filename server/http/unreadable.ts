import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { Problem } from '../contract/problem.ts'

const REFUSALS: { [code: string]: { status: number; detail: string } } = {
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, detail: 'The request did not arrive in time.' },
  HPE_HEADER_OVERFLOW: { status: 431, detail: 'The headers of the request are too large.' },
}
const NOT_HTTP = { status: 400, detail: 'This is not a request of HTTP/1.1 that can be read.' }

type Fault = Error & { code?: string }

/**
 * Answers what never became a request, with the headers and the problem that every other answer has.
 * Node gives these to nobody else: no hook, no error handler sees them.
 */
export const answerUnreadable = (headers: Record<string, string>) =>
  function (this: { log: FastifyBaseLogger }, error: Fault, socket: Socket): void {
    if (error.code === 'ECONNRESET' || socket.destroyed) return
    const { status, detail } = REFUSALS[error.code ?? ''] ?? NOT_HTTP
    const title = STATUS_CODES[status] ?? 'Error'
    const requestId = randomUUID()
    this.log.info(
      { reqId: requestId, status, code: error.code, address: socket.remoteAddress },
      'unreadable',
    )
    const problem: Problem = {
      type: 'about:blank',
      title,
      status,
      detail,
      code: 'invalid',
      requestId,
    }
    const body = JSON.stringify(problem)
    const lines = Object.entries({
      ...headers,
      'content-type': 'application/problem+json',
      'content-length': String(Buffer.byteLength(body)),
      connection: 'close',
    }).map(([name, value]) => `${name}: ${value}\r\n`)
    // `error` holds the bytes that came: it goes no further.
    if (socket.writable) socket.write(`HTTP/1.1 ${status} ${title}\r\n${lines.join('')}\r\n${body}`)
    socket.destroySoon()
  }

/** Node would answer 417 by itself, bare; a server may leave an expectation that it does not know aside (RFC 9110 §10.1.1). */
export function ignoreExpectations({ server }: FastifyInstance): void {
  server.on('checkExpectation', (request, response) => {
    server.emit('request', request, response)
  })
}
