import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { signCheckpoint } from '../../server/core/audit/checkpoint.ts'
import { type Entry, leafHash } from '../../server/core/audit/entry.ts'
import type { LogReport } from '../../server/core/audit/log-to-verify.ts'
import { signRotation } from '../../server/core/audit/rotation.ts'
import { CompactRange } from '../../server/core/audit/tree.ts'
import { eventOf, freshSigner, keyOf, MemoryLog, NOW, ORIGIN } from './memory-log.ts'

const said = ({ findings }: LogReport) => findings.map(({ code, text }) => `${code}: ${text}`)
const seqs = ({ findings }: LogReport) => findings.map(({ seq }) => seq)

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

describe('altered', () => {
  const LENGTH = 600
  const fresh = () => new MemoryLog().seal(LENGTH, 100)

  const fields: (keyof Entry)[] = [
    'id',
    'at',
    'v',
    'action',
    'actor',
    'subject',
    'request',
    'intent',
    'address',
    'payload',
  ]
  test.each(fields)(
    'a change of %s is named by its seq and event, and nothing else is',
    async (field) => {
      for (const seq of [0, 300, LENGTH - 1]) {
        const log = fresh()
        log.change(seq, field === 'v' ? { v: 2 } : { [field]: `${log.entry(seq)[field] ?? ''}0` })
        const report = await log.verify()
        expect(report.outcome).toBe('altered')
        expect(said(report).length).toBe(1)
        expect(report.findings[0]).toMatchObject({ seq, eventId: log.entry(seq).id })
        expect(report.findings[0]?.text).toContain(`seq ${seq}, event `)
        expect(report.findings[0]?.text).toContain(leafHash(log.entry(seq)).toString('hex'))
      }
    },
  )

  test('a value taken away is a change', async () => {
    const log = fresh()
    log.change(7, { address: null })
    expect(seqs(await log.verify())).toEqual([7])
  })

  test('contents of two rows swapped: both are named', async () => {
    const log = fresh()
    const [one, other] = [log.entry(5), log.entry(9)]
    log.change(5, { payload: other.payload })
    log.change(9, { payload: one.payload })
    expect(seqs(await log.verify())).toEqual([5, 9])
  })

  test('two events that changed places: both are named, with the place where they belong', async () => {
    const log = fresh()
    const [one, other] = [log.entry(5), log.entry(9)]
    log.change(5, other)
    log.change(9, one)
    const report = await log.verify()
    expect(seqs(report)).toEqual([5, 9])
    expect(report.findings[0]?.text).toMatch(/its own place is seq 9/)
    expect(report.findings[1]?.text).toMatch(/its own place is seq 5/)
  })

  test.each([0, 300, LENGTH - 1])('event %i deleted is named by its seal', async (seq) => {
    const log = fresh()
    log.rows = log.rows.map((row) => (row.seq === seq ? { ...row, entry: null } : row))
    const report = await log.verify()
    expect(report.outcome).toBe('altered')
    expect(said(report)).toEqual([
      `altered: seq ${seq}, event ${seq + 1}: sealed, and deleted since.`,
    ])
    expect(report.findings[0]).toMatchObject({ seq, eventId: String(seq + 1) })
  })

  test('a whole partition emptied is one finding', async () => {
    const log = fresh()
    log.rows = log.rows.map((row) => (row.seq < 250 ? { ...row, entry: null } : row))
    expect(said(await log.verify())).toEqual([
      'altered: seq 0 to 249, from event 1 on: sealed, and deleted since.',
    ])
  })

  test('an event and its leaf changed together: the root says between which checkpoints', async () => {
    const log = fresh()
    log.change(250, { actor: 'somebody else' })
    log.rows = log.rows.map((row) =>
      row.seq === 250 && row.entry ? { ...row, leaf: leafHash(row.entry) } : row,
    )
    const report = await log.verify({ nodes: undefined as never })
    expect(report.outcome).toBe('altered')
    expect(said(report).length).toBe(1)
    expect(report.findings[0]?.text).toMatch(/^seq 200 to 299: the sealed leaves give root /)
  })

  test('a forged row inserted with all seals moved on is found by the first root', async () => {
    const log = fresh()
    const forged = { ...eventOf(1_000), id: '777' }
    log.rows = [
      ...log.rows.slice(0, 150),
      { seq: 150, eventId: '777', entry: forged, leaf: leafHash(forged) },
      ...log.rows.slice(150).map((row) => ({ ...row, seq: row.seq + 1 })),
    ]
    const report = await log.verify()
    expect(report.outcome).toBe('altered')
    expect(said(report).some((text) => text.startsWith('altered: seq 100 to 199:'))).toBe(true)
  })

  test('a seal that stands twice is out of order', async () => {
    const log = fresh()
    log.rows.splice(10, 0, log.rows[3] as (typeof log.rows)[0])
    const report = await log.verify()
    expect(report.outcome).toBe('altered')
    expect(report.findings[0]).toMatchObject({ seq: 3, eventId: '4' })
  })

  test('a stored node changed or deleted is named by what lies below it, once', async () => {
    const log = fresh()
    log.nodes.set('8/1', Buffer.alloc(32))
    expect(said(await log.verify())).toEqual([
      expect.stringMatching(/^altered: seq 256 to 511: the stored node 8\/1 .* not what/),
    ])
    log.nodes.delete('8/1')
    expect(said(await log.verify())).toEqual([
      expect.stringMatching(/^altered: seq 256 to 511: the stored node 8\/1 .* missing/),
    ])
  })

  test('any one byte of a checkpoint note changed is found', async () => {
    const log = new MemoryLog().seal(3)
    const [checkpoint] = log.checkpoints as [(typeof log.checkpoints)[0]]
    const { note } = checkpoint
    for (let at = 0; at < note.length; at++) {
      log.checkpoints = [
        {
          ...checkpoint,
          note: `${note.slice(0, at)}${note[at] === 'x' ? 'y' : 'x'}${note.slice(at + 1)}`,
        },
      ]
      expect((await log.verify()).outcome, `character ${at}`).toMatch(/altered|wrong_key/)
    }
  })

  test('a checkpoint whose row says another root or size than its note', async () => {
    const log = fresh()
    log.checkpoints = log.checkpoints.map((each) =>
      each.size === 300 ? { ...each, root: Buffer.alloc(32, 1) } : each,
    )
    const report = await log.verify()
    expect(report.outcome).toBe('altered')
    expect(said(report)).toEqual([
      expect.stringMatching(/the checkpoint of 300 events: its row says/),
    ])
  })

  test('a log that is all wrong is told in a hundred lines, and counted', async () => {
    const log = new MemoryLog().seal(1_500)
    log.rows = log.rows.map((row) => ({ ...row, entry: { ...eventOf(row.seq), actor: 'x' } }))
    const report = await log.verify()
    expect(report.findings.length).toBe(100)
    expect(report.found.altered).toBe(1_500)
  })
})

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

