/** RFC 3986, strictly: encodeURIComponent leaves `!`, which an interactive bash expands, and `'()*`. */
export const percent = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/**
 * Why a name cannot be the path of an address. libpq reads dots as they are; whoever keeps to the URL Standard takes them
 * for steps of the path, also where they are encoded (its 4.4, "double-dot URL path segment").
 */
export const whyNoPath = (name: string): string | null =>
  /^\.\.?$/.test(name)
    ? `Most programs take a database named “${name}” in an address for a step to another place. Give them host, database and user one by one.`
    : null
