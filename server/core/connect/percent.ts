/** RFC 3986, strictly: encodeURIComponent leaves `!`, which an interactive bash expands, and `'()*`. */
export const percent = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
