-- Gives the tables of a database, all of which the service's one role owns, to a role of their own. The
-- service goes on meanwhile, as a member of that role, until `strongroom migrate` has given its own role
-- what it needs. Run once, by psql, as a superuser, in the database; then take the membership away:
--   revoke strongroom_owner from strongroom;
\set ON_ERROR_STOP on
\getenv owner_password_file DATABASE_OWNER_PASSWORD_FILE
\if :{?owner_password_file}
\else
  \set owner_password_file /run/secrets/database-owner-password
\endif
\set owner_password `cat :'owner_password_file'`
-- Each table is locked for a moment. Where the service is in the way, what was locked is let go, and it is
-- tried again; if it never succeeds, nothing has happened, and the script may run again.
begin;
create role strongroom_owner login password :'owner_password';
grant strongroom_owner to strongroom;
do $$
begin
  for try in 1..100 loop
    begin
      set local lock_timeout = '250ms';
      reassign owned by strongroom to strongroom_owner;
      return;
    exception when deadlock_detected or lock_not_available then
      if try = 100 then raise; end if;
    end;
    perform pg_sleep(0.05 + random() / 5);
  end loop;
end
$$;
revoke connect, temporary on database strongroom from public;
grant connect on database strongroom to strongroom;
commit;
