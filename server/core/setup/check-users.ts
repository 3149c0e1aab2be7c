import { isMySql } from '../catalog/catalog.ts'
import { invisibleIn, quote } from '../catalog/visible.ts'
import type { FieldFault } from '../error.ts'
import type { GuideWish } from './guide.ts'

const PRESETS = ['read', 'write', 'none']

/** What is wrong with the names that go into SQL, beyond what the catalog says of them. */
export function userFaults({ users, engine, dbname }: GuideWish): FieldFault[] {
  const faults = users.flatMap(({ name, preset, schema }, index) => {
    const field = `users/${index}`
    const told: FieldFault[] = []
    if (!PRESETS.includes(preset))
      told.push({
        field: `${field}/preset`,
        message: `${quote(preset)} is not known here`,
        mend: `write one of ${PRESETS.join(', ')}`,
      })
    if (users.findIndex((other) => other.name === name) < index)
      told.push({
        field: `${field}/name`,
        message: `${quote(name)} is there already`,
        mend: 'name each database user once',
      })
    const wrong = isMySql(engine) || preset === 'none' ? undefined : schemaFault(schema)
    if (wrong) told.push({ field: `${field}/schema`, ...wrong })
    return told
  })
  if (!isMySql(engine) && Buffer.byteLength(dbname) > 63)
    faults.push({
      field: 'dbname',
      message: 'is longer than 63 bytes, where PostgreSQL cuts names',
      mend: 'write the name of the database, not that of the cluster',
    })
  return faults
}

function schemaFault(schema: string): Omit<FieldFault, 'field'> | undefined {
  if (schema === '') return { message: 'is empty', mend: 'write the schema of the tables: public' }
  const invisible = invisibleIn(schema)
  if (invisible)
    return {
      message: `contains the invisible character ${invisible}`,
      mend: 'type it again by hand',
    }
  if (Buffer.byteLength(schema) > 63)
    return {
      message: 'is longer than 63 bytes, where PostgreSQL cuts names',
      mend: 'write the name that the database has',
    }
  if (/^pg_|^information_schema$/.test(schema))
    return {
      message: `${quote(schema)} is PostgreSQL's own`,
      mend: 'write the schema of your tables: public',
    }
  return undefined
}
