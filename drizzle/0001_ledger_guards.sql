-- The ledger and the audit log only grow. The trigger binds every role, the revoked privileges the
-- service's own (which owns the tables and could otherwise switch the trigger off unnoticed).
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of % are never changed', tg_table_name USING errcode = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER transfers_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON transfers
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
CREATE TRIGGER audit_records_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_records
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
--> statement-breakpoint
REVOKE UPDATE, DELETE, TRUNCATE ON transfers, audit_records FROM current_user;
--> statement-breakpoint
-- A batch reads under lock, decides, and writes in the same transaction. Should its connection have
-- been lost in between, the driver would write on a new one, without the locks: this refuses it.
CREATE FUNCTION require_transaction(expected xid8) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF pg_current_xact_id() <> expected THEN
    RAISE EXCEPTION 'the transaction that read is gone' USING errcode = 'connection_exception';
  END IF;
END
$$;
