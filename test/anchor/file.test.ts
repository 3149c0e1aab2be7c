import { appendFile, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { filePlace } from '../../server/anchor/file.ts'
import { openCheckpoint } from '../../server/core/audit/checkpoint.ts'
import { parseVerifierKey } from '../../server/core/audit/note.ts'
import { failureOf } from '../../server/outgoing/delivery-error.ts'
import { aLog } from './log.ts'

const log = aLog(9)
const never = new AbortController().signal
let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'anchor-'))
  path = join(folder, 'anchors.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

const put = (size: number, place = filePlace(path)) => place.put(log.checkpoint(size), 0, never)
const linesOf = async (file = path) => (await readFile(file, 'utf8')).split('\n')

test('each checkpoint is a line that says its size and verifies with the public key', async () => {
  expect([await put(3), await put(8)]).toEqual([`${path}#0`, expect.stringContaining(`${path}#`)])

  const lines = await linesOf()
  expect(lines.pop()).toBe('')
  const read = lines.map((line) => JSON.parse(line) as { size: number; note: string })
  expect(read.map(({ size }) => size)).toEqual([3, 8])
  for (const { size, note } of read)
    expect(openCheckpoint(note, [parseVerifierKey(log.key)])).toMatchObject({ size })
})

test('only its owner reads the file', async () => {
  await put(3)

  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('what stands there already stays, also after a restart', async () => {
  await writeFile(path, 'somebody else’s line\n')
  await put(3)
  await put(8, filePlace(path))

  expect((await linesOf()).map((line) => line.slice(0, 9))).toEqual([
    'somebody ',
    '{"size":3',
    '{"size":8',
    '',
  ])
})

test('a line that a crash cut short spoils none after it', async () => {
  await put(3)
  await appendFile(path, '{"size":5,"no')

  const ref = await put(8)

  const lines = await linesOf()
  expect(lines.slice(1)).toEqual(['{"size":5,"no', expect.stringMatching(/^\{"size":8,/), ''])
  expect((await readFile(path)).subarray(Number(ref.split('#')[1])).toString()).toMatch(
    /^\{"size":8/,
  )
})

test('after a rotation a new file is begun', async () => {
  await put(3)
  await rename(path, `${path}.1`)
  await put(8)

  expect((await linesOf(`${path}.1`))[0]).toContain('"size":3')
  expect((await linesOf())[0]).toContain('"size":8')
})

test.each([
  ['no folder', () => join(folder, 'nowhere', 'anchors.jsonl'), 'ENOENT'],
  ['a folder in its place', () => folder, 'EISDIR'],
])('%s is a failure with the code of the system', async (_what, place, code) => {
  const error: unknown = await put(3, filePlace(place())).catch((error: unknown) => error)

  expect(failureOf(error)).toEqual({ code })
})

const recall = async (from = 0) =>
  (await filePlace(path).recall({ from, newest: undefined }, never)).notes

test('what it holds is given back, from a size on; a line that a crash cut short is no checkpoint', async () => {
  await put(3)
  await appendFile(path, '{"size":4,"note":"la')
  await put(5)
  await put(8)

  expect(await recall()).toEqual([3, 5, 8].map((size) => log.checkpoint(size).note))
  expect(await recall(5)).toEqual([5, 8].map((size) => log.checkpoint(size).note))
})

test('of a file of years, its end and some from everywhere are given back, in no time', async () => {
  const line = (size: number) => JSON.stringify({ size, note: noteOf(size) }) + '\n'
  const signature = Buffer.alloc(68, 7).toString('base64')
  const noteOf = (size: number) =>
    `log.example.com\n${size}\n${'A'.repeat(43)}=\n\n— log.example.com ${signature}\n`
  const all = Array.from({ length: 60_000 }, (_, n) => line(n + 1))
  await writeFile(path, all.join(''))
  const sizes = (await recall()).map((note) => Number(note.split('\n')[1]))

  expect(Math.max(...sizes)).toBe(60_000)
  expect(sizes.length).toBeLessThan(20_000)
  for (let begin = 0; begin < 60_000; begin += 1_000)
    expect(sizes.some((size) => size > begin && size <= begin + 1_000)).toBe(true)
  expect(await recall(59_001)).toHaveLength(1_000)
})

test('a file that is gone is not empty: it cannot be asked', async () => {
  await expect(recall()).rejects.toMatchObject({ code: 'ENOENT' })
})
