import pg from 'pg'
import type { Postgres } from './postgres.ts'

/** The database users that log in with tokens, and what each may do in which database. */
const USERS = `
do $$ begin
  create role rds_iam;
exception when duplicate_object then null; end $$;
do $$ declare name text; begin
  foreach name in array array['orders_reader', 'orders_writer', 'shipments_reader', 'shipments_writer'] loop
    if not exists (select from pg_roles where rolname = name) then
      execute format('create role %I login', name);
    end if;
    -- Each time: it may have been taken away to show what happens then.
    execute format('grant rds_iam to %I', name);
  end loop;
end $$;`

const ORDERS = `
create table customers (
  id int primary key generated always as identity,
  name text not null, email text not null unique, country char(2) not null
);
create table orders (
  id int primary key generated always as identity,
  customer_id int not null references customers, placed_at timestamptz not null,
  status text not null check (status in ('placed', 'paid', 'shipped', 'returned'))
);
create table order_lines (
  order_id int not null references orders, line int not null,
  product text not null, quantity int not null check (quantity > 0), price numeric(10, 2) not null,
  primary key (order_id, line)
);
insert into customers (name, email, country)
select (array['Iris', 'Jonas', 'Kofi', 'Lena', 'Mateo', 'Nadia', 'Oskar', 'Priya'])[1 + n % 8] || ' ' ||
       (array['Alves', 'Berg', 'Costa', 'Dahl', 'Evans', 'Fischer', 'Garcia'])[1 + n % 7],
       'customer' || n || '@example.org', (array['DE', 'ES', 'FR', 'IE', 'NL', 'PT'])[1 + n % 6]
  from generate_series(1, 40) n;
insert into orders (customer_id, placed_at, status)
select 1 + (n * 7) % 40, timestamptz '2026-06-01 08:00+00' + n * interval '11 hours 17 minutes',
       (array['placed', 'paid', 'paid', 'shipped', 'shipped', 'shipped', 'returned'])[1 + n % 7]
  from generate_series(1, 250) n;
insert into order_lines (order_id, line, product, quantity, price)
select n, line, (array['Notebook A5', 'Fountain pen', 'Ink, blue', 'Desk lamp', 'Paper, 500 sheets'])[1 + (n + line) % 5],
       1 + (n * line) % 4, (array[7.90, 34.00, 6.50, 59.90, 5.20])[1 + (n + line) % 5]
  from generate_series(1, 250) n, generate_series(1, 3) line where line <= 1 + n % 3;
grant select on all tables in schema public to orders_reader, orders_writer;
grant insert, update, delete on all tables in schema public to orders_writer;`

const SHIPMENTS = `
create table shipments (
  id int primary key generated always as identity, order_id int not null,
  carrier text not null, sent_at timestamptz not null, delivered_at timestamptz
);
insert into shipments (order_id, carrier, sent_at, delivered_at)
select n, (array['Northwind', 'Quickpost', 'Blue Parcel'])[1 + n % 3], sent,
       case when n % 9 > 0 then sent + interval '2 days' end
  from generate_series(1, 120) n, lateral (select timestamptz '2026-06-02 14:00+00' + n * interval '22 hours') s (sent);
grant select on all tables in schema public to shipments_reader, shipments_writer;
grant insert, update, delete on all tables in schema public to shipments_writer;`

const CONTENT: readonly (readonly [database: string, users: string, sql: string])[] = [
  ['orders', 'orders_reader, orders_writer', ORDERS],
  ['orders_staging', 'orders_reader, orders_writer', ORDERS],
  ['shipments', 'shipments_reader, shipments_writer', SHIPMENTS],
]

/** Users, tables and rows of the demo's databases; what is there already is left as it is. */
export async function seedDatabases(postgres: Postgres): Promise<void> {
  await run(postgres.url('postgres'), USERS)
  for (const [database, users, sql] of CONTENT) {
    await postgres.createDatabase(database)
    // Its users come from the doors of this database alone.
    const connect = `
      revoke connect on database ${database} from public;
      grant connect on database ${database} to ${users};`
    await run(postgres.url(database), `begin; ${connect} ${sql} commit`)
  }
}

/** A table that exists means that this was done before: everything of one database is one transaction. */
async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== '42P07') throw error
  } finally {
    await client.end()
  }
}
