/** Stands once, in one row. */
export const marker = 'findthismarkeronce'

/** One of everything that a dump of a PostgreSQL database can hold and that this machine's server has. */
export const everything = `
  CREATE EXTENSION pgcrypto; CREATE EXTENSION citext; CREATE EXTENSION postgres_fdw;
  CREATE SCHEMA "s p;a'c""e";
  CREATE TYPE mood AS ENUM ('ok', 'sad', 'it''s; "fine"');
  CREATE DOMAIN posint AS int CHECK (VALUE > 0);
  CREATE TYPE pair AS (a int, b text);
  CREATE TYPE span AS RANGE (subtype = float8);
  CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
  CREATE TABLE "Odd ""T""; drop; --" (
    "id $1;" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "n\u00e4me \u{1f600}" text COLLATE "C", m mood DEFAULT 'ok', p posint, pr pair,
    raw bytea, js jsonb, f float8, n numeric, ts timestamptz DEFAULT now(), arr text[], gen int GENERATED ALWAYS AS (p * 2) STORED,
    ci citext, x xml, fl float4, mon money, iv interval, net inet, bits bit varying, u uuid DEFAULT gen_random_uuid(), r span, tv tsvector);
  INSERT INTO "Odd ""T""; drop; --" ("n\u00e4me \u{1f600}", m, p, pr, raw, js, f, n, arr, ci, fl, mon, iv, net, bits, r, tv, x) VALUES
    (E'tab\\tnl\\nback\\\\slash\\r\\n\\\\.\\n', 'it''s; "fine"', 3, (1, 'a"b'), '\\x00ff5c0a', '{"a":"\\\\u00e9"}', 'NaN', 'Infinity',
     '{"a,b",NULL,"NULL"}', 'AbC', 0.1, 1234.56, '1 year -3 days 04:05:06.789', '::1/64', B'101', '[1.5,2)', 'a fat cat', '<a>\u00e9</a>'),
    ('\\.', 'ok', 1, NULL, '', 'null', '-0', 1e-400, '{}', '', 'NaN', -0.01, '0', '10.0.0.1', B'', 'empty', '', NULL),
    (NULL, 'sad', NULL, NULL, NULL, NULL, 1.1e-310, 0.1, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('\u{1d11e} \u200f\u05e2\u05d1\u05e8\u05d9\u05ea', 'ok', 1, NULL, NULL, NULL, 'Infinity', 'NaN', NULL, NULL, 3.4e38, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('${marker}', 'ok', 1, NULL, NULL, NULL, 5e-324, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  CREATE SEQUENCE free_seq INCREMENT -7 MINVALUE -1000 MAXVALUE 10 START 3 CYCLE;
  SELECT nextval('free_seq'), nextval('free_seq');
  CREATE SEQUENCE untouched START 41;
  CREATE TABLE a (id int PRIMARY KEY, b_id int, upd timestamptz);
  CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
  ALTER TABLE a ADD CONSTRAINT a_b FOREIGN KEY (b_id) REFERENCES b;
  INSERT INTO a VALUES (1, NULL), (2, NULL); INSERT INTO b VALUES (1, 1), (2, 2); UPDATE a SET b_id = id;
  CREATE INDEX part_ix ON a (b_id) WHERE b_id IS NOT NULL;
  CREATE TABLE part (k int, d date) PARTITION BY RANGE (d);
  CREATE TABLE part_24 PARTITION OF part FOR VALUES FROM ('2024-01-01') TO ('2025-01-01'); CREATE TABLE part_def PARTITION OF part DEFAULT;
  INSERT INTO part SELECT i, date '2024-06-01' + (i * 10) FROM generate_series(1, 100) i;
  CREATE TABLE par (i int); CREATE TABLE chi (j int) INHERITS (par); INSERT INTO chi VALUES (1, 2);
  CREATE VIEW v1 AS SELECT id FROM a; CREATE VIEW v2 AS SELECT v1.id, b.a_id FROM v1 JOIN b USING (id);
  CREATE MATERIALIZED VIEW mv AS SELECT count(*) c FROM v2; CREATE MATERIALIZED VIEW mv_np AS SELECT * FROM v2 WITH NO DATA;
  CREATE TABLE log (id serial, t text);
  CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN INSERT INTO public.log (t) VALUES (TG_OP); RETURN NEW; END $f$;
  CREATE PROCEDURE nothing() LANGUAGE sql AS 'SELECT 1';
  CREATE TRIGGER trg AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION audit(); ALTER TABLE a DISABLE TRIGGER trg; ALTER TABLE a ENABLE ALWAYS TRIGGER trg;
  CREATE FUNCTION notify_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE NOTICE 'ddl %', tg_tag; END $f$;
  CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION notify_ddl();
  COMMENT ON EVENT TRIGGER et IS 'noise';
  CREATE TABLE rls (i int, who name DEFAULT current_user); INSERT INTO rls VALUES (1, 'x'), (2, 'app_owner');
  ALTER TABLE rls ENABLE ROW LEVEL SECURITY; ALTER TABLE rls FORCE ROW LEVEL SECURITY; CREATE POLICY p ON rls USING (who = current_user);
  CREATE UNLOGGED TABLE unl (i int); INSERT INTO unl VALUES (1);
  SELECT lo_from_bytea(424242, '\\x00010203ff'::bytea); COMMENT ON LARGE OBJECT 424242 IS 'lo';
  SELECT lo_from_bytea(424243, decode(repeat('ab', 5000), 'hex')); SELECT lo_from_bytea(424244, '');
  COMMENT ON TABLE a IS 'x'';--';
  CREATE PUBLICATION pub FOR TABLE a; COMMENT ON PUBLICATION pub IS 'for others';
  CREATE SERVER fs FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '127.0.0.1', port '1', dbname 'postgres');
  CREATE USER MAPPING FOR postgres SERVER fs OPTIONS (user 'postgres', password 'of the mapping'); CREATE FOREIGN TABLE ft (i int) SERVER fs;
  CREATE STATISTICS st ON id, b_id FROM a; CREATE RULE r AS ON DELETE TO par DO INSTEAD NOTHING;
  CREATE TABLE nocol (); INSERT INTO nocol DEFAULT VALUES;
  CREATE TABLE empty_one (i int);
  CREATE AGGREGATE mysum (int) (sfunc = int4pl, stype = int, initcond = '0');
  CREATE OPERATOR === (leftarg = int, rightarg = int, procedure = int4eq); CREATE CAST (pair AS text) WITH INOUT;
  CREATE TABLE "s p;a'c""e"."select" ("from" int, "" "char"[] DEFAULT NULL);
  CREATE TABLE account (id int PRIMARY KEY, amount int NOT NULL); INSERT INTO account SELECT i, 1000 FROM generate_series(1, 500) i;
  CREATE TABLE entry (id serial PRIMARY KEY, amount int, note text);
  CREATE TABLE bulk (id int PRIMARY KEY, body text);
  INSERT INTO bulk SELECT i, encode(sha256(i::text::bytea), 'hex') || repeat(md5(i::text), 30) FROM generate_series(1, 1500) i;
`.replace('"" "char"[]', '"\u00a0" "char"[]')
