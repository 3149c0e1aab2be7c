/** Text for HTML, also inside of quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** Signs that turn or hide text would let a reason look like another one: they are shown by their numbers. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g

export const cell = (value: string | number | null): string =>
  `<td>${escapeHtml(
    String(value ?? '').replace(
      HIDDEN,
      (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  )}</td>`

/** A table with a caption; says so where there is nothing in it. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  if (rows.length === 0) return `<h2>${escapeHtml(caption)}</h2>\n<p>None in this period.</p>\n`
  const head = heads.map((each) => `<th scope="col">${escapeHtml(each)}</th>`).join('')
  const body = rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')
  return `<h2>${escapeHtml(caption)}</h2>\n<table><thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody></table>\n`
}
