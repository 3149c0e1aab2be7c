import { randomUUID } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import type { Heard } from '../../server/core/access/changes.ts'
import type { Announced } from '../../server/core/access/ports.ts'
import { accessStore, CHANGES } from '../../server/store/access.ts'
import { openChanges } from '../../server/store/changes.ts'
import { openStore } from '../../server/store/store.ts'
import { useStore } from './store.ts'

const used = useStore()
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A listener with all that it heard and all that it logged. */
async function listener(url = used.url, ask?: number) {
  const logged: string[] = []
  const heard: Heard[] = []
  const changes = await openChanges(url, (_details, message) => void logged.push(message), {
    ...(ask && { ask }),
  })
  closers.push(changes.close)
  const unsubscribe = changes.subscribe((what) => void heard.push(what))
  return { changes, heard, logged, unsubscribe }
}

const aChange = (): Announced => ({
  id: randomUUID(),
  personId: randomUUID(),
  team: 'payments',
  database: 'orders',
  user: "o'reader “ü”",
})
const announce = (about: Announced, store = used.store) =>
  accessStore(store).transaction((tx) => tx.announce(about))
const say = (payload: string) =>
  used.store.pool.query('SELECT pg_notify($1, $2)', [CHANGES, payload])
const until = async (truth: () => boolean | Promise<boolean>) => {
  while (!(await truth())) await sleep(5)
}

const LISTENERS = "application_name = 'latchkey changes' AND datname = current_database()"
/** Ends the connections that listen, as an operator would. */
async function cutListeners() {
  const operator = new pg.Client(used.url)
  await operator.connect()
  const { rowCount } = await operator.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${LISTENERS}`,
  )
  await operator.end()
  return rowCount
}

test('a change is heard as it was announced, also when another store announced it', async () => {
  const { heard } = await listener()
  const other = openStore(used.url)
  closers.push(other.close)
  const [one, two] = [aChange(), aChange()]

  await announce(one)
  await announce(two, other)
  await until(() => heard.length >= 2)

  expect(heard).toEqual([one, two])
})

test('a change that was undone is not heard', async () => {
  const { heard } = await listener()
  const [undone, done] = [aChange(), aChange()]

  await accessStore(used.store)
    .transaction(async (tx) => {
      await tx.announce(undone)
      throw new Error('never mind')
    })
    .catch(() => {})
  await announce(done)
  await until(() => heard.length > 0)

  expect(heard).toEqual([done])
})

test('who unsubscribed hears nothing more, and one that throws takes nothing from the others', async () => {
  const { changes, heard, logged, unsubscribe } = await listener()
  const others: Heard[] = []
  changes.subscribe(() => {
    throw new Error('broken')
  })
  changes.subscribe((what) => void others.push(what))
  unsubscribe()
  const change = aChange()

  await announce(change)
  await until(() => others.length > 0)

  expect(others).toEqual([change])
  expect(heard).toEqual([])
  expect(logged).toEqual(['a change could not be passed on'])
})

test.each([
  ['no JSON', 'hello'],
  ['nothing', ''],
  ['null', 'null'],
  ['a list', '[]'],
  ['a change without its team', JSON.stringify({ ...aChange(), team: undefined })],
  ['a change whose id is none', JSON.stringify({ ...aChange(), id: '1\nevent: over' })],
  ['a change of a numbered person', JSON.stringify({ ...aChange(), personId: 7 })],
])('%s is left alone and logged, and the next change is heard', async (_what, payload) => {
  const { heard, logged } = await listener()
  const change = aChange()

  await say(payload)
  await announce(change)
  await until(() => heard.length > 0)

  expect(heard).toEqual([change])
  expect(logged).toEqual(['an announcement that cannot be read was left alone'])
})

test('what an announcement has too much goes no further', async () => {
  const { heard } = await listener()
  const change = aChange()

  await say(JSON.stringify({ ...change, reason: 'secret' }))
  await until(() => heard.length > 0)

  expect(heard).toEqual([change])
})

test('after its connection was cut it listens again and says that changes may be missed', async () => {
  const { heard, logged } = await listener()
  const change = aChange()

  expect(await cutListeners()).toBe(1)
  await until(() => heard.length > 0)
  await announce(change)
  await until(() => heard.length > 1)

  expect(heard).toEqual(['missed', change])
  expect(logged).toEqual([
    'changes of requests are not heard; it will be tried again',
    'changes of requests are heard again',
  ])
})

test('a database that is away at the start keeps nobody waiting, and is heard once it is there', async () => {
  const gate = await startGate()
  gate.shut()
  const { heard, logged } = await listener(gate.url)
  expect(logged).toEqual(['changes of requests are not heard; it will be tried again'])
  const change = aChange()

  gate.open()
  await until(() => heard.length > 0)
  await announce(change)
  await until(() => heard.length > 1)

  expect(heard).toEqual(['missed', change])
})

test('a connection that falls silent is given up, as after a failover', async () => {
  const gate = await startGate()
  const { heard } = await listener(gate.url, 50)
  const change = aChange()

  gate.freeze()
  await until(() => heard.length > 0)
  await announce(change)
  await until(() => heard.length > 1)

  expect(heard).toEqual(['missed', change])
})

test('one connection is all it takes, as the role that can do least, and closing ends it', async () => {
  const { changes } = await listener()
  const seen = async () =>
    (
      await used.store.pool.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM pg_stat_activity WHERE ${LISTENERS}`,
      )
    ).rows[0]!.n
  expect(await seen()).toBe(1)

  await changes.close()
  await changes.close()

  await until(async () => (await seen()) === 0)
})

type Gate = { url: string; shut(): void; open(): void; freeze(): void }

/** A way to the server that can be shut, and on which everything can stand still without a word. */
async function startGate(): Promise<Gate> {
  let shut = false
  const sockets = new Set<Socket>()
  const url = new URL(used.url)
  const path = `${url.searchParams.get('host')}/.s.PGSQL.5432`
  const server = createServer((socket) => {
    if (shut) return void socket.destroy()
    const behind = connect(path)
    sockets.add(socket).add(behind)
    socket.on('error', () => behind.destroy()).pipe(behind)
    behind.on('error', () => socket.destroy()).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  url.searchParams.delete('host')
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    shut: () => void (shut = true),
    open: () => void (shut = false),
    freeze: () => sockets.forEach((socket) => socket.unpipe().pause()),
  }
}
