-- The service's role, which owns its database and nothing else; run once, by psql, as a superuser.
-- The password is in a file, so that it is in no history and no list of processes.
\getenv password_file DATABASE_PASSWORD_FILE
\if :{?password_file}
\else
  \set password_file /run/secrets/database-password
\endif
\set password `cat :'password_file'`
create role strongroom login password :'password';
create database strongroom owner strongroom encoding 'UTF8' template template0;
revoke connect, temporary on database strongroom from public;
