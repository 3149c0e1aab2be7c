import type { AssumeRoleCommandOutput } from '@aws-sdk/client-sts'
import type { AssumeWish, RoleSession } from '../core/access/ports.ts'

/** STS answered, but not with what was asked for. Says which point failed, never with what value. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer'
}

/** How far the two clocks may disagree before an expiry is no longer believed. */
const CLOCK_SKEW_MS = 5 * 60_000

/** What was asked for, as far as the answer repeats it. */
type Asked = { now: Date; seconds: number }

/**
 * Takes an answer for true only when it is the session that was wished for: this role, this person, and an end
 * that lies ahead and not beyond what was asked. Anything else would put a wrong name on what follows.
 * @throws WrongAnswer
 */
export function readAnswer(
  answer: AssumeRoleCommandOutput,
  wish: AssumeWish,
  asked: Asked,
): RoleSession {
  must(answer.SourceIdentity === wish.sessionName, 'SourceIdentity')
  return readSession(answer, wish, asked)
}

/** The same of a session that stands for the portal itself, and names nobody. @throws WrongAnswer */
export function readSession(
  answer: AssumeRoleCommandOutput,
  wish: Pick<AssumeWish, 'roleArn' | 'sessionName'>,
  asked: Asked,
): RoleSession {
  const { Credentials: credentials, AssumedRoleUser: user, $metadata } = answer
  const expiresAt = credentials?.Expiration
  const stsRequestId = $metadata.requestId ?? ''

  must(/^[A-Z0-9]{16,128}$/.test(credentials?.AccessKeyId ?? ''), 'AccessKeyId')
  must(/^[\x21-\x7e]{16,256}$/.test(credentials?.SecretAccessKey ?? ''), 'SecretAccessKey')
  must(/^[\x21-\x7e]{16,16384}$/.test(credentials?.SessionToken ?? ''), 'SessionToken')
  must(expiresAt instanceof Date && isAhead(expiresAt, asked), 'Expiration')
  must(user?.Arn === assumedRoleArn(wish), 'AssumedRoleUser.Arn')
  must(
    user.AssumedRoleId?.endsWith(`:${wish.sessionName}`) === true,
    'AssumedRoleUser.AssumedRoleId',
  )
  must(/^[\w-]{1,64}$/.test(stsRequestId), 'the request id')

  return {
    accessKeyId: credentials?.AccessKeyId ?? '',
    secretAccessKey: credentials?.SecretAccessKey ?? '',
    sessionToken: credentials?.SessionToken ?? '',
    expiresAt,
    stsRequestId,
  }
}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new WrongAnswer(`AssumeRole answered with a wrong or missing ${what}`)
}

const isAhead = (expiresAt: Date, { now, seconds }: Asked) =>
  expiresAt > now && expiresAt.getTime() <= now.getTime() + seconds * 1000 + CLOCK_SKEW_MS

/** `arn:aws:iam::1:role/path/name` becomes `arn:aws:sts::1:assumed-role/name/session`: the path is left out (IAM user guide, "IAM identifiers"). */
function assumedRoleArn({
  roleArn,
  sessionName,
}: Pick<AssumeWish, 'roleArn' | 'sessionName'>): string {
  const [, partition = '', , , account = '', role = ''] = roleArn.split(':')
  return `arn:${partition}:sts::${account}:assumed-role/${role.split('/').at(-1)}/${sessionName}`
}
