import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verifyExport } from '../../server/core/audit/verify-export.ts'
import { linesOf } from '../../server/core/audit/lines.ts'
import { readNotes } from '../../server/core/audit/read-notes.ts'
import { signRotation } from '../../server/core/audit/rotation.ts'
import { exportOf } from './export-of.ts'
import { eventOf, freshSigner, inBatches, keyOf, MemoryLog, said } from './memory-log.ts'

const fileOf = (lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''))

async function* bytes(file: Uint8Array, length = 1_000) {
  for (let at = 0; at < file.length; at += length)
    yield await Promise.resolve(file.subarray(at, at + length))
}
const verify = (
  file: Uint8Array | readonly string[],
  log: MemoryLog,
  over: Partial<Parameters<typeof verifyExport>[1]> = {},
) =>
  verifyExport(linesOf(bytes(file instanceof Uint8Array ? file : fileOf(file))), {
    keys: [keyOf(log.first)],
    ...over,
  })

const LOG = new MemoryLog().seal(400, 90)

describe('an export holds', () => {
  test('whole, and then it says so', async () => {
    const report = await verify(await exportOf(LOG), LOG)
    expect(said(report)).toEqual([])
    expect(report).toMatchObject({ outcome: 'holds', size: 400, isWhole: true })
    expect(report.counted.events).toBe(400)
    expect(report.root).toEqual(LOG.tree.root())
  })

  test('in part and in any order, and then it is not whole', async () => {
    const report = await verify(await exportOf(LOG, [399, 3, 200, 0]), LOG)
    expect(said(report)).toEqual([])
    expect(report).toMatchObject({ outcome: 'holds', isWhole: false })
  })

  test('without any event that its filter shows, and of a log without events', async () => {
    expect(await verify(await exportOf(LOG, []), LOG)).toMatchObject({ outcome: 'holds' })
    const empty = new MemoryLog()
    expect(await verify(await exportOf(empty), empty)).toMatchObject({ outcome: 'holds' })
  })

  test('whatever characters are in it, however the bytes arrive', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 50 }),
        async (texts, length) => {
          const log = new MemoryLog()
          for (const [seq, text] of ['\u2028\u2029\u0085\r\n', ...texts].entries())
            log.push(
              eventOf(seq, { subject: text.toWellFormed(), payload: JSON.stringify({ text }) }),
            )
          log.sign()
          const lines = linesOf(bytes(fileOf(await exportOf(log)), length))
          expect(said(await verifyExport(lines, { keys: [keyOf(log.first)] }))).toEqual([])
        },
      ),
      { numRuns: 30 },
    ))

  test('without its last line end', async () => {
    const file = fileOf(await exportOf(LOG, [1, 2]))
    expect((await verify(file.subarray(0, -1), LOG)).outcome).toBe('holds')
  })
})

