import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exportOf } from './export-of.ts'
import { freshSigner, MemoryLog } from './memory-log.ts'

const home = mkdtempSync(join(tmpdir(), 'latchkey-verifier-'))
const room = join(home, 'another-machine')
const verifierIn = (folder: string) => join(home, folder, 'latchkey-verify.mjs')

const log = new MemoryLog().seal(300, 100)
const other = new MemoryLog()
other.signers = [log.first]
other.seal(300, 100, () => ({ actor: 'somebody else' }))

const make = (folder: string) =>
  build({
    configFile: join(import.meta.dirname, '../../verifier.config.ts'),
    logLevel: 'silent',
    build: { outDir: join(home, folder) },
  })

/** In a folder with the export and nothing else, in an environment without anything. */
function run(args: string[], input?: Buffer) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [verifierIn('one'), ...args], {
    cwd: room,
    env: {},
    input,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

let whole: Buffer
beforeAll(async () => {
  await make('one')
  mkdirSync(room)
  whole = Buffer.from(`${(await exportOf(log)).join('\n')}\n`)
  writeFileSync(join(room, 'export.jsonl'), whole)
  writeFileSync(join(room, 'part.jsonl'), `${(await exportOf(log, [7])).join('\n')}\n`)
  writeFileSync(join(room, 'key.txt'), `${log.first.key}\n`)
  writeFileSync(join(room, 'other.txt'), `${freshSigner().key}\n`)
  const anchors = (of: MemoryLog) =>
    of.checkpoints.map(({ size, note }) => `${JSON.stringify({ size, note })}\n`).join('')
  writeFileSync(join(room, 'anchors.jsonl'), anchors(log))
  writeFileSync(join(room, 'others.jsonl'), anchors(other))
  writeFileSync(join(room, 'nothing.txt'), 'nothing\n')
})
afterAll(() => rmSync(home, { recursive: true }))

describe('the single file, in a folder with the export and the key alone', () => {
  test('says that an export holds: 0', () => {
    const { status, stdout, stderr } = run(['export.jsonl', '--key', log.first.key])
    expect(stderr).toBe('')
    expect(stdout).toContain('The log holds.\n  300 events of the log latchkey.example.com/audit/1')
    expect(stdout).toContain('It is the whole log')
    expect(stdout).toContain(log.tree.root().toString('base64'))
    expect(status).toBe(0)
  })

  test('takes the key from a file, the export from its input, and anchors to compare with', () => {
    const { status, stdout } = run(['-', '--key', 'key.txt', '--anchor', 'anchors.jsonl'], whole)
    expect(stdout).toContain('3 anchors agree')
    expect(status).toBe(0)
  })

  test('says that a part of the log is one', () => {
    expect(run(['part.jsonl', '--key', 'key.txt']).stdout).toContain('only one without a filter')
  })

  test('finds one changed byte, and names the event: 2', () => {
    const changed = Buffer.from(whole)
    const at = changed.indexOf('orders_reader', changed.indexOf('"seq":42,'))
    changed[at] = (changed[at] as number) ^ 1
    const { status, stdout } = run(['-', '--key', 'key.txt'], changed)
    expect(stdout).toContain('The log does not hold: altered (exit code 2).')
    expect(stdout).toContain('line 44: seq 42, event 43 (grant.started)')
    expect(status).toBe(2)
  })

  test('tells a file that was cut off: 5', () => {
    const { status, stdout } = run(['-', '--key', 'key.txt'], whole.subarray(0, -100))
    expect(stdout).toContain('it was cut off')
    expect(status).toBe(5)
  })

  test('shows both histories: 4', () => {
    const { status, stdout } = run(['export.jsonl', '--key', 'key.txt', '--anchor', 'others.jsonl'])
    expect(status).toBe(4)
    expect(stdout).toContain(`    | ${other.tree.root().toString('base64')}`)
    expect(stdout).toContain(log.tree.root().toString('hex'))
  })

  test('refuses another key: 6', () => {
    const { status, stdout } = run(['export.jsonl', '--key', 'other.txt'])
    expect(stdout).toContain('Wrong key:')
    expect(status).toBe(6)
  })

  test.each([
    ['no key', ['export.jsonl'], 'Do not take it from the export'],
    ['a key that is none', ['export.jsonl', '--key', 'x'], '--key: The key is not a verifier key'],
    ['a file of no key', ['export.jsonl', '--key', 'nothing.txt'], 'holds no verifier key'],
    ['no export', ['--key', 'key.txt'], 'node latchkey-verify.mjs EXPORT --key KEY'],
    ['two exports', ['a', 'b', '--key', 'key.txt'], 'node latchkey-verify.mjs EXPORT'],
    ['an unknown option', ['export.jsonl', '--kee', 'key.txt'], 'EXPORT --key KEY'],
    [
      'an export that is not there',
      ['absent', '--key', 'key.txt'],
      'absent cannot be read (ENOENT)',
    ],
    [
      'anchors that are not there',
      ['export.jsonl', '--key', 'key.txt', '--anchor', 'absent'],
      'absent cannot be read (ENOENT)',
    ],
    [
      'anchors that are none',
      ['export.jsonl', '--key', 'key.txt', '--anchor', 'nothing.txt'],
      'nothing.txt holds no checkpoint',
    ],
    ['a start', ['export.jsonl', '--key', 'key.txt', '--from', '5'], 'an export is read whole'],
    ['a start that is none', ['export.jsonl', '--key', 'key.txt', '--from', '-5'], '--from'],
  ])('with %s it could not verify, which is no finding: 1', (_what, args, said) => {
    const { status, stdout, stderr } = run(args)
    expect(stderr).toContain(said)
    expect(stdout).toBe('')
    expect(status).toBe(1)
  })
})

test('the single file needs nothing but Node, and is the same whenever it is made', async () => {
  const text = readFileSync(verifierIn('one'), 'utf8')
  const imported = [...text.matchAll(/^import .* from "(.*)";$/gm)].map(([, from]) => from)
  expect(imported.length).toBeGreaterThan(2)
  expect(imported.filter((from) => !from?.startsWith('node:'))).toEqual([])
  expect(text).not.toMatch(/\bimport\(|\brequire\(|\bfetch\(/)
  expect(text).not.toContain(import.meta.dirname)
  await make('two')
  expect(readFileSync(verifierIn('two'), 'utf8')).toBe(text)
})
