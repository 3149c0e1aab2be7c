import type { Limits } from './limits.ts'

export type Fetch = typeof fetch

/** `unavailable`: try again later. `invalid`: what came is not what it must be. The message names no secret. */
export class FetchFailed extends Error {
  override readonly name = 'FetchFailed'
  readonly kind: 'unavailable' | 'invalid'

  constructor(kind: FetchFailed['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

/**
 * GETs JSON within the limits: one time limit for everything, a size limit, no redirects.
 * Throws FetchFailed, nothing else.
 */
export async function fetchJson(
  url: string,
  {
    fetch,
    limits,
    headers = {},
  }: { fetch: Fetch; limits: Limits; headers?: Readonly<{ [name: string]: string }> },
): Promise<unknown> {
  const signal = AbortSignal.timeout(limits.time)
  try {
    const response = await fetch(url, { headers: jsonWanted(headers), redirect: 'manual', signal })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new FetchFailed(
        isPassing(response.status) ? 'unavailable' : 'invalid',
        `${response.status} from ${placeOf(url)}`,
      )
    }
    return parse(await read(response, limits.size, url), url)
  } catch (error) {
    if (error instanceof FetchFailed) throw error
    throw new FetchFailed('unavailable', `${reasonOf(error, signal)} from ${placeOf(url)}`)
  }
}

function jsonWanted(headers: Readonly<{ [name: string]: string }>): Headers {
  const all = new Headers(headers)
  all.set('accept', 'application/json')
  return all
}

async function read(response: Response, size: number, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  // Leaving the loop early cancels the body and closes the connection.
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > size)
      throw new FetchFailed('invalid', `more than ${size} bytes from ${placeOf(url)}`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

function parse(body: Uint8Array, url: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw new FetchFailed('invalid', `no JSON from ${placeOf(url)}`)
  }
}

const isPassing = (status: number) => status >= 500 || status === 408 || status === 429

/** Without the query: it may hold what is nobody else's business. */
const placeOf = (url: string) => url.split('?', 1)[0]!

function reasonOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'no answer in time'
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error ? (cause as NodeJS.ErrnoException).code : undefined
  return code ?? 'no answer'
}
