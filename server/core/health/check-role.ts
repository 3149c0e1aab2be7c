import type { TeamRole } from '../catalog/catalog.ts'
import type { Step, StepId } from './finding.ts'
import type { RoleAnswer, RoleWish, TryRole } from './ports.ts'
import { cannot, failed, ok, warning } from './step.ts'

/** How checks appear inside AWS, as role session name and source identity: never as a person. */
export const CHECK_NAME = 'latchkey-check'

/** Milliseconds that two clocks may be apart: less is normal, more than the second and AWS takes no signature. */
const SKEW = {
  warning: 30_000,
  // "A request must reach AWS within five minutes of its time stamp" (IAM user guide, "Signing AWS API requests");
  // nothing says how far RDS goes with a token, and a token loses of its 15 minutes what the clock is behind.
  failed: 5 * 60_000,
}

/**
 * Whether the role lets the portal in, nobody without its external id, and only with a source identity.
 * The sessions that this opens may do nothing at all, and are dropped.
 */
export async function checkRole(
  tryRole: TryRole,
  role: TeamRole,
  region: string,
): Promise<Map<StepId, Step>> {
  const wish: RoleWish = {
    roleArn: role.arn,
    region,
    sessionName: CHECK_NAME,
    sourceIdentity: true,
    externalId: role.externalId,
    connectArn: null,
  }
  const whole = await tryRole(wish)
  const time = clock(whole.skew)
  const steps = new Map<StepId, Step>([['clock', time]])
  // Where the clocks are apart every other answer is about that.
  if (time.state === 'failed') return steps
  if (!whole.letIn && whole.reason !== 'sts_access_denied') {
    steps.set('role', unasked(whole))
    return steps
  }
  const unnamed = await tryRole({ ...wish, sourceIdentity: false })
  steps.set('role', roleStep(role, whole, unnamed))
  const stranger = await tryRole({ ...wish, externalId: null })
  if (whole.letIn || stranger.letIn) steps.set('external-id', externalId(role, stranger))
  if (whole.letIn) steps.set('source-identity', sourceIdentity(role, unnamed))
  return steps
}

function clock(skew: number | null): Step {
  if (skew === null)
    return cannot(
      'clock',
      null,
      'STS gave no answer with a date, so there is nothing to compare with.',
      null,
    )
  const seconds = Math.round(Math.abs(skew) / 1000)
  const apart = `The portal's clock is ${seconds} s ${skew > 0 ? 'behind' : 'ahead of'} that of AWS.`
  const mend = 'Let the machine of the portal take its time by NTP.'
  if (Math.abs(skew) > SKEW.failed)
    return failed(
      'clock',
      'skew',
      `${apart} More than 300 s and AWS takes no signature of it.`,
      mend,
    )
  if (Math.abs(skew) > SKEW.warning) return warning('clock', 'skew', apart, mend)
  return ok('clock', apart)
}

/** No answer that says anything of the role. */
function unasked({ reason, evidence, mend }: Extract<RoleAnswer, { letIn: false }>): Step {
  return reason === 'sts_throttled'
    ? cannot('role', reason, evidence, 'It is asked again in the next round.')
    : failed('role', reason, evidence, mend)
}

function roleStep({ arn }: TeamRole, whole: RoleAnswer, unnamed: RoleAnswer): Step {
  if (whole.letIn)
    return ok('role', `${arn} lets the portal in, with its external id and a source identity.`)
  return unnamed.letIn
    ? failed(
        'role',
        'source_identity_denied',
        `${arn} lets the portal in only without a source identity, and every token is made with one.`,
        "Allow sts:SetSourceIdentity beside sts:AssumeRole in the role's trust policy, and in the portal's own policy.",
      )
    : failed('role', whole.reason, `${arn} does not let the portal in.`, whole.mend)
}

function externalId({ arn }: TeamRole, answer: RoleAnswer): Step {
  if (answer.letIn)
    return failed(
      'external-id',
      'not_demanded',
      `${arn} lets the portal in without its external id: whoever uses a portal could be led to this role (the confused deputy).`,
      'Demand it in the trust policy: "Condition": {"StringEquals": {"sts:ExternalId": "<externalId of the catalog>"}}.',
    )
  if (answer.reason === 'sts_access_denied')
    return ok('external-id', `Without the external id ${arn} does not let the portal in.`)
  return cannot('external-id', answer.reason, answer.evidence, answer.mend)
}

function sourceIdentity({ arn }: TeamRole, answer: RoleAnswer): Step {
  if (answer.letIn)
    return warning(
      'source-identity',
      'not_demanded',
      `${arn} also lets the portal in without a source identity: AWS's own log would not have to name the person.`,
      'Demand it in the trust policy: "Condition": {"StringLike": {"sts:SourceIdentity": "*"}}.',
    )
  if (answer.reason === 'sts_access_denied')
    return ok('source-identity', `Without a source identity ${arn} does not let the portal in.`)
  return cannot('source-identity', answer.reason, answer.evidence, answer.mend)
}
