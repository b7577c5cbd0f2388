-- Whoever changes what a key's validity depends on, every process hears of it when that is committed.
CREATE FUNCTION announce_key_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('api_keys', NEW.id);
  RETURN NULL;
END
$$;
--> statement-breakpoint
-- Not of `last_used_at`, which changes all the time.
CREATE TRIGGER api_keys_announced AFTER UPDATE OF expires_at, retires_at, revoked_at ON api_keys
  FOR EACH ROW EXECUTE FUNCTION announce_key_change();
--> statement-breakpoint
CREATE TRIGGER customers_announced AFTER UPDATE ON customers
  FOR EACH ROW EXECUTE FUNCTION announce_key_change();
