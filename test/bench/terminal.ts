import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { makeSignToken } from '../../server/aws/signer.ts'
import { snippetsFor } from '../../server/core/connect/snippets.ts'
import { type Connection, SHELLS } from '../../server/core/connect/snippet.ts'
import { helperScripts } from '../../server/http/routes/terminal.ts'

const HOST = 'orders.cluster-c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com'
const [REGION, USER] = ['eu-west-1', 'orders_reader']
const SESSION = {
  accessKeyId: 'ASIAFAKEFAKEFAKEFAKE',
  secretAccessKey: 'fakesecret/fakesecret+fakesecret/fakesecr',
  sessionToken: 'FAKESESSIONTOKEN'.repeat(60),
  expiresAt: new Date(Date.now() + 3_600_000),
  stsRequestId: 'bench',
}

/** Milliseconds until the helper of a terminal has printed a token, and until the AWS CLI has; null where that is not installed. */
export type Printing = { helper: number; cli: number | null }

/**
 * Whole processes, in turns. The helper asks a server of this process that signs each token as the portal does; the portal's
 * own share, its two commits, is what the first lines of this run say.
 */
export async function benchToken(rounds: number): Promise<Printing> {
  const home = mkdtempSync(join(tmpdir(), 'latchkey-bench-'))
  const sign = makeSignToken({ now: () => new Date() })
  const server = createServer((request, response) => {
    request.resume()
    void sign({ host: HOST, port: 5432, region: REGION, user: USER, session: SESSION }).then(
      (token) => response.writeHead(201, { 'content-type': 'text/plain' }).end(`${token}\n`),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const portal = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const helper = install(home, portal)
    const cli = `aws rds generate-db-auth-token --hostname ${HOST} --port 5432 --username ${USER} --region ${REGION}`
    const measured = { helper: [] as number[], cli: [] as number[] }
    const hasCli = (await print(['sh', '-c', 'command -v aws'], home)) !== null
    for (let round = 0; round < rounds; round++) {
      measured.helper.push((await print(['sh', helper, 'token', `orders/${USER}`], home)) ?? NaN)
      if (hasCli) measured.cli.push((await print(cli.split(' '), home)) ?? NaN)
    }
    return { helper: median(measured.helper), cli: hasCli ? median(measured.cli) : null }
  } finally {
    server.close()
    rmSync(home, { recursive: true, force: true })
  }
}

/** The helper as this portal would hand it out, and a key for it. @returns its path */
function install(home: string, portal: string): string {
  const sh = readFileSync('server/terminal/latchkey.sh', 'utf8')
  const helper = join(home, 'latchkey')
  writeFileSync(helper, helperScripts({ sh, ps1: '' }, portal)[0]?.content ?? '')
  mkdirSync(join(home, '.config/latchkey'), { recursive: true })
  const keyFile = `${new URL(portal).host.replace(':', '_')}.key`
  writeFileSync(join(home, '.config/latchkey', keyFile), `lk_${'a'.repeat(40)}\n`)
  return helper
}

/** Milliseconds from the start of a program to its end; null when it failed or printed nothing. */
async function print([program = '', ...args]: string[], home: string): Promise<number | null> {
  const started = performance.now()
  const child = spawn(program, args, {
    env: {
      // The system's own programs before those of a version manager, which take longer to start.
      PATH: `/usr/bin:/bin:${process.env['PATH'] ?? ''}`,
      HOME: home,
      AWS_ACCESS_KEY_ID: SESSION.accessKeyId,
      AWS_SECRET_ACCESS_KEY: SESSION.secretAccessKey,
      AWS_SESSION_TOKEN: SESSION.sessionToken,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [printed] = await Promise.all([text(child.stdout), once(child, 'close')])
  return child.exitCode === 0 && printed.length > 1 ? performance.now() - started : null
}

/** Milliseconds to render every snippet of one connection, in the shell that takes longest. */
export function benchSnippets(rounds: number): number {
  const connections = SHELLS.map((shell): Connection => ({
    ...{ database: 'orders', endpoint: 'writer', engine: 'aurora-postgresql', dbname: 'orders' },
    ...{ signing: { host: HOST, port: 5432 }, dial: { host: '10.0.0.7', port: 6543 }, user: USER },
    ...{ caFile: '~/.latchkey/eu-west-1.pem', applicationName: 'latchkey/01HX', shell },
    system: shell === 'powershell' || shell === 'cmd' ? 'windows' : 'macos',
    ...{ home: null, tls: 'verify-full', portal: 'https://latchkey.example.com', helper: null },
  }))
  const render = (connection: Connection) => {
    const started = performance.now()
    snippetsFor(connection)
    return performance.now() - started
  }
  for (const connection of connections) for (let i = 0; i < rounds; i++) render(connection)
  return Math.max(
    ...connections.map((connection) =>
      median(Array.from({ length: rounds }, () => render(connection))),
    ),
  )
}

const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
