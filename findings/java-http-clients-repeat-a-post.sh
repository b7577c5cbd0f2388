#!/usr/bin/env bash
# Apache HttpClient and OkHttp send a POST a second time on their own, and so does Spring above HttpClient.
#
# Versions: httpclient5 5.6.5, okhttp 5.5.1, spring-web 7.0.10 (Maven Central); java.net.http of Java 17.
# Source:   RFC 9110, section 9.2.2: a client should not repeat a method that is not idempotent by itself,
#           unless it knows that the request is idempotent after all. HttpClient's default strategy asks for
#           the method after an IOException, but not after a status; it repeats 429 and 503.
# Expected: with no option set, a POST goes out once, and the caller reads the answer.
# Seen:     HttpClient repeats each POST that was answered 503 or 429, once, after a second or what
#           Retry-After says, be it an hour. Spring's RestClient does so as soon as HttpClient is on the
#           class path. OkHttp repeats after a 408, and after a 503 with `Retry-After: 0`. The caller never
#           sees the first answer. A charge without an idempotency key happens twice where the first one had
#           gone through. `HttpClients.custom().disableAutomaticRetries()` ends it in HttpClient.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
dependency() {
  echo "<dependency><groupId>$1</groupId><artifactId>$2</artifactId><version>$3</version></dependency>"
}
{
  echo '<project><modelVersion>4.0.0</modelVersion>'
  echo '<groupId>local</groupId><artifactId>charge</artifactId><version>1</version><dependencies>'
  dependency org.apache.httpcomponents.client5 httpclient5 5.6.5
  dependency com.squareup.okhttp3 okhttp-jvm 5.5.1
  dependency org.springframework spring-web 7.0.10
  dependency org.slf4j slf4j-nop 1.7.36
  echo '</dependencies></project>'
} >pom.xml
mvn --quiet --batch-mode dependency:copy-dependencies -DoutputDirectory=lib >/dev/null

cat >Charge.java <<'PROGRAM'
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.springframework.http.MediaType;
import org.springframework.web.client.RestClient;

class Charge {
  interface Client { int charge(String url) throws Exception; }

  static final String BODY = "{\"amount\":400}";

  static final Client APACHE = url -> {
    try (var client = HttpClients.createDefault()) {
      var post = new HttpPost(url);
      post.setEntity(new StringEntity(BODY, ContentType.APPLICATION_JSON));
      return client.execute(post, response -> response.getCode());
    }
  };

  static final Client SPRING = url -> RestClient.create().post().uri(url)
      .contentType(MediaType.APPLICATION_JSON).body(BODY)
      .exchange((request, response) -> response.getStatusCode().value());

  static final Client OKHTTP = url -> {
    var body = RequestBody.create(BODY, okhttp3.MediaType.get("application/json"));
    var request = new Request.Builder().url(url).post(body).build();
    try (var response = new OkHttpClient().newCall(request).execute()) {
      return response.code();
    }
  };

  static final Client JAVA = url -> java.net.http.HttpClient.newHttpClient().send(
      java.net.http.HttpRequest.newBuilder(URI.create(url)).POST(BodyPublishers.ofString(BODY)).build(),
      BodyHandlers.ofString()).statusCode();

  /** The first charge gets this status, each further one a 200. */
  static void run(String name, Client client, int status, String retryAfter) throws Exception {
    var received = new AtomicInteger();
    var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/charge", exchange -> {
      exchange.getRequestBody().readAllBytes();
      boolean isFirst = received.incrementAndGet() == 1;
      if (isFirst && retryAfter != null) exchange.getResponseHeaders().set("Retry-After", retryAfter);
      exchange.sendResponseHeaders(isFirst ? status : 200, -1);
      exchange.close();
    });
    server.start();
    var caller = Executors.newSingleThreadExecutor(task -> {
      var thread = new Thread(task);
      thread.setDaemon(true);
      return thread;
    });
    var url = "http://127.0.0.1:" + server.getAddress().getPort() + "/charge";
    String seen;
    try {
      seen = "the caller sees " + caller.submit(() -> client.charge(url)).get(8, TimeUnit.SECONDS);
    } catch (TimeoutException waiting) {
      seen = "the caller still waits after 8 seconds";
    }
    System.out.printf("  %-15s received %d, %s%n", name, received.get(), seen);
    server.stop(0);
  }

  public static void main(String[] arguments) throws Exception {
    var clients = new LinkedHashMap<String, Client>();
    clients.put("HttpClient 5", APACHE);
    clients.put("RestClient", SPRING);
    clients.put("OkHttp", OKHTTP);
    clients.put("java.net.http", JAVA);
    for (var answer : new String[] {"503", "503, Retry-After: 0", "503, Retry-After: 3600", "429", "408"}) {
      System.out.println("POST answered " + answer);
      var parts = answer.split(", Retry-After: ");
      var retryAfter = parts.length > 1 ? parts[1] : null;
      for (var client : clients.entrySet()) {
        run(client.getKey(), client.getValue(), Integer.parseInt(parts[0]), retryAfter);
      }
    }
    System.exit(0);
  }
}
PROGRAM
java -cp 'lib/*' Charge.java | tee seen

diff seen - <<'SEEN'
POST answered 503
  HttpClient 5    received 2, the caller sees 200
  RestClient      received 2, the caller sees 200
  OkHttp          received 1, the caller sees 503
  java.net.http   received 1, the caller sees 503
POST answered 503, Retry-After: 0
  HttpClient 5    received 2, the caller sees 200
  RestClient      received 2, the caller sees 200
  OkHttp          received 2, the caller sees 200
  java.net.http   received 1, the caller sees 503
POST answered 503, Retry-After: 3600
  HttpClient 5    received 1, the caller still waits after 8 seconds
  RestClient      received 1, the caller still waits after 8 seconds
  OkHttp          received 1, the caller sees 503
  java.net.http   received 1, the caller sees 503
POST answered 429
  HttpClient 5    received 2, the caller sees 200
  RestClient      received 2, the caller sees 200
  OkHttp          received 1, the caller sees 429
  java.net.http   received 1, the caller sees 429
POST answered 408
  HttpClient 5    received 1, the caller sees 408
  RestClient      received 1, the caller sees 408
  OkHttp          received 2, the caller sees 200
  java.net.http   received 1, the caller sees 408
SEEN
