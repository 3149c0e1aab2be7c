import type { MariaDb } from './mariadb.ts'

const USERS = ['invoices_reader', 'invoices_writer']

const CONTENT = `
create database if not exists invoices;
create table if not exists invoices.invoices (
  id int primary key auto_increment, order_id int not null unique,
  amount decimal(10, 2) not null, billed_at datetime not null, paid_at datetime
);
insert into invoices.invoices (order_id, amount, billed_at, paid_at)
select n.seq, 5.20 + (n.seq * 37) % 400, timestamp '2026-06-03 09:00:00' + interval n.seq * 11 hour,
       if(n.seq % 8 > 0, timestamp '2026-06-17 09:00:00' + interval n.seq * 11 hour, null)
  from invoices.seq_1_to_250 n where not exists (select 1 from invoices.invoices);
grant select on invoices.* to invoices_reader@'%', invoices_writer@'%';
grant insert, update, delete on invoices.* to invoices_writer@'%'`

/** Users, table and rows of the demo's MariaDB; what is there already is left as it is. */
export async function seedInvoices({ admin, passwordOf }: MariaDb): Promise<void> {
  for (const user of USERS) {
    await admin.query(`create user if not exists ?@'%'`, [user])
    await admin.query(`alter user ?@'%' identified by ?`, [user, passwordOf(user)])
    await admin.query(`grant rds_iam to ?@'%'`, [user])
  }
  await admin.query(CONTENT)
}
