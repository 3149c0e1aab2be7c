import { createServer, type RequestListener } from 'node:http'

/** How long a scrape that is under way may keep a stop waiting, ms. */
const PATIENCE = 4_000
/** Scrapers are few: more connections than these are nobody's. */
const CONNECTIONS = 32

type Deps = { scrape: () => Promise<string>; contentType: string }

export type MetricsListener = {
  /** Rejects as the system does: `EADDRINUSE`. */
  listen(where: { host: string; port: number }): Promise<void>
  close(): Promise<void>
}

/**
 * `/metrics` on a port of its own, so that nothing of it can be reached through the address that people open: no route of the
 * portal leads there, and no proxy in front of it needs a rule to keep it in. It has no sign-in: who may reach the port may read.
 */
export function metricsListener({ scrape, contentType }: Deps): MetricsListener {
  const answer: RequestListener = (request, response) => {
    const head = request.method === 'HEAD'
    const say = (status: number, text: string, headers = {}) =>
      response
        .writeHead(status, {
          'content-type': 'text/plain; charset=utf-8',
          'content-length': Buffer.byteLength(text),
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
          ...(!server.listening && { connection: 'close' }),
          ...headers,
        })
        .end(head ? undefined : text)
    // A body is never read: whoever sends one is not a scraper.
    request.resume()
    if (request.url?.split('?', 1)[0] !== '/metrics') return void say(404, 'Not found\n')
    if (!head && request.method !== 'GET')
      return void say(405, 'Only GET\n', { allow: 'GET, HEAD' })
    void scrape().then(
      (text) => say(200, text, { 'content-type': contentType }),
      () => say(500, 'The metrics could not be written\n'),
    )
  }
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, answer)
  server.maxConnections = CONNECTIONS

  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host, port }, () => {
          server.off('error', reject)
          resolve()
        })
      }),
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), PATIENCE)
        server.close(() => {
          clearTimeout(timer)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}
