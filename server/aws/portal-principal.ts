import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { stsClients, type StsClients } from './sts-client.ts'
import { withTimeLimit } from './time-limit.ts'

/** Milliseconds: it is a proposal in a form, nobody waits long for it. */
const PATIENCE = 3_000

/**
 * The role or user that the portal works as, by its ARN, as trust policies name it; null where AWS does not say.
 * Nothing may forbid the question (STS API, GetCallerIdentity). Once answered it is not asked again.
 */
export function makePortalPrincipal(
  region: () => string | undefined,
  clients: StsClients = stsClients(),
): () => Promise<string | null> {
  let known: string | null = null
  return async () => {
    const where = region()
    if (known !== null || where === undefined) return known
    try {
      const answer = await withTimeLimit(PATIENCE, (signal) =>
        clients(where).send(new GetCallerIdentityCommand({}), { abortSignal: signal }),
      )
      known = principalOf(answer.Arn ?? '')
    } catch {
      // Without credentials or a network the form starts with an empty field.
    }
    return known
  }
}

/** A session is trusted through its role, whose path STS does not tell (IAM user guide, "IAM identifiers"). */
export function principalOf(arn: string): string | null {
  const session = /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\/[^/]+$/.exec(arn)
  if (session) return `arn:${session[1]}:iam::${session[2]}:role/${session[3]}`
  return /^arn:[\w-]+:iam::\d{12}:user\/[\x21-\x7e]+$/.test(arn) ? arn : null
}
