/** What libpq takes without quotes. */
const BARE = /^[^\s'\\]+$/

/**
 * `host=… dbname='…'`: libpq's keyword and value form
 * (PostgreSQL documentation, "Connection Strings", 34.1.1.1).
 */
export const conninfo = (values: Readonly<Record<string, string | number>>) =>
  Object.entries(values)
    .map(([keyword, value]) => `${keyword}=${quoted(String(value))}`)
    .join(' ')

const quoted = (value: string) =>
  BARE.test(value) ? value : `'${value.replace(/['\\]/g, (c) => `\\${c}`)}'`
