SET NAMES utf8mb4; SET sql_mode='NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION';
CREATE TABLE `odd ``t``; "d'--` (`id $` bigint AUTO_INCREMENT PRIMARY KEY, `näme ☃` text, b blob, vb varbinary(20), bt bit(9), e enum('a','it''s; "x"'), s set('x','y'), f double, d decimal(30,10), ts timestamp NULL, dt datetime(6), z date, j json, g int GENERATED ALWAYS AS (length(b)) STORED, gv int AS (length(vb)) VIRTUAL, inv int DEFAULT 7 INVISIBLE, geo geometry, chk int CHECK (chk > 0), KEY gk(gv), FULLTEXT(`näme ☃`)) DEFAULT CHARSET utf8mb4 COMMENT='c''; -- \n x';
SET time_zone='+05:00';
INSERT INTO `odd ``t``; "d'--` (`näme ☃`,b,vb,bt,e,s,f,d,ts,dt,z,j,inv,geo,chk) VALUES
 (CONCAT('nul',CHAR(0),'tab\tnl\ncr\r\\ ''q'' "dq" ','😀\Z'), UNHEX('00FF275C220A0D1A8081'), UNHEX('FFFE00'), b'100000001','it''s; "x"','x,y',1.1e-300,-12345678901234567890.1234567891,'2024-03-31 03:30:00','9999-12-31 23:59:59.999999','0000-00-00','{"a":"\\u00e9", "n":1.0, "b":[1,1e300,null]}',9,ST_GeomFromText('POINT(1 2)',4326),1),
 ('','','',0,'a','',-0.0,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL),(NULL,NULL,NULL,NULL,NULL,NULL,3.4e38,0,'1970-01-01 05:00:01','2024-01-01','2024-00-00','null',1,NULL,2);
INSERT INTO `odd ``t``; "d'--`(`id $`) VALUES (0);
CREATE TABLE latin (t varchar(50) CHARACTER SET latin1, u varchar(50) CHARACTER SET utf16 COLLATE utf16_bin) ; INSERT INTO latin VALUES ('é€','𝄞');
CREATE TABLE a (id int PRIMARY KEY, b_id int) ENGINE=InnoDB; CREATE TABLE b (id int PRIMARY KEY, a_id int, FOREIGN KEY (a_id) REFERENCES a(id)); ALTER TABLE a ADD CONSTRAINT fkb FOREIGN KEY (b_id) REFERENCES b(id);
INSERT INTO a VALUES (1,NULL),(2,NULL); INSERT INTO b VALUES (1,1),(2,2); UPDATE a SET b_id=id;
CREATE TABLE my_isam (i int) ENGINE=MyISAM; INSERT INTO my_isam VALUES (1),(2);
CREATE TABLE part (i int, d date) PARTITION BY RANGE (YEAR(d)) (PARTITION p0 VALUES LESS THAN (2024), PARTITION pm VALUES LESS THAN MAXVALUE); INSERT INTO part VALUES (1,'2020-01-01'),(2,'2025-01-01');
CREATE VIEW z_view AS SELECT id FROM a; CREATE VIEW a_view AS SELECT z_view.id, (SELECT COUNT(*) FROM b) c FROM z_view;
CREATE TABLE log (i int AUTO_INCREMENT PRIMARY KEY, t text);
DELIMITER $$
CREATE DEFINER=`gone`@`%` TRIGGER trg AFTER INSERT ON b FOR EACH ROW BEGIN INSERT INTO log(t) VALUES ('ins; it''s'); END$$
CREATE PROCEDURE `p;1`(IN x int) BEGIN
-- Dump completed on 2020-01-01  0:00:00
SELECT x; END$$
CREATE FUNCTION fn(x int) RETURNS int DETERMINISTIC RETURN x+1$$
CREATE EVENT ev ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO INSERT INTO fired(t) VALUES (DATABASE())$$
DELIMITER ;
CREATE TABLE inst (i int PRIMARY KEY, x int, y text); INSERT INTO inst VALUES (1,1,'a'); ALTER TABLE inst DROP COLUMN x, ALGORITHM=INSTANT; ALTER TABLE inst ADD COLUMN w int DEFAULT 5 FIRST, ALGORITHM=INSTANT; INSERT INTO inst VALUES (6,2,'b');
CREATE TABLE fired (i int AUTO_INCREMENT PRIMARY KEY, t text);
CREATE TABLE account (id int PRIMARY KEY, amount int NOT NULL);
CREATE TABLE entry (id int AUTO_INCREMENT PRIMARY KEY, amount int, note varchar(200));
CREATE TABLE bulk (id int AUTO_INCREMENT PRIMARY KEY, body text);
INSERT INTO bulk (body) VALUES (REPEAT(CONCAT(UUID(), 'x'), 20)), (REPEAT(UUID(), 20)), (REPEAT(UUID(), 20)), (REPEAT(UUID(), 20));
INSERT INTO bulk (body) SELECT CONCAT(UUID(), a.body) FROM bulk a, bulk b, bulk c, bulk d, bulk e, bulk f, bulk g LIMIT 5000;
INSERT INTO account SELECT id, 1000 FROM bulk WHERE id < 500;
CREATE TABLE marked (t text); INSERT INTO marked VALUES ('findthismarkeronce');
CREATE TABLE empty_one (i int);
CREATE TABLE `SELECT` (`order` int, `$x y` int, `CamelCase` int); INSERT INTO `SELECT` VALUES (1, 2, 3);
CREATE TABLE floats (f float, d double); INSERT INTO floats VALUES (0.5, 0.1), (-1.5e10, 1e308), (NULL, 2.2250738585072014e-308);
CREATE TABLE bits (b1 bit(1), b64 bit(64), u bigint unsigned, bl blob); INSERT INTO bits VALUES (b'0', 0xFFFFFFFFFFFFFFFF, 18446744073709551615, REPEAT(UNHEX('00FF0A275C'), 20000));
