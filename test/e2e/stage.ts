import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { type Lab, startLab } from '../lab/lab.ts'
import { PEOPLE } from '../lab/people.ts'
import { launchChromium } from './chromium.ts'
import { PINNED, startFront } from './front.ts'
import { type Look, mediaOf } from './looks.ts'

/** The lab, the portal as one or more processes of its own, and a real browser. */
export type Stage = {
  lab: Lab
  url: string
  home: string
  browser: Browser
  /** Milliseconds that the lab's STS and databases are ahead of the portal. */
  ahead: number
  /** What the portals wrote. */
  output: string[]
  /** The first of them. */
  portal: ChildProcess
  /** All of them, on one database and behind one address. */
  portals: ChildProcess[]
  /** A browser of one person's own; where there are several portals, all it asks for goes to the one with this index. */
  visitor(look?: Partial<Look>, at?: number): Promise<Visitor>
  close(): Promise<void>
}

export type Visitor = {
  context: BrowserContext
  page: Page
  /** Violations of the Content-Security-Policy and errors of the console, as they came. */
  complaints: string[]
}

export async function openStage({ portals = 1 } = {}): Promise<Stage> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-stage-'))
  // Where the tests run as root, PostgreSQL runs as somebody who must be able to pass through.
  chmodSync(home, 0o711)
  const port = await freePort()
  const url = `http://localhost:${port}`
  const stage = { url, home, ahead: 0, output: [] as string[] } as Stage
  stage.lab = await startLab({ home, portal: url, now: () => Date.now() + stage.ahead })
  await stage.lab.postgres.createDatabase('latchkey')
  const ports =
    portals === 1 ? [port] : await Promise.all(Array.from({ length: portals }, freePort))
  const front = portals === 1 ? undefined : await startFront(port, ports)
  stage.portals = ports.map((own) => startPortal(stage, own))
  stage.portal = stage.portals[0]!
  stage.browser = await launchChromium()
  await Promise.all(ports.map((own, i) => untilReady(stage, stage.portals[i]!, own)))
  stage.visitor = (look, at) => makeVisitor(stage, look, front && at)
  stage.close = async () => {
    await stage.browser.close()
    for (const portal of stage.portals) portal.kill('SIGTERM')
    await Promise.all(
      stage.portals.map((portal) => portal.exitCode === null && once(portal, 'exit')),
    )
    await front?.close()
    await stage.lab.close()
    rmSync(home, { recursive: true, force: true })
  }
  return stage
}

function startPortal(stage: Stage, port: number): ChildProcess {
  const { PATH, TZ } = process.env
  const portal = spawn(process.execPath, ['build/server/cli.js', 'start'], {
    env: {
      ...{ PATH, TZ },
      ...stage.lab.environment,
      PUBLIC_URL: stage.url,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: stage.lab.postgres.url('latchkey'),
      LOG_LEVEL: 'trace',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  for (const stream of [portal.stdout, portal.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => stage.output.push(text))
  return portal
}

async function untilReady({ output }: Stage, portal: ChildProcess, port: number) {
  for (let i = 0; i < 300; i++) {
    if (portal.exitCode !== null) throw new Error(`the portal ended: ${output.join('')}`)
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    if (answer?.ok) return
    await sleep(100)
  }
  throw new Error(`the portal is not ready: ${output.join('')}`)
}

async function makeVisitor(
  { browser, url }: Stage,
  { width = 1280, still = true, ...look }: Partial<Look> = {},
  at?: number,
): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL: url,
    ...mediaOf({ width, still, ...look }),
    viewport: { width, height: 860 },
    locale: 'en-GB',
    ...(at !== undefined && { extraHTTPHeaders: { [PINNED]: String(at) } }),
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  context.setDefaultTimeout(15_000)
  const complaints: string[] = []
  context.on('console', (message) => {
    // A 401 that the page expects is told by the browser as an error of the network, not of the page.
    if (message.type() === 'error' && !/status of 40[014]/.test(message.text()))
      complaints.push(message.text())
  })
  context.on('weberror', (error) => complaints.push(String(error.error())))
  return { context, page: await context.newPage(), complaints }
}

/** From wherever the page is: through the provider's own page, as that person. */
export async function signInAs(page: Page, givenName: string, path = '/') {
  await page.goto(`/auth/login?returnTo=${encodeURIComponent(path)}`)
  const person = PEOPLE.find((one) => one.givenName === givenName)
  if (!person) throw new Error(`nobody is called ${givenName}`)
  await page.locator(`button[value="${person.sub}"]`).click()
  await page.waitForURL((url) => url.pathname === path)
}

export const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer()
    server.on('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
