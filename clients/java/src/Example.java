import actions.client.ActionException;
import actions.client.ActionsClient;
import actions.client.Execution;
import actions.v1.ActionConfig;
import actions.v1.CreateActionConfigRequest;
import actions.v1.Delay;
import actions.v1.DeleteActionConfigRequest;
import actions.v1.ExecuteRequest;
import actions.v1.Failure;
import actions.v1.HttpMethod;
import actions.v1.HttpRequest;
import actions.v1.Messages;
import actions.v1.Result;
import actions.v1.Start;
import com.google.protobuf.Value;
import com.google.protobuf.util.Durations;

/** A minimal voice engine: creates an action, executes it and prints the text of each event. */
public final class Example {
  public static void main(String[] arguments) {
    if (arguments.length < 2) {
      System.err.println("Arguments: SERVER URL [NAME=VALUE]..., such as 127.0.0.1:5080 'http://127.0.0.1:9000/{file}' file=README.md");
      System.exit(2);
    }
    var call = ExecuteRequest.newBuilder();
    for (int i = 2; i < arguments.length; i++) {
      var pair = arguments[i].split("=", 2);
      call.putVariables(pair[0], Value.newBuilder().setStringValue(pair[1]).build());
    }
    try (var client = new ActionsClient(arguments[0])) {
      System.exit(speak(client, arguments[1], call) ? 0 : 1);
    } catch (ActionException refused) {
      System.err.println(refused.getMessage() + " " + refused.reason() + " " + refused.violations());
      System.exit(1);
    }
  }

  private static boolean speak(ActionsClient client, String url, ExecuteRequest.Builder call) {
    var action = client.call(client.configs()::createActionConfig, CreateActionConfigRequest.newBuilder()
        .setActionConfig(ActionConfig.newBuilder()
            .setName("Java example " + System.nanoTime())
            .setRequest(HttpRequest.newBuilder().setMethod(HttpMethod.HTTP_METHOD_GET).setUrl(url))
            .setMessages(Messages.newBuilder()
                .setStartMessage("Let me look that up.")
                .setDelayMessage("One moment, this takes a little longer.")
                .setDelayThreshold(Durations.fromSeconds(1))
                .setFailureMessage("I'm sorry, I couldn't find out.")))
        .build()).getActionConfig();

    // In a voice engine, the printed text would go to text-to-speech.
    try (var execution = client.execute(call.setId(action.getId()).build())) {
      return execution.run(new Execution.Listener() {
        @Override
        public void onStart(Start start) {
          System.out.println("start    " + start.getMessage());
        }

        @Override
        public void onDelay(Delay delay) {
          System.out.println("delay    " + delay.getMessage());
        }

        @Override
        public void onResult(Result result) {
          System.out.printf("result   status %d, %d bytes%n", result.getStatusCode(), result.getBody().size());
        }

        @Override
        public void onFailure(Failure failure) {
          System.out.printf("failure  %s (%s: %s)%n", failure.getMessage(), failure.getReason(), failure.getDetail());
        }
      }).hasResult();
    } finally {
      client.call(client.configs()::deleteActionConfig,
          DeleteActionConfigRequest.newBuilder().setId(action.getId()).build());
    }
  }
}
