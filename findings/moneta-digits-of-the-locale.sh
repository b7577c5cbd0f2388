#!/usr/bin/env bash
# Moneta rounds an amount to the digits of the reader's own currency, even where a pattern asks for more.
#
# Versions: moneta-core 1.4.5 (Maven Central), on Java 17 or newer.
# Source:   without a pattern: JavaMoney's issue 358, open since 2021. With one: DefaultMonetaryAmountFormat
#           looks for the locale's own number pattern inside the given one, and prints what stands behind it
#           as text.
# Expected: an amount has the digits of its currency in every language, or those of the pattern.
# Seen:     For a reader in Japan 1,234.56 EUR are 1,235 EUR. By the pattern "¤ #,##0.00" they are 1,235.00
#           EUR: the ".00" is text. For a reader in the United States 1.235 KWD are 1.24 KWD, and by "¤
#           #,##0.000" they are 1.240. An invoice then names another amount than the one that is owed, and
#           looks right. A pattern with ¤ at its end, or with no space after ¤, is kept to.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >pom.xml <<'POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>findings</groupId>
  <artifactId>moneta</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.javamoney.moneta</groupId>
      <artifactId>moneta-core</artifactId>
      <version>1.4.5</version>
    </dependency>
  </dependencies>
</project>
POM
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=jars >/dev/null

cat >Digits.java <<'SCRIPT'
import java.util.Locale;
import javax.money.format.AmountFormatQueryBuilder;
import javax.money.format.MonetaryFormats;
import org.javamoney.moneta.Money;

public class Digits {
  public static void main(String[] args) {
    for (String reader : new String[] {"de-DE", "ja-JP", "en-US"}) {
      show(reader, "EUR 1234.56", null, "¤ #,##0.00", "#,##0.00 ¤");
      show(reader, "KWD 1.235", null, "¤ #,##0.000", "¤#,##0.000");
    }
  }

  static void show(String reader, String amount, String... patterns) {
    for (String pattern : patterns) {
      AmountFormatQueryBuilder query = AmountFormatQueryBuilder.of(Locale.forLanguageTag(reader));
      if (pattern != null) {
        query.set("pattern", pattern);
      }
      String shown = MonetaryFormats.getAmountFormat(query.build()).format(Money.parse(amount));
      // Without a pattern, the place of the code differs between releases of Java.
      String digits = shown.replaceAll("[^0-9.,]", "");
      System.out.println(reader + ": " + amount + " is " + digits + (pattern == null ? "" : " by " + pattern));
    }
  }
}
SCRIPT
java -Dstdout.encoding=UTF-8 -Dfile.encoding=UTF-8 -cp 'jars/*' Digits.java 2>/dev/null | tee seen

diff seen - <<'SEEN'
de-DE: EUR 1234.56 is 1.234,56
de-DE: EUR 1234.56 is 1.234,56 by ¤ #,##0.00
de-DE: EUR 1234.56 is 1.234,56 by #,##0.00 ¤
de-DE: KWD 1.235 is 1,24
de-DE: KWD 1.235 is 1,235 by ¤ #,##0.000
de-DE: KWD 1.235 is 1,235 by ¤#,##0.000
ja-JP: EUR 1234.56 is 1,235
ja-JP: EUR 1234.56 is 1,235.00 by ¤ #,##0.00
ja-JP: EUR 1234.56 is 1,234.56 by #,##0.00 ¤
ja-JP: KWD 1.235 is 1
ja-JP: KWD 1.235 is 1.000 by ¤ #,##0.000
ja-JP: KWD 1.235 is 1.235 by ¤#,##0.000
en-US: EUR 1234.56 is 1,234.56
en-US: EUR 1234.56 is 1,234.56 by ¤ #,##0.00
en-US: EUR 1234.56 is 1,234.56 by #,##0.00 ¤
en-US: KWD 1.235 is 1.24
en-US: KWD 1.235 is 1.240 by ¤ #,##0.000
en-US: KWD 1.235 is 1.235 by ¤#,##0.000
SEEN
