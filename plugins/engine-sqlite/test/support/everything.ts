/** One of everything that SQLite can hold, and names that break careless quoting. */
export const everything = `
  PRAGMA user_version = 42;
  PRAGMA application_id = 1145197132;
  CREATE TABLE account(id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
  INSERT INTO account SELECT value, 1000 FROM generate_500;
  CREATE TABLE entry(id INTEGER PRIMARY KEY AUTOINCREMENT, amount INTEGER, note BLOB);
  INSERT INTO entry(amount, note) VALUES (0, randomblob(2000)), (0, randomblob(2000));
  CREATE TABLE limits(what TEXT, v);
  INSERT INTO limits VALUES
    ('largest', 9223372036854775807), ('smallest', -9223372036854775808), ('beyond double', 9007199254740993),
    ('tiny', 5e-324), ('huge', 1.7976931348623157e308), ('infinite', 9e999), ('minus infinite', -9e999), ('zero', 0.0),
    ('third', 1.0 / 3), ('one', 1), ('real one', 1.0), ('text one', '1'), ('blob one', x'31'), ('null', NULL),
    ('empty text', ''), ('empty blob', x''), ('nul', 'a' || char(0) || 'b'), ('not utf-8', CAST(x'80ff41' AS TEXT)),
    ('surrogate', CAST(x'eda080' AS TEXT)), ('scripts', 'Grüße 你好 שלום 😀'), ('lines', 'a' || char(10) || 'b');
  CREATE TABLE typed(i INT NOT NULL, r REAL, t TEXT, b BLOB, a ANY, CHECK (i > 0)) STRICT;
  INSERT INTO typed VALUES (1, 1, 'x', x'00', 1), (2, 0.1, '', x'', '1');
  CREATE TABLE keyed(a TEXT, b INTEGER, v, PRIMARY KEY (a DESC, b)) WITHOUT ROWID;
  INSERT INTO keyed VALUES ('x', 1, NULL), ('x', 2, 1.5), ('y', 1, zeroblob(9000));
  CREATE TABLE generated(a INT, s INT AS (a * 2) STORED, v INT AS (a * 3) VIRTUAL);
  INSERT INTO generated(a) VALUES (1), (NULL);
  CREATE TABLE shadowed(rowid TEXT, _rowid_ TEXT, oid TEXT);
  INSERT INTO shadowed VALUES ('r', '_r_', 'o');
  CREATE TABLE half(rowid TEXT);
  INSERT INTO half(_rowid_, rowid) VALUES (9223372036854775807, 'last'), (-9223372036854775808, 'first');
  CREATE TABLE "odd ""name"" '; DROP TABLE x; --
    😀"("select" TEXT, "a ""b""" TEXT, "" TEXT, "[x]" TEXT);
  INSERT INTO "odd ""name"" '; DROP TABLE x; --
    😀" VALUES ('1', '2', '3', 'findthismarkeronce');
  CREATE TABLE __proto__(constructor);
  INSERT INTO __proto__ VALUES ('x');
  CREATE VIRTUAL TABLE search USING fts5(title, body);
  INSERT INTO search VALUES ('one', 'the quick brown fox'), ('two', 'the lazy dog');
  CREATE VIRTUAL TABLE old_search USING fts4(body);
  INSERT INTO old_search VALUES ('words');
  CREATE VIRTUAL TABLE area USING rtree(id, x0, x1, y0, y1);
  INSERT INTO area VALUES (1, 0, 1, 0, 1), (2, 5, 6, 5, 6);
  CREATE INDEX by_amount ON entry(amount) WHERE amount > 0;
  CREATE UNIQUE INDEX by_expression ON account(id + 1, amount COLLATE NOCASE);
  CREATE VIEW rich AS SELECT * FROM account WHERE amount > 500;
  CREATE VIEW broken AS SELECT * FROM nothing_such;
  CREATE TRIGGER noted AFTER DELETE ON account BEGIN INSERT INTO entry(amount) VALUES (old.amount); END;
  CREATE TABLE parent(id INTEGER PRIMARY KEY);
  CREATE TABLE child(parent INTEGER REFERENCES parent(id) ON DELETE CASCADE);
  INSERT INTO parent VALUES (1);
  INSERT INTO child VALUES (1);
  CREATE TABLE bulk(id INTEGER PRIMARY KEY, body TEXT);
  INSERT INTO bulk SELECT value, hex(randomblob(600)) FROM generate_1000;
  ANALYZE;
`
  .replace(
    'generate_500',
    '(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 500) SELECT value FROM n)',
  )
  .replace(
    'generate_1000',
    '(WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 1000) SELECT value FROM n)',
  )

export const marker = 'findthismarkeronce'
