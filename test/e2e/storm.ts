import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RequestPage } from '../../server/contract/request.ts'
import { SESSION_COOKIE } from '../../server/http/cookies.ts'
import { migrate } from '../../server/store/migrate.ts'
import { openStore, type Store } from '../../server/store/store.ts'
import { type Lab, startLab } from '../lab/lab.ts'
import { signIn } from '../store/store.ts'
import { freePort } from './stage.ts'

export type Portal = { process: ChildProcess; url: string; output: string[] }

/** A portal that can be killed, on a lab and a store that outlive it. */
export type Weather = {
  lab: Lab
  store: Store
  url: string
  /**
   * SHA-256 of every token that a client received, each time that it did.
   * Two mints within a second may sign the same token: both must be in the log.
   */
  ledger: string[]
  start(): Promise<Portal>
  /** One that is expected to end by itself: what it said, and its exit code. */
  startRefused(over: NodeJS.ProcessEnv): Promise<{ code: number; said: string }>
  close(): Promise<void>
}

export async function openWeather(): Promise<Weather> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-storm-'))
  chmodSync(home, 0o711)
  const port = await freePort()
  const url = `http://localhost:${port}`
  const lab = await startLab({ home, portal: url })
  await lab.postgres.createDatabase('latchkey')
  await migrate(lab.postgres.url('latchkey'))
  const store = openStore(lab.postgres.url('latchkey'))
  const running = new Set<ChildProcess>()
  return {
    lab,
    store,
    url,
    ledger: [],
    start: async () => {
      const portal = spawnPortal(lab, url, port)
      running.add(portal.process)
      await untilReady(portal)
      return portal
    },
    startRefused: async (over) => {
      const portal = spawnPortal(lab, url, port, over)
      running.add(portal.process)
      const [code] = (await once(portal.process, 'close')) as [number]
      return { code, said: portal.output.join('') }
    },
    close: async () => {
      for (const child of running) if (child.exitCode === null) child.kill('SIGKILL')
      await store.close()
      await lab.close()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

export function spawnPortal(
  lab: Lab,
  url: string,
  port: number,
  over: NodeJS.ProcessEnv = {},
): Portal {
  const child = spawn(process.execPath, ['build/server/cli.js', 'start'], {
    env: {
      PATH: process.env['PATH'],
      ...lab.environment,
      PUBLIC_URL: url,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: lab.postgres.url('latchkey'),
      ...over,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => output.push(text))
  return { process: child, url, output }
}

export async function untilReady({ process: child, url, output }: Portal) {
  for (let i = 0; i < 400; i++) {
    if (child.exitCode !== null) throw new Error(`the portal ended: ${output.join('')}`)
    if ((await fetch(`${url}/readyz`).catch(() => undefined))?.ok) return
    await sleep(50)
  }
  throw new Error(`the portal is not ready: ${output.join('')}`)
}

export type Client = { cookie: string; grant: string }

const headers = (url: string, cookie: string) => ({
  cookie,
  origin: url,
  'sec-fetch-site': 'same-origin',
  'content-type': 'application/json',
})

/** People with a session and a grant, through the portal's own door. */
export async function makeClients({ store, url }: Weather, count: number): Promise<Client[]> {
  const clients: Client[] = []
  for (let i = 0; i < count; i++) {
    const { key } = await signIn(store, { subject: `storm-${i}`, email: `storm${i}@example.com` })
    const cookie = `${SESSION_COOKIE}=${key}`
    const answer = await fetch(`${url}/api/requests`, {
      method: 'POST',
      headers: headers(url, cookie),
      body: JSON.stringify({
        team: 'payments',
        database: 'orders',
        user: 'orders_reader',
        seconds: 28_800,
      }),
    })
    const { request } = (await answer.json()) as RequestPage
    clients.push({ cookie, grant: request.grant!.id })
  }
  return clients
}

/** One mint; what arrives goes into the ledger. Returns the status, or 0 when there was no answer. */
export async function mint({ url, ledger }: Weather, { cookie, grant }: Client): Promise<number> {
  try {
    const answer = await fetch(`${url}/api/grants/${grant}/tokens`, {
      method: 'POST',
      headers: headers(url, cookie),
      body: '{"endpoint":"writer"}',
    })
    const body = (await answer.json()) as { token?: string }
    if (body.token !== undefined) ledger.push(createHash('sha256').update(body.token).digest('hex'))
    return answer.status
  } catch {
    return 0
  }
}

/** Mints without pause from all clients until `over`; returns how often each status came. */
export async function storm(weather: Weather, clients: Client[], over: () => boolean) {
  const statuses = new Map<number, number>()
  await Promise.all(
    clients.map(async (client) => {
      while (!over()) {
        const status = await mint(weather, client)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (status !== 201) await sleep(20)
      }
    }),
  )
  return statuses
}

/** Kills the portal at a random moment of a storm and starts it again, so many times. The last one is left running. */
export async function killInStorm(weather: Weather, kills: number): Promise<Portal> {
  let portal = await weather.start()
  const clients = await makeClients(weather, 32)
  for (let kill = 0; kill < kills; kill++) {
    let over = false
    const storming = storm(weather, clients, () => over)
    // Four of five meet a portal that gives tokens; the fifth, one that has hardly started.
    const before = weather.ledger.length
    for (let i = 0; kill % 5 && i < 1_000 && weather.ledger.length === before; i++) await sleep(20)
    await sleep(Math.random() * 1_500)
    portal.process.kill('SIGKILL')
    await once(portal.process, 'exit')
    over = true
    await storming
    portal = await weather.start()
  }
  return portal
}

/** What the log says of the tokens in the ledger, and of every intent. */
export async function reckon({ store, ledger }: Weather) {
  const { rows } = await store.pool.query<{
    id: string
    action: string
    intent_id: string
    sha: string | null
  }>(
    `SELECT id, action, intent_id, payload_j->>'tokenSha256' AS sha FROM audit.log WHERE intent_id IS NOT NULL ORDER BY id`,
  )
  const intents = new Map<string, string[]>()
  const signed = new Map<string, string>()
  for (const { action, intent_id, sha } of rows) {
    intents.set(intent_id, [...(intents.get(intent_id) ?? []), action])
    if (sha) signed.set(intent_id, sha)
  }
  const stories = [...intents.values()]
  const whole = [...intents].filter(([, story]) => story.join() === 'token.intent,token.issued')
  const recorded = countEach(whole.map(([intent]) => signed.get(intent) ?? ''))
  return {
    received: ledger.length,
    /** Tokens that somebody has more often than the log knows them whole: there may be none. */
    unrecorded: [...countEach(ledger)].filter(([sha, times]) => times > (recorded.get(sha) ?? 0)),
    /** Intents without an outcome yet. */
    open: stories.filter((story) => story.join() === 'token.intent').length,
    unknown: stories.filter((story) => story.includes('token.unknown')).length,
    /** More than one outcome, or one before its intent: there may be none. */
    crooked: stories.filter((story) => story.length > 2 || story[0] !== 'token.intent'),
  }
}

const countEach = (texts: string[]) => {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}
