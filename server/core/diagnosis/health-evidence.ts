import { type Finding, firstFailing, type StepId } from '../health/finding.ts'
import type { CauseId } from './cause.ts'
import type { Symptom } from './symptom.ts'

/** Milliseconds. A check that is older says nothing about today's failure. */
const FRESH = 60 * 60_000

/** What a failing step means for whoever connects. Steps that weaken security without stopping anybody are not here. */
const BEHIND: Partial<Record<StepId, Behind>> = {
  inventory: {
    checks: 'that AWS has the database as the catalog describes it',
    cause: 'database-gone',
    codes: {
      other_region: 'other-region',
      stopped: 'database-stopped',
      stopping: 'database-stopped',
    },
  },
  iam: { checks: 'that IAM authentication is on', cause: 'iam-off' },
  dns: { checks: 'that the name of the endpoint leads somewhere', cause: 'host-not-found' },
  tcp: { checks: 'that the endpoint answers', cause: 'network-closed' },
  tls: {
    checks: 'that the endpoint shows a good certificate',
    cause: 'no-tls-there',
    codes: { expired: 'certificate-expired', not_yet: 'clock' },
  },
  ca: { checks: 'that the CA bundle proves its certificate', cause: 'bundle-wrong' },
  role: { checks: 'that the role of the team lets the portal in', cause: 'role-refused' },
  'session-policy': { checks: 'that IAM allows this login', cause: 'not-allowed' },
  clock: { checks: 'that its clock is that of AWS', cause: 'clock' },
  login: {
    checks: 'that a token opens the database',
    cause: 'low-memory',
    // SQLSTATE and error numbers: the token was refused; there is no such database; the user may not into it.
    codes: {
      '28000': 'not-allowed',
      '1045': 'not-allowed',
      '3D000': 'database-missing',
      '1049': 'database-missing',
      '42501': 'privilege-missing',
      '1044': 'privilege-missing',
    },
  },
  membership: {
    checks: 'that the user takes tokens',
    cause: 'rds-iam-missing',
    codes: { '1524': 'iam-off' },
  },
}

/** What the portal checks, what it means when that fails, and what it means with some codes. */
type Behind = { checks: string; cause: CauseId; codes?: Readonly<Record<string, CauseId>> }

/** The steps that can be behind a message: what fails later than the message is not its reason. */
const ABOUT: Readonly<Record<Symptom['stage'], readonly StepId[]>> = {
  network: ['inventory', 'dns', 'tcp'],
  tls: ['tls', 'ca'],
  client: [],
  login: ['inventory', 'iam', 'role', 'session-policy', 'clock', 'login', 'membership'],
  inside: [],
}

export type Checked = { cause: CauseId; because: string }

const isFresh = (finding: Finding, now: Date) => now.getTime() - finding.at.getTime() <= FRESH

/** The first failing step of the newest check, where it can be the reason of what the client said. */
export function checkedCause(
  finding: Finding | null,
  stage: Symptom['stage'] | null,
  now: Date,
): Checked | null {
  const step = finding && isFresh(finding, now) ? firstFailing(finding) : undefined
  if (!finding || !step || (stage !== null && !ABOUT[stage].includes(step.id))) return null
  const behind = BEHIND[step.id]
  if (!behind) return null
  return {
    cause: behind.codes?.[step.code ?? ''] ?? behind.cause,
    because: `The portal checks ${behind.checks}, and at ${clockTime(finding.at)} UTC it found that this is not so.`,
  }
}

/** When the portal itself was let in with a token of its own, as the same user: then the database is not at fault. */
export function letInAt(finding: Finding | null, now: Date): Date | null {
  if (!finding || !isFresh(finding, now)) return null
  return finding.steps.some(({ id, state }) => id === 'login' && state === 'ok') ? finding.at : null
}

export const clockTime = (at: Date) => at.toISOString().slice(11, 16)