describe('a changed export does not hold', () => {
  test('any one byte changed in an event, its seq or its proof: altered', async () => {
    const log = new MemoryLog().seal(9)
    const lines = await exportOf(log, [4])
    const file = fileOf(lines)
    const start = Buffer.byteLength(lines[0] as string) + 1
    const end = start + Buffer.byteLength(lines[1] as string)
    for (let at = start; at < end; at++)
      for (const bit of [0, 1, 5]) {
        const changed = Buffer.from(file)
        changed[at] = (changed[at] as number) ^ (1 << bit)
        const report = await verify(changed, log)
        expect(report.outcome, `byte ${at - start} of ${lines[1]}`).toBe('altered')
      }
  })

  test('any one byte of the checkpoint changed', async () => {
    const log = new MemoryLog().seal(9)
    const lines = await exportOf(log, [4])
    const start = (lines[0] as string).indexOf('"checkpoint":"')
    const end = (lines[0] as string).indexOf('","rotations"')
    const file = fileOf(lines)
    for (let at = start; at < end; at++) {
      const changed = Buffer.from(file)
      changed[at] = (changed[at] as number) ^ 1
      expect((await verify(changed, log)).outcome, `byte ${at}`).toMatch(/altered|wrong_key/)
    }
  })

  test('an event of another log, and the same event twice', async () => {
    const other = new MemoryLog().seal(400, 90, () => ({ actor: 'other' }))
    const [head, , ...rest] = await exportOf(LOG, [1, 2])
    const [, foreign] = await exportOf(other, [1])
    const report = await verify([head, foreign, ...rest] as string[], LOG)
    expect(report.outcome).toBe('altered')
    expect(report.findings[0]).toMatchObject({ seq: 1, eventId: '2' })
    expect(said(report)[0]).toMatch(
      /^altered: line 2: seq 1, event 2 \(grant.started\) is not in the log/,
    )
    expect(said(await verify(await exportOf(LOG, [1, 2, 1]), LOG))).toEqual([
      'altered: line 4: seq 1, event 2 (grant.started) stands in the file before.',
    ])
  })

  test('the same values in another spelling', async () => {
    const lines = await exportOf(LOG, [5])
    const line = lines[1] as string
    for (const other of [
      line.replace(':', ': '),
      line.replace('orders', '\\u006frders'),
      `${line} `,
      `${line}\r`,
      line.replace(/("seq":5),("entry":.*),("proof".*)\}/, '$3,$1,$2}'),
      line.replace('"seq":5', '"seq":5.0'),
      line.replace('"seq":5', '"seq":4,"seq":5'),
      '{}',
      'null',
      '',
    ])
      expect((await verify(lines.with(1, other), LOG)).outcome, other).toBe('altered')
  })

  test('a line after the end', async () => {
    const lines = await exportOf(LOG, [5])
    const report = await verify([...lines, lines[1] as string], LOG)
    expect(report.outcome).toBe('altered')
  })

  test.each(['{}', 'null', '[]', 'id,at,action', '{"format":"latchkey-audit-export","version":2}'])(
    'a file that begins with %s is no export',
    async (head) => {
      const report = await verify([head, '{"end":true,"count":0}'], LOG)
      expect(report.outcome).toBe('altered')
      expect(said(report)[0]).toMatch(/line 1 is not the header/)
    },
  )

  test('a header without a checkpoint proves no event', async () => {
    const [, ...lines] = await exportOf(LOG, [5])
    const head = (await exportOf(new MemoryLog(), []))[0] as string
    expect((await verify([head, ...lines], LOG)).outcome).toBe('altered')
  })
})

describe('a cut export is told as that', () => {
  test('wherever it was cut', async () => {
    const file = fileOf(await exportOf(LOG, [5, 6]))
    const head = file.indexOf(10)
    for (let length = head + 1; length < file.length - 1; length += 7) {
      const report = await verify(file.subarray(0, length), LOG)
      expect(report.outcome, `after ${length} bytes`).toBe('unsealed')
      expect(said(report)).toEqual([
        expect.stringMatching(/it was cut off. Download the export again/),
      ])
    }
    expect((await verify(Buffer.alloc(0), LOG)).outcome).toBe('unsealed')
  })

  test('or lines were taken out', async () => {
    const lines = await exportOf(LOG, [5, 6, 7])
    const report = await verify(lines.toSpliced(2, 1), LOG)
    expect(said(report)).toEqual([
      expect.stringMatching(/^unsealed: the last line counts 3 events, and the file holds 2/),
    ])
  })
})

describe('keys', () => {
  test('another key than the log’s', async () => {
    const report = await verify(await exportOf(LOG, [5]), LOG, { keys: [keyOf(freshSigner())] })
    expect(report.outcome).toBe('wrong_key')
    expect(report.found).toMatchObject({ wrong_key: 1, altered: 0 })
  })

  test('who trusts an earlier key follows the changes that the header proves, and none that it does not', async () => {
    const log = new MemoryLog().seal(10)
    const rotations = [signRotation(log.first, log.rotate())]
    log.seal(10)
    expect(said(await verify(await exportOf(log, [3], { rotations }), log))).toEqual([])
    expect((await verify(await exportOf(log, [3]), log)).outcome).toBe('wrong_key')
    const untied = [signRotation(freshSigner(), log.signers[0] as (typeof log.signers)[0])]
    const report = await verify(await exportOf(log, [3], { rotations: untied }), log)
    expect(report.outcome).toBe('wrong_key')
    const forged = rotations.map((each) => ({ ...each, to: freshSigner().key }))
    expect((await verify(await exportOf(log, [3], { rotations: forged }), log)).outcome).toBe(
      'wrong_key',
    )
  })
})

