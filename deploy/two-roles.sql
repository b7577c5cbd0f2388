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
-- Each table is locked for a moment: where one is in use for longer, nothing happens, and it may run again.
set lock_timeout = '5s';
begin;
create role strongroom_owner login password :'owner_password';
grant strongroom_owner to strongroom;
reassign owned by strongroom to strongroom_owner;
revoke connect, temporary on database strongroom from public;
grant connect on database strongroom to strongroom;
commit;
