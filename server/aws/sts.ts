import { setTimeout as sleep } from 'node:timers/promises'
import { AssumeRoleCommand } from '@aws-sdk/client-sts'
import { LRUCache } from 'lru-cache'
import type { AssumeRole, AssumeWish, RoleSession } from '../core/access/ports.ts'
import {
  makeAttempts,
  STS_LIMITS,
  type StsLimits,
  type StsLog,
  type StsSeen,
} from './sts-attempts.ts'
import { readAnswer } from './sts-answer.ts'
import { stsClients, type StsClients } from './sts-client.ts'

export type StsDeps = {
  clients: StsClients
  now: () => Date
  /** In [0, 1), for the jitter. */
  random: () => number
  sleep: (milliseconds: number) => Promise<unknown>
  log: StsLog
  limits: StsLimits
  seen: StsSeen
}

/** AWS lets no role have a maximum below an hour, nor a chained role more (STS API, AssumeRole, `DurationSeconds`). */
const SESSION_SECONDS = 3_600
/** Less would cut short the 15 minutes of the token that it signs. */
const REUSE_WHILE_LEFT_MS = 15 * 60_000
const CACHED_SESSIONS = 1_000

/**
 * Role sessions, each for one person, one role and one `rds-db:connect` ARN.
 * A session is used again for exactly the same wish while at least 15 minutes of it are left, and two identical
 * wishes at once are one call; nobody is ever given the session of somebody else.
 */
export function makeAssumeRole(deps: Partial<StsDeps> = {}): AssumeRole {
  const { clients = stsClients(), now = () => new Date() } = deps
  const attempts = makeAttempts({
    random: Math.random,
    sleep,
    log: { warn: () => {} },
    limits: STS_LIMITS,
    seen: { call: () => {}, circuit: () => {} },
    ...deps,
    now,
  })
  const sessions = new LRUCache<string, RoleSession>({ max: CACHED_SESSIONS })
  const inFlight = new Map<string, Promise<RoleSession>>()

  const ask = (wish: AssumeWish) =>
    attempts(wish, async (signal) => {
      const answer = await clients(wish.region).send(command(wish), { abortSignal: signal })
      return readAnswer(answer, wish, { now: now(), seconds: SESSION_SECONDS })
    })

  return (wish) => {
    const key = keyOf(wish)
    const known = sessions.get(key)
    if (known && known.expiresAt.getTime() - now().getTime() >= REUSE_WHILE_LEFT_MS)
      return Promise.resolve(known)

    const running = inFlight.get(key)
    if (running) return running

    const call = ask(wish)
      .then((session) => {
        sessions.set(key, session)
        return session
      })
      .finally(() => inFlight.delete(key))
    inFlight.set(key, call)
    return call
  }
}

/** Everything that makes one session differ from another, kept apart by JSON's own quoting. */
const keyOf = ({ sessionName, roleArn, connectArn, externalId, region }: AssumeWish) =>
  JSON.stringify([sessionName, roleArn, connectArn, externalId, region])

const command = (wish: AssumeWish) =>
  new AssumeRoleCommand({
    RoleArn: wish.roleArn,
    ExternalId: wish.externalId,
    DurationSeconds: SESSION_SECONDS,
    RoleSessionName: wish.sessionName,
    SourceIdentity: wish.sessionName,
    Policy: sessionPolicy(wish.connectArn),
  })

/** What the session may do is what both this and the role allow: to open one database as one database user. */
export const sessionPolicy = (connectArn: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'rds-db:connect', Resource: connectArn }],
  })
