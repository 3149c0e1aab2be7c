/** Of this process, Node or OpenSSL: `ECONNRESET`, `CERT_HAS_EXPIRED`. Anything else is the words of somebody else. */
export const ownCode = (error: unknown): string => {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(code) ? code : 'no_answer'
}
