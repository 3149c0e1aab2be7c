import { announcer } from '../../lib/announcer.svelte.ts'
import { plural } from '../../lib/format.ts'

export type Format = 'jsonl' | 'csv'
type Save = (file: Blob, name: string) => void

/** Lines that are no events: the header and, with proofs, the end. */
const OTHERS: Record<Format, number> = { jsonl: 2, csv: 1 }
/** Pieces are put together into one that the browser may keep outside its memory. */
const PIECE = 8 * 1024 * 1024
const NEW_LINE = 10

/** One export at a time: what the filter finds, counted as it arrives, and saved when it is whole. */
export class Export {
  format = $state<Format>()
  events = $state(0)
  error = $state.raw<unknown>()
  #stop: AbortController | undefined
  #save: Save

  constructor(save: Save = saveAs) {
    this.#save = save
  }

  start = async (format: Format, filter: string, name: string) => {
    if (this.format) return
    const stop = new AbortController()
    this.#stop = stop
    this.format = format
    this.events = 0
    this.error = undefined
    try {
      const response = await fetch(`/api/audit/export.${format}?${filter}`, {
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        signal: stop.signal,
      })
      if (!response.ok || !response.body) throw new Error(await reasonOf(response))
      this.#save(await this.#collect(response.body, format), `${name}.${format}`)
      announcer.say(`Exported ${plural(this.events, 'event')}.`)
    } catch (error) {
      if (!stop.signal.aborted) this.error = error
    } finally {
      this.format = undefined
    }
  }

  cancel = () => {
    this.#stop?.abort()
    announcer.say('The export was cancelled.')
  }

  async #collect(body: ReadableStream<Uint8Array<ArrayBuffer>>, format: Format): Promise<Blob> {
    const whole: Blob[] = []
    let pieces: Uint8Array<ArrayBuffer>[] = []
    let size = 0
    let lines = 0
    const reader = body.getReader()
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      for (const byte of next.value) if (byte === NEW_LINE) lines++
      this.events = Math.max(0, lines - OTHERS[format])
      pieces.push(next.value)
      size += next.value.length
      if (size < PIECE) continue
      whole.push(new Blob(pieces))
      pieces = []
      size = 0
    }
    return new Blob([...whole, ...pieces], { type: 'application/octet-stream' })
  }
}

async function reasonOf(response: Response) {
  const problem: unknown = await response.json().catch(() => null)
  const isProblem = typeof problem === 'object' && problem !== null && 'detail' in problem
  return isProblem ? String(problem.detail) : `The portal answered ${response.status}.`
}

function saveAs(file: Blob, name: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  // The browser has taken it by then
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
