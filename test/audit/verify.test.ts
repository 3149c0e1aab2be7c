import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CompactRange } from '../../server/core/audit/tree.ts'
import { eventOf, MemoryLog, NOW, said, seqs } from './memory-log.ts'

describe('a log that nobody touched holds', () => {
  test('whatever its length, and however it was batched', () =>
    fc.assert(
      fc.asyncProperty(fc.nat(700), fc.integer({ min: 1, max: 300 }), async (count, every) => {
        const log = new MemoryLog().seal(count, every)
        const report = await log.verify()
        expect(said(report)).toEqual([])
        expect(report).toMatchObject({ outcome: 'holds', from: 0, size: count })
        expect(report.root).toEqual(log.tree.root())
        expect(report.counted).toMatchObject({
          rows: count,
          checkpoints: Math.ceil(count / every),
          unsealed: 0,
        })
      }),
      { numRuns: 25 },
    ))

  test('and agrees with its anchors of any size', async () => {
    const log = new MemoryLog()
    for (let round = 0; round < 5; round++) log.seal(100, 30).anchor()
    const report = await log.verify()
    expect(said(report)).toEqual([])
    expect(report.counted).toMatchObject({ anchors: 5, anchorsPassed: 0 })
  })

  test('and tells how far it came', async () => {
    const told: number[] = []
    await new MemoryLog().seal(20).verify({ onProgress: (rows) => told.push(rows) })
    expect(told).toEqual([7, 14, 20])
  })
})

describe('unsealed', () => {
  const waiting = (age: bigint, over = {}) => ({
    id: '900',
    at: String(NOW - age),
    action: 'request.created',
    intent: null,
    ...over,
  })

  test('an event of a moment ago may wait, one of more than a minute is told', async () => {
    const log = new MemoryLog().seal(10)
    log.unsealed = [waiting(60_000_000n)]
    expect(await log.verify()).toMatchObject({ outcome: 'holds', counted: { unsealed: 1 } })
    log.unsealed = [waiting(60_000_001n)]
    const report = await log.verify()
    expect(report.outcome).toBe('unsealed')
    expect(report.findings[0]).toMatchObject({ eventId: '900', seq: null })
  })

  test('a gap is told, and behind it events are still compared', async () => {
    const log = new MemoryLog().seal(100, 50)
    log.rows.splice(30, 2)
    log.change(60, { actor: 'x' })
    const report = await log.verify()
    expect(report.outcome).toBe('altered')
    expect(report.root).toBeNull()
    expect(said(report)).toEqual([
      expect.stringMatching(/^unsealed: seq 30 to 31 are missing before seq 32, event 33/),
      expect.stringMatching(/^altered: seq 60, event 61/),
    ])
    log.change(60, eventOf(60))
    expect((await log.verify()).outcome).toBe('unsealed')
  })

  test('the first row gone is a gap', async () => {
    const log = new MemoryLog().seal(100, 50)
    log.rows.shift()
    expect(said(await log.verify())).toEqual([expect.stringMatching(/^unsealed: seq 0 is missing/)])
  })

  test('rows behind the last checkpoint are signed by nobody', async () => {
    const log = new MemoryLog().seal(10)
    log.push(eventOf(10))
    const report = await log.verify()
    expect(report.outcome).toBe('unsealed')
    expect(seqs(report)).toEqual([10])
  })

  test('an intent without an outcome is told after three minutes, and not when its outcome waits for its seal', async () => {
    const intent = '7b0c8b6e-2f2e-4c43-9d3c-333333333333'
    const log = new MemoryLog().seal(10, 10, (seq) =>
      seq === 4 ? { action: 'token.intent', intent } : {},
    )
    const report = await log.verify()
    expect(report).toMatchObject({ outcome: 'unsealed', counted: { openIntents: 1 } })
    expect(report.findings[0]).toMatchObject({ seq: 4, eventId: '5' })
    log.unsealed = [waiting(1n, { action: 'token.failed', intent })]
    expect((await log.verify()).outcome).toBe('holds')
  })

  test.each(['token.issued', 'token.failed', 'token.unknown'])(
    '%s ends an intent',
    async (action) => {
      const intent = '7b0c8b6e-2f2e-4c43-9d3c-333333333333'
      const log = new MemoryLog().seal(10, 10, (seq) =>
        seq === 4 ? { action: 'token.intent', intent } : seq === 8 ? { action, intent } : {},
      )
      expect(await log.verify()).toMatchObject({ outcome: 'holds', counted: { openIntents: 0 } })
    },
  )
})

describe('what was dropped by age', () => {
  const pruned = (log: MemoryLog, below: number) => {
    log.rows = log.rows.map((row) => (row.seq < below ? { ...row, entry: null } : row))
  }
  const record = (log: MemoryLog, from: number, to: number) => {
    const payload = JSON.stringify({ from, to })
    log.push(eventOf(log.tree.size, { action: 'audit.pruned', payload }))
    log.sign()
  }

  test('and recorded is no alteration, and the hashes still count', async () => {
    const log = new MemoryLog().seal(600, 100)
    record(log, 0, 250)
    pruned(log, 250)
    const report = await log.verify()
    expect(said(report)).toEqual([])
    expect(report.counted.pruned).toBe(250)
    log.rows = log.rows.map((row) => (row.seq === 3 ? { ...row, leaf: Buffer.alloc(32) } : row))
    expect((await log.verify()).outcome).toBe('altered')
  })

  test('beyond what is recorded is deleted', async () => {
    const log = new MemoryLog().seal(600, 100)
    record(log, 0, 250)
    pruned(log, 252)
    expect(said(await log.verify())).toEqual([
      'altered: seq 250 to 251: sealed, and deleted since.',
    ])
  })

  test('by an event that is not as it was sealed excuses nothing', async () => {
    const log = new MemoryLog().seal(600, 100)
    log.change(599, { action: 'audit.pruned', payload: '{"from":0,"to":250}' })
    pruned(log, 250)
    expect((await log.verify()).found.altered).toBe(2)
  })
})

describe('from a size on', () => {
  test('only what comes after is read, and the signed roots prove what came before', async () => {
    const log = new MemoryLog().seal(300, 50)
    const start = new CompactRange()
    for (const { leaf } of log.rows.slice(0, 150)) start.append(leaf)
    const report = await log.verify({ start })
    expect(said(report)).toEqual([])
    expect(report).toMatchObject({ from: 150, size: 300, counted: { rows: 150, checkpoints: 4 } })
    expect(start.size).toBe(150)
    log.change(200, { actor: 'x' })
    expect(seqs(await log.verify({ start }))).toEqual([200])
  })

  test('a beginning that is not the log’s is altered', async () => {
    const log = new MemoryLog().seal(300, 50)
    const start = new CompactRange()
    for (const { leaf } of log.rows.slice(0, 150)) start.append(leaf)
    start.hashes[0] = Buffer.alloc(32)
    const report = await log.verify({ start })
    expect(report.outcome).toBe('altered')
  })

  test('older anchors are passed over and counted', async () => {
    const log = new MemoryLog().seal(100, 50).anchor().seal(100).anchor()
    const start = new CompactRange()
    for (const { leaf } of log.rows.slice(0, 150)) start.append(leaf)
    expect((await log.verify({ start })).counted).toMatchObject({ anchors: 2, anchorsPassed: 1 })
  })
})
