import { Signer } from '@aws-sdk/rds-signer'
import type { RoleSession } from '../../server/core/access/ports.ts'
import { makeSignToken } from '../../server/aws/signer.ts'

const ROUNDS = 300
const WARM_UP_ROUNDS = 60
const TOKENS_A_ROUND = 100

/**
 * Tokens per second, signed through the portal's signer and by `@aws-sdk/rds-signer` alone with the same input.
 * Short rounds of both take turns in changing order, and the median of each counts: what else the machine does hits
 * both alike.
 */
export async function benchSigning(): Promise<{ ours: number; bare: number }> {
  const host = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
  const region = 'eu-west-1'
  const user = 'orders_reader'
  const credentials = {
    accessKeyId: 'ASIAFAKEFAKEFAKEFAKE',
    secretAccessKey: 'fakesecret/fakesecret+fakesecret/fakesecr',
    sessionToken: 'FAKESESSIONTOKEN'.repeat(60),
  }
  const session: RoleSession = {
    ...credentials,
    expiresAt: new Date(Date.now() + 3_600_000),
    stsRequestId: 'bench',
  }
  const signToken = makeSignToken({ now: () => new Date() })

  const ours = () => signToken({ host, port: 5432, region, user, session })
  const bare = () =>
    new Signer({ hostname: host, port: 5432, region, username: user, credentials }).getAuthToken()

  const rates = { ours: [] as number[], bare: [] as number[] }
  for (let round = 0; round < ROUNDS; round++) {
    if (round % 2 === 0) rates.ours.push(await rate(ours))
    rates.bare.push(await rate(bare))
    if (round % 2 === 1) rates.ours.push(await rate(ours))
  }
  return { ours: steady(rates.ours), bare: steady(rates.bare) }
}

async function rate(sign: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  for (let n = 0; n < TOKENS_A_ROUND; n++) await sign()
  return TOKENS_A_ROUND / ((performance.now() - started) / 1000)
}

/** The median of what comes after the compiler has warmed up. */
function steady(rates: number[]): number {
  const warm = rates.slice(WARM_UP_ROUNDS).toSorted((a, b) => a - b)
  return warm[warm.length >> 1] ?? 0
}
