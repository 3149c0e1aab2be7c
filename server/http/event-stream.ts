import { Readable } from 'node:stream'

/** What may wait for a reader who does not read, in bytes: near a thousand events. Then the stream is cut. */
const UNREAD = 65_536
/** How long a reader has for the last of it, in ms. */
const FAREWELL = 5_000
/** After how long a browser comes back to a stream that broke, in ms. */
const RETRY = 3_000

export type EventStream = {
  /** The body of the response. Emits `close` once nobody reads it any more, whoever ended it. */
  body: Readable
  say(event: string, data?: object): void
  /** A comment: keeps proxies from taking silence for death, and is no event to a page. */
  beat(): void
  /** What was said is still sent; what is said from now on is not. */
  end(): void
}

/** Server-sent events (HTML, section 9.2) as a stream, so that the response has the headers of every response. */
export function openEventStream(): EventStream {
  const body = new Readable({ read: () => {} })
  let ended = false
  const write = (text: string) => {
    if (ended || body.destroyed) return
    body.push(text)
    if (body.readableLength > UNREAD) body.destroy()
  }
  write(`retry: ${RETRY}\n\n`)
  return {
    body,
    // One line each: JSON has no line ends. An event without data would not be one (section 9.2.6).
    say: (event, data = {}) => write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    beat: () => write(':\n\n'),
    end: () => {
      if (ended || body.destroyed) return
      ended = true
      body.push(null)
      const timer = setTimeout(() => body.destroy(), FAREWELL)
      body.once('close', () => clearTimeout(timer))
    },
  }
}
