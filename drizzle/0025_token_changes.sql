-- Whoever ends a token, every process hears of it when that is committed, as with a key.
CREATE TRIGGER tokens_announced AFTER UPDATE OF expires_at, retires_at, revoked_at ON tokens
  FOR EACH ROW EXECUTE FUNCTION announce_key_change();
