import { instant } from './altered-rows.ts'
import type { Findings } from './findings.ts'
import type { LogToVerify } from './log-to-verify.ts'
import type { Watch } from './watch-events.ts'

/** The sealer needs less than a second; microseconds. */
const SEALED_WITHIN = 60_000_000n
/** The portal closes an intent a minute after it, once a minute. */
const CLOSED_WITHIN = 180_000_000n

/** What waits for its seal longer than it should, and tokens that were meant and of which nobody knows what became. */
export async function checkUnsealed(
  { unsealed, now }: LogToVerify,
  watch: Watch,
  findings: Findings,
): Promise<{ unsealed: number; openIntents: number }> {
  let count = 0
  for await (const batch of unsealed)
    for (const row of batch) {
      count++
      watch.unsealed(row)
      if (now - BigInt(row.at) > SEALED_WITHIN)
        findings.add(
          'unsealed',
          `event ${row.id} (${row.action}, ${instant(row.at)}) is not sealed after ${seconds(now, row.at)} s. If the portal is stopped, start it and verify again; if it runs, the event was slipped in behind the sealer, or the sealer does not work.`,
          { eventId: row.id },
        )
    }
  for (const { seq, eventId, at } of watch.intents.values())
    if (now - BigInt(at) > CLOSED_WITHIN)
      findings.add(
        'unsealed',
        `${seq === null ? '' : `seq ${seq}, `}event ${eventId}: a token was meant to be issued, and its outcome is not in the log after ${seconds(now, at)} s. If the portal is stopped, start it: it closes such intents within two minutes.`,
        { ...(seq !== null && { seq }), eventId },
      )
  return { unsealed: count, openIntents: watch.intents.size }
}

const seconds = (now: bigint, at: string) => (now - BigInt(at)) / 1_000_000n
