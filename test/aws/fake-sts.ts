import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** The parameters of one AssumeRole, and the response for an answer to write to. */
export type Call = { parameters: Record<string, string>; response: http.ServerResponse }
export type Answer = (call: Call) => void

/**
 * A counting STS on loopback. It checks nothing: it is here for what a healthy STS never does.
 * The one that checks signatures and trust policies is the lab's.
 */
export async function startFakeSts() {
  const calls: Record<string, string>[] = []
  const sockets = new Set<Socket>()
  const fake = { answer: granted() as Answer }

  const server = http.createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const parameters = Object.fromEntries(new URLSearchParams(body))
      calls.push(parameters)
      fake.answer({ parameters, response })
    })
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  return Object.assign(fake, {
    calls,
    sockets,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  })
}

export type FakeSts = Awaited<ReturnType<typeof startFakeSts>>

export type Granting = {
  /** Given the wish, the session's end. One hour ahead unless said otherwise. */
  expiration?: string
  accessKeyId?: string
  secretAccessKey?: string
  sessionToken?: string
  arn?: string
  assumedRoleId?: string
  sourceIdentity?: string
  requestId?: string
}

/** What STS says when all is well; each field may be bent, and one that is bent to `''` is left out. */
export function granted(bent: Granting = {}): Answer {
  return ({ parameters, response }) => {
    const [, , , , account, role = ''] = (parameters['RoleArn'] ?? '').split(':')
    const name = parameters['RoleSessionName'] ?? ''
    const fields = {
      expiration: new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, ''),
      accessKeyId: 'ASIAFAKEFAKEFAKEFAKE',
      secretAccessKey: SECRETS[0],
      sessionToken: SECRETS[1],
      arn: `arn:aws:sts::${account}:assumed-role/${role.split('/').at(-1)}/${name}`,
      assumedRoleId: `AROAFAKEFAKEFAKEFAKE:${name}`,
      sourceIdentity: parameters['SourceIdentity'] ?? '',
      requestId: '7a62c49f-347e-4fc4-9331-6e8eEXAMPLE',
      ...bent,
    }
    if (fields.requestId) response.setHeader('x-amzn-requestid', fields.requestId)
    response.setHeader('content-type', 'text/xml')
    response.end(grantedXml(fields))
  }
}

/** What must never be seen outside. */
export const SECRETS: readonly [string, string] = [
  'fakesecret/fakesecret+fakesecret/fakesecr',
  'FAKESESSIONTOKEN'.repeat(40),
]

const element = (name: string, text: string) => (text === '' ? '' : `<${name}>${text}</${name}>`)

const grantedXml = (fields: Required<Granting>) =>
  '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>' +
  element('SourceIdentity', fields.sourceIdentity) +
  '<AssumedRoleUser>' +
  element('AssumedRoleId', fields.assumedRoleId) +
  element('Arn', fields.arn) +
  '</AssumedRoleUser><Credentials>' +
  element('AccessKeyId', fields.accessKeyId) +
  element('SecretAccessKey', fields.secretAccessKey) +
  element('SessionToken', fields.sessionToken) +
  element('Expiration', fields.expiration) +
  '</Credentials></AssumeRoleResult><ResponseMetadata><RequestId>x</RequestId></ResponseMetadata></AssumeRoleResponse>'

/** An error in the words of the AWS Query protocol. */
export const refused =
  (status: number, code: string): Answer =>
  ({ response }) => {
    response.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': 'fake-request' })
    response.end(
      `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code>` +
        `<Message>quoting ${SECRETS[0]} and ${SECRETS[1]}</Message></Error><RequestId>fake-request</RequestId></ErrorResponse>`,
    )
  }

export const raw =
  (status: number, body: string): Answer =>
  ({ response }) =>
    void response.writeHead(status, { 'content-type': 'text/html' }).end(body)

export const hang: Answer = () => {}

export const resetAtOnce: Answer = ({ response }) => response.socket?.resetAndDestroy()

export const resetAfterHeaders: Answer = ({ response }) => {
  response.writeHead(200, { 'content-length': 1000 })
  response.write('<AssumeRoleResponse', () => response.socket?.resetAndDestroy())
}

/** One byte every ten milliseconds, for ever. */
export const dripping: Answer = ({ response }) => {
  response.writeHead(200)
  const timer = setInterval(() => response.write('<'), 10)
  response.on('close', () => clearInterval(timer))
}

export const endless: Answer = ({ response }) => {
  response.writeHead(200)
  const chunk = Buffer.alloc(64 * 1024, '<')
  const push = () => {
    while (!response.destroyed && response.write(chunk)) continue
  }
  response.on('drain', push)
  push()
}

/** The end of a good answer is missing, but the connection closes in order. */
export const cutOff: Answer = (call) => {
  const { response } = call
  const end = response.end.bind(response)
  response.end = ((body: string) => end(body.slice(0, -300))) as typeof response.end
  granted()(call)
}
