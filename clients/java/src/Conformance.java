import actions.client.ActionException;
import actions.client.ActionsClient;
import actions.client.Execution;
import actions.v1.AttachRequest;
import actions.v1.CreateActionConfigRequest;
import actions.v1.CreateApiKeyRequest;
import actions.v1.DeleteActionConfigRequest;
import actions.v1.EndCallRequest;
import actions.v1.ExecuteRequest;
import actions.v1.GetActionConfigRequest;
import actions.v1.GetCallRequest;
import actions.v1.GetExecutionRequest;
import actions.v1.GetStatisticsRequest;
import actions.v1.InitializeRequest;
import actions.v1.ListActionConfigsRequest;
import actions.v1.ListApiKeysRequest;
import actions.v1.ListExecutionsRequest;
import actions.v1.ListVariablesRequest;
import actions.v1.PrepareRequest;
import actions.v1.RevokeApiKeyRequest;
import actions.v1.UpdateActionConfigRequest;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Runs tests/conformance/cases.json with this client. The README there describes the format; its run.py starts this program. */
public final class Conformance {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final JsonFormat.Printer PRINTER = JsonFormat.printer().preservingProtoFieldNames();

  private final Map<String, ActionsClient> clients = new HashMap<>();

  public static void main(String[] arguments) throws IOException {
    var gaps = read("GAPS");
    int passed = 0;
    int failed = 0;
    int skipped = 0;
    var conformance = new Conformance();
    for (var item : read("CASES").getAsJsonArray("cases")) {
      var test = item.getAsJsonObject();
      var name = test.get("name").getAsString();
      if (gaps.getAsJsonObject("every client").has(name) || gaps.getAsJsonObject("java").has(name)) {
        skipped++;
        System.out.println("gap " + name);
        continue;
      }
      try {
        conformance.run(test);
        passed++;
        System.out.println("ok " + name);
      } catch (Exception error) {
        failed++;
        System.out.println("not ok " + name + ": " + error);
      }
    }
    conformance.clients.values().forEach(ActionsClient::close);
    System.out.println(passed + " passed, " + failed + " failed" + (skipped > 0 ? ", " + skipped + " skipped" : ""));
    System.exit(failed > 0 ? 1 : 0);
  }

  private void run(JsonObject test) throws IOException, InterruptedException {
    var id = String.format("%012x", RANDOM.nextLong() & 0xffff_ffff_ffffL);
    var saved = new HashMap<String, String>();
    saved.put("run", id);
    saved.put("upstream", "http://127.0.0.1:" + setting("UPSTREAM_PORT") + "/"
        + test.get("name").getAsString().replace('/', '~') + "/" + id);
    saved.put("upstream_port", setting("UPSTREAM_PORT"));
    saved.put("refused_port", setting("REFUSED_PORT"));
    saved.put("lonely_host", "127." + (1 + RANDOM.nextInt(254)) + "." + (1 + RANDOM.nextInt(254)) + "."
        + (1 + RANDOM.nextInt(254)));
    saved.put("admin_key", setting("ADMIN_KEY"));
    var matcher = new Matcher(saved);
    int number = 0;
    for (var item : test.getAsJsonArray("steps")) {
      var step = item.getAsJsonObject();
      var server = text(step, "server", text(test, "server", "default"));
      var client = client(server, matcher.fill(text(step, "key", "")));
      var expected = new JsonObject();
      for (var part : new String[] {"response", "events", "error"}) {
        expected.add(part, new JsonPrimitive("$unset"));
      }
      step.getAsJsonObject("expect").entrySet().forEach(part -> expected.add(part.getKey(), part.getValue()));
      number++;
      int triesLeft = step.has("tries") ? step.get("tries").getAsInt() : 1;
      while (true) {
        var came = perform(client, step, matcher);
        try {
          matcher.match(expected, came, "step " + number);
          break;
        } catch (Matcher.Mismatch mismatch) {
          if (--triesLeft == 0) {
            throw new Matcher.Mismatch(mismatch.getMessage() + " in " + came);
          }
          Thread.sleep(20);
        }
      }
    }
  }

  private ActionsClient client(String server, String key) {
    return clients.computeIfAbsent(server + " " + key, any -> new ActionsClient(
        setting("SERVER_" + server.toUpperCase()),
        new ActionsClient.Options(
            key, Duration.ofSeconds(30), false, server.equals("tls") ? new File(setting("CA")) : null)));
  }

  // The outcome of a step, in the shape of its `expect`.
  private static JsonObject perform(ActionsClient client, JsonObject step, Matcher matcher) throws IOException {
    var came = new JsonObject();
    var rpc = step.get("rpc").getAsString();
    var request = matcher.fill(step.get("request")).toString();
    try {
      if (rpc.equals("ActionService.Execute")) {
        var timeout = timeoutOf(step);
        follow(client.execute(parse(request, ExecuteRequest.newBuilder()).build(), timeout), 0, step, came);
      } else if (rpc.equals("ActionService.Attach")) {
        var attach = parse(request, AttachRequest.newBuilder()).build();
        int after = attach.getAfterSequence();
        follow(client.attach(attach.getExecutionId(), after, timeoutOf(step)), after, step, came);
      } else {
        came.add("response", toJson(call(client, rpc, request)));
      }
    } catch (ActionException error) {
      came.add("error", toJson(error));
    }
    return came;
  }

