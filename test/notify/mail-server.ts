import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'

export type Mail = { from: string; to: string[]; raw: string; login: string | undefined }

/** What the server does: takes mail, hangs up when somebody comes or in the midst of a mail, refuses, or says nothing. */
export type Mood = 'well' | 'drops' | 'drops at data' | 'refuses people' | 'is busy' | 'is silent'

/** An SMTP server on loopback that keeps what it takes. Without TLS, as a relay beside the portal. */
export async function startMailServer() {
  const mails: Mail[] = []
  const passwords: string[] = []
  const answer = (code: number, words: string) =>
    Object.assign(new Error(words), { responseCode: code })
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onConnect: (session, done) => {
      if (mail.mood === 'is silent') return
      if (mail.mood === 'drops') return hangUp(session.id)
      done(mail.mood === 'is busy' ? answer(421, 'secret words of the server') : null)
    },
    onAuth: ({ username, password }, _session, done) => {
      passwords.push(password ?? '')
      done(null, { user: username })
    },
    onRcptTo: (_address, _session, done) =>
      done(mail.mood === 'refuses people' ? answer(550, 'secret words of the server') : null),
    onData: (stream, session, done) => {
      if (mail.mood === 'drops at data') return hangUp(session.id)
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          raw: Buffer.concat(chunks).toString(),
          login: session.user as string | undefined,
        })
        done()
      })
    },
  })
  // A client that goes is no error of the server.
  server.on('error', () => {})
  const hangUp = (id: string) => {
    for (const connection of server.connections as Set<{
      id: string
      _socket: { destroy(): void }
    }>)
      if (connection.id === id) connection._socket.destroy()
  }
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  const mail = {
    mood: 'well' as Mood,
    mails,
    passwords,
    port,
    url: `smtp://127.0.0.1:${port}`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
  return mail
}
export type MailServer = Awaited<ReturnType<typeof startMailServer>>

/** Header fields of a mail in lower case, unfolded; and its text, with the transfer encoding undone. */
export function readMail(raw: string) {
  const [head = '', ...rest] = raw.split('\r\n\r\n')
  const fields = head
    .replace(/\r\n[ \t]/g, ' ')
    .split('\r\n')
    .map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 2),
    ])
  const headers = Object.fromEntries(fields) as Record<string, string>
  return {
    names: fields.map(([name]) => name!),
    headers,
    text: decoded(headers, rest.join('\r\n\r\n')),
  }
}

function decoded(headers: Record<string, string>, body: string): string {
  const encoding = headers['content-transfer-encoding'] ?? '7bit'
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString()
  if (encoding !== 'quoted-printable') return body
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString()
}
