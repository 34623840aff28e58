/**
 * Makes examples/shop.db, the small shop that the README backs up: customers, products, orders, a full-text search
 * table, a view, a trigger, JSON, images. The same content each time; `node examples/make-shop.ts [file]`.
 */
import { rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'

const CUSTOMERS = 1_200
const PRODUCTS = 150
const ORDERS = 6_000
const DAY = 24 * 60 * 60 * 1000
const OPENED = Date.UTC(2024, 2, 1)

const FIRST = 'Ada Alan Barbara Dennis Edgar Edsger Frances Grace Jim Joan Karen Ken Margaret Michael Radia Tony'.split(
  ' ',
)
const LAST =
  'Allen Bachman Bartik Codd Gray Hamilton Hopper Jones Keller Liskov Naur Perlman Ritchie Spärck Stone'.split(' ')
const CITIES = 'Aarhus Bergen Brno Cádiz Ghent Graz Łódź Lyon Porto Tartu Turku Zürich'.split(' ')
const KINDS = 'bowl cup jug lamp mug plate teapot tray vase'.split(' ')
const LOOKS = 'blue crackled glazed green oval ribbed round speckled tall white'.split(' ')
const CLAYS = ['bone china', 'earthenware', 'porcelain', 'stoneware', 'terracotta']

const random = mulberry32(20_240_301)
const file = process.argv[2] ?? fileURLToPath(new URL('shop.db', import.meta.url))
rmSync(file, { force: true })
const db = new DatabaseSync(file)

db.exec(`
  PRAGMA page_size = 4096;
  PRAGMA application_id = 0x53484f50;
  PRAGMA user_version = 3;
  PRAGMA foreign_keys = ON;

  CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    address TEXT NOT NULL CHECK (json_valid(address)),
    city TEXT GENERATED ALWAYS AS (address ->> 'city') STORED,
    since TEXT NOT NULL
  ) STRICT;
  CREATE TABLE products (
    sku TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    cents INTEGER NOT NULL CHECK (cents > 0),
    stock INTEGER NOT NULL DEFAULT 0,
    image BLOB
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer INTEGER NOT NULL REFERENCES customers,
    placed TEXT NOT NULL,
    note TEXT
  ) STRICT;
  CREATE TABLE order_lines (
    "order" INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE,
    product TEXT NOT NULL REFERENCES products,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    cents INTEGER NOT NULL,
    discount REAL NOT NULL DEFAULT 0,
    PRIMARY KEY ("order", product)
  ) STRICT, WITHOUT ROWID;

  CREATE INDEX orders_by_customer ON orders (customer, placed);
  CREATE INDEX unhappy_orders ON orders (placed) WHERE note IS NOT NULL;
  CREATE VIRTUAL TABLE product_search USING fts5 (sku UNINDEXED, name, description);
  CREATE TRIGGER product_added AFTER INSERT ON products BEGIN
    INSERT INTO product_search (sku, name, description) VALUES (new.sku, new.name, new.description);
  END;
  CREATE TRIGGER line_sold AFTER INSERT ON order_lines BEGIN
    UPDATE products SET stock = stock - new.quantity WHERE sku = new.product;
  END;
  CREATE VIEW turnover AS
    SELECT substr(placed, 1, 7) AS month, count(DISTINCT id) AS orders,
      CAST(round(sum(quantity * cents * (1 - discount))) AS INTEGER) AS cents
    FROM orders JOIN order_lines ON "order" = id GROUP BY month;
`)

db.exec('BEGIN')
addCustomers()
const skus = addProducts()
addOrders(skus)
db.exec('COMMIT; VACUUM;')
db.close()

function addCustomers(): void {
  const add = db.prepare('INSERT INTO customers (id, name, email, address, since) VALUES (?, ?, ?, ?, ?)')
  for (let id = 1; id <= CUSTOMERS; id++) {
    const [first, last] = [pick(FIRST), pick(LAST)]
    const address = {
      street: `${pick(LAST)} Street ${below(180) + 1}`,
      city: pick(CITIES),
      post: { code: `${below(90_000) + 10_000}` },
    }
    add.run(
      id,
      `${first} ${last}`,
      `${first}.${last}.${id}@example.com`.toLowerCase(),
      JSON.stringify(address),
      day(below(700)),
    )
  }
}

function addProducts(): string[] {
  const add = db.prepare('INSERT INTO products (sku, name, description, cents, stock, image) VALUES (?, ?, ?, ?, ?, ?)')
  return Array.from({ length: PRODUCTS }, (_, index) => {
    const [kind, look, clay] = [pick(KINDS), pick(LOOKS), pick(CLAYS)]
    const sku = `${kind.slice(0, 2)}-${look.slice(0, 2)}-${1000 + index}`.toUpperCase()
    const description = `A ${look} ${kind} of ${clay}, ${below(30) + 5} cm, thrown and fired in ${pick(CITIES)}.`
    const image = index % 10 === 9 ? null : Uint8Array.from({ length: 2_000 + below(6_000) }, () => below(256))
    add.run(sku, `${look} ${kind}`, description, 400 + below(9_000), 5_000, image)
    return sku
  })
}

function addOrders(skus: readonly string[]): void {
  const order = db.prepare('INSERT INTO orders (id, customer, placed, note) VALUES (?, ?, ?, ?)')
  const line = db.prepare('INSERT OR IGNORE INTO order_lines VALUES (?, ?, ?, ?, ?)')
  for (let id = 1; id <= ORDERS; id++) {
    order.run(
      id,
      below(CUSTOMERS) + 1,
      day((id * 800) / ORDERS),
      below(25) === 0 ? 'Arrived “broken” — refund, please 🙏' : null,
    )
    for (let lines = below(5); lines >= 0; lines--) {
      line.run(id, pick(skus), below(4) + 1, 400 + below(9_000), below(6) === 0 ? 0.15 : 0)
    }
  }
}

function day(number: number): string {
  return new Date(OPENED + Math.floor(number) * DAY).toISOString().slice(0, 10)
}

function pick<T>(values: readonly T[]): T {
  return values[below(values.length)] as T
}

function below(limit: number): number {
  return Math.floor(random() * limit)
}

/** Tommy Ettinger's small generator: the same numbers on every machine. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