  private static Duration timeoutOf(JsonObject step) {
    return Duration.ofMillis(step.has("timeout") ? (long) (1000 * step.get("timeout").getAsDouble()) : 30_000);
  }

  private static void follow(Execution started, int after, JsonObject step, JsonObject came) throws IOException {
    int cancelAfter = step.has("cancel_after") ? step.get("cancel_after").getAsInt() : 0;
    var events = new JsonArray();
    try (var execution = started) {
      while (execution.hasNext()) {
        var event = execution.next();
        events.add(toJson(event));
        came.add("events", events);
        came.addProperty("execution_id", execution.id());
        if (event.getSequence() != after + events.size() || execution.id().isEmpty()) {
          throw new Matcher.Mismatch(
              "event " + events.size() + " has the sequence " + event.getSequence() + ", execution '" + execution.id() + "'");
        }
        if (events.size() == cancelAfter) {
          return;
        }
      }
    }
  }

  private static Message call(ActionsClient client, String rpc, String json) throws IOException {
    var configs = client.configs();
    var keys = client.keys();
    var actions = client.actions();
    var history = client.history();
    return switch (rpc) {
      case "ActionService.Prepare" ->
          client.call(actions::prepare, parse(json, PrepareRequest.newBuilder()).build());
      case "ActionService.GetCall" ->
          client.call(actions::getCall, parse(json, GetCallRequest.newBuilder()).build());
      case "ActionService.EndCall" ->
          client.call(actions::endCall, parse(json, EndCallRequest.newBuilder()).build());
      case "ActionConfigService.ListVariables" ->
          client.call(configs::listVariables, parse(json, ListVariablesRequest.newBuilder()).build());
      case "ExecutionService.ListExecutions" ->
          client.call(history::listExecutions, parse(json, ListExecutionsRequest.newBuilder()).build());
      case "ExecutionService.GetExecution" ->
          client.call(history::getExecution, parse(json, GetExecutionRequest.newBuilder()).build());
      case "ExecutionService.GetStatistics" ->
          client.call(history::getStatistics, parse(json, GetStatisticsRequest.newBuilder()).build());
      case "ActionConfigService.CreateActionConfig" ->
          client.call(configs::createActionConfig, parse(json, CreateActionConfigRequest.newBuilder()).build());
      case "ActionConfigService.GetActionConfig" ->
          client.call(configs::getActionConfig, parse(json, GetActionConfigRequest.newBuilder()).build());
      case "ActionConfigService.ListActionConfigs" ->
          client.call(configs::listActionConfigs, parse(json, ListActionConfigsRequest.newBuilder()).build());
      case "ActionConfigService.UpdateActionConfig" ->
          client.call(configs::updateActionConfig, parse(json, UpdateActionConfigRequest.newBuilder()).build());
      case "ActionConfigService.DeleteActionConfig" ->
          client.call(configs::deleteActionConfig, parse(json, DeleteActionConfigRequest.newBuilder()).build());
      case "ActionConfigService.Initialize" ->
          client.call(configs::initialize, parse(json, InitializeRequest.newBuilder()).build());
      case "ApiKeyService.CreateApiKey" ->
          client.call(keys::createApiKey, parse(json, CreateApiKeyRequest.newBuilder()).build());
      case "ApiKeyService.ListApiKeys" ->
          client.call(keys::listApiKeys, parse(json, ListApiKeysRequest.newBuilder()).build());
      case "ApiKeyService.RevokeApiKey" ->
          client.call(keys::revokeApiKey, parse(json, RevokeApiKeyRequest.newBuilder()).build());
      default -> throw new IllegalArgumentException("There is no " + rpc);
    };
  }

  private static <T extends Message.Builder> T parse(String json, T builder) throws IOException {
    JsonFormat.parser().merge(json, builder);
    return builder;
  }

  private static JsonElement toJson(MessageOrBuilder message) throws IOException {
    return JsonParser.parseString(PRINTER.print(message));
  }

  private static JsonObject toJson(ActionException error) {
    var described = new JsonObject();
    described.addProperty("code", error.code().name());
    if (!error.reason().isEmpty()) {
      described.addProperty("reason", error.reason());
      described.addProperty("domain", error.domain());
    }
    add(described, "metadata", error.metadata());
    add(described, "violations", error.violations());
    error.retryDelay().ifPresent(delay -> described.addProperty("retry_delay", delay.toNanos() / 1e9));
    return described;
  }

  private static void add(JsonObject described, String name, Map<String, String> texts) {
    var object = new JsonObject();
    texts.forEach(object::addProperty);
    if (object.size() > 0) {
      described.add(name, object);
    }
  }

  private static String text(JsonObject object, String name, String otherwise) {
    return object.has(name) ? object.get(name).getAsString() : otherwise;
  }

  private static String setting(String name) {
    return System.getenv("CONFORMANCE_" + name);
  }

  private static JsonObject read(String name) throws IOException {
    return JsonParser.parseString(Files.readString(Path.of(setting(name)))).getAsJsonObject();
  }
}