describe('anchors', () => {
  const anchorsOf = (log: MemoryLog) =>
    log.checkpoints.map(({ note, size }) => ({ place: `anchor ${size}`, note }))

  test('of every size are compared with a whole export, and of its own size with any', async () => {
    const anchors = anchorsOf(LOG)
    const whole = await verify(await exportOf(LOG), LOG, { anchors })
    expect(whole).toMatchObject({ outcome: 'holds', counted: { anchors: 5, anchorsPassed: 0 } })
    const part = await verify(await exportOf(LOG, [4]), LOG, { anchors })
    expect(part).toMatchObject({ outcome: 'holds', counted: { anchors: 5, anchorsPassed: 4 } })
  })

  test('of a log that grew since do not speak against an export', async () => {
    const seqs = [...Array(90).keys()]
    const report = await verify(await exportOf(LOG, seqs, { at: 0 }), LOG, {
      anchors: anchorsOf(LOG),
    })
    expect(report).toMatchObject({ outcome: 'holds', isWhole: true, counted: { anchorsPassed: 4 } })
  })

  test('of another history, signed with the same key: two histories', async () => {
    const other = new MemoryLog()
    other.signers = [LOG.first]
    other.seal(400, 90, () => ({ actor: 'other' }))
    for (const anchor of [other.checkpoints.at(-1), other.checkpoints[1]]) {
      const anchors = [{ place: 'a file', note: anchor?.note ?? '' }]
      expect((await verify(await exportOf(LOG), LOG, { anchors })).outcome).toBe('two_histories')
    }
  })

  test('are read from JSON lines among others, from notes one after the other, and past a cut line', async () => {
    const notes = LOG.checkpoints.map(({ note }) => note)
    const lines = notes.map((note, at) => JSON.stringify({ level: 30, size: at, note }))
    expect(readNotes(`{"msg":"other"}\n${lines.join('\n')}\n{"size":9,"no`)).toEqual(notes)
    expect(readNotes(notes.join(''))).toEqual(notes)
    expect(readNotes(notes.join('\n'))).toEqual(notes)
    expect(readNotes('nothing\n')).toEqual([])
  })
})

describe('lines', () => {
  const read = async (file: Uint8Array, length: number) => {
    const lines: (string | null)[] = []
    for await (const line of linesOf(bytes(file, length))) lines.push(line)
    return lines
  }

  test('are the same however the bytes arrive, and end at a line feed only', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.string({ unit: 'binary' }).map((text) => text.toWellFormed().replaceAll('\n', '')),
        ),
        fc.integer({ min: 1, max: 9 }),
        async (lines, length) => {
          expect(await read(fileOf(lines), length)).toEqual(lines)
        },
      ),
    ))

  test('that are no UTF-8, or without an end, are none', async () => {
    expect(await read(Buffer.from([65, 10, 0xff, 10, 66]), 2)).toEqual(['A', null, 'B'])
    const long = Buffer.alloc(16 * 1024 * 1024 + 1, 65)
    expect(await read(Buffer.concat([long, Buffer.from('\nB\n')]), 65_536)).toEqual([null, 'B'])
  })

  test('come one after the other, without waiting for the whole file', async () => {
    let given = 0
    async function* endless() {
      for await (const [line] of inBatches(Array<string>(1_000_000).fill('line\n'), 1)) {
        given++
        yield Buffer.from(line as string)
      }
    }
    for await (const line of linesOf(endless())) {
      expect(line).toBe('line')
      break
    }
    expect(given).toBeLessThan(3)
  })
})
