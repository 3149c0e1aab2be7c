import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { pipeline } from 'node:stream'

/** What pins somebody to one of the portals, as a cookie of a balancer would. */
export const PINNED = 'x-pinned-to'

/**
 * One address before several portals, as a balancer is: everybody else takes the portals in turn, request by request.
 * Headers and bodies pass as they are; an event stream flows, and ends at both ends when one does.
 */
export async function startFront(port: number, portals: readonly number[]) {
  let turn = 0
  const server = createServer((asked, answer) => {
    const pinned = Number(asked.headers[PINNED])
    const target = portals[pinned] ?? portals[turn++ % portals.length]!
    const { [PINNED]: _, ...headers } = asked.headers
    const onward = request(
      { host: '127.0.0.1', port: target, method: asked.method, path: asked.url, headers },
      (answered) => {
        answer.writeHead(answered.statusCode ?? 502, answered.rawHeaders)
        pipeline(answered, answer, () => answered.destroy())
      },
    )
    onward.on('error', () => answer.destroy())
    answer.on('close', () => onward.destroy())
    pipeline(asked, onward, () => {})
  }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
