import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { countedIn } from '../server/metrics/counted.ts'
import { readIn } from '../server/metrics/read.ts'
import { openRegistry } from '../server/metrics/registry.ts'
import { SCENES } from './e2e/scenes.ts'

const read = (path: string) => readFileSync(path, 'utf8')
const readme = read('README.md')
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts

const names = [...read('server/config.ts').matchAll(/^ {2}([A-Z][A-Z_]+): Type\./gm)].map(
  (found) => found[1]!,
)

test('every variable of the configuration is in the README and in the example', () => {
  expect(names.length).toBeGreaterThan(14)
  for (const name of names) {
    expect(readme, name).toMatch(new RegExp(`\`${name}\``))
    expect(read('.env.example'), name).toMatch(new RegExp(`\\b${name}(_FILE)?=`))
  }
})

test('every command of the README exists', () => {
  const commands = [...readme.matchAll(/npm (?:run )?([a-z:]+)/g)].map((found) => found[1]!)
  for (const command of commands)
    if (!['ci', 'install'].includes(command)) expect(scripts, command).toHaveProperty([command])
  expect(readme).toContain('npm ci && npm run demo')
  expect(readme).toContain('npm ci && npm test')
})

test('every file that a page of the documents links to is there', () => {
  for (const document of [
    'README.md',
    'SECURITY.md',
    'server/README.md',
    'docs/GUIDE.md',
    'docs/METRICS.md',
    'docs/AUDIT.md',
    'docs/KEYS.md',
  ])
    for (const [, link = ''] of read(document).matchAll(/\]\(([^)#\s]+)\)/g))
      if (!link.startsWith('http'))
        expect(existsSync(join(dirname(document), link)), `${document}: ${link}`).toBe(true)
})

test('the guide shows every scene', () => {
  for (const { name } of SCENES)
    expect(read('docs/GUIDE.md')).toContain(`screens/${name}-light.png`)
})

test('every metric is explained, and what is explained is there', () => {
  const registry = openRegistry('0')
  countedIn(registry)
  readIn(registry, {
    waiting: () => Promise.reject(new Error('never asked')),
    pool: () => ({ idle: 0, busy: 0, waiting: 0 }),
    catalog: () => ({ loadedAt: new Date(), refused: false }),
    sealing: () => ({ state: 'works' }),
    log: () => Promise.reject(new Error('never asked')),
  })
  const there = registry.getMetricsAsArray().map(({ name }) => name)
  const page = read('docs/METRICS.md')
  const explained = [...page.matchAll(/^\| `(latchkey_\w+)`/gm)].map((found) => found[1])
  expect(explained.toSorted()).toEqual(
    there.filter((name) => name.startsWith('latchkey_')).toSorted(),
  )
  const alerted = [...page.matchAll(/^ +expr: .*?(latchkey_\w+)/gm)].map((found) => found[1])
  expect(there).toEqual(expect.arrayContaining(alerted))
})

test('the image runs what the build makes, as nobody in particular', () => {
  const dockerfile = read('Dockerfile')
  expect(dockerfile).toMatch(/^USER \d+:\d+$/m)
  expect(dockerfile).not.toMatch(/test\/lab|build\/test/)
  expect(scripts['build']).toContain('build/prisma')
})
