CREATE TABLE "audit_checkpoints" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_checkpoints_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"size" bigint NOT NULL,
	"root" "bytea" NOT NULL,
	"issued_at" timestamp (3) with time zone NOT NULL,
	"token" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_personal" (
	"commitment" text PRIMARY KEY NOT NULL,
	"subject" text NOT NULL,
	"salt" "bytea" NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_places" (
	"first_seq" bigint PRIMARY KEY NOT NULL,
	"size" integer NOT NULL,
	"record_id" bigint NOT NULL,
	"oldest" timestamp (3) with time zone NOT NULL,
	"logged_at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "audit_places_record" UNIQUE("record_id")
);
--> statement-breakpoint
CREATE TABLE "audit_queue" (
	"record_id" bigint PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "audit_terms" (
	"term" text NOT NULL,
	"first_seq" bigint NOT NULL,
	CONSTRAINT "audit_terms_term_first_seq_pk" PRIMARY KEY("term","first_seq")
);
--> statement-breakpoint
CREATE TABLE "audit_tiles" (
	"level" integer NOT NULL,
	"index" bigint NOT NULL,
	"hashes" "bytea" NOT NULL,
	CONSTRAINT "audit_tiles_level_index_pk" PRIMARY KEY("level","index")
);
--> statement-breakpoint
ALTER TABLE "audit_records" ALTER COLUMN "event" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_records" ALTER COLUMN "actor" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_records" ALTER COLUMN "subject" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_records" ALTER COLUMN "metadata" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "audit_records" ADD COLUMN "account_ids" bigint[];--> statement-breakpoint
ALTER TABLE "audit_records" ADD COLUMN "transfer_seqs" bigint[];--> statement-breakpoint
-- In two steps: a default that differs from row to row, given at once, would rewrite the table.
ALTER TABLE "accounts" ADD COLUMN "salt" "bytea";--> statement-breakpoint
ALTER TABLE "accounts" ALTER COLUMN "salt" SET DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());--> statement-breakpoint
ALTER TABLE "transfers" ADD COLUMN "audit_record_id" bigint;--> statement-breakpoint
ALTER TABLE "transfers" ADD COLUMN "ip_commitment" text;--> statement-breakpoint
ALTER TABLE "transfers" ADD COLUMN "details_commitment" text;--> statement-breakpoint
CREATE INDEX "audit_checkpoints_size" ON "audit_checkpoints" USING btree ("size");--> statement-breakpoint
CREATE INDEX "audit_personal_subject" ON "audit_personal" USING btree ("subject");--> statement-breakpoint
CREATE INDEX "audit_places_logged" ON "audit_places" USING btree ("logged_at");--> statement-breakpoint
CREATE INDEX "audit_places_late" ON "audit_places" USING btree (("logged_at" - "oldest")) WHERE "audit_places"."logged_at" - "audit_places"."oldest" > interval '1 minute';--> statement-breakpoint
ALTER TABLE "audit_records" ADD CONSTRAINT "audit_records_shape" CHECK (case when "audit_records"."event" is null
        then num_nonnulls("audit_records"."actor", "audit_records"."subject", "audit_records"."ip", "audit_records"."metadata") = 0
          and cardinality("audit_records"."account_ids") > 0
          and cardinality("audit_records"."account_ids") = cardinality("audit_records"."transfer_seqs")
        else num_nonnulls("audit_records"."actor", "audit_records"."subject", "audit_records"."metadata") = 3
          and num_nonnulls("audit_records"."account_ids", "audit_records"."transfer_seqs") = 0 end);
--> statement-breakpoint
-- From here on by hand. What was recorded before enters the log first, addresses as commitments.
DROP TRIGGER transfers_never_change ON transfers;
--> statement-breakpoint
DROP TRIGGER audit_records_never_change ON audit_records;
--> statement-breakpoint
GRANT UPDATE ON transfers, audit_records TO current_user;
--> statement-breakpoint
UPDATE accounts SET salt = DEFAULT WHERE user_id IS NOT NULL;
--> statement-breakpoint
DO $$
DECLARE
  salted record;
  batch record;
  batch_id bigint;
