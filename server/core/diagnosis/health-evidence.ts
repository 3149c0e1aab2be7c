import { type Finding, firstFailing, type Step, type StepId } from '../health/finding.ts'
import type { CauseId } from './cause.ts'
import type { Symptom } from './symptom.ts'

/** Milliseconds. A check that is older says nothing about today's failure. */
const FRESH = 60 * 60_000

/** What a failing step means for whoever connects. Steps that weaken security without stopping anybody are not here. */
const BEHIND: Partial<Record<StepId, { cause: CauseId; step: string }>> = {
  inventory: { cause: 'database-gone', step: 'that AWS knows the database' },
  iam: { cause: 'iam-off', step: 'that IAM authentication is on' },
  dns: { cause: 'host-not-found', step: 'that the name of the endpoint leads somewhere' },
  tcp: { cause: 'network-closed', step: 'that the endpoint answers' },
  tls: { cause: 'no-tls-there', step: 'that the endpoint speaks TLS' },
  ca: { cause: 'certificate-expired', step: 'that the certificate of the server is good' },
  role: { cause: 'role-refused', step: 'that the role of the team can be taken' },
  'session-policy': { cause: 'not-allowed', step: 'that IAM allows this login' },
  clock: { cause: 'clock', step: 'that the portal’s clock is right' },
  login: { cause: 'not-allowed', step: 'that a token opens the database' },
  membership: { cause: 'rds-iam-missing', step: 'that the user may log in by token' },
}

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
    cause: causeOf(step, behind.cause),
    because: `The portal checks ${behind.step}, and at ${clockTime(finding.at)} UTC it found that this is not so.`,
  }
}

/** A login is refused as a password where the user takes no token, and by PAM where the token was refused. */
function causeOf({ id, code }: Step, usual: CauseId): CauseId {
  if (id === 'login' && code === '28P01') return 'rds-iam-missing'
  if (id === 'ca' && code !== null && !/expired/i.test(code)) return 'bundle-wrong'
  return usual
}

/** When the portal itself was let in with a token of its own, as the same user: then the database is not at fault. */
export function letInAt(finding: Finding | null, now: Date): Date | null {
  if (!finding || !isFresh(finding, now)) return null
  return finding.steps.some(({ id, state }) => id === 'login' && state === 'ok') ? finding.at : null
}

export const clockTime = (at: Date) => at.toISOString().slice(11, 16)
