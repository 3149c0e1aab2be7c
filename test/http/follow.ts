import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOST } from './portal.ts'

export type Said = { event: string; data: unknown }
export type Following = {
  status: number
  headers: IncomingHttpHeaders
  /** All events so far. */
  said: Said[]
  /** All bytes so far, as text. */
  text(): string
  /** How it ended: by the server's last chunk, or cut. */
  ended(): 'in order' | 'cut' | undefined
  /** Waits for this event, the newest counts too. */
  heard(event: string): Promise<Said>
  leave(): void
}

export const until = async (truth: () => boolean | Promise<boolean>) => {
  while (!(await truth())) await sleep(5)
}

/** Opens a stream as a browser does; without `reading`, what comes is left in the socket. */
export async function follow(port: number, cookie: string, reading = true): Promise<Following> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(
      {
        port,
        host: '127.0.0.1',
        path: '/api/live',
        agent: false,
        headers: { host: HOST, cookie, accept: 'text/event-stream' },
      },
      resolve,
    )
    sent.on('error', reject)
    sent.end()
  })
  let text = ''
  let rest = ''
  let ended: 'in order' | 'cut' | undefined
  const said: Said[] = []
  answer.on('error', () => {})
  answer.on('close', () => (ended = answer.complete ? 'in order' : 'cut'))
  if (reading)
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const blocks = `${rest}${chunk}`.split('\n\n')
      rest = blocks.pop() ?? ''
      said.push(...blocks.flatMap(parse))
    })
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers,
    said,
    text: () => text,
    ended: () => ended,
    heard: async (event) => {
      await until(() => said.some((one) => one.event === event))
      return said.find((one) => one.event === event)!
    },
    leave: () => answer.destroy(),
  }
}

/** As HTML, section 9.2.6, says, of what we send of it; an event without data is none. */
function parse(block: string): Said[] {
  const fields = block.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line))
  const field = (name: string) => fields.find((one) => one?.[1] === name)?.[2]
  const data = field('data')
  return data ? [{ event: field('event') ?? 'message', data: JSON.parse(data) as unknown }] : []
}
