import { createHash, randomUUID } from 'node:crypto'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { makeSignToken } from '../../server/aws/signer.ts'
import { makeAssumeRole } from '../../server/aws/sts.ts'
import { makeAccess } from '../../server/core/access/index.ts'
import { accessStore } from '../../server/store/access.ts'
import { mintStore } from '../../server/store/mint.ts'
import { sessionStore } from '../../server/store/session.ts'
import { logOf } from '../store/store.ts'
import { HOST, openGrant, PUBLIC_URL, usePortal } from './portal.ts'
import { open } from './wire.ts'

/** Who asks for a token and goes away, in the middle of each thing that it waits for, hides nothing by that. */
let hold: (moment: string) => Promise<void> = () => Promise.resolve()
const around =
  <Asked extends unknown[], Got>(what: string, work: (...asked: Asked) => Promise<Got>) =>
  async (...asked: Asked): Promise<Got> => {
    await hold(`before ${what}`)
    const got = await work(...asked)
    await hold(`after ${what}`)
    return got
  }

const portal = usePortal(({ store }) => {
  const mint = mintStore(store)
  return {
    access: makeAccess({
      store: accessStore(store),
      mint: {
        ...mint,
        intend: (grant, key, judge) => around('the intent', () => mint.intend(grant, key, judge))(),
        conclude: around('the outcome', mint.conclude),
      },
      sessions: sessionStore(store),
      catalog: () => portal.catalog,
      assumeRole: around('AssumeRole', makeAssumeRole()),
      signToken: around('signing', makeSignToken()),
      record: store.record,
      newId: randomUUID,
    }),
  }
})

let port: number
let cookie: string
let grant: string
const taken: Socket[] = []
beforeAll(async () => {
  portal.app.server.on('connection', (socket: Socket) => void taken.push(socket))
  await portal.app.listen({ host: '127.0.0.1', port: 0 })
  port = (portal.app.server.address() as AddressInfo).port
  cookie = await portal.cookie('team')
  grant = await openGrant(portal, cookie)
})

const BODY = '{"endpoint":"writer"}'
const asking = () =>
  [
    `POST /api/grants/${grant}/tokens HTTP/1.1`,
    ...[`host: ${HOST}`, `origin: ${PUBLIC_URL}`, 'sec-fetch-site: same-origin'],
    ...[`cookie: ${cookie}`, 'content-type: application/json', 'connection: close'],
    ...[`content-length: ${BODY.length}`, '', BODY],
  ].join('\r\n')

/** A client that reads what comes. */
async function client() {
  const socket = await open(port)
  let text = ''
  socket.on('data', (chunk: Buffer) => void (text += chunk.toString('latin1')))
  socket.on('error', () => {})
  return { socket, token: () => /"token":"([^"]+)"/.exec(text)?.[1] }
}
const goneOnBothSides = async ({ socket }: { socket: Socket }, server: Socket) => {
  // Not by `once`: a connection that is reset is an error there.
  const closed = new Promise<void>((resolve) =>
    server.closed ? resolve() : void server.once('close', () => resolve()),
  )
  socket.resetAndDestroy()
  await closed
}

type Logged = Awaited<ReturnType<typeof logOf>>[number]
const minted = async () =>
  (await logOf(portal.store)).filter(
    ({ action, payload_j }) =>
      /^token\.(intent|issued|failed)$/.test(action) && payload_j['grant'] === grant,
  )
/** Of each intent what came of it; an outcome without an intent fails. */
function outcomes(events: Logged[]): string[][] {
  const intents = new Map<string, string[]>()
  for (const { action, intent_id } of events)
    if (action === 'token.intent') intents.set(intent_id!, [])
    else intents.get(intent_id!)!.push(action)
  return [...intents.values()]
}
/** Nobody is told, so what came of it is looked for until nothing is open. */
const settled = async (intents: number) => {
  await expect
    .poll(async () => outcomes(await minted()).filter((each) => each.length > 0).length, {
      timeout: 10_000,
    })
    .toBe(intents)
  return outcomes(await minted())
}
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')

test.each([
  'before the intent',
  'after the intent',
  'before AssumeRole',
  'after AssumeRole',
  'before signing',
  'after signing',
  'before the outcome',
  'after the outcome',
])('gone %s: the intent has its outcome, and nobody has the token', async (moment) => {
  const before = outcomes(await minted()).length
  const it = await client()
  let held = 0
  hold = async (now) => {
    if (now !== moment) return
    held++
    await goneOnBothSides(it, taken.at(-1)!)
  }
  it.socket.write(asking())

  const all = await settled(before + 1)
  expect(held).toBe(1)
  expect(all.at(-1)).toEqual(['token.issued'])
  expect(it.token()).toBeUndefined()
  hold = () => Promise.resolve()
})

test('gone, and AWS refuses afterwards: the intent is closed as failed', async () => {
  const before = outcomes(await minted()).length
  const it = await client()
  hold = async (now) => {
    if (now !== 'before signing') return
    await goneOnBothSides(it, taken.at(-1)!)
    throw new Error('the signer broke')
  }
  it.socket.write(asking())

  expect((await settled(before + 1)).at(-1)).toEqual(['token.failed'])
  hold = () => Promise.resolve()
})

test('gone before the request is whole: nothing was asked for', async () => {
  const before = (await minted()).length
  for (const part of [0.2, 0.8, 0.99]) {
    const it = await client()
    const text = asking()
    it.socket.write(text.slice(0, Math.floor(text.length * part)))
    await sleep(20)
    await goneOnBothSides(it, taken.at(-1)!)
  }
  await sleep(50)
  expect(await minted()).toHaveLength(before)
})

test('60 that go away at any moment: every intent has one outcome, and every token that arrived is in the log', async () => {
  const before = outcomes(await minted()).length
  const arrived: string[] = []
  for (let round = 0; round < 10; round++)
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        const it = await client()
        it.socket.write(asking())
        await sleep(Math.random() * 40)
        if (Math.random() < 0.5) it.socket.resetAndDestroy()
        else it.socket.end()
        await sleep(30)
        it.socket.destroy()
        const token = it.token()
        if (token) arrived.push(token)
      }),
    )
  // Until those that were under way have ended; on a busy machine others only begin then.
  let events: Awaited<ReturnType<typeof minted>> = []
  await expect
    .poll(
      async () => {
        events = await minted()
        return outcomes(events).filter((each) => each.length === 0)
      },
      { timeout: 10_000 },
    )
    .toEqual([])
  const all = outcomes(events).slice(before)
  expect(all.length).toBeGreaterThan(10)
  expect(all.filter((each) => each.length !== 1)).toEqual([])
  const issued = new Set(events.map(({ payload_j }) => payload_j['tokenSha256']))
  expect(arrived.filter((token) => !issued.has(hashOf(token)))).toEqual([])
})