BEGIN
  FOR salted IN
    SELECT id, subject, ip, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) AS salt
    FROM audit_records WHERE ip IS NOT NULL
  LOOP
    INSERT INTO audit_personal (commitment, subject, salt, value)
    VALUES ('sha256:' || encode(sha256(salted.salt || convert_to(salted.ip, 'UTF8')), 'hex'),
      salted.subject, salted.salt, salted.ip);
    UPDATE audit_records
    SET ip = 'sha256:' || encode(sha256(salted.salt || convert_to(salted.ip, 'UTF8')), 'hex')
    WHERE id = salted.id;
  END LOOP;
  INSERT INTO audit_queue SELECT id FROM audit_records;
  FOR batch IN
    SELECT array_agg(account_id ORDER BY place) AS account_ids, array_agg(seq ORDER BY place) AS seqs
    FROM (
      SELECT account_id, seq, row_number() OVER (ORDER BY created_at, account_id, seq) AS place
      FROM transfers
    ) ordered
    GROUP BY (place - 1) / 500 ORDER BY (place - 1) / 500
  LOOP
    INSERT INTO audit_records (account_ids, transfer_seqs)
    VALUES (batch.account_ids, batch.seqs) RETURNING id INTO batch_id;
    UPDATE transfers SET audit_record_id = batch_id
    FROM unnest(batch.account_ids, batch.seqs) AS one (account_id, seq)
    WHERE transfers.account_id = one.account_id AND transfers.seq = one.seq;
    INSERT INTO audit_queue VALUES (batch_id);
  END LOOP;
END
$$;
--> statement-breakpoint
-- Every new row of audit_records is queued for the log, whoever writes it. One that could never get
-- into the log is refused with the act it is of: no audit, no act.
CREATE FUNCTION queue_audit_records() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT (
    has_table_privilege('audit_personal', 'INSERT') AND has_table_privilege('audit_places', 'INSERT')
    AND has_table_privilege('audit_terms', 'INSERT') AND has_table_privilege('audit_tiles', 'INSERT')
    AND has_table_privilege('audit_checkpoints', 'INSERT')
  ) THEN
    RAISE EXCEPTION 'the audit log is closed' USING errcode = 'insufficient_privilege';
  END IF;
  INSERT INTO audit_queue SELECT id FROM fresh;
  RETURN NULL;
END
$$;
--> statement-breakpoint
CREATE TRIGGER audit_records_queued AFTER INSERT ON audit_records
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION queue_audit_records();
--> statement-breakpoint
CREATE TRIGGER audit_records_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_records
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_places_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_places
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_terms_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_terms
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_checkpoints_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_tiles_never_go BEFORE DELETE OR TRUNCATE ON audit_tiles
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER transfers_never_go BEFORE DELETE OR TRUNCATE ON transfers
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE FUNCTION only_grow_tile() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.level <> OLD.level OR NEW.index <> OLD.index OR octet_length(NEW.hashes) > 8192
    OR substr(NEW.hashes, 1, octet_length(OLD.hashes)) <> OLD.hashes THEN
    RAISE EXCEPTION 'a tile only grows' USING errcode = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER audit_tiles_only_grow BEFORE UPDATE ON audit_tiles
  FOR EACH ROW EXECUTE FUNCTION only_grow_tile();
--> statement-breakpoint
-- Of a closed account's transfer, what is personal may go, once, in exchange for the commitments
-- that stand for it in the log. Nothing else of a transfer ever changes.
CREATE FUNCTION only_forget_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  forgotten transfers := OLD;
BEGIN
  forgotten.reason := NULL;
  forgotten.reference := NULL;
  forgotten.metadata := NULL;
  forgotten.ip := NULL;
  forgotten.idempotency_key := ' ' || OLD.seq;
  forgotten.fingerprint := '';
  forgotten.ip_commitment := NEW.ip_commitment;
  forgotten.details_commitment := NEW.details_commitment;
  IF NEW IS DISTINCT FROM forgotten
    OR OLD.details_commitment IS NOT NULL OR NEW.details_commitment IS NULL
    OR (OLD.ip IS NULL) <> (NEW.ip_commitment IS NULL)
    OR NOT EXISTS (SELECT FROM accounts WHERE id = OLD.account_id AND status = 'closed')
  THEN
    RAISE EXCEPTION 'rows of transfers are never changed' USING errcode = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;
--> statement-breakpoint
CREATE TRIGGER transfers_only_forget BEFORE UPDATE ON transfers
  FOR EACH ROW EXECUTE FUNCTION only_forget_transfer();
--> statement-breakpoint
REVOKE UPDATE, DELETE, TRUNCATE
  ON transfers, audit_records, audit_places, audit_terms, audit_checkpoints FROM current_user;
--> statement-breakpoint
REVOKE DELETE, TRUNCATE ON audit_tiles FROM current_user;
--> statement-breakpoint
GRANT UPDATE (
  reason, reference, metadata, ip, idempotency_key, fingerprint, ip_commitment, details_commitment
) ON transfers TO current_user;
--> statement-breakpoint
-- Its rows come and go many times a second: they are cleaned up by their number, not their share.
ALTER TABLE audit_queue SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
