import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Break, BREAKS, DAMAGES } from './break.ts'
import { startLab } from './lab.ts'
import { queryAsPortal } from './portal-way.ts'

let home: string
beforeAll(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'latchkey-break-'))
  fs.chmodSync(home, 0o755)
})
afterAll(() => fs.rmSync(home, { recursive: true }))

/** What somebody who does all as before sees of `orders`, and what its door says to itself. */
async function tryOrders(broken?: Break) {
  const log: string[] = []
  const portal = 'http://localhost:8080'
  const lab = await startLab({ home, portal, broken, log: (line) => log.push(line) })
  try {
    const writer = broken && DAMAGES[broken].orders?.endpoints[0]?.host
    const target = {
      team: 'payments' as const,
      host: writer ?? 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com',
      user: 'orders_reader',
      region: 'eu-west-1',
      dbname: 'orders',
    }
    const outcome = await queryAsPortal(lab, target, 'select 1 as x').catch(
      (error: Error & { code?: string }) => error.code ?? error.name,
    )
    return { outcome, log: log.join() }
  } finally {
    await lab.close()
  }
}

const HOW: Record<Break, [outcome: string, log: RegExp]> = {
  'expired-ca': ['CERT_HAS_EXPIRED', /^$/],
  'no-rds-iam': ['28P01', /refused user "orders_reader"/],
  'iam-off': ['28P01', /refused user "orders_reader"/],
  'wrong-region': ['28000', /it is for another region/],
  'role-trust': ['AccessDenied', /^$/],
  'session-policy': ['28000', /nobody allows rds-db:connect on .*cluster-RESTORED/],
  clock: ['28000', /it has expired/],
}

test.each(BREAKS)(
  'broken by %s',
  async (name) => {
    const [outcome, log] = HOW[name]
    expect(await tryOrders(name)).toEqual({ outcome, log: expect.stringMatching(log) })
  },
  60_000,
)

test('the next start without it is whole again', async () => {
  expect(await tryOrders()).toMatchObject({ outcome: [{ x: 1 }] })
}, 60_000)
