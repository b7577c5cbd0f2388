-- Two roles: one owns the database and migrates, the service has the other, which owns nothing and gets
-- what it needs by `strongroom migrate`. Run once, by psql, as a superuser.
-- The passwords are in files, so that they are in no history and no list of processes.
\getenv password_file DATABASE_PASSWORD_FILE
\if :{?password_file}
\else
  \set password_file /run/secrets/database-password
\endif
\getenv owner_password_file DATABASE_OWNER_PASSWORD_FILE
\if :{?owner_password_file}
\else
  \set owner_password_file /run/secrets/database-owner-password
\endif
\set password `cat :'password_file'`
\set owner_password `cat :'owner_password_file'`
create role strongroom_owner login password :'owner_password';
create role strongroom login password :'password';
create database strongroom owner strongroom_owner encoding 'UTF8' template template0;
revoke connect, temporary on database strongroom from public;
grant connect on database strongroom to strongroom;
