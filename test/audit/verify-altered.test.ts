import { describe, expect, test } from 'vitest'
import { type Entry, leafHash } from '../../server/core/audit/entry.ts'
import { eventOf, MemoryLog, said, seqs } from './memory-log.ts'

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
