/**
 * Shapes that only secrets have; of each line, all must be found. What people type is kept for good and read by others,
 * so none of these may be in it. Shapes, not entropy: the name of a branch, a digest or a ticket must pass.
 * Every repetition is bounded or begins at a boundary, so that no text is slow.
 */
const SHAPES: readonly (readonly [what: string, ...shapes: RegExp[]])[] = [
  ['a signed AWS address', /\bX-Amz-(?:Signature|Security-Token)=/i],
  [
    'an AWS secret key',
    /\baws_?(?:secret_?access_?key|session_?token)["']?\s{0,3}[:=]\s{0,3}["']?[\w/+=]{16}/i,
  ],
  [
    'an AWS key pair',
    /\bA[KS]IA[A-Z2-7]{16}\b/,
    /(?<![\w/+=])(?=[\w/+]{0,39}[a-z])(?=[\w/+]{0,39}[A-Z])[\w/+]{40}(?![\w/+=])/,
  ],
  ['a JSON Web Token', /\beyJ[\w-]{8,2000}\.[\w-]{8}/],
  ['a cookie of the portal', /__Host-(?:session|signin)=[\w-]/],
  // 256 bits as base64url: the key of a session or of a sign-in, a verifier.
  [
    'a key of the portal',
    /(?<![\w-])(?=[\w-]{0,42}[a-z])(?=[\w-]{0,42}[A-Z])(?=[\w-]{0,42}\d)[\w-]{43}(?![\w-])/,
  ],
  ['a personal key of the portal', /\blk_[0-9A-Za-z]{40}/],
  ['a private key', /-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----/],
  ['an address with a password', /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{1,100}:[^\s/@]{1,200}@/i],
  ['a credential of an HTTP header', /\b(?:Bearer|Basic)\s{1,3}[\w.~+/-]{16}/i],
  ['a webhook secret', /\bwhsec_[\w+/=-]{16}|\bhooks\.slack\.com\/services\/\w/],
  ['an access token', /\b(?:xox[abeprs]-|gh[opsur]_|github_pat_|glpat-)[\w-]{10}/],
]

/** What kind of secret this text seems to hold, in words; null where it holds none. */
export const secretIn = (text: string): string | null =>
  SHAPES.find(([, ...shapes]) => shapes.every((shape) => shape.test(text)))?.[0] ?? null

/** The text, or what stands for it where it seems to hold a secret: for what is worth keeping, and worth no risk. */
export const unlessSecret = (text: string): string =>
  secretIn(text) === null ? text : '(left out: it looked like a secret)'

/** The name of a browser as it may be kept: printable, at most 256 characters, no secret. */
export const browserName = (userAgent: string): string =>
  // A secret that begins within the length shows its shape before four times of it.
  unlessSecret(userAgent.slice(0, 1024).replace(/[^\x20-\x7e]/g, '?')).slice(0, 256)
