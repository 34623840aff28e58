/** Rows as a shop has them: like those of `sampleDatabase`, about 150 bytes each in a dump. */
const EMAIL = `'user', n % 9973, '@example.com'`
const NOTE = `'Lorem ipsum dolor sit amet ', n % 977, ' consectetur'`

/** About how many rows take a megabyte, with their indexes. */
const ROWS_PER_MB = { postgres: 3_770, mysql: 2_970 }
const BATCH = 100_000

function batches(rows: number): readonly (readonly [first: number, last: number])[] {
  return Array.from({ length: Math.ceil(rows / BATCH) }, (_, batch) => [
    batch * BATCH + 1,
    Math.min((batch + 1) * BATCH, rows),
  ])
}

/** SQL for an empty database, which then has about so many megabytes: customers, orders and their five indexes. */
export function postgresRows(megabytes: number): string {
  const rows = Math.round(megabytes * ROWS_PER_MB.postgres)
  return `
    CREATE TABLE customers (id bigint PRIMARY KEY, email text NOT NULL, joined timestamptz NOT NULL);
    CREATE TABLE orders (id bigint NOT NULL, customer bigint NOT NULL, uuid uuid NOT NULL, email text NOT NULL,
      amount numeric(12, 2) NOT NULL, placed timestamptz NOT NULL, note text);
    INSERT INTO customers SELECT n, concat(${EMAIL}), timestamptz '2026-01-01Z' + n * interval '1 minute'
      FROM generate_series(0, 9999) n;
    ${batches(rows)
      .map(
        ([first, last]) => `INSERT INTO orders SELECT n, n % 10000, gen_random_uuid(), concat(${EMAIL}),
          round((random() * 1e6)::numeric, 2), timestamptz '2026-01-01Z' + n * interval '7 seconds', concat(${NOTE})
          FROM generate_series(${first}, ${last}) n;`,
      )
      .join('\n')}
    ALTER TABLE orders ADD PRIMARY KEY (id);
    ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customers (id);
    CREATE INDEX ON orders (uuid);
    CREATE INDEX ON orders (email, placed);
    CREATE INDEX ON orders (customer);
    VACUUM ANALYZE;`
}

/** The same for MariaDB. */
export function mysqlRows(megabytes: number): string {
  const rows = Math.round(megabytes * ROWS_PER_MB.mysql)
  return `
    CREATE TABLE customers (id bigint PRIMARY KEY, email varchar(100) NOT NULL, joined datetime NOT NULL);
    CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint NOT NULL, uuid char(32) NOT NULL, email varchar(100) NOT NULL,
      amount decimal(12, 2) NOT NULL, placed datetime NOT NULL, note text);
    INSERT INTO customers SELECT seq, concat(${EMAIL.replaceAll('n %', 'seq %')}), '2026-01-01' + INTERVAL seq MINUTE
      FROM seq_0_to_9999;
    ${batches(rows)
      .map(
        ([
          first,
          last,
        ]) => `INSERT INTO orders SELECT seq, seq % 10000, md5(rand()), concat(${EMAIL.replaceAll('n %', 'seq %')}),
          round(rand() * 1e6, 2), '2026-01-01' + INTERVAL seq * 7 SECOND, concat(${NOTE.replaceAll('n %', 'seq %')})
          FROM seq_${first}_to_${last};`,
      )
      .join('\n')}
    ALTER TABLE orders ADD KEY (uuid), ADD KEY (email, placed), ADD FOREIGN KEY (customer) REFERENCES customers (id);
    ANALYZE TABLE customers, orders;`
}
