import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { authenticate, AwsError, toXml, type XmlTree } from './aws-query.ts'
import type { Account, Caller } from './iam.ts'
import { listenOnLoopback } from './loopback.ts'

/** One request of the AWS Query protocol: a form whose `Action` says what to do. */
export type QueryCall = {
  action: string
  /** As sent, decoded, whoever sent them. */
  parameters: ReadonlyMap<string, string>
  /** That the request is signed for; empty where it is not signed at all. */
  region: string
}

/** What goes wrong on request; `hang` answers nothing until the client or the lab gives up. */
export type QueryFault =
  | { kind: 'delay'; milliseconds: number }
  | { kind: 'throttle' | 'error' | 'hang' | 'garbage' | 'reset' }

/** A call by somebody whose signature is good. */
export type SignedCall = QueryCall & { caller: Caller; now: number }

export type QueryServiceOptions = {
  account: Account
  /** 0 takes a free one. */
  port?: number
  now?: () => number
  /** Sees every call before it is answered, and may spoil it. */
  onCall?: (call: QueryCall) => QueryFault | undefined
}

export type QueryProtocol = {
  /** As credentials are scoped to it: `sts`. */
  service: string
  /** In the words of an error: `the STS of the lab`. */
  name: string
  version: string
  namespace: string
  /** Regions that credentials may be scoped to; those of the account, unless told. */
  regions?: readonly string[]
  /** @returns what stands in `<ActionResult>`, null where there is nothing to say. @throws AwsError */
  perform(call: SignedCall): XmlTree | null
}

export type QueryService = { url: string; port: number; close(): Promise<void> }

/** Policies of 10,240 characters, each of which may be written as three. */
const LARGEST_BODY = 64 * 1024

/** A service of AWS that speaks the Query protocol, on loopback, every request checked as AWS documents it. */
export async function startQueryService(
  protocol: QueryProtocol,
  options: QueryServiceOptions,
): Promise<QueryService> {
  const server = createServer((request, response) => {
    answer(request, response, protocol, options).catch(() => response.destroy())
  })
  server.requestTimeout = 30_000
  const port = await listenOnLoopback(server, options.port ?? 0, protocol.name)
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  protocol: QueryProtocol,
  options: QueryServiceOptions,
): Promise<void> {
  const requestId = randomUUID()
  const now = (options.now ?? Date.now)()
  const send = (status: number, body: string) => {
    // By AWS's own clock: clients measure theirs by it.
    const date = new Date(now).toUTCString()
    const headers = { 'content-type': 'text/xml', 'x-amzn-requestid': requestId, date }
    response.writeHead(status, headers).end(body)
  }
  const document = (name: string, tree: XmlTree) =>
    `<${name} xmlns="${protocol.namespace}">${toXml(tree)}</${name}>`
  try {
    const body = await readBody(request)
    const call = readCall(request, body, protocol)
    const fault = options.onCall?.(call)
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'reset') return void request.socket.resetAndDestroy()
    if (fault?.kind === 'garbage') return send(200, `<${call.action}Response><${call.action}`)
    if (fault !== undefined) await spoil(fault)

    const { service, regions = options.account.regions } = protocol
    const caller = authenticate(request, body, options.account, { service, regions }, now)
    const result = {
      [`${call.action}Result`]: protocol.perform({ ...call, caller, now }),
      ResponseMetadata: { RequestId: requestId },
    }
    send(200, document(`${call.action}Response`, result))
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const { status, code, message } = error
    const Type = status >= 500 ? 'Receiver' : 'Sender'
    const refusal = { Error: { Type, Code: code, Message: message }, RequestId: requestId }
    send(status, document('ErrorResponse', refusal))
  }
}

async function spoil(fault: QueryFault): Promise<void> {
  if (fault.kind === 'delay') await sleep(fault.milliseconds)
  if (fault.kind === 'throttle') throw new AwsError(400, 'Throttling', 'Rate exceeded')
  if (fault.kind === 'error') throw new AwsError(500, 'InternalFailure', 'Something failed.')
}

function readCall(request: IncomingMessage, body: Buffer, { version }: QueryProtocol): QueryCall {
  const form =
    request.headers['content-type']?.split(';')[0] === 'application/x-www-form-urlencoded'
  if (request.method !== 'POST' || request.url !== '/' || !form) {
    throw new AwsError(400, 'MalformedInput', 'The lab takes POST / with a form.')
  }
  const pairs = [...new URLSearchParams(body.toString())]
  const parameters = new Map(pairs)
  if (parameters.size !== pairs.length) {
    throw new AwsError(400, 'MalformedInput', 'A parameter is given twice.')
  }
  if (parameters.get('Version') !== version) {
    throw new AwsError(400, 'InvalidAction', `Version must be ${version}.`)
  }
  const region = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers.authorization ?? '')?.[1]
  return { action: parameters.get('Action') ?? '', parameters, region: region ?? '' }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > LARGEST_BODY) throw new AwsError(413, 'RequestEntityTooLarge', 'Too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
