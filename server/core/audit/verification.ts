import type { AuditActor, AuditDetail, AuditEvent } from './event.ts'
import type { LogReport } from './log-to-verify.ts'
import type { VerifiedBefore } from './proofs.ts'

type Asker = { actor: AuditActor; requestId: string; address?: string }

/** `done` of `total` events are read, from seq `from` on. */
export type Running = { startedAt: Date; by: string; from: number; done: number; total: number }

type Deps = {
  verify: (
    from: number,
    onProgress: (done: number, total: number) => void,
  ) => Promise<LogReport & Pick<AuditDetail['log.verified'], 'compared' | 'unread'>>
  lastVerified: () => Promise<VerifiedBefore | null>
  record: (event: AuditEvent) => Promise<void>
  warn: (details: object, message: string) => void
  newId: () => string
  now: () => Date
}

const HOUR = 3_600_000
/** Of what is wrong, so much is recorded: the command tells all of it. */
const MOST_FINDINGS = 20

export type Verification = ReturnType<typeof makeVerification>

/** Verifies the log in the background, one at a time on each replica. What came out, and who asked, is itself recorded. */
export function makeVerification({ verify, lastVerified, record, warn, newId, now }: Deps) {
  let running: Running | null = null
  let work: Promise<void> = Promise.resolve()

  async function run(asker: Asker, mine: Running): Promise<void> {
    try {
      const report = await verify(mine.from, (done, total) => {
        mine.done = done
        mine.total = total
      })
      const holds = report.outcome === 'holds'
      const findings = report.findings
        .slice(0, MOST_FINDINGS)
        .map(({ code, text, seq, eventId }) => ({ code, text, seq, eventId }))
      if (!holds) warn({ outcome: report.outcome, findings }, 'the audit log does not hold')
      await record({
        action: 'log.verified',
        subject: null,
        ...asker,
        detail: {
          from: report.from,
          to: report.size,
          holds,
          findings,
          milliseconds: Math.max(0, now().getTime() - mine.startedAt.getTime()),
          ...(report.compared?.length && { compared: report.compared }),
          ...(report.unread?.length && { unread: report.unread }),
        },
      })
    } catch (error) {
      warn({ err: error }, 'the audit log could not be verified')
    }
  }

  /** Starts one, or tells of the one that runs already. */
  function start(asker: Asker, from: number): Running {
    if (running) return running
    const by = typeof asker.actor === 'string' ? asker.actor : asker.actor.person
    const mine: Running = { startedAt: now(), by, from, done: 0, total: 0 }
    running = mine
    work = run(asker, mine).finally(() => (running = null))
    return mine
  }

  return {
    start,
    running: () => running,
    /** Once an hour what came since: from where the last one that held ended. */
    hourly: async (): Promise<void> => {
      const last = await lastVerified()
      if (last && now().getTime() - last.at.getTime() < HOUR) return
      const from = last === null ? 0 : last.holds ? last.to : last.from
      // Not waited for: a portal that stops does not wait for it either.
      start({ actor: 'portal', requestId: newId() }, from)
    },
    /** Waits for the one that runs. */
    idle: () => work,
  }
}
