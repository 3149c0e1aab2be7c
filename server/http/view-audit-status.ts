import type { AuditStatus, Finding, RunningVerification } from '../contract/audit-proof.ts'
import type { OutletStatus } from '../core/audit/outlet.ts'
import type { Sealing } from '../core/audit/ports.ts'
import type { StoredStatus, VerifiedBefore } from '../core/audit/proofs.ts'
import type { Running } from '../core/audit/verification.ts'

export function viewStatus(
  stored: StoredStatus,
  sealing: Sealing,
  running: Running | null,
  last: VerifiedBefore | null,
): AuditStatus {
  const { now, origin, sealed, lag, checkpoint, keys, anchors, outlets } = stored
  return {
    now: now.toISOString(),
    origin,
    sealed,
    unsealed: lag.unsealed,
    unsealedIsMore: lag.isMore,
    lagMilliseconds: lag.milliseconds,
    checkpoint: checkpoint && {
      size: checkpoint.size,
      root: checkpoint.root.toString('base64'),
      at: checkpoint.at.toISOString(),
    },
    keys: keys.map((key) => ({ ...key, at: key.at.toISOString() })),
    sealing: viewSealing(sealing),
    anchors: anchors.map((anchor) => ({ ...anchor, at: anchor.at.toISOString() })),
    outlets: outlets.map(viewOutlet),
    verification: { running: running && viewRunning(running), last: last && viewVerified(last) },
  }
}

export const viewRunning = (running: Running): RunningVerification => ({
  ...running,
  startedAt: running.startedAt.toISOString(),
})

const viewVerified = ({
  at,
  by,
  byName,
  from,
  to,
  holds,
  findings,
  milliseconds,
  compared = [],
  unread = [],
}: VerifiedBefore) => ({
  at: at.toISOString(),
  by,
  byName,
  from,
  to,
  holds,
  findings: findings as Finding[],
  milliseconds,
  compared,
  unread,
})

const viewSealing = (sealing: Sealing): AuditStatus['sealing'] => ({
  state: sealing.state,
  reason: sealing.state === 'refuses' ? sealing.reason : null,
  text: sealing.state === 'works' ? null : sealing.text,
  mend: sealing.state === 'refuses' ? sealing.mend : null,
})

const viewOutlet = ({ name, size, at, behind, failing }: OutletStatus) => {
  const [kind, place = ''] = name.split(':')
  return {
    kind: kind === 'anchor' ? ('anchor' as const) : ('stream' as const),
    place,
    size,
    at: at && at.toISOString(),
    behind,
    failing: failing && {
      ...failing,
      since: failing.since.toISOString(),
      nextAt: failing.nextAt.toISOString(),
    },
  }
}
