import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { diagnose } from '../../server/core/diagnosis/diagnose.ts'
import { DomainError } from '../../server/core/error.ts'
import { type Finding, STEPS, type StepId } from '../../server/core/health/finding.ts'
import { type Break, BREAKS, DAMAGES } from '../lab/break.ts'
import { DATABASES } from '../lab/databases.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import { hasJava, hasPsql, type Java, startJava, withNode, withPsql } from './clients.ts'
import { signFor } from './signed.ts'

/*
 * Each way to break the demo, as real clients tell of it: what the words alone give, and what they give beside the first
 * failing step of the portal's check. Where RDS has one message for many reasons, the words cannot name the cause.
 */

const ORDERS = DATABASES[0]!

type Told = {
  symptom: string
  /** The true cause, which must be among those that the words alone give. */
  cause: string
  /** What the check of the database finds first. */
  check: [step: StepId, code: string]
}
const TOLD: Record<Exclude<Break, 'role-trust' | 'clock'>, Told> = {
  'expired-ca': {
    symptom: 'certificate',
    cause: 'certificate-expired',
    check: ['tls', 'expired'],
  },
  'no-rds-iam': {
    symptom: 'takes no',
    cause: 'rds-iam-missing',
    check: ['membership', '28P01'],
  },
  'iam-off': { symptom: 'takes no', cause: 'iam-off', check: ['iam', 'off'] },
  'wrong-region': {
    symptom: 'refused',
    cause: 'other-region',
    check: ['inventory', 'other_region'],
  },
  'session-policy': { symptom: 'refused', cause: 'not-allowed', check: ['login', '28000'] },
}

let home: string
let java: Java | undefined
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'latchkey-breaks-'))
  chmodSync(home, 0o755)
  const orders = BREAKS.map((name) => DAMAGES[name].orders ?? ORDERS)
  const hosts = orders.flatMap(({ endpoints }) => endpoints.map(({ host }) => host))
  if (hasJava) java = startJava(home, [...new Set(hosts)])
})
afterAll(() => {
  java?.close()
  rmSync(home, { recursive: true, force: true })
})

async function inBroken<T>(broken: Break, work: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await startLab({ home: join(home, 'lab'), portal: 'http://localhost:8080', broken })
  try {
    return await work(lab)
  } finally {
    await lab.close()
  }
}

/** What is thought of the words that the card shows where the portal got no token. */
function ofPortal(refused: unknown) {
  expect(refused).toBeInstanceOf(DomainError)
  const { message, mend } = refused as DomainError
  const known = { now: new Date(), user: 'orders_reader', token: null, finding: null }
  const text = `No token was given\n${message} ${mend}`
  return diagnose(text, { ...known, receivedLength: undefined }).causes[0]
}

/** What each client that is here says of `orders`, used as the card says. */
async function sayings(lab: Lab, host: string, token: string): Promise<[string, string][]> {
  const port = lab.doorOf(host)
  const ca = lab.authority.file
  const libpq = `host=${host} hostaddr=127.0.0.1 port=${port} user=orders_reader dbname=orders sslmode=verify-full sslrootcert=${ca}`
  const config = {
    host: '127.0.0.1',
    port,
    user: 'orders_reader',
    database: 'orders',
    password: token,
    ssl: { ca: lab.authority.pem, servername: host },
  }
  const url = `jdbc:postgresql://${host}:${port}/orders?sslmode=verify-full&sslrootcert=${ca}`
  return Promise.all([
    withNode(config).then((text): [string, string] => ['node-postgres', text]),
    ...(hasPsql
      ? [
          withPsql(home, libpq, { PGPASSWORD: token }).then(
            (text) => ['psql', text] as [string, string],
          ),
        ]
      : []),
    ...(java
      ? [
          java
            .attempt(url, 'orders_reader', token)
            .then((text) => ['pgjdbc', text] as [string, string]),
        ]
      : []),
  ])
}

const checked = (step: StepId, code: string, at: Date): Finding => ({
  database: 'orders',
  team: 'payments',
  user: 'orders_reader',
  endpoint: 'writer',
  at,
  steps: STEPS.map((id) => ({
    id,
    state: id === step ? 'failed' : 'ok',
    evidence: '',
    mend: null,
    code: id === step ? code : null,
  })),
})

test.each(Object.entries(TOLD) as [keyof typeof TOLD, Told][])(
  'broken by %s',
  async (broken, { symptom, cause, check: [step, code] }) => {
    const orders = DAMAGES[broken].orders ?? ORDERS
    const host = orders.endpoints[0]!.host
    const { known, heard } = await inBroken(broken, async (lab) => {
      const { token, known } = await signFor(lab, orders, 'orders_reader')
      return { known, heard: await sayings(lab, host, token) }
    })
    for (const [client, text] of heard) {
      const alone = diagnose(text, known)
      expect(alone.means, `${client}: ${text}`).toContain(WORDS[symptom])
      expect(
        alone.causes.map(({ id }) => id),
        client,
      ).toContain(cause)
      const finding = checked(step, code, known.now)
      expect(diagnose(text, { ...known, finding }).causes[0], client).toMatchObject({
        id: cause,
        certainty: 'likely',
      })
    }
  },
  60_000,
)

const WORDS: Record<string, string> = {
  certificate: 'certificate',
  'takes no': 'for a password',
  refused: 'checked the token and refused it',
}

test.each([
  ['role-trust', { id: 'role-refused', certainty: 'certain', who: 'aws_owner' }],
  ['clock', { id: 'clock', certainty: 'likely', who: 'administrator' }],
] as const)(
  'broken by %s there is no token, and the portal’s own words are known too',
  async (broken, told) => {
    const refused = await inBroken(broken, (lab) =>
      signFor(lab, ORDERS, 'orders_reader').catch((error: unknown) => error),
    )
    expect(ofPortal(refused)).toMatchObject(told)
  },
  60_000,
)
