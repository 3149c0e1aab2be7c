import type pg from 'pg'
import type { HashReader, Subtree } from '../core/audit/prove.ts'

/** The stored hashes of the tree, by whichever role may read them. */
export const hashReader = (db: pg.Pool | pg.ClientBase): HashReader => ({
  leaves: async (from, to) => {
    const { rows } = await db.query<{ leaf: Buffer }>({
      name: 'tree_leaves',
      text: 'SELECT leaf FROM audit.seal WHERE seq >= $1 AND seq < $2 ORDER BY seq',
      values: [from, to],
    })
    return rows.map(({ leaf }) => leaf)
  },
  nodes: async (wanted) => {
    const { rows } = await db.query<{ hash: Buffer }>({
      name: 'tree_nodes',
      text: `SELECT n.hash FROM unnest($1::smallint[], $2::bigint[]) WITH ORDINALITY AS w(level, index, place)
               JOIN audit.node n ON n.level = w.level AND n.index = w.index ORDER BY w.place`,
      values: [
        wanted.map(({ level }: Subtree) => level),
        wanted.map(({ index }: Subtree) => index),
      ],
    })
    return rows.map(({ hash }) => hash)
  },
})
