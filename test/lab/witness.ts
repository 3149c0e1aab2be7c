import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenOnLoopback } from './loopback.ts'

/*
 * A witness by the rules of c2sp.org/tlog-witness and c2sp.org/tlog-cosignature.
 * It reads, hashes and verifies by itself and never calls the product, so that the two check each other.
 */

export type WitnessFault =
  | 'hang'
  | 'error'
  | 'redirect'
  | 'reset'
  | 'garbage'
  | 'wrong_signature'
  | 'other_key'
  | 'future'
  | { delay: number }

export type WitnessOptions = {
  name?: string
  /** By origin, the log's verifier keys: `name+id+base64`. */
  logs: ReadonlyMap<string, readonly string[]>
  now?: () => number
  onCall?: (old: string) => WitnessFault | undefined
}

type Seen = { size: number; root: Buffer }
type Reply = { status: number; body?: string; type?: string }

export async function startWitness(options: WitnessOptions) {
  const name = options.name ?? 'witness.example.com/w1'
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const encoded = Buffer.concat([Buffer.of(4), rawOf(publicKey)])
  const id = digest(`${name}\n`, encoded).subarray(0, 4)
  const seen = new Map<string, Seen>()

  const cosign = (text: string, fault: WitnessFault | undefined): string => {
    const clock = (options.now ?? Date.now)() + (fault === 'future' ? 3_600_000 : 0)
    const seconds = Buffer.alloc(8)
    seconds.writeBigUInt64BE(BigInt(Math.floor(clock / 1000)))
    const message = `cosignature/v1\ntime ${seconds.readBigUInt64BE()}\n${text}`
    const signature = sign(null, Buffer.from(message), privateKey)
    if (fault === 'wrong_signature') signature[5] = (signature[5] ?? 0) ^ 1
    const who = fault === 'other_key' ? 'other.example.com' : name
    return `— ${who} ${Buffer.concat([id, seconds, signature]).toString('base64')}\n`
  }

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy())
  })
  async function serve(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const fault = options.onCall?.(body.split('\n', 1)[0] ?? '')
    if (fault === 'hang') return
    if (fault === 'reset') return void request.socket.resetAndDestroy()
    if (fault === 'error') return void response.writeHead(500).end('secret words of the witness')
    if (fault === 'garbage') return void response.writeHead(200).end('<html>')
    if (fault === 'redirect')
      return void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
    if (typeof fault === 'object') await sleep(fault.delay)
    const {
      status,
      body: out = '',
      type = 'text/plain',
    } = request.method === 'POST' && request.url === '/w/add-checkpoint'
      ? addCheckpoint(body, options.logs, seen, (text) => cosign(text, fault))
      : { status: 404 }
    response.writeHead(status, { 'content-type': type }).end(out)
  }
  const port = await listenOnLoopback(server, 0, 'the witness of the lab')
  return {
    /** The submission prefix. */
    url: `http://127.0.0.1:${port}/w`,
    key: `${name}+${id.toString('hex')}+${encoded.toString('base64')}`,
    seen,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** In the order in which the rules are written. Nothing is awaited here: check and keep are one step. */
function addCheckpoint(
  body: string,
  logs: WitnessOptions['logs'],
  seen: Map<string, Seen>,
  cosign: (text: string) => string,
): Reply {
  const head = body.indexOf('\n\n')
  const [old = '', ...proofLines] = body.slice(0, head).split('\n')
  const note = body.slice(head + 2)
  const end = note.lastIndexOf('\n\n')
  const text = note.slice(0, end + 1)
  const [origin = '', decimal = '', rootLine = ''] = text.split('\n')
  const oldSize = /^old (0|[1-9]\d*)$/.exec(old)?.[1]
  const proof = proofLines.map((line) => Buffer.from(line, 'base64'))
  const size = Number(decimal)
  const root = Buffer.from(rootLine, 'base64')
  if (head < 0 || end < 0 || oldSize === undefined || !/^(0|[1-9]\d*)$/.test(decimal))
    return { status: 400 }
  if (proof.length > 63 || [...proof, root].some((hash) => hash.length !== 32))
    return { status: 400 }
  const keys = logs.get(origin)
  if (!keys) return { status: 404 }
  if (!isSigned(text, note.slice(end + 2), keys)) return { status: 403 }
  const from = Number(oldSize)
  if (from > size) return { status: 400 }
  const last = seen.get(origin) ?? { size: 0, root: digest('') }
  if (from !== last.size) return { status: 409, body: `${last.size}\n`, type: 'text/x.tlog.size' }
  if (from === size && !root.equals(last.root))
    return { status: 409, body: `${last.size}\n`, type: 'text/x.tlog.size' }
  if (size === 0 && !root.equals(digest(''))) return { status: 422 }
  if (from === 0 ? proof.length > 0 : !isContinuation(last, { size, root }, proof))
    return { status: 422 }
  seen.set(origin, { size, root })
  return { status: 200, body: cosign(text) }
}

function isSigned(text: string, lines: string, keys: readonly string[]): boolean {
  const signatures = lines.split('\n').map((line) => line.split(' '))
  return keys.some((key) => {
    const [name, id, ...rest] = key.split('+')
    const x = Buffer.from(rest.join('+'), 'base64').subarray(1).toString('base64url')
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return signatures.some(([dash, signer, encoded]) => {
      const bytes = Buffer.from(encoded ?? '', 'base64')
      const ours = dash === '—' && signer === name && bytes.subarray(0, 4).toString('hex') === id
      return ours && verify(null, Buffer.from(text), publicKey, bytes.subarray(4))
    })
  })
}

/** RFC 6962 §2.1.2, the other way round: the proof is split as the tree is, and must give both roots and be used up. */
function isContinuation(old: Seen, now: Seen, proof: readonly Buffer[]): boolean {
  if (old.size === now.size) return proof.length === 0 && old.root.equals(now.root)
  const left = [...proof]
  const roots = (from: number, size: number, known: boolean): [Buffer, Buffer] | null => {
    if (from === size) {
      const hash = known ? old.root : left.shift()
      return hash ? [hash, hash] : null
    }
    let half = 1
    while (half * 2 < size) half *= 2
    const inner = from <= half ? roots(from, half, known) : roots(from - half, size - half, false)
    const sibling = left.shift()
    if (!inner || !sibling) return null
    return from <= half
      ? [inner[0], node(inner[1], sibling)]
      : [node(sibling, inner[0]), node(sibling, inner[1])]
  }
  const found = roots(old.size, now.size, true)
  return (
    found !== null && left.length === 0 && found[0].equals(old.root) && found[1].equals(now.root)
  )
}

const digest = (...parts: (string | Buffer)[]) =>
  parts.reduce((sum, part) => sum.update(part), createHash('sha256')).digest()
const node = (left: Buffer, right: Buffer) => digest(Buffer.of(1), left, right)
const rawOf = (key: ReturnType<typeof createPublicKey>) =>
  Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
