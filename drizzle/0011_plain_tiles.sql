-- Hashes do not compress: trying to, each time a tile grows, is lost time. Only the catalogue changes.
ALTER TABLE "audit_tiles" ALTER COLUMN "hashes" SET STORAGE EXTERNAL;
