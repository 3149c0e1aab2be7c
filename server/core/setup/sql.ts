/** A name in PostgreSQL exactly as it is: without quotes capitals are lost (PostgreSQL documentation, "Identifiers and Key Words", 4.1.1). */
export const pgName = (name: string) => `"${name.replaceAll('"', '""')}"`

/** A text of PostgreSQL: with `standard_conforming_strings`, which no supported version has off by default, only the quote itself is doubled. */
export const pgText = (text: string) => `'${text.replaceAll("'", "''")}'`

/** A name in MySQL and MariaDB. Between backticks a backslash is one, whatever the SQL mode (MySQL reference manual, "Schema Object Names"). */
export const mysqlName = (name: string) => `\`${name.replaceAll('`', '``')}\``

/** A database in GRANT, where `_` and `%` would be wildcards (MySQL reference manual, "GRANT Statement", "Database Privileges"). */
export const mysqlGrantedName = (name: string) =>
  mysqlName(name.replace(/[\\_%]/g, (char) => `\\${char}`))

/** A comment to the end of the line: what it quotes has no line end, for invisible characters are refused before. */
export const remark = (text: string) => `-- ${text}`
