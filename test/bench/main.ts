import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { benchMap } from './access-map.ts'
import { benchAudit } from './audit.ts'
import { benchSigning } from './signing.ts'
import { benchSnippets, benchToken } from './terminal.ts'
import { benchVerify } from './verify.ts'
import { benchDeciding, benchLists } from './requests.ts'
import { benchSealing } from './sealing.ts'
import { type Asker, openSite, type Site } from './site.ts'

/**
 * `npm run bench`: shares of named limits, all measured in this run on the embedded PostgreSQL.
 * The load comes from this process; what is measured runs in one of its own, so that on two cores the portal,
 * its database and the load share what they would share anywhere. Rounds are interleaved, medians are told.
 */
const CONNECTIONS = 32
const full = process.argv.includes('--full')
const [rounds, seconds] = full ? [30, 4] : [9, 2]

/** How `npm start` and the image run the portal: a larger nursery, since a mint makes much that dies at once. */
const AS_STARTED = ['--max-semi-space-size=32']

const HEADERS = {
  host: 'localhost',
  origin: 'http://localhost',
  'sec-fetch-site': 'same-origin',
  'content-type': 'application/json',
}

type Child = { process: ChildProcess; port: number }

async function start(file: string, site: Site): Promise<Child> {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const process_ = fork(path, {
    execArgv: AS_STARTED,
    env: { PATH: process.env['PATH'], ...site.environment },
  })
  const [message] = (await once(process_, 'message')) as [{ port: number }]
  return { process: process_, port: message.port }
}

async function load(port: number, askers: Asker[], duration: number): Promise<number> {
  let next = 0
  const result = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: CONNECTIONS,
    duration,
    requests: [
      {
        method: 'POST',
        setupRequest: (request) => {
          const asker = askers[next++ % askers.length]
          return {
            ...request,
            path: `/api/grants/${asker?.grant}/tokens`,
            headers: { ...HEADERS, cookie: asker?.cookie ?? '' },
            body: '{"endpoint":"writer"}',
          }
        },
      },
    ],
  })
  if (result.non2xx + result.errors > 0)
    throw new Error(
      `${JSON.stringify(result.statusCodeStats)} and ${result.errors} errors under load`,
    )
  return result['2xx'] / result.duration
}

async function raw(child: Child, askers: Asker[], duration: number): Promise<number> {
  child.process.send({ askers, seconds: duration })
  const [{ rate }] = (await once(child.process, 'message')) as [{ rate: number }]
  return rate
}

const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
const rate = (value: number) => `${Math.round(value).toLocaleString('en')}/s`.padStart(11)
const percent = (value: number) => `${(value * 100).toFixed(1)} %`.padStart(8)

const site = await openSite(CONNECTIONS)
const children = [
  await start('./portal.js', site),
  await start('./raw.js', site),
  await start('./bare.js', site),
] as const
try {
  const [portal, rawPg, bare] = children
  const measured = { portal: [] as number[], raw: [] as number[], bare: [] as number[] }
  // The first mint of each person asks STS; from then on their credentials are warm, and so is the compiler.
  await load(portal.port, site.askers, 8)
  await raw(rawPg, site.askers, 3)
  await load(bare.port, site.askers, 1)
  for (let round = 0; round < rounds; round++) {
    measured.portal.push(await load(portal.port, site.askers, seconds))
    measured.raw.push(await raw(rawPg, site.askers, seconds))
    measured.bare.push(await load(bare.port, site.askers, seconds))
  }
  const honesty = await benchSealing(
    portal.process,
    () => load(portal.port, site.askers, seconds),
    rounds,
  )
  const deciding = await benchDeciding(portal.port, site, full ? 20 : 5)
  const lists = await benchLists(portal.port, site, full ? 2_000 : 400)
  const signing = await benchSigning()
  const rendering = benchSnippets(500)
  const printing = await benchToken(rounds)
  const mints = median(measured.portal)
  const commits = median(measured.raw)
  const http = median(measured.bare)
  // Of neighbours in time: what else the machine does changes from one round to the next.
  const share = median(measured.portal.map((rate, round) => rate / (measured.raw[round] ?? NaN)))
  const honest = median(
    honesty.sealing.map((rate, round) => rate / (honesty.resting[round] ?? NaN)),
  )
  const lines = [
    `${rounds} rounds of ${seconds} s, ${CONNECTIONS} connections, medians`,
    '',
    `audited mints by HTTP, warm role credentials   ${rate(mints)}`,
    `  the same two commits by raw pg               ${rate(commits)}   share ${percent(share)}   limit ≥ 50 %   ${verdict(share >= 0.5)}`,
    `  a bare Fastify route                         ${rate(http)}   share ${percent(mints / http)}`,
    `  while every event is sealed                  ${rate(median(honesty.sealing))}   share ${percent(honest)} of ${Math.round(median(honesty.resting))}/s with the sealer at rest   limit ≥ 85 %   ${verdict(honest >= 0.85)}`,
    `  events not sealed yet at the end of a round  ${String(Math.max(...honesty.unsealed)).padStart(9)}   at most`,
    `signing through the portal                     ${rate(signing.ours)}`,
    `  @aws-sdk/rds-signer alone                    ${rate(signing.bare)}   added ${percent(signing.bare / signing.ours - 1)}   limit ≤ 10 %   ${verdict(signing.bare / signing.ours <= 1.1)}`,
  ]
  lines.push(
    `every snippet of a connection                  ${rendering.toFixed(2).padStart(9)} ms   limit ≤ 1 ms   ${verdict(rendering <= 1)}`,
    `a token in a terminal, whole process           ${printing.helper.toFixed(0).padStart(9)} ms`,
    printing.cli === null
      ? '  SKIPPED the AWS CLI beside it: aws is not installed'
      : `  aws rds generate-db-auth-token               ${printing.cli.toFixed(0).padStart(9)} ms   ratio ${(printing.cli / printing.helper).toFixed(1)}   limit ≥ 5   ${verdict(printing.cli / printing.helper >= 5)}`,
    `requests asked for and approved by HTTP          ${rate(deciding)}`,
    ...lists.map(
      ({ view, few, many }) =>
        `  /api/requests?${view.padEnd(13)}p99 ${few.toFixed(1)} ms with 1,000 past requests, ${many.toFixed(1)} ms with 100,000   ratio ${(many / few).toFixed(2)}   limit ≤ 2   ${verdict(many / few <= 2)}`,
    ),
  )
  lines.push(...(await benchMap(site.url, full ? 200 : 40)))
  lines.push(...(await benchVerify()))
  const events = full ? 10_000_000 : 100_000
  lines.push(
    `the audit log, ${events.toLocaleString('en')} events`,
    ...(await benchAudit(events, full ? 2_000 : 400)),
  )
  process.stdout.write(`${lines.join('\n')}\n`)
} finally {
  for (const child of children) child.process.kill()
  await site.close()
}

function verdict(holds: boolean) {
  return holds ? 'holds' : 'MISSES'
}
