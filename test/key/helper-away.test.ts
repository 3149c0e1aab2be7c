import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { helperScripts } from '../../server/http/routes/terminal.ts'

let home: string
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'latchkey-away-'))
  mkdirSync(join(home, '.config/latchkey'), { recursive: true })
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const sh = readFileSync('server/terminal/latchkey.sh', 'utf8')

/** The helper as a portal that is nothing but a socket would hand it out, with a key for it. */
async function run(portal: string) {
  const script = helperScripts({ sh, ps1: '' }, portal)[0]?.content
  const keyFile = `${new URL(portal).host.replace(':', '_')}.key`
  writeFileSync(join(home, '.config/latchkey', keyFile), `lk_${'a'.repeat(40)}\n`)
  const child = spawn('sh', ['-s', 'token', 'orders/orders_reader'], {
    env: { PATH: process.env['PATH'], HOME: home, LC_ALL: 'C' },
  })
  child.stdin.end(script)
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code: child.exitCode, stdout, stderr }
}

/** Listens on loopback. @returns the address of it */
async function open(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const away = (portal: string) => ({
  code: 4,
  stdout: '',
  stderr: `latchkey: ${portal} does not answer. Is this computer online, and in the network that it needs?\n`,
})

describe('the helper gives a portal up in less than five seconds, in one line, when it', () => {
  test.concurrent.each([
    ['takes the call and says nothing', ''],
    ['begins an answer and says no more', 'HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n'],
  ])('%s', async (_what, beginning) => {
    // From call to hanging up: how long a shell takes to start is the machine's.
    const { promise, resolve } = defer<number>()
    const silent = createServer((socket) => {
      const called = performance.now()
      socket.once('data', () => socket.write(beginning)).on('error', () => {})
      socket.once('close', () => resolve(performance.now() - called))
    })
    const portal = await open(silent)
    try {
      expect(await run(portal)).toEqual(away(portal))
      // As long as the portal itself may wait for AWS, so that its own words arrive.
      const waited = await promise
      expect(waited).toBeGreaterThan(4_000)
      expect(waited).toBeLessThan(5_000)
    } finally {
      silent.close()
    }
  })

  test.concurrent('hangs up at once', async () => {
    const rude = createServer((socket) => void socket.on('error', () => {}).destroy())
    const portal = await open(rude)
    expect(await run(portal)).toEqual(away(portal))
    rude.close()
  })

  test.concurrent('is not there', async () => {
    const gone = createServer()
    const portal = await open(gone)
    gone.close()
    expect(await run(portal)).toEqual(away(portal))
  })
})

function defer<T>() {
  let resolve: (value: T) => void = () => {}
  const promise = new Promise<T>((done) => (resolve = done))
  return { promise, resolve }
}
