import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { AuditStatus } from '../../server/contract/audit-proof.ts'
import { Export } from '../../web/pages/audit/export.svelte.ts'
import { Proof } from '../../web/pages/audit/proof.svelte.ts'
import { troublesOf } from '../../web/pages/audit/troubles.ts'

const NOW = '2026-11-25T12:00:00.000Z'
const aStatus = (over: Partial<AuditStatus> = {}): AuditStatus => ({
  now: NOW,
  origin: 'latchkey.example.com/audit/1',
  sealed: 100,
  unsealed: 0,
  unsealedIsMore: false,
  lagMilliseconds: 0,
  checkpoint: { size: 100, root: 'r', at: NOW },
  keys: [],
  sealing: { state: 'works', reason: null, text: null, mend: null },
  anchors: [],
  outlets: [],
  verification: { running: null, last: null },
  ...over,
})
const verified = (holds: boolean) => ({
  ...{ at: NOW, by: 'portal', byName: null, from: 0, to: 100, holds, milliseconds: 5 },
  ...{ compared: [], unread: [] as { place: string; code: string }[] },
  findings: holds
    ? []
    : [{ code: 'altered' as const, text: 'Event 7 differs', seq: 6, eventId: '7' }],
})
const titles = (over: Partial<AuditStatus>) => troublesOf(aStatus(over)).map(({ title }) => title)

describe('what an auditor should know before they believe the log', () => {
  test('nothing, when it is sealed and holds', () => {
    expect(titles({ verification: { running: null, last: verified(true) } })).toEqual([])
    expect(titles({ unsealed: 3, lagMilliseconds: 400 })).toEqual([])
  })

  test('that a verification found something comes first', () => {
    const over = {
      sealing: { state: 'refuses', reason: 'key', text: 'The key is another.', mend: null },
      verification: { running: null, last: verified(false) },
    } as const
    expect(titles(over)).toEqual(['The log does not hold', 'The portal refuses to seal the log'])
    expect(troublesOf(aStatus(over))[1]?.text).toMatch(/^The key is another\. What happens/)
  })

  test('that an anchor could not be asked, though the log holds', () => {
    const unread = [{ place: 's3', code: 's3_AccessDenied' }]
    const last = { ...verified(true), unread }
    expect(troublesOf(aStatus({ verification: { running: null, last } }))).toMatchObject([
      { tone: 'warning', text: expect.stringMatching(/^s3: s3_AccessDenied\./) },
    ])
  })

  test('that events wait for longer than they should', () => {
    expect(titles({ unsealed: 1, lagMilliseconds: 61_000 })).toEqual(['1 event waits to be sealed'])
    expect(titles({ unsealed: 1000, unsealedIsMore: true, lagMilliseconds: 61_000 })).toEqual([
      'More than 1,000 events wait to be sealed',
    ])
  })

  test('that an outlet has fallen behind; one that is as far as the log is fine, however old', () => {
    const anchor = { kind: 'anchor', place: 's3', failing: null } as const
    const at = '2026-11-25T10:00:00.000Z'
    expect(titles({ outlets: [{ ...anchor, at, size: 100, behind: 0 }] })).toEqual([])
    expect(titles({ outlets: [{ ...anchor, at: NOW, size: 90, behind: 10 }] })).toEqual([])
    expect(titles({ outlets: [{ ...anchor, at, size: 90, behind: 10 }] })).toEqual([
      'The anchor s3 has fallen behind',
    ])
  })

  test('that an outlet fails, and a witness that contradicts the log is worse than one that is away', () => {
    const failing = (place: string, error: string) => ({
      ...({ kind: place === 'webhook' ? 'stream' : 'anchor', place } as const),
      ...{ size: 90, at: null, behind: 10 },
      failing: { since: '2026-11-25T11:50:00.000Z', attempts: 4, error, nextAt: NOW },
    })
    const outlets = [failing('webhook', 'http_500'), failing('witness', 'witness_saw_more')]
    expect(troublesOf(aStatus({ outlets }))).toMatchObject([
      { tone: 'danger', title: 'The anchor witness contradicts the log' },
      {
        tone: 'warning',
        title: 'The stream webhook cannot be reached',
        text: expect.stringMatching(/^http_500, 4 attempts in 10 min\. 90 events have arrived, 10/),
      },
    ])
  })
})

describe('what has come since the list was read', () => {
  let status: AuditStatus
  const proof = () =>
    new Proof({ status: () => Promise.resolve(status), verify: () => Promise.resolve() })
  beforeEach(() => void (status = aStatus()))

  test('is counted, without what the reader’s own reading caused', async () => {
    const it = proof()
    await it.mark()
    expect(it.newer).toBe(0)
    status = aStatus({ sealed: 103, unsealed: 2 })
    it.caused(1)
    await it.load()
    expect(it.newer).toBe(4)
    await it.mark()
    expect(it.newer).toBe(0)
  })

  test('a verification that cannot begin says why, and the state stays', async () => {
    const it = new Proof({
      status: () => Promise.resolve(status),
      verify: () => Promise.reject(new Error('One runs already.')),
    })
    await it.load()
    await it.verify()
    expect([String(it.failure), it.asking, it.status?.sealed]).toEqual([
      'Error: One runs already.',
      false,
      100,
    ])
  })
})

describe('an export', () => {
  const saved = vi.fn<(file: Blob, name: string) => void>()
  beforeEach(() => saved.mockClear())
  const lines = (...texts: string[]) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (const text of texts) controller.enqueue(new TextEncoder().encode(text))
        controller.close()
      },
    })

  test('is of what the filter finds, counted while it arrives, and saved whole', async () => {
    const fetching = vi.fn<typeof fetch>(() =>
      Promise.resolve(new Response(lines('{"head":1}\n{"seq":0}\n', '{"seq":1}\n{"end":1}\n'))),
    )
    vi.stubGlobal('fetch', fetching)
    const it = new Export(saved)
    await it.start('jsonl', 'database=orders', 'audit')
    expect(fetching.mock.calls[0]?.[0]).toBe('/api/audit/export.jsonl?database=orders')
    expect([it.events, it.format, it.error]).toEqual([2, undefined, undefined])
    const [file, name] = saved.mock.calls[0]!
    expect([await file.text(), name]).toEqual([
      '{"head":1}\n{"seq":0}\n{"seq":1}\n{"end":1}\n',
      'audit.jsonl',
    ])
    vi.unstubAllGlobals()
  })

  test('that is cancelled saves nothing, and is no failure; one that breaks off is', async () => {
    const it = new Export(saved)
    vi.stubGlobal(
      'fetch',
      (_path: string, { signal }: RequestInit) =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('x')))),
    )
    const running = it.start('csv', '', 'audit')
    it.cancel()
    await running
    expect([it.error, it.format]).toEqual([undefined, undefined])

    const broken = new ReadableStream({ start: (c) => c.error(new TypeError('network')) })
    vi.stubGlobal('fetch', () => Promise.resolve(new Response(broken)))
    await it.start('csv', '', 'audit')
    expect(String(it.error)).toMatch(/network/)
    expect(saved).not.toHaveBeenCalled()
    vi.unstubAllGlobals()
  })

  test('that is refused says why', async () => {
    const problem = { code: 'forbidden', detail: 'Auditors export; administrators read.' }
    vi.stubGlobal('fetch', () =>
      Promise.resolve(new Response(JSON.stringify(problem), { status: 403 })),
    )
    const it = new Export(saved)
    await it.start('csv', '', 'audit')
    expect(String(it.error)).toMatch(/Auditors export/)
    vi.unstubAllGlobals()
  })
})
