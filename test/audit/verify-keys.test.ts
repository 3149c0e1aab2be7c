import { describe, expect, test } from 'vitest'
import { leafHash } from '../../server/core/audit/entry.ts'
import { signRotation } from '../../server/core/audit/rotation.ts'
import { eventOf, freshSigner, keyOf, MemoryLog, said } from './memory-log.ts'

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
