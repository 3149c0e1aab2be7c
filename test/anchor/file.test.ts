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
