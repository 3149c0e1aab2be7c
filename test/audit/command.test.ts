import { expect, test } from 'vitest'
import { type DatabaseWish, verifyCommand } from '../../server/verifier/command.ts'
import { CompactRange } from '../../server/core/audit/tree.ts'
import { MemoryLog } from './memory-log.ts'

/** The command over a log in memory in the place of the database. */
async function run(log: MemoryLog, ...args: string[]) {
  const told = { out: '', wish: null as DatabaseWish | null }
  const code = await verifyCommand(args, {
    name: 'latchkey audit verify',
    database: async (wish) => {
      told.wish = wish
      const start = new CompactRange()
      for (const { leaf } of log.rows.slice(0, wish.from)) start.append(leaf)
      return log.verify({ start, keys: wish.keys, anchors: wish.anchors })
    },
    print: (text) => (told.out += text),
    complain: (text) => (told.out += text),
  })
  return { code, ...told }
}

test('without a file it is the database that is verified, with the keys and from the size that were given', async () => {
  const log = new MemoryLog().seal(100, 25)
  const { code, out, wish } = await run(log, '--key', log.first.key, '--from', '50')
  expect(wish).toMatchObject({ from: 50, keys: [{ key: log.first.key }], anchors: [] })
  expect(out).toMatch(/^The log holds.\n {2}50 events from seq 50 to 99, each as it was sealed.\n/)
  expect(out).toContain('3 checkpoints signed, no anchor was given')
  expect(code).toBe(0)
})

test('findings are told by kind, the first of them, with their number and the signed notes', async () => {
  const log = new MemoryLog().seal(100, 25)
  log.rows = log.rows
    .slice(0, 60)
    .map((row) => ({ ...row, entry: row.entry && { ...row.entry, actor: 'x' } }))
  const { code, out } = await run(log, '--key', log.first.key)
  expect(out).toContain('The log does not hold: rolled back (exit code 3).')
  expect(out).toContain('  seq 0, event 1 (grant.started by x, ')
  expect(out).toContain('  seq 19, event 20 (')
  expect(out).not.toContain('  seq 20, event 21 (')
  expect(out).toContain('  and 40 more\n')
  expect(out).toContain('Rolled back:\n')
  expect(out).toContain('    | latchkey.example.com/audit/1\n    | 100\n')
  expect(code).toBe(3)
})

test('an empty log holds', async () => {
  const { code, out } = await run(new MemoryLog(), '--from', '0')
  expect(out).toContain('no event behind the first 0.')
  expect(code).toBe(0)
})

test('a fault of the database is none of the log', async () => {
  const broken = verifyCommand([], {
    name: 'latchkey audit verify',
    database: () => Promise.reject(new Error('connection refused')),
    print: () => {},
    complain: () => {},
  })
  await expect(broken).rejects.toThrow('connection refused')
})
