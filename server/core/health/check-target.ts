import type { SignToken } from '../access/ports.ts'
import type { AuditDetail, AuditEvent } from '../audit/event.ts'
import { connectArn, type TeamRole } from '../catalog/catalog.ts'
import { checkIam, checkInventory } from './check-inventory.ts'
import { checkLogIn } from './check-log-in.ts'
import { CHECK_NAME } from './check-role.ts'
import type { Step, StepId } from './finding.ts'
import type { HealthStore, LogIn, Target, TryRole } from './ports.ts'
import type { RoundFacts } from './round-facts.ts'
import { blockerOf, cannot, failed, inOrder, ok } from './step.ts'
import { makeUseToken } from './use-token.ts'

export type Deps = {
  store: Pick<HealthStore, 'recordIntent'>
  tryRole: TryRole
  signToken: SignToken
  logIn: LogIn
  newId: () => string
  now: () => Date
}

/** For whom a check is made: the portal's own round, or the administrator who asked. */
export type By = Pick<AuditEvent<'check.intent'>, 'actor' | 'requestId' | 'address'>

/** What a check came to. Of a token there is what the log keeps, never the token. */
export type Checked = {
  steps: Step[]
  intentId?: string
  signed: Pick<AuditDetail['check.done'], 'role' | 'accessKeyId' | 'stsRequestId' | 'tokenSha256'>
}

/** Runs the steps of one target, each only where those before it leave something to learn. */
export function makeCheckTarget(deps: Deps) {
  const useToken = makeUseToken({ ...deps, recordIntent: deps.store.recordIntent })

  return async (
    target: Target,
    role: TeamRole | undefined,
    facts: RoundFacts,
    by: By,
  ): Promise<Checked> => {
    const { database, endpoint, rule } = target
    const steps = new Map<StepId, Step>()
    const keep = (...each: readonly Step[]) => each.forEach((step) => steps.set(step.id, step))
    const { step, found } = checkInventory(facts.inventory(), database, endpoint, deps.now())
    keep(step)
    if (!blockerOf('iam', steps)) keep(checkIam(found))
    const { steps: network, pem } = await facts.network(target)
    keep(...network.values())
    if (!rule || !role) {
      for (const id of NEED_A_RULE)
        keep(cannot(id, 'no_rule', 'No access rule of the catalog is on this database.', null))
      return { steps: inOrder(steps), signed: {} }
    }
    keep(...(await facts.role(role, database.region)).values())
    if (blockerOf('session-policy', steps)) return { steps: inOrder(steps), signed: {} }

    const arn = connectArn(database, rule.user)
    const answer = await deps.tryRole({
      roleArn: role.arn,
      region: database.region,
      sessionName: CHECK_NAME,
      sourceIdentity: true,
      externalId: role.externalId,
      connectArn: arn,
    })
    if (!answer.letIn) {
      keep(failed('session-policy', answer.reason, answer.evidence, answer.mend))
      return { steps: inOrder(steps), signed: {} }
    }
    keep(
      ok(
        'session-policy',
        `The role session is narrowed to ${arn}${packed(answer.packedPolicySize)}.`,
      ),
    )
    // No token goes to a server whose name is not proven.
    if (!blockerOf('token', steps) && steps.get('tls')?.code === 'name')
      keep(
        cannot(
          'token',
          'name',
          'The check sends no token to a server whose certificate has another name.',
          null,
        ),
      )
    if (blockerOf('token', steps) || steps.has('token') || pem === undefined)
      return { steps: inOrder(steps), signed: {} }

    const { session } = answer
    const { host, port } = endpoint.signing
    const intentId = deps.newId()
    const detail = {
      database: database.name,
      team: rule.team,
      user: rule.user,
      endpoint: endpoint.name,
      role: role.arn,
      sessionName: CHECK_NAME,
    }
    const used = await useToken(
      {
        intent: { ...by, action: 'check.intent', subject: database.name, intentId, detail },
        session,
        host,
        port,
        region: database.region,
        user: rule.user,
      },
      (token) =>
        deps.logIn({ database, dial: endpoint.dial, host, ca: pem, user: rule.user, token }),
    )
    const { accessKeyId, stsRequestId } = session
    if (!used.signed) {
      keep(unsigned(used.why))
      return { steps: inOrder(steps), intentId, signed: {} }
    }
    keep(
      ok(
        'token',
        `A token was signed for ${host}:${port} and ${rule.user}, recorded before, used once and dropped.`,
      ),
    )
    keep(
      ...checkLogIn(used.result, { database, user: rule.user, connectArn: arn, roleArn: role.arn }),
    )
    const { tokenSha256 } = used
    return {
      steps: inOrder(steps),
      intentId,
      signed: { role: role.arn, accessKeyId, stsRequestId, tokenSha256 },
    }
  }
}

const NEED_A_RULE: readonly StepId[] = [
  'role',
  'external-id',
  'source-identity',
  'session-policy',
  'clock',
  'token',
  'login',
  'membership',
]

const packed = (percent: number | null) =>
  percent === null ? '' : `; that takes ${percent} % of what STS allows`

const unsigned = (why: 'not_recorded' | 'not_signed') =>
  why === 'not_recorded'
    ? cannot(
        'token',
        why,
        'The audit log did not take the record of it, so no token was signed.',
        "See to the portal's database: without a record there is no token, for people neither.",
      )
    : failed(
        'token',
        why,
        'The signer made no token of the role session.',
        "Check the portal's clock.",
      )
