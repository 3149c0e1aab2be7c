import pg from 'pg'
import { WAREHOUSE_MASTER } from './databases.ts'
import type { Postgres } from './postgres.ts'

const CONTENT = `
create table stock (
  product text primary key, shelf text not null, quantity int not null check (quantity >= 0)
);
insert into stock
select (array['Notebook A5', 'Fountain pen', 'Ink, blue', 'Desk lamp', 'Paper, 500 sheets'])[n],
       'A' || n, n * 37
  from generate_series(1, 5) n;`

/**
 * A database as RDS makes it: all of it belongs to a master user with a password, who is no superuser and may make other users.
 * What is there already is left as it is.
 */
export async function seedWarehouse(postgres: Postgres, password: string): Promise<void> {
  await asSuperuser(postgres.url('postgres'), async (client) => {
    const known = await client.query('select from pg_roles where rolname = $1', [WAREHOUSE_MASTER])
    if (known.rowCount) return
    await client.query(
      `create role ${WAREHOUSE_MASTER} login createrole createdb password ${pg.escapeLiteral(password)};
       grant rds_iam to ${WAREHOUSE_MASTER} with admin true, inherit false, set false;`,
    )
  })
  await postgres.createDatabase('warehouse')
  await asSuperuser(postgres.url('warehouse'), async (client) => {
    if ((await client.query(`select from pg_class where relname = 'stock'`)).rowCount) return
    await client.query(
      `begin; alter database warehouse owner to ${WAREHOUSE_MASTER};
       alter schema public owner to ${WAREHOUSE_MASTER};
       set local role ${WAREHOUSE_MASTER}; ${CONTENT} commit`,
    )
  })
}

async function asSuperuser(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}
