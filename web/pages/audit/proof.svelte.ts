import type { AuditStatus } from '../../../server/contract/audit-proof.ts'
import { announcer } from '../../lib/announcer.svelte.ts'
import { Refusal } from '../../lib/api.ts'

type Sources = { status: () => Promise<AuditStatus>; verify: () => Promise<unknown> }

const CALM = 10_000
const BUSY = 1_000

/** What the log can prove of itself, read again while one looks; asking for it is no event. */
export class Proof {
  status = $state.raw<AuditStatus>()
  error = $state.raw<unknown>()
  /** Why a verification could not begin. */
  failure = $state.raw<unknown>()
  asking = $state(false)
  /** How many events there were, less those of the reader's own reads, when the list was read. */
  #seen = $state<number>()
  #sources: Sources

  /** How many events have come since the list was read. */
  newer = $derived.by(() => {
    const { status } = this
    if (!status || this.#seen === undefined) return 0
    return Math.max(0, countOf(status) - this.#seen)
  })

  constructor(sources: Sources) {
    this.#sources = sources
  }

  load = async () => {
    const before = this.status?.verification
    try {
      this.status = await this.#sources.status()
      this.error = undefined
      this.#seen ??= countOf(this.status)
      if (before?.running && !this.status.verification.running) this.#tell()
    } catch (error) {
      this.error = error
    }
  }

  /** The list has been read anew: what is there now is what it shows. */
  mark = () => {
    this.#seen = undefined
    return this.load()
  }

  /** The reader has caused so many events by reading; they are no news. */
  caused(events: number) {
    if (this.#seen !== undefined) this.#seen += events
  }

  verify = async () => {
    if (this.asking) return
    this.asking = true
    this.failure = undefined
    try {
      await this.#sources.verify()
      await this.load()
    } catch (error) {
      this.failure = error
    } finally {
      this.asking = false
    }
  }

  /** Reads it while the page is seen, more often while a verification runs. Returns the function that stops it. */
  follow() {
    let due = 0
    const timer = setInterval(() => {
      if (document.hidden || this.isMissing || Date.now() < due) return
      due = Date.now() + (this.status?.verification.running ? 0 : CALM)
      void this.load()
    }, BUSY)
    return () => clearInterval(timer)
  }

  /** The portal that answers is of a version that proves nothing. */
  get isMissing() {
    return this.error instanceof Refusal && this.error.problem.status === 404
  }

  #tell() {
    const last = this.status?.verification.last
    if (!last) return
    const text = last.holds
      ? 'The log was verified: it holds.'
      : 'The log was verified: it does not hold!'
    announcer.say(text, !last.holds)
  }
}

const countOf = ({ sealed, unsealed }: AuditStatus) => sealed + unsealed