describe('keys', () => {
  test('another key than the log’s: wrong key, whatever else', async () => {
    const log = new MemoryLog().seal(100, 50)
    log.change(3, { actor: 'x' })
    const report = await log.verify({ keys: [keyOf(freshSigner())] })
    expect(report.outcome).toBe('wrong_key')
    expect(report.found).toMatchObject({ wrong_key: 2, altered: 1 })
  })

  test('the tail replaced and signed with another key', async () => {
    const log = new MemoryLog().seal(100, 50)
    log.change(70, { actor: 'somebody else' })
    log.rows = log.rows.map((row) => (row.entry ? { ...row, leaf: leafHash(row.entry) } : row))
    log.forge([freshSigner()], [100])
    const report = await log.verify()
    expect(report.outcome).toBe('wrong_key')
    expect(said(report)).toEqual([
      expect.stringMatching(/^wrong_key: the checkpoint of 100 events/),
    ])
  })

  test('the key of another log that vouches for this one', async () => {
    const log = new MemoryLog()
    log.push(eventOf(0))
    const other = freshSigner('other.example/audit/1')
    log.sign([...log.signers, other])
    expect((await log.verify({ keys: [keyOf(other)] })).outcome).toBe('wrong_key')
  })

  test('a changed key is followed from the first to the last, from the last to the first, and from the middle', async () => {
    const log = new MemoryLog().seal(30, 10)
    const second = log.rotate()
    log.seal(30, 10)
    const third = log.rotate()
    log.seal(30, 10).anchor()
    for (const trusted of [log.first, second, third])
      expect(said(await log.verify({ keys: [keyOf(trusted)] }))).toEqual([])
    expect(said(await log.verify({ keys: [keyOf(third), keyOf(log.first)] }))).toEqual([])
    expect((await log.verify({ keys: [keyOf(freshSigner())] })).outcome).toBe('wrong_key')
  })

  test('the old key signs nothing after the change', async () => {
    const log = new MemoryLog().seal(30, 10)
    log.rotate()
    log.push(eventOf(log.tree.size))
    log.sign([log.first])
    const report = await log.verify()
    expect(report.outcome).toBe('wrong_key')
    expect(said(report)).toEqual([expect.stringMatching(/the checkpoint of 32 events/)])
  })

  test('the new key signs nothing before the change', async () => {
    const log = new MemoryLog().seal(30, 10)
    const second = log.rotate()
    log.forge([second], [10])
    log.forge([log.first], [20, 30])
    log.sign([log.first, second])
    expect(said(await log.verify())).toEqual([
      expect.stringMatching(/^wrong_key: the checkpoint of 10 events/),
    ])
  })

  test('the checkpoint of the change is signed by both', async () => {
    for (const which of [0, 1]) {
      const log = new MemoryLog().seal(30, 10)
      const both = [log.first, log.rotate()]
      log.checkpoints.pop()
      log.sign(both.slice(which, which + 1))
      const report = await log.verify()
      expect(report.outcome).toBe('wrong_key')
      expect(report.findings[0]?.text).toMatch(/both must have signed it/)
    }
  })

  test('a change that the old key did not sign changes nothing, though the portal sealed it', async () => {
    const thief = freshSigner()
    for (const detail of [
      { from: '', to: '', note: '' },
      {},
      null,
      { ...signRotation(freshSigner(), thief), from: 'x' },
    ]) {
      const log = new MemoryLog().seal(10)
      const payload = JSON.stringify(detail)
      log.push(eventOf(10, { action: 'key.rotated', payload }))
      log.sign()
      log.push(eventOf(11))
      log.sign([thief])
      const report = await log.verify()
      expect(report.found.wrong_key).toBe(2)
      expect(report.findings[0]).toMatchObject({ seq: 10, eventId: '11' })
    }
  })

  test('a change between two keys of somebody else is told, and does not disturb the real ones', async () => {
    const log = new MemoryLog().seal(10)
    const payload = JSON.stringify(signRotation(freshSigner(), freshSigner()))
    log.push(eventOf(10, { action: 'key.rotated', payload }))
    log.sign()
    log.rotate()
    log.seal(5)
    const report = await log.verify()
    expect(said(report)).toEqual([
      expect.stringMatching(/^wrong_key: seq 10, event 11 changes the key/),
    ])
  })

  test('a change that stood in the log and was altered is not followed', async () => {
    const log = new MemoryLog().seal(10)
    const second = log.rotate()
    log.seal(5)
    log.change(10, { payload: JSON.stringify(signRotation(log.first, freshSigner())) })
    const report = await log.verify({ keys: [keyOf(second)] })
    expect(report.found.altered).toBe(1)
    expect(report.found.wrong_key).toBeGreaterThan(0)
  })
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
