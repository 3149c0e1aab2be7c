import { createHash } from 'node:crypto'

const LEAD_LENGTH = 20

/**
 * The name under which a person appears inside AWS: role session name and source identity of every AssumeRole.
 * 43 to 64 characters of `[\w+=,.@-]`, as STS allows (AWS STS API, AssumeRole, `RoleSessionName`, `SourceIdentity`).
 *
 * It ends in the SHA-256 of (issuer, subject), and only that tells people apart.
 * The e-mail's local part in front is for the eye: nobody proved it, so no policy may rely on it.
 * @throws TypeError when issuer or subject is not well-formed Unicode, which UTF-8 would fold into one value
 */
export function sessionName(person: {
  issuer: string
  subject: string
  email: string | null
}): string {
  const hash = createHash('sha256')
    .update(lengthPrefixed(person.issuer))
    .update(lengthPrefixed(person.subject))
    .digest('base64url')
  const lead = readable(person.email ?? '')
  return lead === '' ? hash : `${lead}.${hash}`
}

/** The length in front keeps ("ab", "c") apart from ("a", "bc"). */
function lengthPrefixed(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('Issuer and subject must be well-formed Unicode')
  return `${Buffer.byteLength(text)}:${text}`
}

/** `josé.müller+db@example.com` → `jose.muller+db`. What STS does not allow becomes `_`. */
function readable(email: string): string {
  const [local = ''] = email.split('@')
  return local
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\w+=,.-]+/g, '_')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, LEAD_LENGTH)
    .replace(/[^A-Za-z0-9]+$/, '')
}
