CREATE TABLE t (id int PRIMARY KEY, a int, b text, c numeric(10,2) DEFAULT 1.5, d date, ts timestamptz DEFAULT now(), j jsonb, arr int[], f float8);
CREATE TABLE s (id int PRIMARY KEY, t_id int, x int CHECK (x > 0), y text UNIQUE);
CREATE TABLE g (a int, twice int GENERATED ALWAYS AS (a * 2) STORED);
