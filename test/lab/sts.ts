import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { assumeRole, getCallerIdentity, makeRequestId } from './assume-role.ts'
import { authenticate, AwsError, toXml, type XmlTree } from './aws-query.ts'
import type { Account, Caller } from './iam.ts'
import { listenOnLoopback } from './loopback.ts'

export type StsCall = {
  action: string
  /** As sent, decoded, whoever sent them. */
  parameters: ReadonlyMap<string, string>
}

/** What goes wrong on request; `hang` answers nothing until the client or the lab gives up. */
export type StsFault =
  | { kind: 'delay'; milliseconds: number }
  | { kind: 'throttle' | 'error' | 'hang' | 'garbage' | 'reset' }

export type StsOptions = {
  account: Account
  /** 0 takes a free one. */
  port?: number
  now?: () => number
  /** Sees every call before it is answered, and may spoil it. */
  onCall?: (call: StsCall) => StsFault | undefined
}

export type Sts = { url: string; port: number; close(): Promise<void> }

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/'
const LARGEST_BODY = 64 * 1024

/** AWS Security Token Service on loopback: `AssumeRole` and `GetCallerIdentity`, every request checked as AWS documents it. */
export async function startSts(options: StsOptions): Promise<Sts> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch(() => response.destroy())
  })
  server.requestTimeout = 30_000
  const port = await listenOnLoopback(server, options.port ?? 0, 'the STS of the lab')
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

async function answer(request: IncomingMessage, response: ServerResponse, options: StsOptions) {
  const requestId = makeRequestId()
  const send = (status: number, body: string) => {
    response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId })
    response.end(body)
  }
  try {
    const body = await readBody(request)
    const call = readCall(request, body)
    const fault = options.onCall?.(call)
    if (fault?.kind === 'hang') return
    if (fault?.kind === 'reset') return void request.socket.resetAndDestroy()
    if (fault?.kind === 'garbage') return send(200, '<AssumeRoleResponse><Assume')
    if (fault !== undefined) await spoil(fault)

    const now = (options.now ?? Date.now)()
    const caller = authenticate(request, body, options.account, 'sts', now)
    const result = {
      [`${call.action}Result`]: perform(call, options.account, caller, now),
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

async function spoil(fault: StsFault): Promise<void> {
  if (fault.kind === 'delay') await sleep(fault.milliseconds)
  if (fault.kind === 'throttle') throw new AwsError(400, 'Throttling', 'Rate exceeded')
  if (fault.kind === 'error') throw new AwsError(500, 'InternalFailure', 'Something failed.')
}

function perform(call: StsCall, account: Account, caller: Caller, now: number): XmlTree {
  if (call.action === 'AssumeRole') return assumeRole(account, caller, call.parameters, now)
  if (call.action === 'GetCallerIdentity') return getCallerIdentity(account, caller)
  throw new AwsError(400, 'InvalidAction', `The lab does not know the action ${call.action}.`)
}

const document = (name: string, tree: XmlTree) =>
  `<${name} xmlns="${NAMESPACE}">${toXml(tree)}</${name}>`

function readCall(request: IncomingMessage, body: Buffer): StsCall {
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
  if (parameters.get('Version') !== '2011-06-15') {
    throw new AwsError(400, 'InvalidAction', 'Version must be 2011-06-15.')
  }
  return { action: parameters.get('Action') ?? '', parameters }
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
