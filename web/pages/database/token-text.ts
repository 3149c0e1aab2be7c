/** How a token was written where it was found. */
export type TokenWriting = 'raw' | 'percent' | 'pgpass' | 'html'

/** What a token says of itself. Nothing of it is a secret but the signature and the session, which are not here. */
export type TokenFacts = {
  /** As AWS signed it, with how it was written undone. */
  token: string
  writing: TokenWriting
  /** Characters, as AWS signed it. */
  length: number
  host: string
  port: number
  user: string | null
  region: string | null
  /** `rds-db` in a token that RDS takes. */
  service: string | null
  accessKeyId: string | null
  /** Milliseconds since 1970. */
  signedAt: number | null
  endsAt: number | null
  /** Whether it has its end; one that was cut off does not. */
  whole: boolean
}

// What an RDS token is made of (SigV4's canonical query); a colon may be escaped for .pgpass, and an ampersand for HTML.
const RAW = /[A-Za-z0-9.-]{1,253}\\?:\d{1,5}\/\?(?:[\w.~:/?=%-]|&amp;|&)*/g
const PERCENT = /[A-Za-z0-9.-]{1,253}%3A\d{1,5}%2F%3F[\w.~%-]*/gi
/** Parts of a token that stand alone, and passwords beside them: for nobody's eyes either. */
const SECRETS: readonly [RegExp, string][] = [
  [/(X-Amz-(?:Signature|Security-Token|Credential)(?:=|%3D))[^\s&"'`]+/gi, '$1[cut out]'],
  [
    /\b(PGPASSWORD|MYSQL_PWD|password)(\s{0,3}=\s{0,3})(?:'[^']*'|"[^"]*"|[^\s;&'"]+)/gi,
    '$1$2[cut out]',
  ],
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{0,128}:)[^\s@]{1,9000}@/gi, '$1[cut out]@'],
]

/** A pasted text without its secrets, which is what is sent; and the tokens that were in it, which are not. */
export function readPasted(pasted: string): { text: string; tokens: TokenFacts[] } {
  const tokens: TokenFacts[] = []
  const take = (found: string) => {
    const facts = decodeToken(found)
    if (!facts) return found
    tokens.push(facts)
    return `[token of ${found.length} characters]`
  }
  const text = pasted.replace(RAW, take).replace(PERCENT, take)
  return {
    text: SECRETS.reduce((rest, [shape, instead]) => rest.replace(shape, instead), text),
    tokens,
  }
}

/** What a token says, also one that was cut off; undefined for what is none. */
export function decodeToken(written: string): TokenFacts | undefined {
  const writing = writingOf(written)
  const token = UNDO[writing](written)
  const [, host, port, query] = /^([^:]+):(\d+)\/\?(.*)$/.exec(token) ?? []
  if (host === undefined || port === undefined || query === undefined) return undefined
  const parameters = new URLSearchParams(query)
  const get = (name: string) => parameters.get(name)
  if (!/^(?:Action=connect|X-Amz-)/m.test(query.replaceAll('&', '\n'))) return undefined
  const [accessKeyId, , region, service] = get('X-Amz-Credential')?.split('/') ?? []
  const signedAt = instantOf(get('X-Amz-Date'))
  const life = Number(get('X-Amz-Expires'))
  return {
    token,
    writing,
    length: token.length,
    host,
    port: Number(port),
    user: get('DBUser'),
    region: region ?? null,
    service: service ?? null,
    accessKeyId: accessKeyId ?? null,
    signedAt,
    endsAt: signedAt !== null && life > 0 ? signedAt + life * 1000 : null,
    // Either of them may be the last
    whole:
      /^[0-9a-f]{64}$/.test(get('X-Amz-Signature') ?? '') && get('X-Amz-SignedHeaders') === 'host',
  }
}

function writingOf(written: string): TokenWriting {
  if (/^[^:]+%3A/i.test(written)) return 'percent'
  if (written.includes('\\:')) return 'pgpass'
  return written.includes('&amp;') ? 'html' : 'raw'
}

const UNDO: Record<TokenWriting, (written: string) => string> = {
  raw: (written) => written,
  // Its own escapes are escaped once more, so only this much is undone; one that was cut may end with half an escape
  percent: (written) =>
    written.replace(/%([0-7][0-9A-Fa-f])/g, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    ),
  pgpass: (written) => written.replaceAll('\\:', ':'),
  html: (written) => written.replaceAll('&amp;', '&'),
}

/** AWS's short form of a time: 20261125T200000Z. */
function instantOf(text: string | null): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text ?? '')
  if (!parts) return null
  const [, year, month, day, hour, minute, second] = parts
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
