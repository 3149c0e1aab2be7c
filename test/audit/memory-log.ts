import { generateKeyPairSync } from 'node:crypto'
import { signCheckpoint } from '../../server/core/audit/checkpoint.ts'
import { type Entry, leafHash } from '../../server/core/audit/entry.ts'
import type {
  AnchorNote,
  LogReport,
  LogToVerify,
  SealedRow,
  StoredCheckpoint,
  UnsealedRow,
} from '../../server/core/audit/log-to-verify.ts'
import {
  makeSigner,
  type NoteSigner,
  type NoteVerifier,
  parseVerifierKey,
} from '../../server/core/audit/note.ts'
import { signRotation } from '../../server/core/audit/rotation.ts'
import { CompactRange } from '../../server/core/audit/tree.ts'
import { verifyLog } from '../../server/core/audit/verify.ts'

export const ORIGIN = 'latchkey.example.com/audit/1'
export const NOW = 1_764_028_800_000_000n

export const freshSigner = (name = ORIGIN): NoteSigner =>
  makeSigner(name, generateKeyPairSync('ed25519').privateKey)

/** One event, a minute older than the next one in the log could be. */
export const eventOf = (seq: number, over: Partial<Entry> = {}): Entry => ({
  id: String(seq + 1),
  at: String(NOW - 3_600_000_000n + BigInt(seq) * 1_000n),
  v: 1,
  action: 'grant.started',
  actor: '7b0c8b6e-2f2e-4c43-9d3c-111111111111',
  subject: 'orders',
  request: '7b0c8b6e-2f2e-4c43-9d3c-222222222222',
  intent: null,
  address: '192.0.2.7',
  payload: `{"database":"orders","grant":"${seq}","user":"orders_reader"}`,
  ...over,
})

/** A log in memory as the database keeps it, every row of it open to be tampered with. */
export class MemoryLog {
  rows: SealedRow[] = []
  checkpoints: StoredCheckpoint[] = []
  unsealed: UnsealedRow[] = []
  anchors: AnchorNote[] = []
  nodes = new Map<string, Buffer>()
  readonly first = freshSigner()
  signers: NoteSigner[] = [this.first]
  readonly tree = new CompactRange()

  /** Appends and seals: a checkpoint after each `every` events, and after the last. */
  seal(count: number, every = count, over: (seq: number) => Partial<Entry> = () => ({})): this {
    for (let left = count; left > 0; left -= every) {
      for (let n = Math.min(every, left); n > 0; n--) {
        const seq = this.tree.size
        this.push(eventOf(seq, over(seq)))
      }
      this.sign()
    }
    return this
  }

  push(entry: Entry): void {
    const leaf = leafHash(entry)
    this.rows.push({ seq: this.tree.size, eventId: entry.id, leaf, entry })
    this.tree.append(leaf, (level, index, hash) => {
      if (level >= 8) this.nodes.set(`${level}/${index}`, hash)
    })
  }

  sign(signers = this.signers): StoredCheckpoint {
    const [size, root] = [this.tree.size, this.tree.root()]
    const note = signCheckpoint({ origin: ORIGIN, size, root }, signers)
    const checkpoint = { size, root, note }
    this.checkpoints.push(checkpoint)
    return checkpoint
  }

  /** Changes the key by an event and a checkpoint of both, as the sealer does. */
  rotate(to = freshSigner()): NoteSigner {
    const [from] = this.signers
    if (!from) throw new Error('no key to change from')
    const detail = signRotation(from, to)
    this.push(eventOf(this.tree.size, { action: 'key.rotated', payload: JSON.stringify(detail) }))
    this.sign([from, to])
    this.signers = [to]
    return to
  }

  /** The newest checkpoint, kept elsewhere. */
  anchor(place = 'anchors.jsonl'): this {
    const { note } = this.checkpoints.at(-1) as StoredCheckpoint
    this.anchors.push({ place, note })
    return this
  }

  entry(seq: number): Entry {
    return this.rows[seq]?.entry as Entry
  }

  /** Changes what is stored of an event, and not its seal. */
  change(seq: number, over: Partial<Entry>): void {
    this.rows = this.rows.map((row) =>
      row.seq === seq && row.entry ? { ...row, entry: { ...row.entry, ...over } } : row,
    )
  }

  /** The tree and all that follows from it made again from the rows as they are, signed by somebody. */
  forge(signers: NoteSigner[], sizes: readonly number[]): void {
    const tree = new CompactRange()
    this.nodes.clear()
    this.checkpoints = this.checkpoints.filter(({ size }) => size < (sizes[0] ?? Infinity))
    for (const { leaf } of this.rows) {
      tree.append(leaf, (level, index, hash) => {
        if (level >= 8) this.nodes.set(`${level}/${index}`, hash)
      })
      if (!sizes.includes(tree.size)) continue
      const [size, root] = [tree.size, tree.root()]
      const note = signCheckpoint({ origin: ORIGIN, size, root }, signers)
      this.checkpoints.push({ size, root, note })
    }
  }

  read(over: Partial<LogToVerify> = {}): LogToVerify {
    const start = over.start ?? new CompactRange()
    const of = <T>(all: readonly T[]) => inBatches(all, 7)
    return {
      keys: [keyOf(this.first)],
      start,
      sealed: of(this.rows.filter(({ seq }) => seq >= start.size)),
      checkpoints: () => of(this.checkpoints.filter(({ size }) => size >= start.size)),
      nodes: (wanted) =>
        Promise.resolve(
          wanted.map(({ level, index }) => this.nodes.get(`${level}/${index}`) ?? null),
        ),
      anchors: this.anchors,
      unsealed: of(this.unsealed),
      now: NOW,
      ...over,
    }
  }

  verify(over: Partial<LogToVerify> = {}): Promise<LogReport> {
    return verifyLog(this.read(over))
  }
}

export const keyOf = ({ key }: NoteSigner): NoteVerifier => parseVerifierKey(key)

export async function* inBatches<T>(all: readonly T[], length: number): AsyncGenerator<T[]> {
  for (let at = 0; at < all.length; at += length)
    yield await Promise.resolve(all.slice(at, at + length))
}

export const said = ({ findings }: Pick<LogReport, 'findings'>) =>
  findings.map(({ code, text }) => `${code}: ${text}`)
export const seqs = ({ findings }: LogReport) => findings.map(({ seq }) => seq)
