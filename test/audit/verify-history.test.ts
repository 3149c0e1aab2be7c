import { describe, expect, test } from 'vitest'
import { signCheckpoint } from '../../server/core/audit/checkpoint.ts'
import { leafHash } from '../../server/core/audit/entry.ts'
import { freshSigner, keyOf, MemoryLog, ORIGIN, said } from './memory-log.ts'

describe('rolled back', () => {
  test('an older state than an anchor knows', async () => {
    const log = new MemoryLog().seal(100, 50)
    const [rows, checkpoints] = [log.rows.length, log.checkpoints.length]
    log.seal(30).anchor('s3://anchors')
    log.rows = log.rows.slice(0, rows)
    log.checkpoints = log.checkpoints.slice(0, checkpoints)
    const report = await log.verify()
    expect(report.outcome).toBe('rolled_back')
    expect(said(report)).toEqual([
      'rolled_back: the log has 100 events, and s3://anchors holds a signed checkpoint of 130: the log was rolled back, at least 30 events are missing at its end.',
    ])
    expect(report.findings[0]?.evidence).toEqual([log.anchors[0]?.note])
  })

  test('a tail cut off below the log’s own checkpoint', async () => {
    const log = new MemoryLog().seal(100, 50)
    log.rows = log.rows.slice(0, 90)
    const report = await log.verify()
    expect(report.outcome).toBe('rolled_back')
    expect(said(report)).toEqual([
      expect.stringMatching(/90 events, .* signed over 100: 10 are missing/),
    ])
  })

  test('an empty log that has an anchor', async () => {
    const log = new MemoryLog().seal(10).anchor()
    const empty = new MemoryLog()
    const report = await empty.verify({ keys: [keyOf(log.first)], anchors: log.anchors })
    expect(report.outcome).toBe('rolled_back')
  })

  test('an anchor that somebody else signed proves nothing', async () => {
    const log = new MemoryLog().seal(10)
    const note = signCheckpoint({ origin: ORIGIN, size: 99, root: Buffer.alloc(32) }, [
      freshSigner(),
    ])
    const report = await log.verify({ anchors: [{ place: 'a file', note }] })
    expect(report.found).toMatchObject({ rolled_back: 0, wrong_key: 1 })
  })
})

describe('two histories', () => {
  test('a log rewritten and signed with its own key is caught by an anchor, and both are shown', async () => {
    const log = new MemoryLog().seal(100, 50).anchor()
    log.seal(50)
    log.change(70, { actor: 'somebody else' })
    log.rows = log.rows.map((row) => (row.entry ? { ...row, leaf: leafHash(row.entry) } : row))
    log.forge(log.signers, [100, 150])
    const report = await log.verify()
    expect(report.outcome).toBe('two_histories')
    expect(said(report).length).toBe(1)
    const [finding] = report.findings
    expect(finding?.evidence).toEqual([log.anchors[0]?.note])
    const mine = log.checkpoints.find(({ size }) => size === 100)?.root.toString('hex') ?? ''
    expect(finding?.text).toContain(mine)
  })

  test('the same without a checkpoint at the anchor’s size', async () => {
    const log = new MemoryLog().seal(100, 50).anchor()
    log.seal(50)
    log.change(70, { actor: 'somebody else' })
    log.rows = log.rows.map((row) => (row.entry ? { ...row, leaf: leafHash(row.entry) } : row))
    log.forge(log.signers, [60, 150])
    expect((await log.verify()).outcome).toBe('two_histories')
  })

  test('two anchors of one size that differ, also beyond the end of the log', async () => {
    const log = new MemoryLog().seal(10)
    const anchorOf = (size: number, fill: number) => ({
      place: `place ${fill}`,
      note: signCheckpoint({ origin: ORIGIN, size, root: Buffer.alloc(32, fill) }, log.signers),
    })
    const report = await log.verify({ anchors: [anchorOf(20, 1), anchorOf(20, 2)] })
    expect(report.found).toMatchObject({ two_histories: 1, rolled_back: 1 })
    expect(report.outcome).toBe('two_histories')
    expect(report.findings[0]?.evidence?.length).toBe(2)
  })

  test('a checkpoint that was signed over other rows, while later ones fit', async () => {
    const log = new MemoryLog().seal(100, 50)
    const root = Buffer.alloc(32, 9)
    const note = signCheckpoint({ origin: ORIGIN, size: 50, root }, log.signers)
    log.checkpoints[0] = { size: 50, root, note }
    const report = await log.verify()
    expect(report.outcome).toBe('two_histories')
    expect(report.findings[0]?.evidence).toEqual([note])
  })

  test('two checkpoints of one size in the table', async () => {
    const log = new MemoryLog().seal(100, 50)
    const root = Buffer.alloc(32, 9)
    const note = signCheckpoint({ origin: ORIGIN, size: 100, root }, log.signers)
    log.checkpoints.push({ size: 100, root, note })
    expect((await log.verify()).found.two_histories).toBeGreaterThan(0)
  })

  test('an event changed under an anchor is altered, and no second history', async () => {
    const log = new MemoryLog().seal(100, 50).anchor()
    log.change(70, { actor: 'somebody else' })
    log.rows = log.rows.map((row) => (row.entry ? { ...row, leaf: leafHash(row.entry) } : row))
    expect((await log.verify()).found).toMatchObject({ altered: 1, two_histories: 0 })
  })
})
