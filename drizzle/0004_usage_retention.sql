-- The one row of its table, which reports are judged by under a lock: it has to be there.
INSERT INTO "usage_retention" ("kept_since") VALUES ('0001-01-01T00:00:00Z');
