import { AssumeRoleCommand, type AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import type { RoleAnswer, RoleWish, TryRole } from '../core/health/ports.ts'
import { readAnswer } from './sts-answer.ts'
import { stsClients, type StsClients } from './sts-client.ts'
import { explainFailure } from './sts-failure.ts'
import { sessionPolicy } from './sts.ts'
import { withTimeLimit } from './time-limit.ts'

/** The shortest that STS gives: enough for one log-in. */
const SESSION_SECONDS = 900

/** For sessions that only show that a role lets somebody in. */
const NOTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
})

type Deps = { clients: StsClients; now: () => Date; limit: number }

/**
 * One AssumeRole as a check makes it: in whatever way it is wished for, once, outside of the sessions and circuits of mints,
 * and with the time of the answer, which tells how far the two clocks are apart.
 * @param deps `limit`: milliseconds for a call
 */
export function makeTryRole(deps: Partial<Deps> = {}): TryRole {
  const { clients = stsClients(), now = () => new Date(), limit = 3_000 } = deps
  return async (wish) => {
    const command = new AssumeRoleCommand(inputOf(wish))
    let answeredAt: number | undefined
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        answeredAt = dateOf(result.response)
        return result
      },
      { step: 'deserialize', priority: 'low', name: 'readDate' },
    )
    const began = now().getTime()
    // The header has whole seconds, and was written somewhere between the question and the answer.
    const skew = () =>
      answeredAt === undefined ? null : answeredAt + 500 - (began + now().getTime()) / 2
    try {
      const answer = await withTimeLimit(limit, (signal) =>
        clients(wish.region).send(command, { abortSignal: signal }),
      )
      const { roleArn, region, sessionName, externalId, connectArn } = wish
      const expected = { roleArn, region, sessionName, externalId: externalId ?? '' }
      const session = readAnswer(
        wish.sourceIdentity ? answer : { ...answer, SourceIdentity: sessionName },
        { ...expected, connectArn: connectArn ?? '' },
        { now: now(), seconds: SESSION_SECONDS },
      )
      return {
        letIn: true,
        skew: skew(),
        session,
        packedPolicySize: answer.PackedPolicySize ?? null,
      }
    } catch (thrown) {
      return refusalOf(thrown, skew())
    }
  }
}

function refusalOf(thrown: unknown, skew: number | null): RoleAnswer {
  const { error } = explainFailure(thrown)
  const { reason = error.code, message, mend = null } = error
  return { letIn: false, skew, reason, evidence: message, mend }
}

const inputOf = (wish: RoleWish): AssumeRoleCommandInput => ({
  RoleArn: wish.roleArn,
  DurationSeconds: SESSION_SECONDS,
  RoleSessionName: wish.sessionName,
  ...(wish.externalId !== null && { ExternalId: wish.externalId }),
  ...(wish.sourceIdentity && { SourceIdentity: wish.sessionName }),
  Policy: wish.connectArn === null ? NOTHING : sessionPolicy(wish.connectArn),
})

function dateOf(response: unknown): number | undefined {
  const { headers } = response as { headers?: Record<string, string> }
  const time = Date.parse(headers?.['date'] ?? '')
  return Number.isNaN(time) ? undefined : time
}
