package actions.client;

import actions.v1.ActionConfigServiceGrpc;
import actions.v1.ActionServiceGrpc;
import actions.v1.ApiKeyServiceGrpc;
import actions.v1.AttachRequest;
import actions.v1.AttachResponse;
import actions.v1.ExecuteRequest;
import actions.v1.ExecuteResponse;
import actions.v1.ExecutionServiceGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import java.io.File;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLException;

/**
 * A channel to one server, which reconnects by itself. Safe to share between threads. gRPC retries a call only if the
 * server can't have seen it; this client retries nothing else.
 */
public final class ActionsClient implements AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  private final ManagedChannel channel;
  private final ActionServiceGrpc.ActionServiceBlockingStub actions;
  private final ActionConfigServiceGrpc.ActionConfigServiceBlockingStub configs;
  private final ApiKeyServiceGrpc.ApiKeyServiceBlockingStub keys;
  private final ExecutionServiceGrpc.ExecutionServiceBlockingStub history;
  private final Options options;

  /**
   * @param apiKey sent as "authorization: Bearer …"; empty: none
   * @param timeout default deadline of a call
   * @param tls uses TLS with the system's authorities
   * @param authorities a PEM file: uses TLS with these authorities; null: the system's
   */
  public record Options(String apiKey, Duration timeout, boolean tls, File authorities) {
    public Options() {
      this("", Duration.ofSeconds(30), false, null);
    }
  }

  /** Connects in plaintext, without a key. */
  public ActionsClient(String target) {
    this(target, new Options());
  }

  public ActionsClient(String target, Options options) {
    this.options = options;
    var builder = NettyChannelBuilder.forTarget(target);
    if (options.authorities() != null) {
      try {
        builder.sslContext(GrpcSslContexts.forClient().trustManager(options.authorities()).build());
      } catch (SSLException broken) {
        throw new IllegalArgumentException(broken);
      }
    } else if (!options.tls()) {
      builder.usePlaintext();
    }
    channel = builder.build();
    var calls = ClientInterceptors.intercept(channel, new Preparation());
    actions = ActionServiceGrpc.newBlockingStub(calls);
    configs = ActionConfigServiceGrpc.newBlockingStub(calls);
    keys = ApiKeyServiceGrpc.newBlockingStub(calls);
    history = ExecutionServiceGrpc.newBlockingStub(calls);
  }

  /** prepare, getCall and endCall; for its streams, execute and attach are more convenient. */
  public ActionServiceGrpc.ActionServiceBlockingStub actions() {
    return actions;
  }

  public ActionConfigServiceGrpc.ActionConfigServiceBlockingStub configs() {
    return configs;
  }

  public ApiKeyServiceGrpc.ApiKeyServiceBlockingStub keys() {
    return keys;
  }

  public ExecutionServiceGrpc.ExecutionServiceBlockingStub history() {
    return history;
  }

  /** Makes a unary call, such as {@code client.call(client.configs()::getActionConfig, request)}. Throws ActionException. */
  public <Q, R> R call(Function<Q, R> method, Q request) {
    try {
      return method.apply(request);
    } catch (StatusRuntimeException error) {
      throw new ActionException(error);
    }
  }

  /**
   * Starts an execution. Closing it early ends the stream; whether the HTTP call ends with it is for the action's
   * on_interruption to say, if the request has a call_id.
   */
  public Execution execute(ExecuteRequest request) {
    return execute(request, options.timeout());
  }

  public Execution execute(ExecuteRequest request, Duration timeout) {
    return Execution.of(() -> within(timeout).execute(request), ExecuteResponse::getExecutionId, ExecuteResponse::getEvent);
  }

  /** Follows an execution that has a call_id, on any server, from the event after afterSequence on. */
  public Execution attach(String executionId, int afterSequence) {
    return attach(executionId, afterSequence, options.timeout());
  }

  public Execution attach(String executionId, int afterSequence, Duration timeout) {
    var request = AttachRequest.newBuilder().setExecutionId(executionId).setAfterSequence(afterSequence).build();
    return Execution.of(() -> within(timeout).attach(request), AttachResponse::getExecutionId, AttachResponse::getEvent);
  }

  private ActionServiceGrpc.ActionServiceBlockingStub within(Duration timeout) {
    return actions.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }

  // Adds the key and the deadline to each call.
  private final class Preparation implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(MethodDescriptor<Q, R> method, CallOptions call, Channel next) {
      var limited = call.getDeadline() != null ? call
          : call.withDeadlineAfter(options.timeout().toMillis(), TimeUnit.MILLISECONDS);
      return new ForwardingClientCall.SimpleForwardingClientCall<>(next.newCall(method, limited)) {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          if (!options.apiKey().isEmpty()) {
            headers.put(AUTHORIZATION, "Bearer " + options.apiKey());
          }
          super.start(listener, headers);
        }
      };
    }
  }
}
